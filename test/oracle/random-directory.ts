// Random people, passes and codes for the oracle, near enough to each other in time and digits that rules meet.
import type {
  CredentialKind,
  DirectoryChange,
  HolderRef,
  PassGiven,
  PersonGiven,
  Validity,
} from "../../src/domain/directory.ts";
import { publicIds } from "../../src/domain/directory.ts";
import type { CredentialId, DoorId, HolidayId, PassId, PersonId, PublicId, ScheduleId } from "../../src/domain/ids.ts";
import { type LocalDate, weekdays } from "../../src/domain/local-time.ts";
import type { DayWindow, Recurrence } from "../../src/domain/recurrence.ts";
import type { Holiday, Schedule } from "../../src/domain/schedule.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { UnixMs } from "../../src/domain/time.ts";
import type { Dice } from "./dice.ts";
import { addDays, readWall } from "./oracle-calendar.ts";
import { doorIds, scheduleIds } from "./random-site.ts";

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

export interface Moment {
  readonly wall: number;
  readonly site: SiteSpec;
}

export interface Secret {
  readonly id: CredentialId;
  readonly kind: CredentialKind;
  readonly secret: string;
  readonly holder: HolderRef;
  readonly known: "low" | "high" | null;
}

export const apartments = ["1", "12", "12b"];
export const peopleIds = Array.from({ length: 12 }, (_, n) => `p${n}` as PersonId);
export const passIds = Array.from({ length: 12 }, (_, n) => `g${n}` as PassId);

const today = ({ wall, site }: Moment): string => readWall(wall, site.timeZone).date;
const near = (dice: Dice, at: Moment, before: number, after: number): LocalDate =>
  addDays(today(at), dice.between(-before, after)) as LocalDate;

export function randomWindow(dice: Dice): DayWindow {
  const startMinute = dice.draw([
    [6, 0],
    [3, dice.between(0, 23) * 60],
    [2, dice.between(0, 1_439)],
    [1, dice.pick([60, 90, 119, 120, 121, 150, 180])],
  ]);
  const endMinute = dice.draw([
    [6, 1_440],
    [3, dice.between(0, 1_440)],
    [2, startMinute],
    [1, dice.pick([60, 90, 120, 150, 180])],
  ]);
  return { startMinute, endMinute };
}

const randomNight = (dice: Dice): DayWindow => ({
  startMinute: dice.between(1_000, 1_439),
  endMinute: dice.between(60, 900),
});

export const randomSchedule = (dice: Dice, id: ScheduleId, at: Moment): Schedule => ({
  id,
  name: id,
  rule: {
    kind: "weekly",
    windows: Array.from({ length: dice.between(1, 3) }, () => {
      const days = dice.some(weekdays, 75);
      return { ...randomWindow(dice), days: days.length === 0 ? weekdays : days };
    }),
    ...(dice.chance(20) ? { from: near(dice, at, 20, 5) } : {}),
    ...(dice.chance(20) ? { until: near(dice, at, -6, 60) } : {}),
    holidayExempt: dice.chance(25),
  },
});

export function randomHoliday(dice: Dice, index: number, at: Moment): Holiday {
  const from = dice.chance(15)
    ? dice.pick(["2024-02-29", "2023-12-30", "2027-02-27", "2022-12-24"])
    : dice.chance(60)
      ? near(dice, at, 1, 30)
      : (addDays(near(dice, at, 1, 30), -365 * dice.between(1, 4)) as LocalDate);
  return {
    id: `h${index}` as HolidayId,
    name: `h${index}`,
    from: from as LocalDate,
    until: addDays(from, dice.pick([0, 1, 3, 6, 12])) as LocalDate,
    yearly: dice.chance(60),
    workingHours: dice.chance(50) ? [dice.chance(50) ? randomNight(dice) : randomWindow(dice)] : [],
  };
}

function randomValidity(dice: Dice, at: Moment, boundedPercent: number): Validity {
  if (!dice.chance(boundedPercent)) return { from: null, until: null };
  const from = at.wall - dice.between(-1, 30) * dayMs - dice.between(0, 24) * hourMs;
  const until = at.wall + dice.between(-1, 60) * dayMs + dice.between(0, 24) * hourMs;
  if (from >= until) return { from: null, until: until as UnixMs };
  return { from: dice.chance(60) ? (from as UnixMs) : null, until: dice.chance(80) ? (until as UnixMs) : null };
}

export const randomPerson = (dice: Dice, id: PersonId, at: Moment): PersonGiven => ({
  kind: "person",
  id,
  name: id,
  state: dice.chance(3) ? "suspended" : "active",
  validity: randomValidity(dice, at, 15),
  role: dice.chance(20) ? "administrator" : "general",
  apartment: dice.chance(70) ? dice.pick(apartments) : null,
  floors: dice.some(["1", "2", "3"], 40),
  factors: dice.chance(3) ? dice.pick(["cardAndPin", "twoPeople", "any", "qrAndCode"] as const) : null,
  lockdownExempt: dice.chance(15),
  passbackExempt: dice.chance(15),
  extendedTimes: dice.chance(20),
  mayHoldOpen: dice.some(doorIds, 15),
});

export function randomPass(dice: Dice, id: PassId, at: Moment, version: number): PassGiven {
  const recurrence = randomRecurrence(dice, at);
  const counted = recurrence.kind === "once" || recurrence.kind === "custom";
  const host = dice.chance(50) ? dice.pick(peopleIds) : null;
  return {
    kind: "pass",
    id,
    name: id,
    state: dice.draw([
      [96, "active"],
      [3, "suspended"],
      [1, "revoked"],
    ] as const),
    validity: {
      ...randomValidity(dice, at, 50),
      until: (at.wall + dice.between(0, 60) * dayMs + dice.between(1, 24) * hourMs) as UnixMs,
    },
    version,
    host,
    expiresAt: dice.chance(15) ? ((at.wall + dice.between(-2, 300) * hourMs) as UnixMs) : null,
    activationMs: dice.chance(30) ? dice.pick([60_000, hourMs, 5 * hourMs, 3 * dayMs]) : null,
    recurrence,
    usesPerDoor: counted && dice.chance(50) ? dice.pick([1, 2, 5, 50]) : null,
    usesTotal: counted && dice.chance(30) ? dice.pick([1, 3, 60]) : null,
    floors: host !== null && dice.chance(50) ? { kind: "host" } : { kind: "list", floors: dice.some(["1", "7"], 40) },
  };
}

function randomRecurrence(dice: Dice, at: Moment): Recurrence {
  const kind = dice.draw([
    [12, "once"],
    [2, "daily"],
    [2, "weekly"],
    [3, "custom"],
  ] as const);
  const from = near(dice, at, 45, 1);
  const until = addDays(from, dice.between(20, 120)) as LocalDate;
  const window = randomWindow(dice);
  const days = dice.some(weekdays, 70);
  switch (kind) {
    case "once":
      return { kind };
    case "daily":
      return { kind, from, until, window };
    case "weekly":
      return { kind, from, until, window, days: days.length === 0 ? ["mon"] : days };
    case "custom":
      return {
        kind,
        every: dice.draw([
          [5, 1],
          [1, 2],
          [1, 3],
        ]),
        unit: dice.draw([
          [5, "day"],
          [1, "week"],
          [1, "month"],
        ] as const),
        from: dice.chance(20) ? (dice.pick(["2023-08-31", "2024-01-29", "2024-02-29"]) as LocalDate) : from,
        until: dice.chance(50) ? until : null,
        count: dice.chance(70) ? dice.between(1, 60) : null,
        window,
        except: Array.from({ length: dice.between(0, 6) }, () =>
          dice.chance(50) ? near(dice, at, 1, 20) : (addDays(from, dice.between(0, 30)) as LocalDate),
        ),
      };
  }
}

/** Few enough that equal ones, and one edit away from equal, are common. */
export function randomCode(dice: Dice, length: number): string {
  return dice.chance(88)
    ? dice.digits(length)
    : dice.pick(["4711", "4716", "0000", "90210"]).padEnd(length, "7").slice(0, length);
}

export function randomSecret(dice: Dice, kind: CredentialKind, site: SiteSpec): string {
  switch (kind) {
    case "pin":
      return randomCode(
        dice,
        dice.draw([
          [3, dice.between(2, 8)],
          [2, site.codes.publicLength],
        ]),
      );
    case "code":
      return randomCode(dice, dice.between(4, 8));
    case "qrPin":
      return randomCode(dice, 8);
    case "qr":
      return dice.chance(20) ? randomCode(dice, dice.between(4, 8)) : `QR-${dice.digits(4)}`;
    case "card":
    case "bkey":
      return dice.draw([
        [1.5, `0${dice.between(0, 3)}${dice.pick(["B775D2", "00C0DE", "ABCDEF", "123456"])}`],
        [6, `00${dice.digits(6)}`],
        [1, `${dice.pick(["02B775D2", "04A1B2C3"])}${dice.digits(6)}`],
        [1, `04${dice.digits(4)}00ABCDEF`],
        [1, `${dice.digits(10)}/37`],
      ]);
    case "plate":
      return dice.pick(["ab-12 cd", "AB12CD", `B-XY ${dice.digits(3)}`, `m ${dice.digits(4)}`]);
  }
}

export const holderKindsOf = {
  person: ["pin", "card", "bkey", "qrPin", "qr", "plate"],
  pass: ["pin", "code", "qr", "qrPin", "card", "plate"],
  public: ["pin"],
} as const;

export function putSecret(dice: Dice, { id, kind, secret, holder, known }: Secret, at: Moment): DirectoryChange {
  return {
    op: "putCredential",
    id,
    kind,
    secret,
    holder,
    ...(known === null ? {} : { known }),
    ...(dice.chance(kind === "plate" ? 40 : 6) ? { validity: randomValidity(dice, at, 100) } : {}),
    ...(kind === "plate" && dice.chance(25) ? { direction: dice.pick(["entry", "exit"] as const) } : {}),
  };
}

export const putGrant = (dice: Dice, holder: HolderRef, door: DoorId): DirectoryChange => ({
  op: "putGrant",
  holder,
  door,
  schedule: dice.draw<ScheduleId>([
    [55, "always" as ScheduleId],
    [42, dice.pick(scheduleIds)],
    [1.5, "never" as ScheduleId],
  ]),
});

export const publics: readonly PublicId[] = publicIds.map((id) => id as PublicId);

/** When something in it begins or ends. */
export function instantsIn(change: DirectoryChange): number[] {
  switch (change.op) {
    case "putPerson":
      return boundsOf(change.person.validity);
    case "putPass":
      return [...boundsOf(change.pass.validity), ...boundsOf({ from: null, until: change.pass.expiresAt ?? null })];
    case "putCredential":
      return change.validity === undefined ? [] : boundsOf(change.validity);
    default:
      return [];
  }
}

const boundsOf = ({ from, until }: Validity): number[] => [from, until].filter((at) => at !== null);
