// What the simulated board's control socket says, decoded from its JSON lines; pure, and deaf to keys and cards.

export type ReaderKind = "wiegand" | "keypad" | "scanner" | "plate" | "pcsc" | "osdp" | "camera";
export type LampSignal = "granted" | "denied" | "key" | "next" | "warning";

export interface BoardReader {
  readonly kind: ReaderKind;
  readonly keypad: boolean;
  readonly lost: boolean;
}

/** Keyed by id. A line that shows what was typed or tapped has no case here, so that it can go no further. */
export type BoardSays =
  | {
      readonly kind: "snapshot";
      readonly relays: ReadonlyMap<string, boolean>;
      readonly inputs: ReadonlyMap<string, boolean>;
      readonly readers: ReadonlyMap<string, BoardReader>;
    }
  | { readonly kind: "relay"; readonly relay: string; readonly energized: boolean }
  | { readonly kind: "input"; readonly input: string; readonly active: boolean }
  | { readonly kind: "device"; readonly device: string; readonly lost: boolean }
  | { readonly kind: "signal"; readonly reader: string; readonly signal: LampSignal }
  | { readonly kind: "done"; readonly line: number }
  | { readonly kind: "refused"; readonly line: number; readonly problem: string };

type Fields = Readonly<Record<string, unknown>>;

const readerKinds: readonly string[] = ["wiegand", "keypad", "scanner", "plate", "pcsc", "osdp", "camera"];
const lampSignals: readonly string[] = ["granted", "denied", "key", "next", "warning"];

/** Null for a line that the panel has no use for. */
export function decodeBoardLine(value: unknown): BoardSays | null {
  if (!isFields(value)) return null;
  const { kind, relay, energized, reader, signal, line, problem } = value;
  if (kind === "snapshot") return decodeSnapshot(value);
  if (kind === "event" && isFields(value["event"])) return decodeEvent(value["event"]);
  if (kind === "relay" && typeof relay === "string" && typeof energized === "boolean") {
    return { kind, relay, energized };
  }
  if (kind === "signal" && typeof reader === "string" && lampSignals.includes(String(signal))) {
    return { kind, reader, signal: signal as LampSignal };
  }
  if (kind === "done" && typeof line === "number") return { kind, line };
  if (kind === "refused" && typeof line === "number") {
    return { kind, line, problem: typeof problem === "string" ? problem : "refused" };
  }
  return null;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function decodeEvent(event: Fields): BoardSays | null {
  const { kind, input, active, device } = event;
  if (kind === "input" && typeof input === "string" && typeof active === "boolean") return { kind, input, active };
  if ((kind === "lost" || kind === "found") && typeof device === "string") {
    return { kind: "device", device, lost: kind === "lost" };
  }
  return null;
}

function decodeSnapshot(value: Fields): BoardSays {
  const readers = new Map<string, BoardReader>();
  if (isFields(value["readers"])) {
    for (const [id, reader] of Object.entries(value["readers"])) {
      const decoded = decodeReader(reader);
      if (decoded !== null) readers.set(id, decoded);
    }
  }
  return {
    kind: "snapshot",
    relays: decodeLevels(value["relays"]),
    inputs: decodeLevels(value["inputs"]),
    readers,
  };
}

function decodeLevels(value: unknown): ReadonlyMap<string, boolean> {
  const levels = new Map<string, boolean>();
  if (!isFields(value)) return levels;
  for (const [id, level] of Object.entries(value)) {
    if (typeof level === "boolean") levels.set(id, level);
  }
  return levels;
}

function decodeReader(value: unknown): BoardReader | null {
  if (!isFields(value) || !readerKinds.includes(String(value["kind"]))) return null;
  return {
    kind: value["kind"] as ReaderKind,
    keypad: value["keypad"] === true || value["kind"] === "keypad",
    lost: value["lost"] === true,
  };
}
