// Turns what readers report into presentations: frames into cards and keys, keys into entries, text into codes.
import type { BoardEvent } from "../../hal/board.ts";
import { decodeFrame } from "../domain/frame.ts";
import type { KeypadState } from "../domain/keypad.ts";
import { emptyKeypad, keypadDeadline, stepKeypad } from "../domain/keypad.ts";
import type { CardCode, Presentation } from "../domain/presentation.ts";
import type { KeypadPolicy, ReaderSpec } from "../domain/site.ts";
import type { MonoMs } from "../domain/time.ts";

/** A scanner's text is bounded bytes, never an instruction. */
const maxTextLength = 300;

export type ReaderFinding =
  | { readonly kind: "presentation"; readonly presentation: Presentation }
  | { readonly kind: "key" }
  | { readonly kind: "misread"; readonly problem: string }
  | { readonly kind: "nothing" };

export interface ReaderDesk {
  take(event: Extract<BoardEvent, { kind: "frame" | "key" | "text" }>, now: MonoMs): readonly ReaderFinding[];
  tick(now: MonoMs): void;
  deadline(): MonoMs | null;
}

/** One reader's entry state; `keypad` entries that time out are dropped in silence, as on any keypad. */
export function createReaderDesk(reader: ReaderSpec, policy: KeypadPolicy): ReaderDesk {
  let entry: KeypadState = emptyKeypad;

  const pressKey = (key: string, now: MonoMs): ReaderFinding[] => {
    const step = stepKeypad(entry, { kind: "key", key }, policy, now);
    entry = step.state;
    const findings: ReaderFinding[] = [{ kind: "key" }];
    if (step.submit !== null) {
      findings.push({ kind: "presentation", presentation: { method: "pin", digits: step.submit.digits } });
    }
    return findings;
  };

  return {
    take(event, now) {
      switch (event.kind) {
        case "key":
          return pressKey(event.key, now);
        case "text":
          return [readText(event.text)];
        case "frame": {
          const reading = decodeFrame(event.bits, reader.format, reader.keypad);
          if (reading.kind === "key") return pressKey(reading.key, now);
          if (reading.kind === "misread") return [{ kind: "misread", problem: reading.problem }];
          return [{ kind: "presentation", presentation: cardOf(reading.code, reader) }];
        }
      }
    },
    tick(now) {
      entry = stepKeypad(entry, { kind: "tick" }, policy, now).state;
    },
    deadline: () => keypadDeadline(entry, policy),
  };
}

/** A 26-bit frame carries the lowest three bytes of a card and nothing else of it. */
const cardOf = (code: CardCode, { format }: ReaderSpec): Presentation =>
  format === "w26" ? { method: "card", code, short: true } : { method: "card", code };

function readText(text: string): ReaderFinding {
  if (text.length === 0) return { kind: "nothing" };
  if (text.length > maxTextLength || !/^[\x20-\x7e]+$/.test(text)) return { kind: "misread", problem: "text" };
  return { kind: "presentation", presentation: { method: "qr", text } };
}
