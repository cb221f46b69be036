// The next offline code of a key that nobody has, for a window: what was given out is remembered until it has ended. Pure.
import { minuteMs } from "../domain/carried-pass/pass-claims.ts";
import type { CodeDigits } from "../domain/carried-pass/pass-key.ts";
import type { OfflineCode } from "../domain/offline-code.ts";
import { codeMinutes, codeOfSerial, codeUnitMinutes, serialOf } from "../domain/offline-code.ts";
import type { UnixMs } from "../domain/time.ts";
import { unixMs } from "../domain/time.ts";
import type { KeyFile } from "./key-folder.ts";
import { issuerKeyOf } from "./key-folder.ts";
import type { MintedCode } from "./mint-code.ts";
import { mintCode } from "./mint-code.ts";

export interface CodeWanted {
  readonly from: UnixMs;
  readonly until: UnixMs;
  readonly once: boolean;
}

export interface UnusedCode {
  readonly made: Extract<MintedCode, { ok: true }>;
  readonly code: OfflineCode;
}

export type CodeFound =
  | { readonly ok: true; readonly file: KeyFile; readonly unused: UnusedCode }
  | { readonly ok: false; readonly problem: string };

export const maxRemembered = 10_000;
/** A clock that is a little wrong forgets none that still opens. */
const graceMs = 86_400_000;

/** Where both codes of a window are given away, one begins a unit earlier; it lasts until the end all the same. */
export function unusedCode(file: KeyFile, wanted: CodeWanted, now: UnixMs): CodeFound {
  const digits = file.key.digits ?? 12;
  const running = file.codes.filter((serial) => endOf(serial, digits) + graceMs > now);
  if (running.length >= maxRemembered) {
    return refuse(`${maxRemembered} codes of the key "${file.key.id}" run or are to come; make one more key.`);
  }
  const taken = new Set(running);
  const unitMs = codeUnitMinutes(digits) * minuteMs;
  for (let earlier = 0; ; earlier += 1) {
    const from = unixMs(wanted.from - earlier * unitMs);
    const minutes = codeMinutes.find((one) => one * minuteMs >= wanted.until - from);
    if (minutes === undefined) return refuse(earlier === 0 ? "A code lasts up to 31 days." : allGiven(file));
    for (const n of [0, 1] as const) {
      const code = { from, minutes, once: wanted.once, n };
      if (taken.has(serialOf(code, digits))) continue;
      const made = mintCode(issuerKeyOf(file), code);
      if (!made.ok) return refuse(earlier === 0 ? made.problem : allGiven(file));
      return { ok: true, file: { ...file, codes: [...running, made.serial] }, unused: { made, code } };
    }
  }
}

const refuse = (problem: string): CodeFound => ({ ok: false, problem });

const allGiven = ({ key }: KeyFile): string =>
  `All codes that the key "${key.id}" has for this window are given out; take another window or make one more key.`;

function endOf(serial: number, digits: CodeDigits): number {
  const { from, minutes } = codeOfSerial(serial, digits);
  return from + minutes * minuteMs;
}
