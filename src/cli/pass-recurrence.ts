// When a pass comes round, from what its maker typed: once, daily, weekly, or every so many days, weeks or months.
import type { Pass } from "../domain/directory.ts";
import type { LocalDate } from "../domain/local-time.ts";
import type { CustomRecurrence, DayWindow, Recurrence } from "../domain/recurrence.ts";
import { unixMs } from "../domain/time.ts";
import { Misuse } from "./misuse.ts";
import type { TimeWords } from "./spoken-time.ts";
import { dateOf, daysOf, momentOf, todayAt, windowOf } from "./spoken-time.ts";

export interface RepeatValues {
  readonly repeat?: string | undefined;
  readonly days?: string | undefined;
  readonly between?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly count?: string | undefined;
  readonly except?: readonly string[] | undefined;
}

type Times = Pick<Pass, "recurrence" | "validity">;

const minuteMs = 60_000;

export function timesOf(values: RepeatValues, clock: TimeWords): Times {
  const { repeat, from, until } = values;
  if (repeat !== undefined) return repeated(repeat, values, clock);
  const odd = (["days", "between", "count", "except"] as const).find((option) => values[option] !== undefined);
  if (odd !== undefined) throw new Misuse(`--${odd} belongs to a pass that repeats; say how with --repeat.`);
  return {
    recurrence: { kind: "once" },
    validity: {
      from: from === undefined ? null : momentOf(from, "--from", clock, false),
      until: until === undefined ? null : momentOf(until, "--until", clock, true),
    },
  };
}

function repeated(repeat: string, values: RepeatValues, clock: TimeWords): Times {
  if (values.between === undefined) throw new Misuse("Say between which hours it works, with --between 08:00-18:00.");
  const window = windowOf(values.between, "--between");
  const from = values.from === undefined ? todayAt(clock) : dateOf(values.from, "--from");
  const until = values.until === undefined ? null : dateOf(values.until, "--until");
  return {
    recurrence: recurrenceOf(repeat, values, { from, until, window }),
    validity: validityOf(until, window, clock),
  };
}

interface Dates {
  readonly from: LocalDate;
  readonly until: LocalDate | null;
  readonly window: DayWindow;
}

function recurrenceOf(repeat: string, values: RepeatValues, dates: Dates): Recurrence {
  const { from, until, window } = dates;
  if (repeat !== "daily" && repeat !== "weekly") return customOf(repeat, values, dates);
  if (until === null) throw new Misuse("Say which day is the last, with --until 2026-12-24.");
  if (values.count !== undefined) throw new Misuse("--count belongs to a pass that repeats every so many days.");
  if (repeat === "daily") return { kind: "daily", from, until, window };
  if (values.days === undefined) throw new Misuse("Say on which days it works, with --days mon,thu.");
  return { kind: "weekly", from, until, days: daysOf(values.days, "--days"), window };
}

function customOf(repeat: string, { count, except = [] }: RepeatValues, dates: Dates): CustomRecurrence {
  const match = /^every-([1-9][0-9]{0,2})-(day|week|month)s?$/.exec(repeat);
  if (match === null) throw new Misuse("--repeat takes daily, weekly, or such as every-2-weeks.");
  if (dates.until === null && count === undefined) {
    throw new Misuse("Say when it ends, with --until 2026-12-24 or --count 10.");
  }
  if (count !== undefined && !/^[1-9][0-9]{0,2}$/.test(count)) throw new Misuse("--count takes 1 to 999.");
  return {
    kind: "custom",
    every: Number(match[1]),
    unit: match[2] as CustomRecurrence["unit"],
    ...dates,
    count: count === undefined ? null : Number(count),
    except: except.map((date) => dateOf(date, "--except")),
  };
}

/** It is over with the last occurrence, which may run into the next day. */
function validityOf(
  until: LocalDate | null,
  { startMinute, endMinute }: DayWindow,
  clock: TimeWords,
): Pass["validity"] {
  if (until === null) return { from: null, until: null };
  const midnight = momentOf(until, "--until", clock, true);
  return { from: null, until: unixMs(midnight + (endMinute <= startMinute ? endMinute * minuteMs : 0)) };
}
