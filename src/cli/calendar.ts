// `postern schedules` and `postern holidays`: when doors open for people, and the days on which they do not.
import { parseArgs } from "node:util";
import type { Source } from "../domain/directory.ts";
import type { HolidayId, ScheduleId } from "../domain/ids.ts";
import type { Holiday, Schedule, ScheduleRule, WeeklyWindow } from "../domain/schedule.ts";
import { always, never } from "../domain/schedule.ts";
import { calendarOf, changeDirectory } from "./ledger-client.ts";
import { Misuse } from "./misuse.ts";
import { noSuchVerb, onlyWord, stateOption } from "./options.ts";
import { dateOf, daysOf, daysText, windowOf, windowText } from "./spoken-time.ts";
import { printTable } from "./table.ts";

export async function schedules([verb, ...rest]: readonly string[]): Promise<number> {
  if (verb === "list") return listSchedules(rest);
  if (verb === "put") return putSchedule(rest);
  if (verb === "remove") return removeSchedule(rest);
  throw noSuchVerb("schedules", verb, ["list", "put", "remove"]);
}

export async function holidays([verb, ...rest]: readonly string[]): Promise<number> {
  if (verb === "list") return listHolidays(rest);
  if (verb === "put") return putHoliday(rest);
  if (verb === "remove") return removeHoliday(rest);
  throw noSuchVerb("holidays", verb, ["list", "put", "remove"]);
}

async function listSchedules(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const own = (await calendarOf(values)).schedules;
  const rows = own.map((one) => [one.id, one.name, `${ruleText(one.rule)}${ownerText(one)}`]);
  printTable(["ID", "NAME", "HOLDS"], [...[always, never].map(scheduleRow), ...rows]);
  return 0;
}

const scheduleRow = ({ id, name, rule }: Schedule): string[] => [id, name, ruleText(rule)];

const ownerText = ({ source }: { readonly source: Source }): string =>
  source === "cloud" ? ", managed by the cloud" : "";

function ruleText(rule: ScheduleRule): string {
  if (rule.kind !== "weekly") return rule.kind === "always" ? "at any time" : "at no time";
  const { from = null, until = null, holidayExempt = false } = rule;
  const windows = rule.windows.map((window) => `${daysText(window.days)} ${windowText(window)}`).join("; ");
  const dates = [from === null ? "" : ` from ${from}`, until === null ? "" : ` until ${until}`].join("");
  return `${windows}${dates}${holidayExempt ? ", on holidays too" : ""}`;
}

async function putSchedule(args: readonly string[]): Promise<number> {
  const options = {
    window: { type: "string", multiple: true },
    from: { type: "string" },
    until: { type: "string" },
    "holiday-exempt": { type: "boolean", default: false },
    ...stateOption,
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const { id, name } = idAndName(positionals, "the schedule");
  if (values.window === undefined) throw new Misuse("Say when it holds, with --window mon-fri=08:00-18:00.");
  const rule: ScheduleRule = {
    kind: "weekly",
    windows: values.window.map(weeklyWindow),
    from: values.from === undefined ? null : dateOf(values.from, "--from"),
    until: values.until === undefined ? null : dateOf(values.until, "--until"),
    holidayExempt: values["holiday-exempt"],
  };
  await changeDirectory(values, [{ op: "putSchedule", schedule: { id: id as ScheduleId, name, rule } }]);
  console.log(`${name} holds ${ruleText(rule)}.`);
  return 0;
}

function weeklyWindow(text: string): WeeklyWindow {
  const [days = "", hours = "", more] = text.split("=");
  if (more !== undefined) throw new Misuse("--window takes days and hours, such as mon-fri=08:00-18:00.");
  return { days: daysOf(days, "--window"), ...windowOf(hours, "--window") };
}

async function removeSchedule(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const id = onlyWord(positionals, "the id of the schedule");
  await changeDirectory(values, [{ op: "removeSchedule", id: id as ScheduleId }]);
  console.log(`The schedule "${id}" is gone.`);
  return 0;
}

async function listHolidays(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const rows = (await calendarOf(values)).holidays.map((one) => {
    const [days, hours] = holidayText(one);
    return [one.id, one.name, days, `${hours}${ownerText(one)}`];
  });
  printTable(["ID", "NAME", "DAYS", "WORKING HOURS"], rows);
  if (rows.length === 0) console.log("There are no holidays; `postern holidays put` makes one.");
  return 0;
}

function holidayText({ from, until, yearly, workingHours }: Holiday): [string, string] {
  const days = from === until ? from : `${from} to ${until}`;
  return [yearly ? `${days}, each year` : days, workingHours.map(windowText).join(", ") || "none"];
}

async function putHoliday(args: readonly string[]): Promise<number> {
  const options = {
    on: { type: "string" },
    until: { type: "string" },
    yearly: { type: "boolean", default: false },
    hours: { type: "string", multiple: true },
    ...stateOption,
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const { id, name } = idAndName(positionals, "the holiday");
  if (values.on === undefined) throw new Misuse("Say which day it is, with --on 2026-12-25.");
  const holiday: Holiday = {
    id: id as HolidayId,
    name,
    from: dateOf(values.on, "--on"),
    until: dateOf(values.until ?? values.on, "--until"),
    yearly: values.yearly,
    workingHours: (values.hours ?? []).map((hours) => windowOf(hours, "--hours")),
  };
  await changeDirectory(values, [{ op: "putHoliday", holiday }]);
  console.log(`${name}: ${holidayText(holiday)[0]}. Schedules do not hold then, save those that are exempt.`);
  return 0;
}

async function removeHoliday(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const id = onlyWord(positionals, "the id of the holiday");
  await changeDirectory(values, [{ op: "removeHoliday", id: id as HolidayId }]);
  console.log(`The holiday "${id}" is gone.`);
  return 0;
}

function idAndName(
  [id, name, ...more]: readonly string[],
  what: string,
): { readonly id: string; readonly name: string } {
  if (id === undefined || name === undefined || more.length > 0) {
    throw new Misuse(`Name the id of ${what} and its name; quote what has spaces.`);
  }
  return { id, name };
}
