// Schedules on ordinary days, at their edges, and the reading of a wall clock anywhere and at any time.
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMinute, isTimeZone, localTimeAt, parseMinute, weekdays } from "../../src/domain/local-time.ts";
import { always, never, scheduleHolds, type WeeklyWindow } from "../../src/domain/schedule.ts";
import { unixMs } from "../../src/domain/time.ts";

/** Wall time of a UTC date as text; the zone of these tests is UTC unless named. */
const utc = (text: string) => unixMs(Date.parse(`${text}Z`));
const holds = (windows: readonly WeeklyWindow[], text: string, zone = "UTC") =>
  scheduleHolds({ kind: "weekly", windows }, [], utc(text), zone);

const officeHours: WeeklyWindow = { days: ["mon", "tue", "wed", "thu", "fri"], startMinute: 540, endMinute: 1_020 };
const fridayNight: WeeklyWindow = { days: ["fri"], startMinute: 1_320, endMinute: 360 };
const sundayRound: WeeklyWindow = { days: ["sun"], startMinute: 480, endMinute: 480 };

test("Always holds and Never does not, whatever the time", () => {
  for (const text of ["1969-12-31T23:59:59.999", "2026-03-29T01:30:00", "2099-12-31T00:00:00"]) {
    expect(scheduleHolds(always.rule, [], utc(text), "Europe/Madrid")).toBe(true);
    expect(scheduleHolds(never.rule, [], utc(text), "Europe/Madrid")).toBe(false);
  }
});

test("weekly rules without windows or without days never hold", () => {
  expect(holds([], "2026-06-01T12:00:00")).toBe(false);
  expect(holds([{ days: [], startMinute: 0, endMinute: 1_440 }], "2026-06-01T12:00:00")).toBe(false);
});

test.each<[string, readonly WeeklyWindow[], string, boolean]>([
  ["a window begins with its first millisecond", [officeHours], "2026-06-01T09:00:00.000", true],
  ["and not one before", [officeHours], "2026-06-01T08:59:59.999", false],
  ["its last minute counts whole", [officeHours], "2026-06-01T16:59:59.999", true],
  ["its end does not", [officeHours], "2026-06-01T17:00:00.000", false],
  ["a day that is not named does not count", [officeHours], "2026-05-31T12:00:00", false],
  ["a night begins on its day", [fridayNight], "2026-06-05T22:00:00", true],
  ["and runs on past midnight", [fridayNight], "2026-06-06T05:59:59.999", true],
  ["until its end", [fridayNight], "2026-06-06T06:00:00", false],
  ["it does not begin the night before", [fridayNight], "2026-06-05T05:00:00", false],
  ["nor on the next evening", [fridayNight], "2026-06-06T23:00:00", false],
  ["equal ends are a whole day", [sundayRound], "2026-06-07T08:00:00", true],
  ["to the last minute on Monday, over the end of the week", [sundayRound], "2026-06-08T07:59:59", true],
  ["and no further", [sundayRound], "2026-06-08T08:00:00", false],
  ["and no earlier", [sundayRound], "2026-06-07T07:59:59", false],
  ["24:00 ends with the day", [{ days: ["mon"], startMinute: 0, endMinute: 1_440 }], "2026-06-01T23:59:59.999", true],
  ["and leaves the next alone", [{ days: ["mon"], startMinute: 0, endMinute: 1_440 }], "2026-06-02T00:00:00", false],
  ["an end of 00:00 is the same", [{ days: ["mon"], startMinute: 60, endMinute: 0 }], "2026-06-01T23:59:59.999", true],
  ["and also leaves the next alone", [{ days: ["mon"], startMinute: 60, endMinute: 0 }], "2026-06-02T00:00:00", false],
  ["of several windows any will do", [officeHours, fridayNight], "2026-06-06T01:00:00", true],
  ["of several windows none may hold", [officeHours, fridayNight], "2026-06-06T07:00:00", false],
  ["the same window twice changes nothing", [officeHours, officeHours], "2026-06-01T17:00:00", false],
])("%s", (_, windows, text, expected) => {
  expect(holds(windows, text)).toBe(expected);
});

test("the site's clock decides, not that of Greenwich", () => {
  const noon: WeeklyWindow = { days: ["mon"], startMinute: 720, endMinute: 780 };
  expect(holds([noon], "2026-06-01T10:30:00", "Europe/Madrid")).toBe(true);
  expect(holds([noon], "2026-06-01T12:30:00", "Europe/Madrid")).toBe(false);
  expect(holds([noon], "2026-05-31T22:30:00", "Pacific/Kiritimati")).toBe(true);
  expect(holds([noon], "2026-06-01T06:45:00", "Asia/Kathmandu")).toBe(true);
});

test("a day, a minute and a zone are read as Intl itself writes them, in every zone there is", () => {
  const formats = new Map<string, Intl.DateTimeFormat>();
  const written = (wall: number, zone: string) => {
    const format =
      formats.get(zone) ??
      new Intl.DateTimeFormat("en-US", {
        timeZone: zone,
        weekday: "short",
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
      });
    formats.set(zone, format);
    const part = (type: string) => format.formatToParts(wall).find((each) => each.type === type)?.value ?? "";
    return { weekday: part("weekday").toLowerCase(), minuteOfDay: Number(part("hour")) * 60 + Number(part("minute")) };
  };
  const zone = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
  const wall = fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(2060, 0) });
  fc.assert(
    fc.property(zone, wall, (name, at) => {
      expect(localTimeAt(unixMs(at), name)).toMatchObject(written(at, name));
    }),
    { numRuns: 2_000 },
  );
  // Liberia went from -00:44:30 to UTC at 00:44:30 UTC, within a quarter hour.
  for (let at = Date.UTC(1972, 0, 7, 0, 0); at < Date.UTC(1972, 0, 7, 2, 0); at += 1_000) {
    expect(localTimeAt(unixMs(at), "Africa/Monrovia")).toMatchObject(written(at, "Africa/Monrovia"));
  }
});

test("asking for many zones and for many times forgets nothing that matters", () => {
  const noon = utc("2026-07-01T12:00:00");
  expect(localTimeAt(noon, "Europe/Madrid").minuteOfDay).toBe(840);
  for (const zone of Intl.supportedValuesOf("timeZone").slice(0, 40)) localTimeAt(noon, zone);
  for (let quarter = 0; quarter < 5_000; quarter += 1) {
    const at = unixMs(noon + quarter * 900_000);
    expect(localTimeAt(at, "Asia/Tokyo").minuteOfDay).toBe((1_260 + quarter * 15) % 1_440);
  }
  expect(localTimeAt(noon, "Europe/Madrid").minuteOfDay).toBe(840);
});

test("a clock that is wildly wrong is still read", () => {
  for (const wall of [Number.MIN_SAFE_INTEGER, -1, -86_400_000.5, 0, 8.64e15, Number.MAX_SAFE_INTEGER]) {
    const { weekday, minuteOfDay } = localTimeAt(unixMs(wall), "Australia/Lord_Howe");
    expect(weekdays).toContain(weekday);
    expect(minuteOfDay).toBeGreaterThanOrEqual(0);
    expect(minuteOfDay).toBeLessThan(1_440);
  }
  expect(localTimeAt(unixMs(-1), "UTC")).toEqual({ day: -1, weekday: "wed", minuteOfDay: 1_439 });
});

test("a time zone is a name that the board's tables know, not an offset and not a path", () => {
  for (const name of ["Europe/Madrid", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+3", "Australia/Lord_Howe"]) {
    expect(isTimeZone(name), name).toBe(true);
  }
  const wrong = [
    "",
    "Madrid",
    "Europe/Madird",
    "+02:00",
    "../etc/passwd",
    "Europe/Madrid ",
    "Europe//Madrid",
    "__proto__",
  ];
  for (const name of [...wrong, "Europe/Madrid\u0000", "A".repeat(100_000), "Европа/Мадрид"]) {
    expect(isTimeZone(name), name.slice(0, 40)).toBe(false);
  }
});

test("a time of day is written and read back as HH:MM, and 24:00 is the end of a day", () => {
  for (let minute = 0; minute <= 1_440; minute += 1) expect(parseMinute(formatMinute(minute))).toBe(minute);
  expect(parseMinute("00:00")).toBe(0);
  expect(parseMinute("23:59")).toBe(1_439);
  expect(parseMinute("24:00")).toBe(1_440);
  expect(formatMinute(545)).toBe("09:05");
  for (const text of [
    "",
    "9:00",
    "09:60",
    "24:01",
    "25:00",
    "0900",
    "09:00 ",
    "09:00\n",
    "-1:00",
    "٠٩:٠٠",
    "09:00:00",
  ]) {
    expect(parseMinute(text), text).toBe(null);
  }
});
