import fc from "fast-check";
import { expect, test } from "vitest";
import { formatLocal, instantsOf, parseAskedTime } from "../../src/domain/asked-time.ts";
import { localTimeAt } from "../../src/domain/local-time.ts";
import { unixMs } from "../../src/domain/time.ts";

const madrid = "Europe/Madrid";
/** A Friday, 14:00 in Madrid. */
const now = unixMs(Date.UTC(2026, 10, 20, 13, 0, 20));

const asked = (text: string, toward: "future" | "past" = "future", timeZone = madrid) => {
  const time = parseAskedTime(text, timeZone, now, toward);
  return time.ok ? `${formatLocal(time.at, timeZone)}${time.note === null ? "" : ` | ${time.note}`}` : time.problem;
};

test.each([
  ["03:00", "Saturday 2026-11-21 03:00", "Friday 2026-11-20 03:00"],
  ["15:00", "Friday 2026-11-20 15:00", "Thursday 2026-11-19 15:00"],
  ["14:00", "Friday 2026-11-20 14:00", "Friday 2026-11-20 14:00"],
  ["sunday 03:00", "Sunday 2026-11-22 03:00", "Sunday 2026-11-15 03:00"],
  ["next Sunday 03:00", "Sunday 2026-11-22 03:00", "Sunday 2026-11-15 03:00"],
  ["fri 13:00", "Friday 2026-11-27 13:00", "Friday 2026-11-20 13:00"],
  ["Friday 15:00", "Friday 2026-11-20 15:00", "Friday 2026-11-13 15:00"],
  ["tomorrow 00:00", "Saturday 2026-11-21 00:00", "Saturday 2026-11-21 00:00"],
  ["yesterday 23:59", "Thursday 2026-11-19 23:59", "Thursday 2026-11-19 23:59"],
  ["2026-12-24 03:00", "Thursday 2026-12-24 03:00", "Thursday 2026-12-24 03:00"],
  ["2026-12-24T03:00", "Thursday 2026-12-24 03:00", "Thursday 2026-12-24 03:00"],
  ["now", "Friday 2026-11-20 14:00", "Friday 2026-11-20 14:00"],
])("%s is the nearest to come, or the last that was", (text, future, past) => {
  expect([asked(text), asked(text, "past")]).toEqual([future, past]);
});

test.each(["", "3", "25:00", "24:00", "2026-02-30 03:00", "someday 03:00", "su 03:00", "03:00 sunday", "1 2 3"])(
  "%j is no time, and what one looks like is said",
  (text) => {
    expect(asked(text)).toMatch(/^This is not a time; write "03:00"/);
  },
);

test("an hour that the clock skips is moved to the next time there was, and that is said", () => {
  expect(asked("2027-03-28 02:30")).toBe(
    "Sunday 2027-03-28 03:00 | 2027-03-28 02:30 did not exist on the site's clock, which was put forward; 03:00 is meant, the next time there was.",
  );
});

test("an hour that comes twice is the first, the second by its offset, and that is said", () => {
  expect(asked("2026-10-25 02:30")).toMatch(/came twice.*"2026-10-25 02:30 \+02:00" or "2026-10-25 02:30 \+01:00"/);
  const [first, second] = ["+02:00", "+01:00"].map((offset) =>
    parseAskedTime(`2026-10-25 02:30 ${offset}`, madrid, now, "past"),
  );
  expect(first).toMatchObject({ ok: true, at: Date.UTC(2026, 9, 25, 0, 30), note: null });
  expect(second).toMatchObject({ ok: true, at: Date.UTC(2026, 9, 25, 1, 30), note: null });
  expect(asked("2026-10-25 02:30 +03:00")).toMatch(/never reads/);
});

test("every moment is found again by what the wall's clock reads then, in zones of all kinds", () => {
  const zones = [madrid, "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "UTC"];
  fc.assert(
    fc.property(fc.integer({ min: 1.2e9, max: 2e9 }), fc.constantFrom(...zones), (seconds, timeZone) => {
      const at = unixMs(Math.floor(seconds / 60) * 60_000);
      const { day, minuteOfDay } = localTimeAt(at, timeZone);
      expect(instantsOf(day, minuteOfDay, timeZone)).toContain(at);
    }),
    { numRuns: 2_000 },
  );
});
