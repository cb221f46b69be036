// One raw event of the wires as a line for whoever connects them: the bits themselves, and what they were taken for.
import type { BoardEvent } from "../../hal/board.ts";
import { formatCard } from "../domain/card-format.ts";
import { decodeFrame, isInverted, printedOn } from "../domain/frame.ts";
import type { ReaderSpec } from "../domain/site.ts";

export function deviceOf(event: BoardEvent): string {
  if ("reader" in event) return event.reader;
  return "input" in event ? event.input : event.device;
}

/** Keys and codes are hidden unless they may be revealed: it may be somebody's PIN. */
export function watchLine(event: BoardEvent, readers: readonly ReaderSpec[], mayReveal: boolean): string {
  const seconds = (event.at / 1_000).toFixed(3).padStart(12);
  return `${seconds}  ${deviceOf(event).padEnd(20)}  ${wordsOf(event, readers, mayReveal)}`;
}

function wordsOf(event: BoardEvent, readers: readonly ReaderSpec[], mayReveal: boolean): string {
  switch (event.kind) {
    case "frame":
      return frameWords(
        event.bits,
        readers.find(({ id }) => id === event.reader),
        mayReveal,
      );
    case "key":
      return `key ${mayReveal ? event.key : "•"}`;
    case "text":
      return `text of ${event.text.length} characters${mayReveal ? `: ${event.text}` : ""}`;
    case "card":
      return `card ${event.bytes}, in decimal ${BigInt(`0x${event.bytes}`)}`;
    case "unread":
      return `not read: ${misreadWords[event.problem] ?? event.problem}`;
    case "input":
      return event.active ? "active" : "inactive";
    case "fault":
      return `wire ${event.fault}`;
    case "lost":
      return `lost: ${event.why}`;
    case "faulty":
      return `faulty: ${event.why}`;
    case "attack":
      return `attack: ${event.what}`;
    case "pairing":
      return event.paired ? "paired" : `not paired: ${event.why}`;
    case "found":
    case "mended":
      return event.kind;
  }
}

function frameWords(bits: string, reader: ReaderSpec | undefined, mayReveal: boolean): string {
  const reading = reader === undefined ? null : decodeFrame(bits, reader.format, reader.keypad, reader.frames);
  if (reading?.kind === "pin") return `${bits.length} bits, PIN ${mayReveal ? `${reading.digits}  ${bits}` : "•"}`;
  if (reading?.kind === "key") return `${bits.length} bits, key ${mayReveal ? `${reading.key}  ${bits}` : "•"}`;
  // A PIN with one wrong bit is nearly the PIN.
  const mayBePin = reader?.frames?.pinFrames === true && reading?.kind === "misread";
  const raw = `${bits.length} bits  ${mayBePin && !mayReveal ? "•" : bits}`;
  if (reading === null) return raw;
  if (reading.kind === "card") {
    return `${raw}  card ${reading.code}, in decimal ${formatCard(reading.code, "8H10D")}${printedWords(bits, reader)}`;
  }
  const swapped = isInverted(bits, reader?.format ?? null);
  const problem = swapped ? "swappedWires" : reading.problem;
  return `${raw}  not read: ${misreadWords[problem] ?? problem}`;
}

function printedWords(bits: string, reader: ReaderSpec | undefined): string {
  const printed = printedOn(bits, reader?.format ?? null);
  return printed === null || printed.facility === null ? "" : `, printed as ${printed.facility}, ${printed.number}`;
}

const misreadWords: Readonly<Record<string, string>> = {
  length: "the reader's format has another length",
  swappedWires: "inverted it would pass: D0 and D1 seem to be swapped, so change the two wires",
  parity: "its parity is wrong; check the wires, and that D0 and D1 are not swapped",
  key: "no key sends this",
  randomNumber: "this card shows another number each time",
  keyRefused: "the card does not take the profile's key",
  keyMissing: "its profile has no key; see `postern cards key`",
  applicationMissing: "the card has no such application",
  fileMissing: "the card has no such file of data",
  notAllowed: "the key may not read this",
  unprotectedData: "the card sends its data unprotected; see acceptPlain",
  forgedAnswer: "an answer was not the card's, or was disturbed",
  blankCard: "nobody has written this card yet",
  malformedCode: "its bytes are no number of the profile's form",
  unknownCard: "it does not say what card it is, and UIDs do not count here",
  technologyOff: "this reader does not read cards of its kind",
  unsupportedByReader: "the reader does not pass on what such a card needs",
  notReadable: "it was gone too soon, or does not answer",
};
