// Puts the edges of a Wiegand reader's two lines together to frames by the kernel's time stamps, and guesses at nothing.
//
// A frame is a burst of pulses, on D0 for a 0 and on D1 for a 1: 20 to 100 us long, 200 us to 20 ms apart, and a gap after
// the last (SIA AC-01). Pure: knows no reader, no format and no clock.

export interface PulseRules {
  /** What is longer than this between two pulses ends a frame. */
  readonly frameGapMs: number;
  /** `any` is for readers that pause between their bits; the others send them evenly, which tells them from noise. */
  readonly pulses: "even" | "any";
}

/** Why a burst is no frame. */
export type Spoiled = "lost" | "tooClose" | "tooLong" | "tooShort" | "uneven" | "repeated";

export type LineOutcome =
  | { readonly kind: "frame"; readonly bits: string; readonly atUs: number }
  | { readonly kind: "spoiled"; readonly why: Spoiled; readonly pulses: number };

export interface WiegandLine {
  readonly bits: string;
  /** From each pulse to the next, of the burst being read. */
  readonly spacingsUs: readonly number[];
  /** Of the pulse last seen; null before the first. */
  readonly lastUs: number | null;
  readonly spoiled: Spoiled | null;
  readonly pulses: number;
  readonly before: { readonly bits: string; readonly atUs: number } | null;
}

export const idleLine: WiegandLine = {
  bits: "",
  spacingsUs: [],
  lastUs: null,
  spoiled: null,
  pulses: 0,
  before: null,
};

export interface LineStep {
  readonly line: WiegandLine;
  readonly outcomes: readonly LineOutcome[];
}

const maxBits = 128;
/** The shortest that any reader sends is a key. */
const minBits = 4;
/** Closer pulses ring or cross-talk, or were held up together so that nobody knows which came first. */
const minSpacingUs = 25;
/** The same card cannot be shown twice so soon; keys can be typed so fast. */
const repeatUs = 200_000;
const maxKeyBits = 8;

export interface Pulse {
  readonly bit: "0" | "1";
  readonly atUs: number;
  /** The kernel had to throw events away before this one. */
  readonly afterLoss: boolean;
}

export function stepPulse(line: WiegandLine, pulse: Pulse, rules: PulseRules): LineStep {
  const spacing = line.lastUs === null ? null : pulse.atUs - line.lastUs;
  if (line.pulses === 0 || spacing === null || spacing > rules.frameGapMs * 1_000) {
    // What is missing may be the end of the one burst or the beginning of the next.
    const ended = endBurst(pulse.afterLoss ? spoil(line, "lost") : line, rules);
    const begun = { ...ended.line, bits: pulse.bit, spacingsUs: [], lastUs: pulse.atUs, pulses: 1 };
    return { line: pulse.afterLoss ? spoil(begun, "lost") : begun, outcomes: ended.outcomes };
  }
  const pulses = line.pulses + 1;
  const trouble = pulse.afterLoss
    ? "lost"
    : spacing < minSpacingUs
      ? "tooClose"
      : pulses > maxBits
        ? "tooLong"
        : line.spoiled;
  if (trouble !== null) return { line: spoil({ ...line, lastUs: pulse.atUs, pulses }, trouble), outcomes: [] };
  const spacingsUs = [...line.spacingsUs, spacing];
  return { line: { ...line, bits: line.bits + pulse.bit, spacingsUs, lastUs: pulse.atUs, pulses }, outcomes: [] };
}

/** No pulse came up to that instant that was not stepped. */
export function stepQuiet(line: WiegandLine, atUs: number, rules: PulseRules): LineStep {
  const isOver = line.lastUs !== null && atUs - line.lastUs > rules.frameGapMs * 1_000;
  return isOver ? endBurst(line, rules) : { line, outcomes: [] };
}

/** The first trouble is what is told; nothing of the burst is kept. */
const spoil = (line: WiegandLine, why: Spoiled): WiegandLine =>
  line.pulses === 0 ? line : { ...line, bits: "", spacingsUs: [], spoiled: line.spoiled ?? why };

function endBurst(line: WiegandLine, rules: PulseRules): LineStep {
  const { bits, pulses, lastUs, before } = line;
  const idle = { ...idleLine, lastUs, before };
  if (pulses === 0 || lastUs === null) return { line: idle, outcomes: [] };
  const why = line.spoiled ?? troubleOf(line, rules);
  if (why !== null) {
    // One that goes on repeating itself must not count as new after a while.
    const kept = why === "repeated" && before !== null ? { bits: before.bits, atUs: lastUs } : before;
    return { line: { ...idle, before: kept }, outcomes: [{ kind: "spoiled", why, pulses }] };
  }
  return { line: { ...idle, before: { bits, atUs: lastUs } }, outcomes: [{ kind: "frame", bits, atUs: lastUs }] };
}

function troubleOf({ bits, spacingsUs, lastUs, before }: WiegandLine, { pulses }: PulseRules): Spoiled | null {
  if (bits.length < minBits) return "tooShort";
  if (pulses === "even" && !isEven(spacingsUs)) return "uneven";
  if (bits.length <= maxKeyBits || before === null || lastUs === null || before.bits !== bits) return null;
  const lengthUs = spacingsUs.reduce((sum, spacing) => sum + spacing, 0);
  return lastUs - lengthUs - before.atUs < repeatUs ? "repeated" : null;
}

/**
 * Each is between half and twice the usual one. An interrupt that is served late makes one spacing too long and the next
 * too short by as much: those two are then right together.
 */
function isEven(spacingsUs: readonly number[]): boolean {
  const usual = median(spacingsUs);
  const isPair = (one: number | undefined, other: number | undefined): boolean => {
    const together = (one ?? 0) + (other ?? 0);
    return together >= usual * 1.5 && together <= usual * 2.5;
  };
  return spacingsUs.every((spacing, place) => {
    if (spacing >= usual / 2 && spacing <= usual * 2) return true;
    return isPair(spacingsUs[place - 1], spacing) || isPair(spacing, spacingsUs[place + 1]);
  });
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
