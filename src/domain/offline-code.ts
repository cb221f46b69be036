// Digits for a keypad that hold their own start and length, both ways, as docs/passes.md lays them out; knows no door.
import { minuteOfUnix, unixOfMinute } from "./carried-pass/pass-claims.ts";
import type { CodeDigits } from "./carried-pass/pass-key.ts";
import type { PassCrypto } from "./carried-pass/read-pass.ts";
import type { UnixMs } from "./time.ts";

/** In minutes, by their place in a code. */
export const codeMinutes: readonly number[] = [
  15,
  30,
  45,
  60,
  90,
  120,
  150,
  180,
  240,
  300,
  360,
  420,
  480,
  540,
  600,
  720,
  960,
  1_200,
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14, 21, 28, 31].map((days) => days * 1_440),
];

export interface OfflineCode {
  readonly from: UnixMs;
  readonly minutes: number;
  readonly once: boolean;
  /** Tells two codes of the same window and kind apart. */
  readonly n: 0 | 1;
}

interface Grain {
  readonly unitMinutes: number;
  /** Starts before they come round again, in units. */
  readonly horizon: number;
}

const grains: Readonly<Record<CodeDigits, Grain>> = {
  10: { unitMinutes: 15, horizon: 65_536 },
  12: { unitMinutes: 1, horizon: 1_048_576 },
};

/** Codes for each start: 32 lengths, once or many times, two of each. */
const perStart = 128;
const rounds = 10;

/** The serial of a code names it, and rises with its start. */
export function serialOf({ from, minutes, once, n }: OfflineCode, digits: CodeDigits): number {
  const start = Math.floor(minuteOfUnix(from) / grains[digits].unitMinutes);
  return start * perStart + codeMinutes.indexOf(minutes) * 4 + (once ? 2 : 0) + n;
}

export function codeOfSerial(serial: number, digits: CodeDigits): OfflineCode {
  const start = Math.floor(serial / perStart);
  return {
    from: unixOfMinute(start * grains[digits].unitMinutes),
    minutes: codeMinutes[Math.floor(serial / 4) % codeMinutes.length] ?? 0,
    once: Math.floor(serial / 2) % 2 === 1,
    n: serial % 2 === 1 ? 1 : 0,
  };
}

/** Starts on the key's grain, whose unit it is. */
export const codeUnitMinutes = (digits: CodeDigits): number => grains[digits].unitMinutes;

export function encodeCode(
  code: OfflineCode,
  digits: CodeDigits,
  secret: Uint8Array,
  crypto: Pick<PassCrypto, "mac">,
): string {
  const space = grains[digits].horizon * perStart;
  const serial = serialOf(code, digits);
  const [epoch, x] = [Math.floor(serial / space), serial % space];
  const modulus = halfOf(digits);
  let [left, right] = [Math.floor(x / modulus), x % modulus];
  for (let round = 0; round < rounds; round += 1) {
    [left, right] = [right, (left + roundOf({ digits, epoch, round, right }, secret, crypto)) % modulus];
  }
  const half = (number: number) => String(number).padStart(digits / 2, "0");
  return half(left) + half(right);
}

/** By their serials, the likelier first: a start lies in the epoch of now or in one beside it, and few digits may mean a code in two of them. */
export function readCodes(
  typed: string,
  digits: CodeDigits,
  secret: Uint8Array,
  now: UnixMs,
  crypto: Pick<PassCrypto, "mac">,
): number[] {
  if (typed.length !== digits) return [];
  const { unitMinutes, horizon } = grains[digits];
  const present = Math.floor(minuteOfUnix(now) / unitMinutes / horizon);
  return [present, present - 1, present + 1].flatMap((epoch) => {
    const x = epoch < 0 ? null : undo(typed, digits, epoch, secret, crypto);
    return x !== null && x < horizon * perStart ? [epoch * horizon * perStart + x] : [];
  });
}

function undo(
  typed: string,
  digits: CodeDigits,
  epoch: number,
  secret: Uint8Array,
  crypto: Pick<PassCrypto, "mac">,
): number {
  const modulus = halfOf(digits);
  let [left, right] = [Number(typed.slice(0, digits / 2)), Number(typed.slice(digits / 2))];
  for (let round = rounds - 1; round >= 0; round -= 1) {
    const before = right - (roundOf({ digits, epoch, round, right: left }, secret, crypto) % modulus);
    [left, right] = [before < 0 ? before + modulus : before, left];
  }
  return left * modulus + right;
}

const halfOf = (digits: CodeDigits): number => 10 ** (digits / 2);

interface Round {
  readonly digits: CodeDigits;
  readonly epoch: number;
  readonly round: number;
  readonly right: number;
}

function roundOf({ digits, epoch, round, right }: Round, secret: Uint8Array, crypto: Pick<PassCrypto, "mac">): number {
  const purpose = [..."postern code\0"].map((letter) => letter.charCodeAt(0));
  const message = Uint8Array.from([...purpose, digits, ...fourBytes(epoch), round, ...fourBytes(right)]);
  return crypto
    .mac(secret, message)
    .subarray(0, 6)
    .reduce((number, byte) => number * 256 + byte, 0);
}

const fourBytes = (number: number): number[] => [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff);

/** Of all codes that may be typed, how many open at any one moment: each start that a length still covers, four times. */
export const liveOfflineCodes = (digits: CodeDigits): number =>
  codeMinutes.reduce((sum, minutes) => sum + (minutes / grains[digits].unitMinutes) * 4, 0);
