// How each kind of card is read at pcscd where the configuration leaves it open. Loads no schema: the doors start with it.

export const technologies = ["classic", "plus", "desfire"] as const;

export interface CardModes {
  readonly classic: "uid" | "secured" | "off";
  readonly plus: "uid" | "secured" | "off";
  readonly desfire: "uid" | "secured" | "off";
  readonly felica: "uid" | "off";
  readonly other: "uid" | "off";
}

/** A UID that anybody can copy opens beside secured cards only where that was asked for. */
export function cardModesOf(
  reader: { readonly [Kind in keyof CardModes]?: CardModes[Kind] | null | undefined },
): CardModes {
  const usual = technologies.some((kind) => reader[kind] === "secured") ? "off" : "uid";
  const { classic, plus, desfire, felica, other } = reader;
  return {
    classic: classic ?? usual,
    plus: plus ?? usual,
    desfire: desfire ?? usual,
    felica: felica ?? usual,
    other: other ?? usual,
  };
}
