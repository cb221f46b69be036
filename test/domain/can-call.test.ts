// Acceptance check 23: who may be called from a door.
import { expect, test } from "vitest";
import { canCall } from "../../src/domain/can-call.ts";
import { completePerson } from "../../src/domain/directory.ts";
import type { DoorId, HolidayId, PersonId, ScheduleId } from "../../src/domain/ids.ts";
import type { Schedule } from "../../src/domain/schedule.ts";
import { always, never } from "../../src/domain/schedule.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";

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
