// What can be shown at a door: by its readers, its own methods and the site's switches; knows no timing.
import type { Method } from "../domain/presentation.ts";
import type { Salvage, SomeDoor, SomeReader } from "./salvage.ts";
import { isDangling, knownIds } from "./wiring-check.ts";

/** What a reader can present. */
export function methodsOf(reader: SomeReader): readonly Method[] {
  if (reader.kind === "keypad") return ["pin"];
  if (reader.kind === "keyboard") return [reader.types === "text" ? "qr" : "pin"];
  if (reader.kind === "scanner" || reader.kind === "camera") return ["qr"];
  if (reader.kind === "plate") return ["plate"];
  const sendsPins = reader.kind === "wiegand" && reader.pinFrames === true;
  const hasKeys = sendsPins || ((reader.kind === "wiegand" || reader.kind === "osdp") && reader.keypad === true);
  return hasKeys ? ["card", "pin"] : ["card"];
}

/** Null while it cannot be told which readers belong to which door. */
export function readersByDoor(known: Salvage): ((door: string) => readonly SomeReader[]) | null {
  const { door: doorIds } = knownIds(known);
  const unclear = known.readers.some(
    ({ door, kind }) => door === undefined || kind === undefined || isDangling(doorIds, door),
  );
  return unclear ? null : (door) => known.readers.filter((reader) => reader.door === door);
}

/** What counts on each side of the door that has a reader. */
export function sidesOf(
  { methods = [] }: SomeDoor,
  readers: readonly SomeReader[],
  features: Salvage["features"],
): readonly ReadonlySet<Method>[] {
  return (["entry", "exit"] as const).flatMap((side) => {
    const here = readers.filter(({ direction = "entry" }) => direction === side);
    const shown = here.flatMap(methodsOf).filter((method) => methods.includes(method) && features[method] !== false);
    return here.length === 0 ? [] : [new Set(shown)];
  });
}
