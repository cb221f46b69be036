// Acceptance check 23: who may be called from a door.
import fc from "fast-check";
import { expect, test } from "vitest";
import { canCall } from "../../src/domain/can-call.ts";
import { decide } from "../../src/domain/decide.ts";
import type { Credential } from "../../src/domain/directory.ts";
import { completePerson } from "../../src/domain/directory.ts";
import { freshGuess } from "../../src/domain/guess.ts";
import type { DoorId, HolidayId, PersonId, ScheduleId } from "../../src/domain/ids.ts";
import type { Schedule } from "../../src/domain/schedule.ts";
import { always, never } from "../../src/domain/schedule.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { frontDoor, site } from "../site-fixture.ts";

const madrid = "Europe/Madrid";
const forever = { from: null, until: null };
const ana = completePerson({ kind: "person", id: "ana" as PersonId, name: "Ana", state: "active", validity: forever });
const office: Schedule = {
  id: "office" as ScheduleId,
  name: "Office",
  rule: { kind: "weekly", windows: [{ days: ["thu"], startMinute: 540, endMinute: 1020 }] },
};
const at = (hour: number, trusted = true) => ({
  wall: unixMs(Date.UTC(2026, 2, 12, hour - 1)),
  mono: monoMs(0),
  trusted,
});
const facts = (...schedules: Schedule[]) => ({
  person: ana,
  grants: schedules.map((schedule) => ({ door: "front" as DoorId, schedule })),
  holidays: [],
  isDirectoryStale: false,
});

test("acceptance 23: with the permission on, a person outside of their schedule may not be called; off, they may", () => {
  expect(canCall(true, facts(office), at(12), madrid)).toBe(true);
  expect(canCall(true, facts(office), at(20), madrid)).toBe(false);
  expect(canCall(false, facts(office), at(20), madrid)).toBe(true);
});

test("whoever could not open is not called: nobody, no right, never, suspended, over, on a holiday", () => {
  const now = at(12);
  const holiday = {
    id: "h" as HolidayId,
    name: "H",
    from: "2026-03-12",
    until: "2026-03-12",
    yearly: false,
    workingHours: [],
  };
  expect(canCall(true, { ...facts(always), person: null }, now, madrid)).toBe(false);
  expect(canCall(true, facts(), now, madrid)).toBe(false);
  expect(canCall(true, facts(always, never), now, madrid)).toBe(false);
  expect(canCall(true, { ...facts(always), person: { ...ana, state: "suspended" } }, now, madrid)).toBe(false);
  const over = { ...ana, validity: { from: null, until: now.wall } };
  expect(canCall(true, { ...facts(always), person: over }, now, madrid)).toBe(false);
  expect(canCall(true, { ...facts(office), holidays: [holiday] as never }, now, madrid)).toBe(false);
});

test("while the time is uncertain only those who may always open are called", () => {
  expect(canCall(true, facts(office), at(12, false), madrid)).toBe(false);
  expect(canCall(true, facts(always), at(12, false), madrid)).toBe(true);
});

const card: Credential = {
  id: "card" as never,
  kind: "card",
  state: "active",
  validity: forever,
  direction: null,
  digits: null,
  duress: false,
};
const minute = fc.integer({ min: 0, max: 1439 });
const schedule = fc.oneof(
  fc.constantFrom(always, never, office),
  fc.record({ startMinute: minute, endMinute: minute, holidayExempt: fc.boolean() }).map(
    ({ startMinute, endMinute, holidayExempt }): Schedule => ({
      id: "any" as ScheduleId,
      name: "Any",
      rule: { kind: "weekly", windows: [{ days: ["wed", "thu"], startMinute, endMinute }], holidayExempt },
    }),
  ),
);
/** Hours around the day in question; mostly none. */
const limitIn = (min: number, max: number) =>
  fc.option(
    fc.integer({ min, max }).map((hour) => unixMs(Date.UTC(2026, 2, 11, hour))),
    { nil: null, freq: 1 },
  );

test("whom the rules would let in with a card is exactly whom one may call", () => {
  let callable = 0;
  const scene = fc.record({
    schedules: fc.array(schedule, { maxLength: 3 }),
    hour: fc.integer({ min: 0, max: 23 }),
    trusted: fc.boolean(),
    isHoliday: fc.boolean(),
    state: fc.constantFrom("active" as const, "active" as const, "active" as const, "suspended" as const),
    from: limitIn(0, 40),
    until: limitIn(30, 60),
  });
  fc.assert(
    fc.property(scene, ({ schedules, hour, trusted, isHoliday, state, from, until }) => {
      const now = at(hour, trusted);
      const day = "2026-03-12" as never;
      const holiday = { id: "h" as HolidayId, name: "H", from: day, until: day, yearly: false, workingHours: [] };
      const person = { ...ana, state, validity: { from, until } };
      const asked = { ...facts(...schedules), person, holidays: isHoliday ? [holiday] : [] };
      const decision = decide({
        ...asked,
        door: frontDoor,
        hasScanner: false,
        timeZone: madrid,
        features: site.features,
        codes: site.codes,
        passes: site.passes,
        now,
        presentation: { method: "card", code: "00B775D2" as never },
        direction: "entry",
        situation: { mode: "locked", interlocked: false },
        factors: [],
        guess: freshGuess(monoMs(0)),
        credential: card,
        holder: person,
        host: null,
        holderGuess: freshGuess(monoMs(0)),
        first: null,
        uses: { atDoor: 0, total: 0 },
        activatedAt: null,
        openedAgoMs: { bySame: null, byOther: null },
        passage: null,
      });
      const answer = canCall(true, asked, now, madrid);
      if (answer) callable += 1;
      expect(answer).toBe(decision.granted);
    }),
    { numRuns: 2_000 },
  );
  expect(callable).toBeGreaterThan(100);
});
