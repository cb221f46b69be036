// Who lives and works in the building and what they carry, and the changes by which the directory learns of it.
import type { DirectoryChange, HolderRef, PassGiven, PersonGiven } from "../../../src/domain/directory.ts";
import type { CredentialId, DoorId, HolidayId, PassId, PersonId, ScheduleId } from "../../../src/domain/ids.ts";
import type { LocalDate } from "../../../src/domain/local-time.ts";
import { always } from "../../../src/domain/schedule.ts";
import { unixMs } from "../../../src/domain/time.ts";
import type { Random } from "../random.ts";
import { dateOf, holidayDates } from "./calendar.ts";

export interface Resident {
  readonly id: string;
  readonly flat: number;
  pin: string;
  card: string;
}

export interface Guest {
  readonly id: string;
  readonly pin: string;
  readonly qr: string;
}

const flats = 200;
const surgery = "surgery" as ScheduleId;
const residentDoors = ["front", "garage", "bikes"];
const unbounded = { from: null, until: null };

export const personRef = (id: string): HolderRef => ({ kind: "person", id: id as PersonId });
const passRef = (id: string): HolderRef => ({ kind: "pass", id: id as PassId });

const credential = (id: string, kind: "pin" | "card" | "qr", secret: string, holder: HolderRef): DirectoryChange => ({
  op: "putCredential",
  id: id as CredentialId,
  kind,
  secret,
  holder,
});

const grant = (holder: HolderRef, door: string, schedule: string): DirectoryChange => ({
  op: "putGrant",
  holder,
  door: door as DoorId,
  schedule: schedule as ScheduleId,
});

export class People {
  readonly residents: Resident[] = [];
  readonly staff: Resident[] = [];
  readonly #random: Random;
  readonly #codes = new Set<string>();
  #count = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The calendar, everybody who lives there, the practice's people and the cleaners. */
  moveIn(): DirectoryChange[] {
    const changes: DirectoryChange[] = [
      {
        op: "putSchedule",
        schedule: {
          id: surgery,
          name: "Surgery hours",
          rule: {
            kind: "weekly",
            windows: [{ days: ["mon", "tue", "wed", "thu", "fri"], startMinute: 8 * 60, endMinute: 19 * 60 }],
          },
        },
      },
      ...holidayDates.map((date, n): DirectoryChange => {
        const on = `2027-${date}` as LocalDate;
        const id = `holiday-${n}` as HolidayId;
        return { op: "putHoliday", holiday: { id, name: date, from: on, until: on, yearly: true, workingHours: [] } };
      }),
    ];
    for (let flat = 1; flat <= flats; flat += 1) {
      for (let n = this.#random.between(1, 3); n > 0; n -= 1) changes.push(...this.settleIn(flat));
    }
    for (let n = 0; n < 8; n += 1) changes.push(...this.#employ(n === 0));
    return [...changes, ...this.#cleaners()];
  }

  /** Somebody new in a flat. */
  settleIn(flat: number): DirectoryChange[] {
    const one = this.#newcomer(`resident`, flat);
    this.residents.push(one);
    const holder = personRef(one.id);
    return [
      this.#put(one, { apartment: String(flat) }),
      credential(`${one.id}-pin`, "pin", one.pin, holder),
      credential(`${one.id}-card`, "card", one.card, holder),
      ...residentDoors.map((door) => grant(holder, door, always.id)),
    ];
  }

  moveOut(one: Resident): DirectoryChange[] {
    this.residents.splice(this.residents.indexOf(one), 1);
    return [{ op: "removeHolder", holder: personRef(one.id) }];
  }

  /** The old card stays known, so that whoever shows it is noticed. */
  replaceCard(one: Resident, why: "lost" | "stolen"): { readonly old: string; readonly changes: DirectoryChange[] } {
    const old = one.card;
    one.card = this.#newCard();
    this.#count += 1;
    const changes: DirectoryChange[] = [
      { op: "removeCredential", id: `${one.id}-card` as CredentialId },
      credential(`${one.id}-${why}-${this.#count}`, "card", old, personRef(one.id)),
      { op: "setCredentialState", id: `${one.id}-${why}-${this.#count}` as CredentialId, state: why },
      credential(`${one.id}-card`, "card", one.card, personRef(one.id)),
    ];
    return { old, changes };
  }

  courier(at: number): { readonly guest: Guest; readonly changes: DirectoryChange[] } {
    const guest = this.#newGuest("courier", 8);
    const validity = { from: null, until: unixMs(at + 86_400_000) };
    return { guest, changes: this.#pass(guest, { validity, usesPerDoor: 1 }) };
  }

  /** Works for two hours once it was first used, within its day. */
  visitor(from: number, until: number): { readonly guest: Guest; readonly changes: DirectoryChange[] } {
    const guest = this.#newGuest("visitor", 8);
    const validity = { from: unixMs(from), until: unixMs(until) };
    return { guest, changes: this.#pass(guest, { validity, activationMs: 2 * 3_600_000 }) };
  }

  #put(one: Resident, more: Partial<PersonGiven> = {}): DirectoryChange {
    const id = one.id as PersonId;
    const person = { kind: "person", id, name: `Name of ${one.id}`, state: "active", validity: unbounded } as const;
    return { op: "putPerson", person: { ...person, ...more } };
  }

  #employ(mayHoldOpen: boolean): DirectoryChange[] {
    const one = this.#newcomer("staff", 0);
    this.staff.push(one);
    const holder = personRef(one.id);
    return [
      this.#put(one, mayHoldOpen ? { mayHoldOpen: ["practice" as DoorId] } : {}),
      credential(`${one.id}-card`, "card", one.card, holder),
      grant(holder, "practice", surgery),
      grant(holder, "front", surgery),
    ];
  }

  /** Tuesdays and Fridays from 8 to 12, holidays or not, for two years. */
  #cleaners(): DirectoryChange[] {
    const guest = { id: "cleaners", pin: cleanersPin, qr: "CLEANERS" };
    const recurrence = {
      kind: "weekly",
      from: dateOf(0) as LocalDate,
      until: dateOf(730) as LocalDate,
      days: ["tue", "fri"],
      window: { startMinute: 8 * 60, endMinute: 12 * 60 },
    } as const;
    this.#codes.add(cleanersPin);
    return this.#pass(guest, { validity: { from: null, until: null }, recurrence });
  }

  #pass({ id, pin, qr }: Guest, more: Pick<PassGiven, "validity"> & Partial<PassGiven>) {
    const holder = passRef(id);
    return [
      { op: "putPass", pass: { kind: "pass", id: id as PassId, name: `Name of ${id}`, state: "active", ...more } },
      credential(`${id}-pin`, "pin", pin, holder),
      credential(`${id}-qr`, "qr", qr, holder),
      grant(holder, "front", always.id),
    ] satisfies DirectoryChange[];
  }

  #newcomer(what: string, flat: number): Resident {
    this.#count += 1;
    return { id: `${what}-${this.#count}`, flat, pin: this.#newCode(6), card: this.#newCard() };
  }

  #newGuest(what: string, digits: number): Guest {
    this.#count += 1;
    return { id: `${what}-${this.#count}`, pin: this.#newCode(digits), qr: `${what.toUpperCase()}-${this.#count}` };
  }

  #newCode(digits: number): string {
    for (;;) {
      const code = this.#random.digits(digits);
      if (!this.#codes.has(code) && !code.startsWith("0000")) {
        this.#codes.add(code);
        return code;
      }
    }
  }

  /** Counted, so that no two share their lowest three bytes, which is all that one of the readers sees. */
  #newCard(): string {
    this.#count += 1;
    return `A1${(this.#count * 7 + 0x10_0000).toString(16).toUpperCase().padStart(6, "0")}`;
  }
}

export const cleanersPin = "73109482";
