// Who may open by what, in words; pure.
import type { Grant } from "../../domain/directory.ts";
import type { TimetableInput } from "../../domain/door-input.ts";
import { scheduleHolds } from "../../domain/schedule.ts";
import type { Place, Way } from "../../domain/ways-in.ts";
import { kindWords } from "./rule-words.ts";

/** Such as `card or PIN; QR code, then the secret code (1 use left)`. */
export function waysWords(ways: readonly Way[]): string {
  const sides = new Set(ways.map(({ direction }) => direction));
  const entry = ways.filter(({ direction }) => direction === "entry");
  const exit = ways.filter(({ direction }) => direction === "exit");
  if (sides.size === 2 && sideWords(entry) === sideWords(exit)) return sideWords(entry);
  return [
    entry.length === 0 ? "" : sideWords(entry),
    exit.length === 0 ? "" : `${entry.length === 0 ? "only to leave" : "to leave"}: ${sideWords(exit)}`,
  ]
    .filter((text) => text !== "")
    .join("; ");
}

function sideWords(ways: readonly Way[]): string {
  const words = ways.map(({ credential, method, second }) => {
    const shown = credential.kind === "qrPin" && method === "pin" ? "QR PIN typed" : kindWords[credential.kind];
    if (second === null) return shown;
    return second === "secondPerson"
      ? `${shown}, with a second person`
      : `${shown}, then the ${kindWords[second.kind]}`;
  });
  const left = ways.map(({ usesLeft }) => usesLeft).find((count) => count !== null);
  const uses = left == null ? "" : ` (${left === 1 ? "1 use" : `${left} uses`} left)`;
  return `${listWords([...new Set(words)], "or")}${uses}`;
}

/** By which of the grants. */
export function grantWords(
  grants: readonly Grant[],
  { directory, at, site }: Pick<Place, "directory" | "at" | "site">,
): string {
  const holding = grants.filter(({ schedule }) => scheduleHolds(schedule.rule, directory.holidays, at, site.timeZone));
  return holding.map(({ schedule }) => schedule.id).join(", ");
}

export const timetableWords: Readonly<Record<TimetableInput["state"], string | null>> = {
  none: null,
  holdOpen: "By its timetable the door stands open for everybody then.",
  awaitFirst: "By its timetable the door stands open from the first who may hold it open.",
  lockDown: "By its timetable the door is locked down then: only those whom lockdowns do not keep out.",
};

export const notLookedAt = `
Not looked at, as it can only be known then: uses spent until then, blocks after wrong codes, lockdowns by hand,
areas, interlocks, and what else opens a door: exit buttons, fire, operators, the reception, inputs.`;

/** Such as `a, b and c`. */
export function listWords(words: readonly string[], last: "and" | "or"): string {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}
