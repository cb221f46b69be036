// Holidays: which days they are, and what they close.
import { expect, test } from "vitest";
import { formatDate } from "../../src/domain/calendar-day.ts";
import type { HolidayId } from "../../src/domain/ids.ts";
import type { LocalDate } from "../../src/domain/local-time.ts";
import type { DayWindow } from "../../src/domain/recurrence.ts";
import { type Holiday, isOn, type ScheduleRule, type ScheduleState, scheduleState } from "../../src/domain/schedule.ts";
import { unixMs } from "../../src/domain/time.ts";

const holiday = (from: string, until = from, yearly = false, workingHours: readonly DayWindow[] = []): Holiday => ({
  id: "h" as HolidayId,
  name: "A holiday",
  from: from as LocalDate,
  until: until as LocalDate,
  yearly,
  workingHours,
});
const everyDay = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const rule = (startMinute: number, endMinute: number, more: object = {}): ScheduleRule => ({
  kind: "weekly",
  windows: [{ days: everyDay, startMinute, endMinute }],
  ...more,
});
const around = rule(0, 1_440);
const stateAt = (of: ScheduleRule, holidays: readonly Holiday[], text: string, zone = "UTC"): ScheduleState =>
  scheduleState(of, holidays, unixMs(Date.parse(`${text}Z`)), zone);

const daysOf = (one: Holiday, firstYear: number, lastYear: number): string[] => {
  const days: string[] = [];
  for (let day = Date.UTC(firstYear, 0, 1) / 86_400_000; formatDate(day) <= `${lastYear}-12-31`; day += 1) {
    if (isOn(one, day)) days.push(formatDate(day));
  }
  return days;
};

test("a dated holiday is its days and no others", () => {
  expect(daysOf(holiday("2026-05-01", "2026-05-03"), 2025, 2027)).toEqual(["2026-05-01", "2026-05-02", "2026-05-03"]);
});

test("a yearly one comes on the same days of each year", () => {
  expect(daysOf(holiday("2026-12-25", "2026-12-26", true), 2026, 2027)).toEqual([
    "2026-12-25",
    "2026-12-26",
    "2027-12-25",
    "2027-12-26",
  ]);
});

test("a yearly one over New Year is whole in each year", () => {
  const days = daysOf(holiday("2026-12-30", "2027-01-02", true), 2027, 2028);
  expect(days).toEqual([
    ...["2027-01-01", "2027-01-02", "2027-12-30", "2027-12-31"],
    ...["2028-01-01", "2028-01-02", "2028-12-30", "2028-12-31"],
  ]);
});

test("a yearly 29 February is no day in other years, and neither is 1 March", () => {
  expect(daysOf(holiday("2024-02-29", "2024-02-29", true), 2024, 2028)).toEqual(["2024-02-29", "2028-02-29"]);
});

test("a yearly one over the end of February takes the leap day in where there is one", () => {
  const days = daysOf(holiday("2026-02-28", "2026-03-01", true), 2027, 2028);
  expect(days).toEqual(["2027-02-28", "2027-03-01", "2028-02-28", "2028-02-29", "2028-03-01"]);
});

test("a yearly one that is as long as a year is always", () => {
  expect(daysOf(holiday("2026-03-01", "2027-03-01", true), 2030, 2030)).toHaveLength(365);
});

test.each<[string, ScheduleRule, readonly Holiday[], string, ScheduleState]>([
  ["closes what would hold", around, [holiday("2026-06-10")], "2026-06-10T12:00", "holiday"],
  ["closes from midnight on", around, [holiday("2026-06-10")], "2026-06-10T00:00", "holiday"],
  ["to midnight", around, [holiday("2026-06-10")], "2026-06-10T23:59:59.999", "holiday"],
  ["leaves the day before alone", around, [holiday("2026-06-10")], "2026-06-09T23:59:59.999", "holds"],
  ["leaves the day after alone", around, [holiday("2026-06-10")], "2026-06-11T00:00", "holds"],
  ["is no reason where nothing would hold anyway", rule(0, 60), [holiday("2026-06-10")], "2026-06-10T12:00", "outside"],
  [
    "does not close what is exempt",
    rule(0, 1_440, { holidayExempt: true }),
    [holiday("2026-06-10")],
    "2026-06-10T12:00",
    "holds",
  ],
  [
    "opens nothing for what is exempt and shut",
    rule(0, 60, { holidayExempt: true }),
    [holiday("2026-06-10")],
    "2026-06-10T12:00",
    "outside",
  ],
  ["does not close Always", { kind: "always" }, [holiday("2026-06-10")], "2026-06-10T12:00", "holds"],
  ["opens nothing for Never", { kind: "never" }, [holiday("2026-06-10")], "2026-06-10T12:00", "outside"],
  ["cuts into a night that began before it", rule(1_320, 360), [holiday("2026-06-10")], "2026-06-10T03:00", "holiday"],
  [
    "leaves the rest of its own night to the next day",
    rule(1_320, 360),
    [holiday("2026-06-10")],
    "2026-06-11T03:00",
    "holds",
  ],
])("a holiday %s", (_, of, holidays, text, expected) => expect(stateAt(of, holidays, text)).toBe(expected));

const morning: DayWindow = { startMinute: 540, endMinute: 720 };
const lateShift: DayWindow = { startMinute: 1_320, endMinute: 120 };

test.each<[string, string, ScheduleState]>([
  ["in their first minute", "2026-06-10T09:00", "holds"],
  ["a moment earlier", "2026-06-10T08:59:59.999", "holiday"],
  ["at their end", "2026-06-10T12:00", "holiday"],
])("working hours let in %s: %s", (_, text, expected) => {
  expect(stateAt(around, [holiday("2026-06-10", "2026-06-10", false, [morning])], text)).toBe(expected);
});

test("working hours open nothing that the schedule itself does not", () => {
  expect(stateAt(rule(0, 60), [holiday("2026-06-10", "2026-06-10", false, [morning])], "2026-06-10T10:00")).toBe(
    "outside",
  );
});

test.each<[string, string, ScheduleState]>([
  ["not in the first morning, as no shift began the day before", "2026-06-10T01:00", "holiday"],
  ["in the first evening", "2026-06-10T23:00", "holds"],
  ["past midnight", "2026-06-11T01:59:59.999", "holds"],
  ["until their end", "2026-06-11T02:00", "holiday"],
  ["in the second evening", "2026-06-11T22:00", "holds"],
])("working hours over midnight begin on a day of the holiday: %s", (_, text, expected) => {
  expect(stateAt(around, [holiday("2026-06-10", "2026-06-11", false, [lateShift])], text)).toBe(expected);
});

test("where two holidays meet, both must be at work", () => {
  const open = holiday("2026-06-10", "2026-06-10", false, [morning]);
  expect(stateAt(around, [open, holiday("2026-06-09", "2026-06-12")], "2026-06-10T10:00")).toBe("holiday");
  expect(stateAt(around, [open, open], "2026-06-10T10:00")).toBe("holds");
});

test("the date on the site's wall counts", () => {
  const day = [holiday("2026-06-10")];
  expect(stateAt(around, day, "2026-06-09T22:30", "Europe/Madrid")).toBe("holiday");
  expect(stateAt(around, day, "2026-06-10T22:30", "Europe/Madrid")).toBe("holds");
  expect(stateAt(around, day, "2026-06-11T03:59", "America/New_York")).toBe("holiday");
});
