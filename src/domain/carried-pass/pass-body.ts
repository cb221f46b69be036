// The bytes of a pass without its proof, both ways, as docs/passes.md lays them out; knows no key and no digits.
import type { Weekday } from "../local-time.ts";
import { weekdays } from "../local-time.ts";
import type { PassClaims, Revokes } from "./pass-claims.ts";
import { minuteOfUnix, unixOfMinute } from "./pass-claims.ts";
import type { PassKeyForm } from "./pass-key.ts";

export type CarriedForm = Exclude<PassKeyForm, "code">;

export interface PassHeader {
  readonly form: CarriedForm;
  /** The number of the key. */
  readonly key: number;
}

/** First byte: version 1 in the upper half, the form in the lower. */
const formBytes: Readonly<Record<CarriedForm, number>> = { mac: 0x11, signed: 0x12 };
export const proofBytes: Readonly<Record<CarriedForm, number>> = { mac: 8, signed: 64 };
const fixedBytes = 13;
/** Longer ones would need a larger QR. */
export const maxBodyBytes: Readonly<Record<CarriedForm, number>> = { mac: 33, signed: 24 };
export const maxSerial = 0xff_ffff;
export const maxUses = 127;
export const maxRevoked = 6;
const minutesOfDay = 1_440;

const flag = { uses: 0x20, recurrence: 0x10, floorsOfPerson: 0x04, floorList: 0x08, code: 0x02, revokes: 0x01 };
const placeBytes = [0, 1, 2, 4] as const;

/** Null for a version, a form or a length that there is not. */
export function readHeader(pass: Uint8Array): PassHeader | null {
  const form = (["mac", "signed"] as const).find((one) => formBytes[one] === pass[0]);
  if (form === undefined) return null;
  const size = pass.length - proofBytes[form];
  if (size < fixedBytes || size > maxBodyBytes[form]) return null;
  return { form, key: numberAt(pass, 1, 2) };
}

/** Null for a body that is not as it should be. */
export function decodeBody(body: Uint8Array): PassClaims | null {
  const flags = body[12] ?? 0;
  const serial = numberAt(body, 3, 3);
  const [from, until] = [numberAt(body, 6, 3), numberAt(body, 9, 3)];
  if (serial === 0 || until <= from || (flags & 0x0c) === 0x0c) return null;
  const code = (flags & flag.code) !== 0;
  if (code && body[0] !== formBytes.mac) return null;
  const rest = new Fields(body, fixedBytes);
  try {
    const claims: PassClaims = {
      serial,
      from: unixOfMinute(from),
      until: unixOfMinute(until),
      places: flags >> 6 === 0 ? null : numbered(rest.take(placeBytes[flags >> 6] ?? 0)),
      uses: (flags & flag.uses) === 0 ? null : usesOf(rest.take(1)),
      recurrence: (flags & flag.recurrence) === 0 ? null : recurrenceOf(rest.take(4)),
      floors: floorsOf(flags, rest),
      code,
      revokes: (flags & flag.revokes) === 0 ? null : revokesOf(rest, serial),
    };
    return rest.isEmpty ? claims : null;
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

/** The claims are within what the bytes can say, which their maker has checked. */
export function encodeBody({ form, key }: PassHeader, claims: PassClaims): Uint8Array {
  const { serial, from, until, places, uses, recurrence, floors, code, revokes } = claims;
  const highest = Math.max(0, ...(places ?? []));
  const placeSize = places === null ? 0 : highest <= 8 ? 1 : highest <= 16 ? 2 : 3;
  const flags =
    (placeSize << 6) |
    (uses === null ? 0 : flag.uses) |
    (recurrence === null ? 0 : flag.recurrence) |
    (floors === null ? 0 : floors === "person" ? flag.floorsOfPerson : flag.floorList) |
    (code ? flag.code : 0) |
    (revokes === null ? 0 : flag.revokes);
  return Uint8Array.from([
    formBytes[form],
    ...bytesOf(key, 2),
    ...bytesOf(serial, 3),
    ...bytesOf(minuteOfUnix(from), 3),
    ...bytesOf(minuteOfUnix(until), 3),
    flags,
    ...(places === null ? [] : bytesOf(bitsOf(places), placeBytes[placeSize] ?? 4)),
    ...(uses === null ? [] : [uses.count | (uses.over === "all" ? 0x80 : 0)]),
    ...(recurrence === null ? [] : recurrenceBytes(recurrence)),
    ...(floors === null || floors === "person" ? [] : bytesOf(bitsOf(floors), 2)),
    ...(revokes === null ? [] : revokesBytes(revokes)),
  ]);
}

class Unreadable extends Error {}

/** One after the other, never beyond the end. */
class Fields {
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isEmpty(): boolean {
    return this.#at === this.#bytes.length;
  }

  take(size: number): Uint8Array {
    if (this.#at + size > this.#bytes.length) throw new Unreadable();
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
}

function numbered(field: Uint8Array): number[] {
  const bits = numberAt(field, 0, field.length);
  const numbers = Array.from({ length: field.length * 8 }, (_, n) => n + 1).filter(
    (n) => Math.floor(bits / 2 ** (n - 1)) % 2 === 1,
  );
  if (numbers.length === 0) throw new Unreadable();
  return numbers;
}

function usesOf(field: Uint8Array): PassClaims["uses"] {
  const byte = numberAt(field, 0, 1);
  const count = byte & maxUses;
  if (count === 0) throw new Unreadable();
  return { count, over: (byte & 0x80) === 0 ? "door" : "all" };
}

function recurrenceOf(field: Uint8Array): PassClaims["recurrence"] {
  const bits = numberAt(field, 0, 4);
  const [start, minutes] = [(bits >>> 18) & 0x7ff, (bits >>> 7) & 0x7ff];
  const days = weekdays.filter((_, n) => (bits >>> n) & 1);
  if (bits >>> 29 !== 0 || start >= minutesOfDay || minutes === 0 || minutes > minutesOfDay || days.length === 0) {
    throw new Unreadable();
  }
  return { start, minutes, days };
}

function recurrenceBytes({ start, minutes, days }: NonNullable<PassClaims["recurrence"]>): number[] {
  const bit = (day: Weekday) => 1 << weekdays.indexOf(day);
  return bytesOf((start << 18) | (minutes << 7) | days.reduce((bits, day) => bits | bit(day), 0), 4);
}

function floorsOf(flags: number, rest: Fields): PassClaims["floors"] {
  if ((flags & flag.floorsOfPerson) !== 0) return "person";
  return (flags & flag.floorList) === 0 ? null : numbered(rest.take(2));
}

function revokesOf(rest: Fields, serial: number): Revokes {
  const head = numberAt(rest.take(1), 0, 1);
  const count = head & 0x7f;
  if (count === 0 || count > maxRevoked) throw new Unreadable();
  const serials = Array.from({ length: count }, () => numberAt(rest.take(3), 0, 3));
  if (serials.some((one) => one >= serial)) throw new Unreadable();
  const [first = 0, ...others] = serials;
  return (head & 0x80) === 0 ? { upTo: null, serials } : { upTo: first, serials: others };
}

function revokesBytes({ upTo, serials }: Revokes): number[] {
  const all = upTo === null ? serials : [upTo, ...serials];
  return [all.length | (upTo === null ? 0 : 0x80), ...all.flatMap((serial) => bytesOf(serial, 3))];
}

const bitsOf = (numbers: readonly number[]): number => [...new Set(numbers)].reduce((sum, n) => sum + 2 ** (n - 1), 0);

const numberAt = (bytes: Uint8Array, at: number, size: number): number =>
  bytes.subarray(at, at + size).reduce((number, byte) => number * 256 + byte, 0);

const bytesOf = (number: number, size: number): number[] =>
  Array.from({ length: size }, (_, n) => Math.floor(number / 256 ** (size - 1 - n)) % 256);
