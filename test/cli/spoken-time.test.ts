// Times, spans, days and hours as people write them on the command line.
import { describe, expect, test } from "vitest";
import { timesOf } from "../../src/cli/pass-recurrence.ts";
import { daysOf, daysText, momentOf, spanMs, spanText, timeText, windowOf } from "../../src/cli/spoken-time.ts";

/** A Friday, 14:00 in Madrid. */
const clock = { nowWall: Date.UTC(2026, 10, 20, 13), timeZone: "Europe/Madrid" };

test.each([
  ["+2h", false, "2026-11-20 16:00"],
  ["18:30", false, "2026-11-20 18:30"],
  ["2026-12-24", false, "2026-12-24 00:00"],
  ["2026-12-24", true, "2026-12-25 00:00"],
  ["2026-12-24 18:00", true, "2026-12-24 18:00"],
  ["2026-07-01T08:15", false, "2026-07-01 08:15"],
  ["2026-10-25 12:00", false, "2026-10-25 12:00"],
  ["2027-03-28 02:30", false, "2027-03-28 03:30"],
  ["2027-03-28 23:00", false, "2027-03-28 23:00"],
])("%s (an end: %s) is %s in the site's time", (text, isEnd, told) => {
  expect(timeText(momentOf(text, "--until", clock, isEnd), clock.timeZone)).toBe(told);
});

test.each(["", "yesterday", "2026-13-01", "2026-02-30", "25:00", "2026-12-24 8:00", "+2", "+0h", "+2y", "24.12.2026"])(
  "%j is no time",
  (text) => {
    expect(() => momentOf(text, "--until", clock, true)).toThrow("--until takes a");
  },
);

test("spans are read and told in the largest unit that is whole", () => {
  const told = ["90m", "2h", "1d", "2w"].map((text) => spanText(spanMs(text, "--works-for")));
  expect(told).toEqual(["90 minutes", "2 hours", "1 day", "14 days"]);
});

test("days and hours are read, over the week's end and over midnight, and told back shortly", () => {
  const days = ["mon-fri", "sat,sun", "fri-mon", "wed", "daily", "sun,mon,tue"].map((text) =>
    daysText(daysOf(text, "-")),
  );
  expect(days).toEqual(["mon-fri", "sat,sun", "mon,fri-sun", "wed", "daily", "mon,tue,sun"]);
  expect(windowOf("22:00-06:00", "-")).toEqual({ startMinute: 1_320, endMinute: 360 });
  expect(windowOf("00:00-24:00", "-")).toEqual({ startMinute: 0, endMinute: 1_440 });
  for (const text of ["8-18", "24:00-08:00", "08:00", "08:00-09:00-10:00"]) expect(() => windowOf(text, "-")).toThrow();
  for (const text of ["", "monday", "mon-", "mo-fr"]) expect(() => daysOf(text, "-")).toThrow();
});

describe("a pass that repeats", () => {
  const between = "22:00-06:00";

  test("weekly has its days, begins today, and is over with its last night", () => {
    const { recurrence, validity } = timesOf(
      { repeat: "weekly", days: "mon,thu", between, until: "2026-12-31" },
      clock,
    );
    expect(recurrence).toMatchObject({ kind: "weekly", days: ["mon", "thu"], from: "2026-11-20", until: "2026-12-31" });
    expect(timeText(validity.until ?? 0, clock.timeZone)).toBe("2027-01-01 06:00");
  });

  test("every so many weeks may end by its number", () => {
    const values = { repeat: "every-2-weeks", between, count: "5", except: ["2026-12-24"] };
    expect(timesOf(values, clock)).toEqual({
      recurrence: {
        kind: "custom",
        every: 2,
        unit: "week",
        from: "2026-11-20",
        until: null,
        count: 5,
        window: { startMinute: 1_320, endMinute: 360 },
        except: ["2026-12-24"],
      },
      validity: { from: null, until: null },
    });
  });

  test.each([
    [{ repeat: "daily" }, "Say between which hours"],
    [{ repeat: "daily", between }, "Say which day is the last"],
    [{ repeat: "weekly", between, until: "2026-12-31" }, "Say on which days"],
    [{ repeat: "every-2-weeks", between }, "Say when it ends"],
    [{ repeat: "sometimes", between, until: "2026-12-31" }, "--repeat takes"],
    [{ days: "mon" }, "--days belongs to a pass that repeats"],
  ])("says what is missing: %j", (values, says) => {
    expect(() => timesOf(values, clock)).toThrow(says);
  });
});
