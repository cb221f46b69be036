// Turns what readers report into presentations: frames into cards and keys, keys into entries, text into codes.
import type { BoardEvent } from "../../hal/board.ts";
import { cardCodeOf, isRandomUid } from "../domain/card-format.ts";
import type { FrameProblem } from "../domain/frame.ts";
import { decodeFrame, isInverted } from "../domain/frame.ts";
import type { KeypadMode, KeypadState, Submission } from "../domain/keypad.ts";
import { emptyKeypad, keypadDeadline, stepKeypad } from "../domain/keypad.ts";
import type { CardCode, Presentation } from "../domain/presentation.ts";
import { isPlate, normalizePlate } from "../domain/presentation.ts";
import type { KeypadPolicy, ReaderSpec } from "../domain/site.ts";
import type { MonoMs } from "../domain/time.ts";
import { later } from "../domain/time.ts";

/** A scanner's text is bounded bytes, never an instruction. */
const maxTextLength = 300;
/** A vehicle that stands there is read again and again: that is one showing, until it was gone for so long, ... */
const plateGapMs = 3_000;
/** ... or stood there for so long: a driver who was turned away need not back out to be read again. */
const plateStayMs = 30_000;

/** One inverted frame in four is noise that happens to pass; so many in a row are two wires in each other's place. */
const swappedAfter = 4;

export type ReaderFinding =
  | { readonly kind: "presentation"; readonly presentation: Presentation }
  | { readonly kind: "key" }
  | { readonly kind: "misread"; readonly problem: string }
  | { readonly kind: "nothing" };

export type ReaderEvent = Extract<BoardEvent, { kind: "frame" | "key" | "text" | "card" | "unread" }>;

export interface ReaderDesk {
  take(event: ReaderEvent, now: MonoMs): readonly ReaderFinding[];
  tick(now: MonoMs): void;
  deadline(): MonoMs | null;
}

interface SeenPlate {
  readonly plate: string;
  readonly shownAt: MonoMs;
  readonly lastAt: MonoMs;
}

/** One reader's entry state; `keypad` entries that time out are dropped in silence, as on any keypad. */
export function createReaderDesk(reader: ReaderSpec, policy: KeypadPolicy, mode: KeypadMode): ReaderDesk {
  let entry: KeypadState = emptyKeypad;
  let seen: SeenPlate | null = null;
  let invertedInARow = 0;

  const misreadOf = (bits: string, problem: FrameProblem): ReaderFinding => {
    invertedInARow = isInverted(bits, reader.format) ? invertedInARow + 1 : 0;
    return { kind: "misread", problem: invertedInARow >= swappedAfter ? "swappedWires" : problem };
  };

  const pressKey = (key: string, now: MonoMs): ReaderFinding[] => {
    const step = stepKeypad(entry, { kind: "key", key }, policy, mode, now);
    entry = step.state;
    const findings: ReaderFinding[] = [{ kind: "key" }];
    if (step.submit !== null) findings.push({ kind: "presentation", presentation: pinOf(step.submit) });
    return findings;
  };

  const readPlate = (text: string, now: MonoMs): ReaderFinding => {
    if (text.length > maxTextLength) return { kind: "misread", problem: "text" };
    const plate = normalizePlate(text);
    if (plate === "") return { kind: "nothing" };
    if (!isPlate(plate)) return { kind: "misread", problem: "text" };
    const stays = seen !== null && seen.plate === plate && now < later(seen.lastAt, plateGapMs);
    const same = stays && seen !== null && now < later(seen.shownAt, plateStayMs) ? seen : null;
    seen = { plate, shownAt: same?.shownAt ?? now, lastAt: now };
    return same === null ? { kind: "presentation", presentation: { method: "plate", plate } } : { kind: "nothing" };
  };

  return {
    take(event, now) {
      switch (event.kind) {
        case "key":
          return pressKey(event.key, now);
        case "text":
          return [reader.plates === true ? readPlate(event.text, now) : readText(event.text)];
        case "card":
          return [readCard(event.bytes, event.proven === true)];
        case "unread":
          return [{ kind: "misread", problem: event.problem }];
        case "frame": {
          const reading = decodeFrame(event.bits, reader.format, reader.keypad, reader.frames);
          if (reading.kind === "key") return pressKey(reading.key, now);
          if (reading.kind === "misread") return [misreadOf(event.bits, reading.problem)];
          invertedInARow = 0;
          if (reading.kind === "pin") {
            return [{ kind: "presentation", presentation: { method: "pin", digits: reading.digits } }];
          }
          return [{ kind: "presentation", presentation: cardOf(reading.code, reader) }];
        }
      }
    },
    tick(now) {
      entry = stepKeypad(entry, { kind: "tick" }, policy, mode, now).state;
    },
    deadline: () => keypadDeadline(entry, policy),
  };
}

const pinOf = ({ digits, apartment }: Submission): Presentation =>
  apartment === undefined ? { method: "pin", digits } : { method: "pin", digits, apartment };

/** A 26-bit frame carries the lowest three bytes of a card and nothing else of it. */
const cardOf = (code: CardCode, { format }: ReaderSpec): Presentation =>
  format === "w26" ? { method: "card", code, short: true } : { method: "card", code };

/** Only a UID may be a random one. */
function readCard(bytes: string, proven: boolean): ReaderFinding {
  const code = cardCodeOf(bytes);
  if (code === null) return { kind: "misread", problem: "length" };
  if (!proven && isRandomUid(code)) return { kind: "misread", problem: "randomNumber" };
  return { kind: "presentation", presentation: { method: "card", code } };
}

function readText(text: string): ReaderFinding {
  if (text.length === 0) return { kind: "nothing" };
  if (text.length > maxTextLength || !/^[\x20-\x7e]+$/.test(text)) return { kind: "misread", problem: "text" };
  return { kind: "presentation", presentation: { method: "qr", text } };
}
