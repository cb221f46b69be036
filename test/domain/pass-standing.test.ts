// How a pass stands, as lists say it.
import { expect, test } from "vitest";
import type { PassGiven, Person } from "../../src/domain/directory.ts";
import { completePass, completePerson } from "../../src/domain/directory.ts";
import type { DoorId, PassId, PersonId } from "../../src/domain/ids.ts";
import type { PassFacts } from "../../src/domain/pass-standing.ts";
import { hasEnded, passStanding } from "../../src/domain/pass-standing.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { site } from "../site-fixture.ts";

/** A Friday, 14:00 in Madrid. */
const noon = Date.UTC(2026, 10, 20, 13);
const hourMs = 3_600_000;

const host: Person = completePerson({
  kind: "person",
  id: "ana" as PersonId,
  name: "Ana",
  state: "active",
  validity: { from: null, until: null },
});

const usual: PassFacts = {
  now: { wall: unixMs(noon), mono: monoMs(0), trusted: true },
  timeZone: site.timeZone,
  policy: site.passes,
  host: null,
  doors: ["front", "garage"] as DoorId[],
  uses: [],
  activations: [],
};

const validity = { from: unixMs(noon - hourMs), until: unixMs(noon + hourMs) };
const weekly = {
  kind: "weekly",
  from: "2026-11-01" as never,
  until: "2026-12-31" as never,
  days: ["mon"],
  window: { startMinute: 480, endMinute: 1_200 },
} as const;
const used = (door: string, spent: number) => ({ door: door as DoorId | "*", occurrence: 0, spent });

test.each<[string, Partial<PassGiven>, Partial<PassFacts>, string | null]>([
  ["active", {}, {}, null],
  ["revoked", { state: "revoked" }, {}, "revoked"],
  ["suspended", { state: "suspended" }, {}, "holderSuspended"],
  ["not yet", { validity: { from: unixMs(noon + 1), until: unixMs(noon + hourMs) } }, {}, "notYetValid"],
  ["expired", { validity: { from: null, until: unixMs(noon) } }, {}, "expired"],
  ["expired by its second end", { expiresAt: unixMs(noon) }, {}, "expired"],
  ["between its hours", { recurrence: weekly }, {}, "betweenOccurrences"],
  [
    "opened too long ago",
    { activationMs: 60_000 },
    { activations: [{ occurrence: 0, at: unixMs(noon - 60_000) }] },
    "activationOver",
  ],
  ["waiting for its first use", { activationMs: 60_000 }, {}, null],
  ["used up in all", { usesTotal: 2 }, { uses: [used("*", 2)] }, "usesExhausted"],
  ["used up at one of two doors", { usesPerDoor: 1 }, { uses: [used("front", 1)] }, null],
  ["used up at each door", { usesPerDoor: 1 }, { uses: [used("front", 1), used("garage", 1)] }, "usesExhausted"],
  ["a host's", { host: host.id }, { host }, null],
  ["a suspended host's", { host: host.id }, { host: { ...host, state: "suspended" } }, "hostSuspended"],
  ["a host's who is gone", { host: host.id }, {}, "hostSuspended"],
  ["off at this site", {}, { policy: { ...site.passes, enabled: false } }, "passesOff"],
])("a pass that is %s", (_, given, facts, standing) => {
  const pass = completePass({ kind: "pass", id: "p" as PassId, name: "P", state: "active", validity, ...given });
  expect(passStanding(pass, { ...usual, ...facts })).toBe(standing);
});

test.each<[string, Partial<PassGiven>, boolean]>([
  ["active", {}, false],
  ["revoked", { state: "revoked" }, true],
  ["suspended", { state: "suspended" }, false],
  ["suspended and over", { state: "suspended", validity: { from: null, until: unixMs(noon) } }, true],
  ["over by its second end", { expiresAt: unixMs(noon) }, true],
  ["between its hours", { recurrence: weekly }, false],
])("whether a pass has ended for good that is %s", (_, given, ended) => {
  const pass = completePass({ kind: "pass", id: "p" as PassId, name: "P", state: "active", validity, ...given });
  expect(hasEnded(pass, usual.now)).toBe(ended);
});
