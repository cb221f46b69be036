// Schedules as door phones know them: normal, weekly and daily, one window a row; rows of one number are one schedule. Pure.
import { parseDate } from "../domain/calendar-day.ts";
import type { ScheduleId } from "../domain/ids.ts";
import { idPattern } from "../domain/ids.ts";
import type { LocalDate, Weekday } from "../domain/local-time.ts";
import { formatMinute, weekdays } from "../domain/local-time.ts";
import type { Schedule, WeeklyWindow } from "../domain/schedule.ts";
import type { DeviceCells, DeviceRow } from "./device-table.ts";
import type { LineProblem, Placed } from "./wanted.ts";
import { parseWindow } from "./written-time.ts";

export interface DeviceSchedules {
  readonly placed: readonly Placed<Schedule>[];
  readonly byDeviceId: ReadonlyMap<string, ScheduleId>;
  readonly problems: readonly LineProblem[];
}

/** Devices count from Sunday. */
const deviceDays: readonly Weekday[] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const modes = { normal: "0", weekly: "1", daily: "2" } as const;
const minutesOfDay = 1_440;
/** What devices write for the end of a day. */
const lastMinute = 1_439;

export function readDeviceSchedules(rows: readonly DeviceRow[]): DeviceSchedules {
  const placed = new Map<string, Placed<Schedule>>();
  const byDeviceId = new Map<string, ScheduleId>();
  const problems: LineProblem[] = [];
  for (const { line, cells } of rows) {
    const deviceId = cells.get("ID") ?? "";
    const id = scheduleIdOf(cells, deviceId);
    const read = id === null ? "The schedule has no ID." : readRow(cells);
    if (id === null || typeof read === "string") {
      problems.push({ line, problem: String(read), remedy: "docs/directory.md shows how ScheduleData is written." });
      continue;
    }
    byDeviceId.set(deviceId, id);
    const before = placed.get(id)?.thing;
    placed.set(id, { thing: { id, name: cells.get("Name") || id, rule: joined(before, read) }, line });
  }
  return { placed: [...placed.values()], byDeviceId, problems };
}

interface RowRule {
  readonly kind: "weekly";
  readonly windows: readonly WeeklyWindow[];
  readonly from: LocalDate | null;
  readonly until: LocalDate | null;
  readonly holidayExempt: boolean;
}

const joined = (before: Schedule | undefined, rule: RowRule): RowRule =>
  before?.rule.kind === "weekly" ? { ...rule, windows: [...before.rule.windows, ...rule.windows] } : rule;

function scheduleIdOf(cells: DeviceCells, deviceId: string): ScheduleId | null {
  const own = cells.get("ScheduleId") ?? "";
  const id = own === "" ? `schedule-${deviceId}` : own;
  return deviceId !== "" && idPattern.test(id) ? (id as ScheduleId) : null;
}

/** A sentence on what is wrong, or the rule. */
function readRow(cells: DeviceCells): RowRule | string {
  const mode = cells.get("Mode") || cells.get("Type") || modes.normal;
  if (!Object.values<string>(modes).includes(mode)) return "The schedule's mode is not 0, 1 or 2.";
  const days = mode === modes.daily ? weekdays : daysOf(cells);
  if (days === null || days.length === 0) return "The schedule's days are malformed.";
  const written = cells.get("Daily") || `${cells.get("TimeStart") ?? ""}-${cells.get("TimeEnd") ?? ""}`;
  const windows = written.split(/[;|]/).filter((one) => one.trim() !== "");
  const read = windows.map((one) => parseWindow(one));
  if (read.length === 0 || read.includes(null)) return "The schedule's times are malformed.";
  const dates = ["DateStart", "DateEnd"].map((column) =>
    dateOf(mode === modes.normal ? (cells.get(column) ?? "") : ""),
  );
  const [from, until] = dates;
  if (from === undefined || until === undefined) return "There is no such day.";
  return {
    kind: "weekly",
    windows: read.flatMap((window) =>
      window === null
        ? []
        : [
            {
              days,
              startMinute: window.startMinute,
              endMinute: window.endMinute === lastMinute ? minutesOfDay : window.endMinute,
            },
          ],
    ),
    from,
    until,
    holidayExempt: cells.get("HolidayExempt") === "1",
  };
}

function daysOf(cells: DeviceCells): readonly Weekday[] | null {
  const digits = cells.get("Week") ?? "";
  if (!/^[0-6]*$/.test(digits)) return null;
  const flagged = deviceDays.filter((day) => cells.get(`${day[0]?.toUpperCase()}${day.slice(1)}`) === "1");
  const listed = deviceDays.filter((_, n) => digits.includes(String(n)));
  return weekdays.filter((day) => listed.includes(day) || flagged.includes(day));
}

/** `YYYYMMDD`, with hyphens or without; undefined for what is no day. */
function dateOf(text: string): LocalDate | null | undefined {
  if (text === "") return null;
  const date = text.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
  return parseDate(date) === null ? undefined : (date as LocalDate);
}

/** One row for each window, as the days of each may differ. */
export function writeDeviceSchedule({ id, name, rule }: Schedule, deviceId: string): DeviceRow[] {
  if (rule.kind !== "weekly") return [];
  const { from = null, until = null } = rule;
  return rule.windows.map((window) => {
    const cells = new Map([
      ["ID", deviceId],
      ["ScheduleId", id],
      ["Name", name],
      ["Mode", from === null && until === null ? modes.weekly : modes.normal],
      ["DateStart", (from ?? "").replaceAll("-", "")],
      ["DateEnd", (until ?? "").replaceAll("-", "")],
      ["Week", deviceDays.flatMap((day, n) => (window.days.includes(day) ? [String(n)] : [])).join("")],
      [
        "Daily",
        `${formatMinute(window.startMinute)}-${window.endMinute === minutesOfDay ? "23:59" : formatMinute(window.endMinute)}`,
      ],
      ["HolidayExempt", rule.holidayExempt === true ? "1" : "0"],
    ]);
    return { line: 0, cells };
  });
}
