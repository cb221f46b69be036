// Which events of a record somebody asks for, by time, door, person and kind, as options say it; knows neither record nor store.
import type { JournalEvent } from "../domain/events.ts";
import type { NamedSite } from "./event-line.ts";
import { Misuse } from "./misuse.ts";
import { pastMomentOf, timeText } from "./spoken-time.ts";

export const filterOptions = {
  from: { type: "string" },
  until: { type: "string" },
  door: { type: "string" },
  person: { type: "string" },
  type: { type: "string" },
} as const;

export type FilterValues = { readonly [Name in keyof typeof filterOptions]?: string | undefined };

export interface EventFilter {
  readonly fromWall: number;
  /** The first moment that does not count. */
  readonly untilWall: number;
  readonly door: string | null;
  readonly person: string | null;
  readonly type: string | null;
}

export function filterOf(values: FilterValues, { timeZone, doors }: NamedSite, nowWall: number): EventFilter {
  const words = { nowWall, timeZone };
  const { from, until, door, person = null, type = null } = values;
  if (door === "") throw new Misuse("--door takes the id or the name of a door.");
  if (person === "") throw new Misuse("--person takes the id of a person.");
  if (type !== null && !/^[a-zA-Z]+\.[a-zA-Z]+$/.test(type))
    throw new Misuse("--type takes the type of an event, such as access.granted.");
  const fromWall = from === undefined ? Number.MIN_SAFE_INTEGER : pastMomentOf(from, "--from", words, false);
  const untilWall = until === undefined ? Number.MAX_SAFE_INTEGER : pastMomentOf(until, "--until", words, true);
  if (from !== undefined && until !== undefined && untilWall <= fromWall) {
    const [begins, ends] = [timeText(fromWall, timeZone), timeText(untilWall, timeZone)];
    throw new Misuse(`--from is ${begins} and --until is ${ends}, which is not later; give one of them with its date.`);
  }
  const named = doors.find(({ id, name }) => id === door || name === door);
  return { fromWall, untilWall, door: named?.id ?? door ?? null, person, type };
}

export function isAskedFor(event: JournalEvent, { door, person, type }: EventFilter): boolean {
  if (type !== null && event.type !== type) return false;
  if (door !== null && !("door" in event && event.door === door)) return false;
  return person === null || ("person" in event && event.person === person);
}

/** What there is in a record at all: a word that was mistyped must not read as if nothing had happened. */
export interface Recorded {
  readonly types: ReadonlySet<string>;
  readonly persons: ReadonlySet<string>;
}

/** What is said instead of an empty list. */
export function nothingWords(
  { fromWall, untilWall, door, person, type }: EventFilter,
  { timeZone, doors }: NamedSite,
  { types, persons }: Recorded,
): string {
  const from = fromWall === Number.MIN_SAFE_INTEGER ? "" : ` from ${timeText(fromWall, timeZone)}`;
  const until = untilWall === Number.MAX_SAFE_INTEGER ? "" : ` to ${timeText(untilWall, timeZone)}`;
  const isUnknown = door !== null && doors.length > 0 && !doors.some(({ id }) => id === door);
  const known = isUnknown ? ` No door is called "${door}"; there are ${doors.map(({ id }) => id).join(", ")}.` : "";
  const typed = type === null || types.has(type) ? "" : ` No event here is a "${type}"; there are ${listed(types)}.`;
  const named = person === null || persons.has(person) ? "" : ` No event here names the person "${person}".`;
  return `Nothing of that kind${from}${until}.${known}${typed}${named}`;
}

const listed = (types: ReadonlySet<string>): string => [...types].toSorted().join(", ") || "none";
