// Turns what a page asks of the simulated board into one line of its control language, or refuses it; pure.
import type { SiteSpec } from "../../domain/site.ts";
import type { BoardReader } from "../board-says.ts";

/** The longest code that fits a QR at a door. */
const maxTextLength = 400;
const maxPressMs = 10_000;
const textReaders: readonly string[] = ["scanner", "plate", "camera"];
const cardPattern = /^[0-9A-F]{2,32}(\/[0-9]{1,3})?$/;
const keysPattern = /^[0-9*#]{1,32}$/;
/** Control characters and line separators would end the line and start another command. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

export type BoardCommand =
  | { readonly kind: "tap"; readonly reader: string; readonly card: string }
  | { readonly kind: "keys"; readonly reader: string; readonly keys: string }
  | { readonly kind: "text"; readonly reader: string; readonly text: string }
  | { readonly kind: "input"; readonly input: string; readonly active: boolean }
  | { readonly kind: "press"; readonly input: string; readonly ms: number };

export interface Wires {
  readonly site: SiteSpec;
  readonly readers: ReadonlyMap<string, BoardReader>;
}

/** The line to send, or one sentence on what is wrong. */
export type BoardLine = { readonly ok: true; readonly line: string } | { readonly ok: false; readonly problem: string };

export function planBoardLine(body: unknown, wires: Wires): BoardLine {
  if (typeof body !== "object" || body === null) return wrong("A command is an object.");
  const { kind } = body as { kind?: unknown };
  if (kind === "tap" || kind === "keys" || kind === "text") return planReaderLine(body as ReaderFields, wires);
  if (kind === "input" || kind === "press") return planInputLine(body as InputFields, wires.site);
  return wrong("kind must be tap, keys, text, input or press.");
}

interface ReaderFields {
  readonly kind: "tap" | "keys" | "text";
  readonly reader?: unknown;
  readonly card?: unknown;
  readonly keys?: unknown;
  readonly text?: unknown;
}

interface InputFields {
  readonly kind: "input" | "press";
  readonly input?: unknown;
  readonly active?: unknown;
  readonly ms?: unknown;
}

const wrong = (problem: string): BoardLine => ({ ok: false, problem });
const line = (...words: readonly string[]): BoardLine => ({ ok: true, line: words.join(" ") });

function planReaderLine(body: ReaderFields, wires: Wires): BoardLine {
  const id = wires.site.readers.find((one) => one.id === body.reader)?.id;
  const reader = id === undefined ? undefined : wires.readers.get(id);
  if (id === undefined || reader === undefined) return wrong("There is no such reader.");
  if (body.kind === "keys") {
    if (!reader.keypad) return wrong("This reader has no keypad.");
    if (typeof body.keys !== "string" || !keysPattern.test(body.keys)) return wrong("Keys are 0 to 9, * and #.");
    return line("keys", id, body.keys);
  }
  if (body.kind === "tap") {
    if (!["wiegand", "pcsc", "osdp"].includes(reader.kind)) return wrong("This reader takes no cards.");
    if (typeof body.card !== "string" || !cardPattern.test(body.card)) {
      return wrong("A card is 2 to 32 hexadecimal digits, with its length in bits after a slash where it matters.");
    }
    return line("tap", id, body.card);
  }
  if (!textReaders.includes(reader.kind)) return wrong("This reader reads no text.");
  const { text } = body;
  if (typeof text !== "string" || text.trim() === "" || text.length > maxTextLength || unprintable.test(text)) {
    return wrong(`A QR code or number plate is one line of 1 to ${maxTextLength} characters.`);
  }
  return line("text", id, text);
}

function planInputLine(body: InputFields, site: SiteSpec): BoardLine {
  const id = inputsOf(site).find((one) => one === body.input);
  if (id === undefined) return wrong("There is no such input.");
  if (body.kind === "input") {
    if (typeof body.active !== "boolean") return wrong("active must be true or false.");
    return line(body.active ? "activate" : "release", id);
  }
  const { ms } = body;
  if (typeof ms !== "number" || !Number.isInteger(ms) || ms < 1 || ms > maxPressMs) {
    return wrong(`ms must be a whole number from 1 to ${maxPressMs}.`);
  }
  return line("press", id, `${ms}ms`);
}

function inputsOf(site: SiteSpec): readonly string[] {
  const ofDoors = site.doors.flatMap((door) => [door.contact, ...door.exitButtons, ...door.tampers]);
  const ofSite = [site.fireInput, site.lockdownInput, ...site.receptions.map(({ input }) => input)];
  const acting = [...site.inputActions, ...site.inputOpenings].map(({ input }) => input);
  return [...ofDoors, ...ofSite, ...acting].filter((input) => input !== null);
}
