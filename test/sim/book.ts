// The soak's own idea of the directory: who may enter where and when, version by version, written without the product's rules.
import type { CredentialKind, DirectoryChange, HolderRef, PassGiven, PersonGiven } from "../../src/domain/directory.ts";
import type { CredentialId, DoorId, PassId, PersonId, ScheduleId } from "../../src/domain/ids.ts";
import type { Presentation } from "../../src/domain/presentation.ts";
import type { Instant } from "../../src/domain/time.ts";
import { unixMs } from "../../src/domain/time.ts";
import type { Random } from "./random.ts";

export interface BookCredential {
  readonly id: string;
  readonly kind: CredentialKind;
  readonly secret: string;
  readonly holder: HolderRef;
  readonly active: boolean;
}

type Holder = PersonGiven | PassGiven;

export interface Book {
  readonly holders: ReadonlyMap<string, Holder>;
  readonly credentials: ReadonlyMap<string, BookCredential>;
  /** `<holder> <door> <schedule>`. */
  readonly grants: ReadonlySet<string>;
}

const schedules = ["always", "never", "office-hours", "weekend-nights"] as const;
const dayMs = 86_400_000;
const mostHolders = 20;

export const emptyBook: Book = { holders: new Map(), credentials: new Map(), grants: new Set() };

export const keyOf = (holder: HolderRef): string => `${holder.kind}/${holder.id}`;

export const firstSchedules: readonly DirectoryChange[] = [
  {
    op: "putSchedule",
    schedule: {
      id: "office-hours" as ScheduleId,
      name: "Weekdays 8 to 18",
      rule: {
        kind: "weekly",
        windows: [{ days: ["mon", "tue", "wed", "thu", "fri"], startMinute: 480, endMinute: 1_080 }],
      },
    },
  },
  {
    op: "putSchedule",
    schedule: {
      id: "weekend-nights" as ScheduleId,
      name: "Weekend nights",
      rule: { kind: "weekly", windows: [{ days: ["fri", "sat"], startMinute: 1_320, endMinute: 360 }] },
    },
  },
];

const weekday = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/Madrid",
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

function scheduleCovers(schedule: string, at: Instant): boolean {
  if (schedule === "always") return true;
  if (schedule === "never" || !at.trusted) return false;
  const parts = new Map(weekday.formatToParts(at.wall).map(({ type, value }) => [type, value]));
  const day = parts.get("weekday") ?? "";
  const hour = Number(parts.get("hour"));
  if (schedule === "office-hours") return !["Sat", "Sun"].includes(day) && hour >= 8 && hour < 18;
  return (hour >= 22 && ["Fri", "Sat"].includes(day)) || (hour < 6 && ["Sat", "Sun"].includes(day));
}

export function secretOf(shown: Presentation): string | null {
  if (shown.method === "pin") return shown.digits;
  if (shown.method === "card") return shown.code;
  return shown.method === "qr" ? shown.text : shown.plate;
}

/** Whether the directory lets this in, leaving aside spent uses and the limit on guessing. */
export function allows(book: Book, kind: string, secret: string | null, door: string, at: Instant): boolean {
  const credential = [...book.credentials.values()].find((one) => one.kind === kind && one.secret === secret);
  if (credential === undefined || !credential.active) return false;
  const holder = book.holders.get(keyOf(credential.holder));
  if (holder === undefined || holder.state !== "active") return false;
  const { from, until } = holder.validity;
  if ((from !== null || until !== null) && !at.trusted) return false;
  if ((from !== null && at.wall < from) || (until !== null && at.wall >= until)) return false;
  const own = schedules.filter((schedule) => book.grants.has(`${keyOf(holder)} ${door} ${schedule}`));
  return !own.includes("never") && own.some((schedule) => scheduleCovers(schedule, at));
}

export function applyToBook(book: Book, changes: readonly DirectoryChange[]): Book {
  const holders = new Map(book.holders);
  const credentials = new Map(book.credentials);
  const grants = new Set(book.grants);
  for (const change of changes) {
    if (change.op === "putPerson") holders.set(keyOf(change.person), change.person);
    else if (change.op === "putPass") holders.set(keyOf(change.pass), change.pass);
    else if (change.op === "removeHolder") {
      const gone = keyOf(change.holder);
      holders.delete(gone);
      for (const [id, { holder }] of credentials) if (keyOf(holder) === gone) credentials.delete(id);
      for (const grant of grants) if (grant.startsWith(`${gone} `)) grants.delete(grant);
    } else if (change.op === "putCredential") {
      const { id, kind, secret, holder } = change;
      credentials.set(id, { id, kind, secret, holder, active: true });
    } else if (change.op === "setCredentialState") {
      const known = credentials.get(change.id);
      if (known !== undefined) credentials.set(change.id, { ...known, active: change.state === "active" });
    } else if (change.op === "removeCredential") credentials.delete(change.id);
    else if (change.op === "putGrant" || change.op === "removeGrant") {
      const grant = `${keyOf(change.holder)} ${change.door} ${change.schedule}`;
      if (change.op === "putGrant") grants.add(grant);
      else grants.delete(grant);
    }
  }
  return { holders, credentials, grants };
}

/** Plans one change that the product must accept. Codes never come twice; a removed pass's id may, unless it was revoked. */
export class Registrar {
  readonly #random: Random;
  #removed: PassGiven | null = null;
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  plan(book: Book, wall: number): readonly DirectoryChange[] {
    const random = this.#random;
    const holders = [...book.holders.values()];
    if (holders.length < 4 || (holders.length < mostHolders && random.chance(0.3))) return this.newcomer(book, wall);
    const holder = random.pick(holders);
    const credentials = [...book.credentials.values()];
    const roll = random.next();
    if (roll < 0.35) return [this.#restate(holder)];
    if (roll < 0.5) {
      if (holder.kind === "pass" && holder.state !== "revoked") this.#removed = holder;
      return [{ op: "removeHolder", holder: refOf(holder) }];
    }
    if (roll < 0.75) return [this.#regrant(book, holder)];
    if (credentials.length === 0) return [this.#restate(holder)];
    const { id, active } = random.pick(credentials);
    const credential = id as CredentialId;
    if (roll < 0.95) {
      const state = active && random.chance(0.4) ? "suspended" : "active";
      return [{ op: "setCredentialState", id: credential, state }];
    }
    return [{ op: "removeCredential", id: credential }];
  }

  newcomer(book: Book, wall: number): readonly DirectoryChange[] {
    const random = this.#random;
    this.#count += 1;
    const holder = this.#again(book) ?? (random.chance(0.65) ? this.#newPass(wall) : this.#newPerson(wall));
    const put: DirectoryChange =
      holder.kind === "pass" ? { op: "putPass", pass: holder } : { op: "putPerson", person: holder };
    const schedule = random.chance(0.6) ? "always" : random.pick(schedules);
    const doors = ["front", "garage", "yard"].filter(() => random.chance(0.8));
    return [
      put,
      ...this.#credentials(refOf(holder)),
      ...doors.map((door): DirectoryChange => {
        return { op: "putGrant", holder: refOf(holder), door: door as DoorId, schedule: schedule as ScheduleId };
      }),
    ];
  }

  #again(book: Book): PassGiven | null {
    const pass = this.#removed;
    if (pass === null || book.holders.has(keyOf(pass)) || !this.#random.chance(0.2)) return null;
    this.#removed = null;
    return { ...pass, state: "active" };
  }

  #newPerson(wall: number): Holder {
    const bounded = this.#random.chance(0.1);
    return {
      kind: "person",
      id: `person-${this.#count}` as PersonId,
      name: `Person ${this.#count}`,
      state: "active",
      validity: bounded ? this.#someTime(wall) : { from: null, until: null },
    };
  }

  #newPass(wall: number): Holder {
    const random = this.#random;
    return {
      kind: "pass",
      id: `pass-${this.#count}` as PassId,
      name: `Pass ${this.#count}`,
      state: "active",
      validity: random.chance(0.8) ? { from: null, until: unixMs(wall + 20_000 * dayMs) } : this.#someTime(wall),
      usesPerDoor: random.chance(0.85) ? random.magnitude(1, 20) : null,
    };
  }

  #someTime(wall: number): Holder["validity"] {
    const from = Math.round(wall + this.#random.between(-2, 1) * dayMs);
    return { from: unixMs(from), until: unixMs(from + this.#random.between(1, 10) * dayMs) };
  }

  #credentials(holder: HolderRef): DirectoryChange[] {
    const random = this.#random;
    const n = this.#count;
    const serial = (0x10_0000 + n).toString(16).toUpperCase();
    const secrets = [
      ["card", `00${serial}`],
      ["card", `0000${serial}`],
      ["pin", `${random.digits(2)}${String(n).padStart(4, "0")}`],
      ["qr", random.chance(0.3) ? `9${String(n).padStart(7, "0")}` : `POSTERN-${n}`],
    ] as const;
    return secrets
      .filter(() => random.chance(0.8))
      .map(([kind, secret], place) => {
        return { op: "putCredential", id: `credential-${n}-${place}` as CredentialId, kind, secret, holder };
      });
  }

  #restate(holder: Holder): DirectoryChange {
    const state = holder.state === "active" && this.#random.chance(0.3) ? "suspended" : "active";
    if (holder.kind === "person") return { op: "putPerson", person: { ...holder, state } };
    if (holder.state === "revoked" || this.#random.chance(0.1)) {
      return { op: "putPass", pass: { ...holder, state: "revoked" } };
    }
    return { op: "putPass", pass: { ...holder, state } };
  }

  #regrant(book: Book, holder: Holder): DirectoryChange {
    const random = this.#random;
    const own = [...book.grants].filter((grant) => grant.startsWith(`${keyOf(refOf(holder))} `));
    if (own.length > 0 && random.chance(0.4)) {
      const [, door, schedule] = random.pick(own).split(" ");
      return {
        op: "removeGrant",
        holder: refOf(holder),
        door: door as DoorId,
        schedule: schedule as ScheduleId,
      };
    }
    const door = random.pick(["front", "garage", "yard"]) as DoorId;
    const schedule = (random.chance(0.6) ? "always" : random.pick(schedules)) as ScheduleId;
    return { op: "putGrant", holder: refOf(holder), door, schedule };
  }
}

const refOf = (holder: Holder): HolderRef =>
  holder.kind === "pass" ? { kind: "pass", id: holder.id } : { kind: "person", id: holder.id };
