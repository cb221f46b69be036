// Rows of the directory in words that an operator would use; pure.
import { formatLocal } from "../../domain/asked-time.ts";
import type { Credential, CredentialKind, Holder, Validity } from "../../domain/directory.ts";
import type { Weekday } from "../../domain/local-time.ts";
import { formatMinute, weekdays } from "../../domain/local-time.ts";
import type { DayWindow, Recurrence } from "../../domain/recurrence.ts";
import type { Schedule, ScheduleRule } from "../../domain/schedule.ts";
import type { FactorNeed } from "../../domain/site.ts";

export const kindWords: Readonly<Record<CredentialKind, string>> = {
  pin: "PIN",
  code: "secret code",
  qrPin: "QR PIN",
  qr: "QR code",
  card: "card",
  bkey: "Bkey",
  plate: "number plate",
};

export const needWords: Readonly<Record<FactorNeed, string>> = {
  any: "one thing",
  cardAndPin: "a card and then the PIN",
  qrAndCode: "a QR code and then the secret code",
  twoPeople: "two people, one after the other",
};

export const holderWords = (holder: Holder): string =>
  holder.name === holder.id
    ? `${kindOfHolder(holder)} "${holder.id}"`
    : `${holder.name} (${kindOfHolder(holder)} "${holder.id}")`;

export const kindOfHolder = ({ kind }: Pick<Holder, "kind">): string => (kind === "public" ? "public code" : kind);

export const credentialWords = ({ kind, id }: Credential): string => `the ${kindWords[kind]} "${id}"`;

export const scheduleWords = ({ id, name, rule }: Schedule): string =>
  rule.kind === "weekly" ? `“${name}” (${id}: ${ruleWords(rule)})` : `“${name}”`;

export function ruleWords(rule: ScheduleRule): string {
  if (rule.kind !== "weekly") return rule.kind;
  const windows = rule.windows.map((window) => `${dayWords(window.days)} ${windowWords(window)}`).join(", ");
  const { from = null, until = null } = rule;
  const span = [from === null ? "" : ` from ${from}`, until === null ? "" : ` until ${until}`].join("");
  return `${windows}${span}${rule.holidayExempt === true ? ", also on holidays" : ""}`;
}

export const windowWords = ({ startMinute, endMinute }: DayWindow): string =>
  `${formatMinute(startMinute)}–${formatMinute(endMinute)}`;

export function dayWords(days: readonly Weekday[]): string {
  const places = days.map((day) => weekdays.indexOf(day)).sort((a, b) => a - b);
  if (places.length === weekdays.length) return "every day";
  const runs: number[][] = [];
  for (const place of places) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1) === place - 1) run.push(place);
    else runs.push([place]);
  }
  const name = (place: number | undefined): string => (place === undefined ? "" : (weekdays[place] ?? ""));
  return runs.map((run) => (run.length > 1 ? `${name(run[0])}–${name(run.at(-1))}` : name(run[0]))).join(", ");
}

export function recurrenceWords(recurrence: Recurrence): string {
  if (recurrence.kind === "once") return "once";
  const { from, until, window } = recurrence;
  const end = until === null ? "" : ` until ${until}`;
  const span = `${windowWords(window)} from ${from}${end}`;
  if (recurrence.kind === "daily") return `daily ${span}`;
  if (recurrence.kind === "weekly") return `${dayWords(recurrence.days)} ${span}`;
  const { every, unit, count, except } = recurrence;
  const step = every === 1 ? `every ${unit}` : `every ${every} ${unit}s`;
  const times = count === null ? "" : `, ${count} times`;
  return `${step} ${span}${times}${except.length === 0 ? "" : `, except on ${except.join(", ")}`}`;
}

export function validityWords({ from, until }: Validity, timeZone: string): string {
  const start = from === null ? "" : `from ${formatLocal(from, timeZone)}`;
  const end = until === null ? "" : `until ${formatLocal(until, timeZone)}`;
  return [start, end].filter((text) => text !== "").join(" ") || "without end";
}

export function durationWords(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
