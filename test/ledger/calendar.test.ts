import { expect, test } from "vitest";
import type { CalendarNews, FromLedger } from "../../src/domain/ask.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { BootId, HolidayId, InputId, RunId, ScheduleId } from "../../src/domain/ids.ts";
import type { LocalDate } from "../../src/domain/local-time.ts";
import type { ScheduleRule } from "../../src/domain/schedule.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { Desk } from "../../src/ledger/desk.ts";
import { PinQueue } from "../../src/ledger/pin-hash.ts";
import { frontDoor, garageDoor, site } from "../site-fixture.ts";
import { TestLedger } from "./ledger-fixture.ts";

const timetabled: SiteSpec = {
  ...site,
  doors: [
    {
      ...frontDoor,
      timetable: [
        { schedule: "mornings" as ScheduleId, action: "holdOpen", afterFirstPerson: false, mayBeEnded: false },
      ],
    },
    { ...garageDoor, factors: [{ schedule: "nights" as ScheduleId, need: "cardAndPin" }] },
  ],
  receptions: [{ input: "bell" as InputId, doors: [frontDoor.id], schedule: "office" as ScheduleId }],
  inputOpenings: [
    {
      ...{ input: "push" as InputId, door: frontDoor.id, schedule: "days" as ScheduleId },
      ...{ delayMs: 0, delayMode: "unconditional" },
    },
  ],
};

const weekly = (startMinute: number): ScheduleRule => ({
  kind: "weekly",
  windows: [{ days: ["mon", "fri"], startMinute, endMinute: 720 }],
});

const putSchedule = (id: string, rule: ScheduleRule): DirectoryChange => ({
  op: "putSchedule",
  schedule: { id: id as ScheduleId, name: id, rule },
});

function told(using: SiteSpec) {
  const tested = new TestLedger(using);
  const sent: FromLedger[] = [];
  const desk = new Desk({
    ledger: tested.ledger,
    pins: new PinQueue((_digits, done) => done(null)),
    now: tested.clock.now,
    send: (message) => sent.push(message),
    schedule: (run) => run(),
    after: () => {},
    grew: () => {},
    report: () => {},
  });
  desk.receive({ kind: "open", run: "run-1" as RunId, boot: "boot-1" as BootId, site: using, at: tested.clock.now() });
  const calendars = (): CalendarNews[] =>
    sent.flatMap((message) =>
      message.kind === "calendar" ? [{ calendar: message.calendar, missing: message.missing }] : [],
    );
  return { tested, sent, calendars };
}

test("the calendar follows ready and holds exactly what timetables, receptions and inputs name; what is not there never holds", () => {
  const { sent, calendars } = told(timetabled);
  expect(sent.map(({ kind }) => kind)).toEqual(["ready", "calendar"]);
  expect(calendars()[0]?.calendar).toEqual({
    schedules: { mornings: { kind: "never" }, office: { kind: "never" }, days: { kind: "never" } },
    holidays: [],
  });
});

test("whoever names a schedule that is not in the directory is told of, until it is there", () => {
  const { tested, calendars } = told(timetabled);
  expect(calendars()[0]?.missing).toEqual([
    'The door "front" names the schedule "mornings", which is not in the directory, so it never begins; add that schedule or change the configuration.',
    'The door "garage" names the schedule "nights", which is not in the directory, so it counts as always; add that schedule or change the configuration.',
    'The reception\'s input "bell" names the schedule "office", which is not in the directory, so it never begins; add that schedule or change the configuration.',
    'The input "push" names the schedule "days", which is not in the directory, so it opens nothing; add that schedule or change the configuration.',
  ]);
  tested.change(
    putSchedule("mornings", weekly(480)),
    putSchedule("nights", weekly(0)),
    putSchedule("office", weekly(540)),
    putSchedule("days", weekly(600)),
  );
  expect(calendars().at(-1)?.missing).toEqual([]);
});

test("a change tells the calendar anew when it alters it, and only then", () => {
  const { tested, calendars } = told(timetabled);
  tested.change(putSchedule("mornings", weekly(480)));
  expect(calendars()).toHaveLength(2);
  expect(calendars()[1]?.calendar.schedules).toMatchObject({ mornings: weekly(480) });
  tested.change(putSchedule("mornings", weekly(480)));
  tested.change(putSchedule("cleaners", weekly(300)));
  expect(calendars()).toHaveLength(2);
  const day = "2026-12-08" as LocalDate;
  tested.change({
    op: "putHoliday",
    holiday: { id: "dec-8" as HolidayId, name: "", from: day, until: day, yearly: true, workingHours: [] },
  });
  expect(calendars()).toHaveLength(3);
  expect(calendars()[2]?.calendar.holidays).toHaveLength(1);
});

test("a refused change leaves the calendar as it was told", () => {
  const { tested, calendars } = told(timetabled);
  tested.change(putSchedule("mornings", weekly(480)), { op: "removeSchedule", id: "nothing" as ScheduleId });
  expect(calendars()).toHaveLength(1);
  tested.change(putSchedule("cleaners", weekly(300)));
  expect(calendars()).toHaveLength(1);
});
