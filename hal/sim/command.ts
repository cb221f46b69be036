// The text language of scenarios and of the control socket, one command a line; knows no file, socket or door.
import type { WireFault } from "../board.ts";
import { Fault } from "../fault.ts";
import type { SimBoard } from "./board.ts";
import type { SimClock } from "./clock.ts";

export type Command =
  /** A blank line or a comment. */
  | { readonly kind: "nothing" }
  | { readonly kind: "tap"; readonly reader: string; readonly card: string }
  | { readonly kind: "frame"; readonly reader: string; readonly bits: string }
  | { readonly kind: "keys"; readonly reader: string; readonly keys: string }
  | { readonly kind: "text"; readonly reader: string; readonly text: string }
  | { readonly kind: "press"; readonly input: string; readonly durationMs: number }
  | { readonly kind: "setInput"; readonly input: string; readonly active: boolean }
  | { readonly kind: "setLevel"; readonly input: string; readonly level: "low" | "high" }
  | { readonly kind: "breakWire"; readonly input: string; readonly fault: WireFault }
  | { readonly kind: "healWire"; readonly input: string }
  | { readonly kind: "lose"; readonly device: string; readonly why: string }
  | { readonly kind: "find"; readonly device: string }
  | { readonly kind: "stick"; readonly relay: string; readonly why: string }
  | { readonly kind: "free"; readonly relay: string }
  | { readonly kind: "clockStep"; readonly byMs: number }
  | { readonly kind: "clockDrift"; readonly ppm: number }
  | { readonly kind: "clockTrust" }
  | { readonly kind: "clockDistrust" };

export type ParsedCommand =
  | { readonly ok: true; readonly command: Command }
  | { readonly ok: false; readonly problem: string };

export type CommandOutcome = { readonly ok: true } | { readonly ok: false; readonly problem: string };

export const maxLineBytes = 4_096;
const defaultPressMs = 200;
const maxWhyLength = 200;
/** A hundred years. */
export const maxDurationMs = 36_525 * 86_400_000;
const msOf: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

interface Form {
  readonly usage: string;
  /** `rest` is the line after its first two words, as written. Null: the words do not fit the usage. */
  readonly read: (words: readonly string[], rest: string) => Command | null;
}

const one =
  (create: (id: string) => Command) =>
  ([id, ...more]: readonly string[]): Command | null =>
    id === undefined || more.length > 0 ? null : create(id);

const two =
  (create: (id: string, what: string) => Command) =>
  ([id, what, ...more]: readonly string[]): Command | null =>
    id === undefined || what === undefined || more.length > 0 ? null : create(id, what);

const withWhy =
  (otherwise: string, create: (id: string, why: string) => Command) =>
  ([id]: readonly string[], rest: string): Command | null =>
    id === undefined ? null : create(id, rest.trim().slice(0, maxWhyLength) || otherwise);

const level = (active: boolean) => one((input) => ({ kind: "setInput", input, active }));

const line = (voltage: "low" | "high") => one((input) => ({ kind: "setLevel", input, level: voltage }));
const broken = (fault: WireFault) => one((input) => ({ kind: "breakWire", input, fault }));

const forms: ReadonlyMap<string, Form> = new Map<string, Form>([
  ["tap", { usage: "tap <reader> <card hex>", read: two((reader, card) => ({ kind: "tap", reader, card })) }],
  ["frame", { usage: "frame <reader> <bits>", read: two((reader, bits) => ({ kind: "frame", reader, bits })) }],
  ["keys", { usage: "keys <reader> <keys>", read: two((reader, keys) => ({ kind: "keys", reader, keys })) }],
  ["text", { usage: "text <reader> <rest of the line>", read: readText }],
  ["press", { usage: "press <input> [duration], such as press exit 5s", read: readPress }],
  ["activate", { usage: "activate <input>", read: level(true) }],
  ["release", { usage: "release <input>", read: level(false) }],
  ["open", { usage: "open <contact>", read: level(true) }],
  ["close", { usage: "close <contact>", read: level(false) }],
  ["low", { usage: "low <input>", read: line("low") }],
  ["high", { usage: "high <input>", read: line("high") }],
  ["cut", { usage: "cut <supervised input>", read: broken("cut") }],
  ["short", { usage: "short <supervised input>", read: broken("shorted") }],
  ["heal", { usage: "heal <input>", read: one((input) => ({ kind: "healWire", input })) }],
  [
    "lose",
    { usage: "lose <device> [why]", read: withWhy("unplugged", (device, why) => ({ kind: "lose", device, why })) },
  ],
  ["find", { usage: "find <device>", read: one((device) => ({ kind: "find", device })) }],
  ["stick", { usage: "stick <relay> [why]", read: withWhy("stuck", (relay, why) => ({ kind: "stick", relay, why })) }],
  ["free", { usage: "free <relay>", read: one((relay) => ({ kind: "free", relay })) }],
  ["clock", { usage: "clock step <±duration> | drift <ppm> | trust | distrust", read: readClock }],
]);

/** Whole milliseconds up to a hundred years; null for what is no duration such as `200ms`, `5s`, `10m`, `2h` or `3d`. */
export function parseDuration(text: string): number | null {
  const match = /^([0-9]{1,9})(ms|s|m|h|d)$/.exec(text);
  const unitMs = msOf.get(match?.[2] ?? "");
  const ms = Number(match?.[1]) * (unitMs ?? Number.NaN);
  return ms <= maxDurationMs ? ms : null;
}

export function parseCommand(line: string): ParsedCommand {
  const text = line.replace(/\r$/, "").trimStart();
  if (text.trimEnd() === "" || text.startsWith("#")) return { ok: true, command: { kind: "nothing" } };
  const words = text.trimEnd().split(/\s+/);
  const verb = words[0] ?? "";
  const form = forms.get(verb);
  if (form === undefined) {
    return { ok: false, problem: `There is no command ${quote(verb)}; there are ${[...forms.keys()].join(", ")}.` };
  }
  const command = form.read(words.slice(1), text.replace(/^\S+\s+\S+\s?/, ""));
  return command === null ? { ok: false, problem: `Write it as: ${form.usage}.` } : { ok: true, command };
}

export function runCommand(command: Command, board: SimBoard, clock: SimClock): CommandOutcome {
  try {
    apply(command, board, clock);
    return { ok: true };
  } catch (error) {
    if (error instanceof Fault && error.code === "sim.refused") return { ok: false, problem: error.message };
    throw error;
  }
}

function apply(command: Command, board: SimBoard, clock: SimClock): void {
  switch (command.kind) {
    case "nothing":
      break;
    case "tap":
      board.tap(command.reader, command.card);
      break;
    case "frame":
      board.frame(command.reader, command.bits);
      break;
    case "keys":
      board.keys(command.reader, command.keys);
      break;
    case "text":
      board.text(command.reader, command.text);
      break;
    case "press":
      board.press(command.input, command.durationMs);
      break;
    case "setInput":
      board.setInput(command.input, command.active);
      break;
    case "setLevel":
      board.setLevel(command.input, command.level);
      break;
    case "breakWire":
      board.breakWire(command.input, command.fault);
      break;
    case "healWire":
      board.healWire(command.input);
      break;
    case "lose":
      board.lose(command.device, command.why);
      break;
    case "find":
      board.find(command.device);
      break;
    case "stick":
      board.stickRelay(command.relay, command.why);
      break;
    case "free":
      board.freeRelay(command.relay);
      break;
    case "clockStep":
      clock.stepWall(command.byMs);
      break;
    case "clockDrift":
      clock.setDrift(command.ppm);
      break;
    case "clockTrust":
      clock.trust();
      break;
    case "clockDistrust":
      clock.distrust();
      break;
  }
}

function readText([reader]: readonly string[], rest: string): Command | null {
  return reader === undefined || rest === "" ? null : { kind: "text", reader, text: rest };
}

function readPress([input, duration, ...more]: readonly string[]): Command | null {
  const durationMs = duration === undefined ? defaultPressMs : parseDuration(duration);
  return input === undefined || durationMs === null || more.length > 0 ? null : { kind: "press", input, durationMs };
}

function readClock(words: readonly string[]): Command | null {
  const [what, value, ...more] = words;
  if (more.length > 0) return null;
  if (value === undefined) {
    if (what === "trust") return { kind: "clockTrust" };
    return what === "distrust" ? { kind: "clockDistrust" } : null;
  }
  if (what === "drift") {
    return /^[+-]?[0-9]{1,6}(\.[0-9]{1,3})?$/.test(value) ? { kind: "clockDrift", ppm: Number(value) } : null;
  }
  const distanceMs = parseDuration(value.replace(/^[+-]/, ""));
  if (what !== "step" || distanceMs === null) return null;
  return { kind: "clockStep", byMs: value.startsWith("-") ? -distanceMs : distanceMs };
}

const quote = (word: string): string => JSON.stringify(word.length > 40 ? `${word.slice(0, 40)}…` : word);
