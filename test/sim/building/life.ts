// One day of the building after the other: who comes when, with what, and whether the door must open for them. Everything that
// changes the directory happens before dawn, so that the day's people know where they stand.
import type { DirectoryChange } from "../../../src/domain/directory.ts";
import type { Random } from "../random.ts";
import { isSurgery, wallAt, weekdayOf } from "./calendar.ts";
import type { Resident } from "./people.ts";
import { cleanersPin, People } from "./people.ts";

export interface Show {
  readonly kind: "show";
  /** Of the day. */
  readonly minute: number;
  readonly reader: string;
  readonly door: string;
  readonly how: "tap" | "keys" | "text";
  readonly what: string;
  readonly opens: boolean;
  readonly who: string;
  /** Needs to know the time: waits while nobody does. */
  readonly isTimed: boolean;
}

export type Act =
  | Show
  | { readonly kind: "exit"; readonly minute: number; readonly door: string }
  | { readonly kind: "force"; readonly minute: number; readonly door: string };

export interface Day {
  readonly changes: readonly DirectoryChange[];
  readonly acts: readonly Act[];
}

const typingErrors = 0.03;
const minutesOf = (from: number, to: number) => [from * 60, to * 60] as const;

export class Life {
  readonly people: People;
  readonly #random: Random;
  /** Cards that were reported and may turn up again. */
  #found: { readonly card: string; readonly who: string }[] = [];
  #gone: Resident[] = [];

  constructor(random: Random) {
    this.#random = random;
    this.people = new People(random);
  }

  plan(day: number): Day {
    const changes: DirectoryChange[] = [];
    const acts: Act[] = [];
    this.#moves(changes);
    this.#lostCards(changes);
    for (const one of this.people.residents) this.#residentDay(one, acts);
    this.#staffDay(day, acts);
    this.#cleanersDay(day, acts);
    this.#couriers(day, changes, acts);
    this.#visitors(day, changes, acts);
    this.#strangers(acts);
    return { changes, acts: acts.toSorted((a, b) => a.minute - b.minute) };
  }

  #moves(changes: DirectoryChange[]): void {
    const random = this.#random;
    if (!random.chance(0.12)) return;
    const leaving = random.pick(this.people.residents);
    changes.push(...this.people.moveOut(leaving), ...this.people.settleIn(leaving.flat));
    this.#gone = [...this.#gone, leaving].slice(-20);
  }

  #lostCards(changes: DirectoryChange[]): void {
    const random = this.#random;
    if (!random.chance(0.15)) return;
    const one = random.pick(this.people.residents);
    // Five cards are the most that somebody may have, the lost ones included.
    if (this.#found.filter(({ who }) => who === one.id).length >= 3) return;
    const { old, changes: replaced } = this.people.replaceCard(one, random.chance(0.3) ? "stolen" : "lost");
    changes.push(...replaced);
    this.#found.push({ card: old, who: one.id });
  }

  #residentDay(one: Resident, acts: Act[]): void {
    const random = this.#random;
    if (random.chance(0.1)) return;
    for (let times = random.between(1, 2); times > 0; times -= 1) {
      const minute = this.#between(...minutesOf(6, 23));
      const door = random.pick(["front", "front", "front", "garage", "bikes"]);
      if (door !== "bikes" && random.chance(0.4)) this.#type(one.pin, one.id, door, minute, acts);
      else acts.push(show({ minute, door, how: "tap", what: one.card, opens: true, who: one.id }));
      if (random.chance(0.5)) acts.push({ kind: "exit", minute: minute + random.next(), door });
    }
  }

  /** Mistyped now and then, and typed again at once. */
  #type(pin: string, who: string, door: string, minute: number, acts: Act[]): void {
    const random = this.#random;
    let at = minute;
    while (random.chance(typingErrors)) {
      const place = random.int(pin.length - 1);
      const slip = `${pin.slice(0, place)}${(Number(pin[place]) + 1) % 10}${pin.slice(place + 1)}`;
      // Among so many codes it is a neighbor's every few months.
      const opens = this.people.residents.some((other) => other.pin === slip);
      acts.push(show({ minute: at, door, how: "keys", what: `${slip}#`, opens, who: `${who} mistyping` }));
      if (opens) return;
      at += 0.1;
    }
    acts.push(show({ minute: at, door, how: "keys", what: `${pin}#`, opens: true, who }));
  }

  #staffDay(day: number, acts: Act[]): void {
    const random = this.#random;
    for (const one of this.people.staff) {
      for (const door of ["front", "practice"]) {
        const minute = this.#between(...minutesOf(7, 20));
        const opens = isSurgery(day, Math.floor(minute));
        acts.push(show({ minute, door, how: "tap", what: one.card, opens, who: one.id, isTimed: true }));
      }
      if (random.chance(0.5)) acts.push({ kind: "exit", minute: this.#between(...minutesOf(9, 20)), door: "practice" });
    }
  }

  #cleanersDay(day: number, acts: Act[]): void {
    const isTheirs = ["tue", "fri"].includes(weekdayOf(day));
    for (const minute of [this.#between(...minutesOf(8, 12)), this.#between(...minutesOf(13, 19))]) {
      const opens = isTheirs && minute < 12 * 60;
      const what = `${cleanersPin}#`;
      if (isTheirs)
        acts.push(show({ minute, door: "front", how: "keys", what, opens, who: "cleaners", isTimed: true }));
    }
  }

  #couriers(day: number, changes: DirectoryChange[], acts: Act[]): void {
    const random = this.#random;
    for (let n = random.between(2, 8); n > 0; n -= 1) {
      const { guest, changes: made } = this.people.courier(wallAt(day, 5 * 60));
      changes.push(...made);
      const minute = this.#between(...minutesOf(8, 20));
      const way = random.chance(0.5)
        ? ({ how: "keys", what: `${guest.pin}#` } as const)
        : ({ how: "text", what: guest.qr } as const);
      const common = { door: "front", ...way, who: guest.id, isTimed: true } as const;
      acts.push(show({ ...common, minute, opens: true }));
      // Once at each door, and the way in leads through one.
      if (random.chance(0.3)) acts.push(show({ ...common, minute: minute + 3, opens: false }));
    }
  }

  #visitors(day: number, changes: DirectoryChange[], acts: Act[]): void {
    const random = this.#random;
    for (let n = random.between(0, 3); n > 0; n -= 1) {
      const { guest, changes: made } = this.people.visitor(wallAt(day, 9 * 60), wallAt(day, 22 * 60));
      changes.push(...made);
      const come = this.#between(...minutesOf(9, 17));
      const common = { door: "front", how: "text", what: guest.qr, who: guest.id, isTimed: true } as const;
      acts.push(show({ ...common, minute: come, opens: true }));
      acts.push(show({ ...common, minute: come + 60, opens: true }));
      acts.push(show({ ...common, minute: come + 125, opens: false }));
    }
  }

  /** Found and stolen cards, people who have moved away, a crowbar now and then, and somebody who tries codes at night. */
  #strangers(acts: Act[]): void {
    const random = this.#random;
    const minute = this.#between(...minutesOf(9, 22));
    if (this.#found.length > 0 && random.chance(0.2)) {
      const { card, who } = random.pick(this.#found);
      acts.push(
        show({ minute, door: "front", how: "tap", what: card, opens: false, who: `the finder of ${who}'s card` }),
      );
    }
    if (this.#gone.length > 0 && random.chance(0.2)) {
      const { card, id } = random.pick(this.#gone);
      acts.push(show({ minute, door: "garage", how: "tap", what: card, opens: false, who: `${id}, who moved away` }));
    }
    if (random.chance(0.05)) acts.push({ kind: "force", minute: 4.5 * 60, door: "bikes" });
    if (!random.chance(0.05)) return;
    // Between one and two at night: by the time that people rise it is forgotten.
    for (let n = 0; n < 12; n += 1) {
      const what = `${random.digits(7)}#`;
      acts.push(show({ minute: 60 + n * 0.5, door: "front", how: "keys", what, opens: false, who: "a guesser" }));
    }
  }

  #between(from: number, to: number): number {
    return from + this.#random.next() * (to - from);
  }
}

const readers: Readonly<Record<Show["how"], string>> = { tap: "reader", keys: "keypad", text: "scanner" };

function show(given: Omit<Show, "kind" | "reader" | "isTimed"> & { readonly isTimed?: boolean }): Show {
  const isTimed = given.isTimed ?? false;
  return { kind: "show", reader: `${given.door}-${readers[given.how]}`, ...given, isTimed };
}
