// Tells the doors what their timetables say, whenever that changes; keeps the last calendar while the ledger is away.
import type { Clock } from "../../hal/clock.ts";
import type { Calendar } from "../domain/ask.ts";
import type { ClockFloor } from "../domain/clock-floor.ts";
import { believedAbove, noFloor, raisedFloor } from "../domain/clock-floor.ts";
import type { TimetableInput } from "../domain/door-input.ts";
import type { DoorId, ScheduleId } from "../domain/ids.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Instant, MonoMs, UnixMs } from "../domain/time.ts";
import { instantOf } from "../domain/time.ts";
import { calendarHolds, nextLookAt, timetableAt } from "../domain/timetable.ts";

export interface TimetableNews {
  readonly door: DoorId;
  readonly input: TimetableInput;
}

export interface TimetableDesk {
  setCalendar(calendar: Calendar): void;
  /** No earlier time than this can come again; null says nothing new. */
  raiseFloor(wall: UnixMs | null): void;
  /** An installer's word that what was told before was wrong. */
  resetFloor(): void;
  /** What is new since the last look; the first one tells every door, so that none keeps what the last run left it. */
  look(): readonly TimetableNews[];
  deadline(): MonoMs | null;
  holds(schedule: ScheduleId): boolean;
}

export function createTimetableDesk(site: SiteSpec, clock: Clock): TimetableDesk {
  const isNeeded = site.doors.some(({ timetable }) => timetable.length > 0);
  const told = new Map<DoorId, TimetableInput>();
  let calendar: Calendar | null = null;
  let lookAt: MonoMs | null = null;
  let floor: ClockFloor = noFloor;

  /** A clock that was set back, or starts behind, must not hold a door open for hours that are over. */
  const now = (): Instant => {
    const at = believedAbove(instantOf(clock), floor.wall);
    floor = raisedFloor(floor, at);
    return at;
  };

  return {
    setCalendar(next) {
      calendar = next;
    },
    raiseFloor(wall) {
      if (wall !== null && wall > floor.wall) floor = { ...floor, wall };
    },
    resetFloor() {
      floor = noFloor;
    },
    look() {
      if (calendar === null) return [];
      const at = now();
      if (isNeeded) lookAt = nextLookAt(at);
      return site.doors.flatMap((door) => {
        const input = timetableAt(door, calendar, at, site.timeZone);
        if (isSame(told.get(door.id), input)) return [];
        told.set(door.id, input);
        return [{ door: door.id, input }];
      });
    },
    deadline: () => lookAt,
    holds: (schedule) => calendarHolds(calendar, schedule, now(), site.timeZone),
  };
}

const isSame = (before: TimetableInput | undefined, input: TimetableInput): boolean =>
  before?.state === input.state &&
  before.schedule === input.schedule &&
  before.mayEnd === input.mayEnd &&
  before.unsure === input.unsure;
