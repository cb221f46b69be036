// One event of the record as one line for an operator: when by the site's clock, how grave, its name, and what it means.
import { loadAccepted } from "../config/choose.ts";
import { printable } from "../config/problem.ts";
import { siteOf } from "../config/site.ts";
import type { RecordedEvent } from "../domain/events.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Tone } from "../office/console/panel/event-words.ts";
import { wordsFor } from "../office/console/panel/event-words.ts";

export type NamedSite = Pick<SiteSpec, "timeZone" | "doors">;

const marks: Readonly<Record<Tone, string>> = { granted: "+", denied: "-", alarm: "!", door: " ", system: " " };
const typeWidth = "ledger.recoveryCleared".length;

/** As the site is now: doors have been renamed since, or are gone, and then stand there with their ids. */
export function siteOfFolder(stateFolder: string): NamedSite {
  const reading = loadAccepted(stateFolder);
  return reading.ok ? siteOf(reading.config) : { timeZone: "UTC", doors: [] };
}

export function createEventLine(site: NamedSite): (recorded: RecordedEvent) => string {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: site.timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    timeZoneName: "longOffset",
  });
  return (recorded) => {
    const { seq, at, event } = recorded;
    const { tone, sentence } = wordsFor(recorded, site);
    const when = `${localTime(format, at.wall)}${at.trusted ? " " : "?"}`;
    return printable(`${String(seq).padStart(7)}  ${when} ${marks[tone]} ${event.type.padEnd(typeWidth)}  ${sentence}`);
  };
}

/** Like `2027-01-11 09:00:00.000+01:00`; the offset tells the two halves of a repeated hour apart. */
function localTime(format: Intl.DateTimeFormat, wallMs: number): string {
  const parts = new Map(format.formatToParts(wallMs).map(({ type, value }) => [type, value]));
  const get = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const offset = get("timeZoneName").replace(/^GMT$/, "+00:00").replace("GMT", "");
  const time = `${get("hour")}:${get("minute")}:${get("second")}.${get("fractionalSecond")}`;
  return `${get("year")}-${get("month")}-${get("day")} ${time}${offset}`;
}
