// What an operator reads of a pass: how it stands and why, when it comes round, what is used of it.
import type { Pass, Person } from "../domain/directory.ts";
import type { ExportedHolder } from "../domain/directory-export.ts";
import { hasEnded, passStanding } from "../domain/pass-standing.ts";
import { passEnd } from "../domain/pass-window.ts";
import type { DenyReason } from "../domain/reasons.ts";
import type { CustomRecurrence, Recurrence } from "../domain/recurrence.ts";
import type { SiteSpec } from "../domain/site.ts";
import { monoMs, unixMs } from "../domain/time.ts";
import type { Listed } from "./ledger-client.ts";
import { holdersOf } from "./ledger-client.ts";
import type { StateValues } from "./options.ts";
import { siteAt } from "./site-view.ts";
import { daysText, spanText, timeText, windowText } from "./spoken-time.ts";

const words: Partial<Record<DenyReason, string>> = {
  notYetValid: "not yet",
  betweenOccurrences: "between its hours",
  usesExhausted: "used up",
  expired: "expired",
  activationOver: "opened too long ago",
  revoked: "revoked",
  holderSuspended: "suspended",
  hostSuspended: "host may not enter",
  passesOff: "passes are off at this site",
  clockUntrusted: "the time is not certain",
};

export function standingText(found: Listed<"pass">, host: Person | null, site: SiteSpec): string {
  const { holder: pass, grants, uses, activations } = found;
  const now = { wall: unixMs(Date.now()), mono: monoMs(0), trusted: true };
  const doors = grants.map(({ door }) => door);
  const { timeZone, passes: policy } = site;
  const bar = passStanding(pass, { now, timeZone, policy, host, doors, uses, activations });
  return bar === null ? "active" : (words[bar] ?? bar);
}

/** People and public codes never have. */
export const isEndedPass = ({ holder }: ExportedHolder): boolean =>
  holder.kind === "pass" && hasEnded(holder, { wall: unixMs(Date.now()), mono: monoMs(0), trusted: true });

/** What a list says of those that it leaves out. */
export function tellEnded(count: number): void {
  if (count === 0) return;
  console.log(count === 1 ? "One pass that has ended is left out; --all lists it." : endedText(count));
}

const endedText = (count: number): string => `${count} passes that have ended are left out; --all lists them.`;

export function validityText(pass: Pass, timeZone: string): string {
  const { from } = pass.validity;
  const end = passEnd(pass);
  const begin = from === null ? "" : `from ${timeText(from, timeZone)} `;
  return `${begin}${Number.isFinite(end) ? `until ${timeText(end, timeZone)}` : ""}`.trim();
}

export function recurrenceText(recurrence: Recurrence): string {
  switch (recurrence.kind) {
    case "once":
      return "once";
    case "daily":
      return `daily ${windowText(recurrence.window)}, ${recurrence.from} to ${recurrence.until}`;
    case "weekly":
      return `${daysText(recurrence.days)} ${windowText(recurrence.window)}, ${recurrence.from} to ${recurrence.until}`;
    case "custom":
      return customText(recurrence);
  }
}

function customText({ every, unit, from, until, count, window, except }: CustomRecurrence): string {
  const step = every === 1 ? `every ${unit}` : `every ${every} ${unit}s`;
  const end = count === null ? ` to ${until}` : `, ${count} times`;
  const but = except.length === 0 ? "" : `, not on ${except.join(", ")}`;
  return `${step} ${windowText(window)}, from ${from}${end}${but}`;
}

/** Of all occurrences. */
export function usesText({ usesPerDoor, usesTotal }: Pass, { uses }: Pick<ExportedHolder, "uses">): string {
  const spent = uses.filter(({ door }) => door === "*").reduce((sum, one) => sum + one.spent, 0);
  const limits = [
    usesPerDoor === null ? "" : `${usesPerDoor} at each door`,
    usesTotal === null ? "" : `${usesTotal} in all`,
  ].filter((limit) => limit !== "");
  if (limits.length === 0) return "any number";
  return `${limits.join(", ")}${spent === 0 ? "" : `; ${spent} used`}`;
}

export async function passFields(where: StateValues, found: ExportedHolder): Promise<(readonly [string, string])[]> {
  const { holder: pass } = found;
  if (pass.kind !== "pass") return [];
  const site = siteAt(where);
  const host = await hostOf(where, pass);
  const { floors, activationMs } = pass;
  return [
    ["state", standingText({ ...found, holder: pass }, host, site)],
    ["preset", pass.preset ?? ""],
    ["host", pass.host === null ? "" : `${host?.name ?? "nobody any more"} (${pass.host})`],
    ["valid", validityText(pass, site.timeZone)],
    ["comes round", recurrenceText(pass.recurrence)],
    ["works for", activationMs === null ? "" : `${spanText(activationMs)} after it was first used`],
    ["opened", found.activations.map(({ at }) => timeText(at, site.timeZone)).join(", ")],
    ["uses", usesText(pass, found)],
    ["floors", floors.kind === "host" ? "as the host" : floors.floors.join(", ")],
    ["id number", pass.idNumber ?? ""],
    ["message", pass.message ?? ""],
  ];
}

async function hostOf(where: StateValues, { host }: Pass): Promise<Person | null> {
  if (host === null) return null;
  return (await holdersOf(where, "person")).find(({ holder }) => holder.id === host)?.holder ?? null;
}
