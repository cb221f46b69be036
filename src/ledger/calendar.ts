// What of the directory the door loop needs to run timetables by itself, and what of the configuration it does not fit.
import type { Calendar, CalendarNews, UnseenCodes } from "../domain/ask.ts";
import { doubtfulCodes } from "../domain/code-partition.ts";
import type { DoorId, ScheduleId } from "../domain/ids.ts";
import type { ScheduleRule } from "../domain/schedule.ts";
import { never } from "../domain/schedule.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Directory } from "./directory.ts";

/** What is not in the directory never holds: no timetable begins by mistake. */
export function calendarOf(site: SiteSpec, directory: Directory, unseen: () => UnseenCodes): CalendarNews {
  const schedules: Record<ScheduleId, ScheduleRule> = {};
  for (const schedule of new Set(timetableSchedules(site))) {
    schedules[schedule] = (directory.knownSchedule(schedule) ?? never).rule;
  }
  const calendar: Calendar = { schedules, holidays: directory.holidays };
  const missing = namings(site).filter(({ schedule }) => directory.knownSchedule(schedule) === null);
  const doubtful = site.codes.partition ? doubtfulCodes(unseen()) : null;
  const told = doubtful === null ? {} : { doubtfulCodes: doubtful };
  return { calendar, missing: [...new Set(missing.map(sentence))], ...told };
}

interface Naming {
  readonly where: string;
  readonly schedule: ScheduleId;
  readonly meaning: string;
}

const timetableSchedules = ({ doors, receptions, inputOpenings }: SiteSpec): ScheduleId[] => [
  ...doors.flatMap((door) => door.timetable.map(({ schedule }) => schedule)),
  ...[...receptions, ...inputOpenings].map(({ schedule }) => schedule),
];

const namings = ({ doors, receptions, inputOpenings }: SiteSpec): Naming[] => [
  ...doors.flatMap((door) => [
    ...door.timetable.map(({ schedule }) => ({ where: doorName(door.id), schedule, meaning: "so it never begins" })),
    ...door.factors.map(({ schedule }) => ({ where: doorName(door.id), schedule, meaning: "so it counts as always" })),
  ]),
  ...receptions.map(({ input, schedule }) => ({
    where: `The reception's input "${input}"`,
    schedule,
    meaning: "so it never begins",
  })),
  ...inputOpenings.map(({ input, schedule }) => ({
    where: `The input "${input}"`,
    schedule,
    meaning: "so it opens nothing",
  })),
];

const doorName = (id: DoorId): string => `The door "${id}"`;

const sentence = ({ where, schedule, meaning }: Naming): string =>
  `${where} names the schedule "${schedule}", which is not in the directory, ${meaning}; add that schedule or change the configuration.`;
