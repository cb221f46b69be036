// Records what any board reported and was told as JSON lines, and plays such a record back; knows no door or credential.
// A trace holds PINs and card numbers as they crossed the wires: whoever has it has the keys.
import { type Board, type BoardEvent, type DeviceHealth, type ReaderSignal, readerSignals } from "./board.ts";
import type { Clock, ClockChange, MonoMs, UnixMs } from "./clock.ts";
import { Fault } from "./fault.ts";
import type { VirtualClock } from "./sim/clock.ts";

export interface Stamp {
  readonly mono: MonoMs;
  readonly wall: UnixMs;
  readonly trusted: boolean;
}

export interface RelayWrite {
  readonly relay: string;
  readonly energized: boolean;
  readonly cause: string;
}

type TraceFact =
  /** The board's `start` returned: every event before this came from within it. */
  | { readonly kind: "started" }
  | { readonly kind: "event"; readonly event: BoardEvent }
  /** `failed` is why the relay did not take it, or null. */
  | ({ readonly kind: "relay"; readonly failed: string | null } & RelayWrite)
  | { readonly kind: "signal"; readonly reader: string; readonly signal: ReaderSignal }
  | { readonly kind: "clock"; readonly change: ClockChange };

export type TraceEntry = TraceFact & Stamp;

export interface Trace {
  readonly header: Readonly<Record<string, unknown>>;
  /** When the recording began. */
  readonly begin: Stamp;
  readonly entries: readonly TraceEntry[];
}

export type ParsedTrace =
  | { readonly ok: true; readonly trace: Trace }
  | { readonly ok: false; readonly problem: string };

export interface RecordingBoard extends Board {
  /** A replay reports only the clock changes that the recorder was told of; it follows others without a word. */
  clockChanged(change: ClockChange): void;
}

const version = 1;
const maxLines = 5_000_000;

/** A sink that throws is not called again, and `health` says so: the doors go on. */
export function recordBoard(
  board: Board,
  clock: Clock,
  sink: (line: string) => void,
  header: Readonly<Record<string, unknown>>,
): RecordingBoard {
  let lost: DeviceHealth | null = null;
  const stamp = (): Stamp => ({ mono: clock.mono(), wall: clock.wall(), trusted: clock.trusted() });
  const write = (fact: object): void => {
    if (lost !== null) return;
    try {
      sink(JSON.stringify({ ...fact, ...stamp() }));
    } catch (error) {
      lost = { device: "trace", state: "lost", why: whyOf(error), since: clock.mono() };
    }
  };
  const note = (fact: TraceFact): void => write(fact);
  write({ trace: version, header });
  return {
    kind: board.kind,
    start: (listen) => {
      board.start((event) => {
        note({ kind: "event", event });
        listen(event);
      });
      note({ kind: "started" });
    },
    drive: (relay, energized, cause) => {
      try {
        board.drive(relay, energized, cause);
      } catch (error) {
        note({ kind: "relay", relay, energized, cause, failed: whyOf(error) });
        throw error;
      }
      note({ kind: "relay", relay, energized, cause, failed: null });
    },
    signal: (reader, signal) => {
      board.signal(reader, signal);
      note({ kind: "signal", reader, signal });
    },
    health: () => (lost === null ? board.health() : [...board.health(), lost]),
    stop: () => board.stop(),
    care: () => board.care?.() ?? null,
    clockChanged: (change) => note({ kind: "clock", change }),
  };
}

export function parseTrace(text: string): ParsedTrace {
  const lines = text.split("\n", maxLines + 1);
  if (lines.length > maxLines) return { ok: false, problem: `A trace has at most ${maxLines} lines.` };
  if (lines.at(-1) === "") lines.pop();
  let head: Pick<Trace, "header" | "begin"> | null = null;
  const entries: TraceEntry[] = [];
  let lastMono = Number.NEGATIVE_INFINITY;
  for (const [index, line] of lines.entries()) {
    const value = readRecord(line);
    if (value === null) return { ok: false, problem: `Line ${index + 1} is not a JSON object; it may be cut off.` };
    const stamp = readStamp(value);
    if (stamp === null) return { ok: false, problem: `Line ${index + 1} lacks "mono", "wall" or "trusted".` };
    if (stamp.mono < lastMono) return { ok: false, problem: `Line ${index + 1} is earlier than the line before it.` };
    lastMono = stamp.mono;
    if (head === null) {
      if (value["trace"] !== version || !isRecord(value["header"])) {
        return { ok: false, problem: `Line 1 is not the header of a trace of version ${version}.` };
      }
      head = { header: value["header"], begin: stamp };
      continue;
    }
    const fact = readFact(value);
    if (fact === null) return { ok: false, problem: `Line ${index + 1} is no entry that a trace can hold.` };
    entries.push({ ...fact, ...stamp });
  }
  return head === null ? { ok: false, problem: "The trace is empty." } : { ok: true, trace: { ...head, entries } };
}

export interface Replay {
  readonly board: Board;
  /** What was driven so far, a write that failed as recorded included. */
  readonly writes: readonly RelayWrite[];
  /** Plays everything after the start, up to the last recorded line. */
  run(): void;
}

/**
 * The start of the replayed board stands for the recorded start. Timers that are due at the instant of a recorded event
 * run before it, as they do in a scenario; a live recording has no finer order than its milliseconds. `driven` is told of
 * each recorded write when its time has come: what made it may be none of the board's affair, and wants replaying too.
 */
export function replayBoard(trace: Trace, clock: VirtualClock, driven: (write: RelayWrite) => void = () => {}): Replay {
  const board = new ReplayedBoard(trace, clock, driven);
  return { board, writes: board.writes, run: () => board.run() };
}

/** The first difference in words, or null when both drove the same relays to the same levels in the same order. */
export function compareWrites(trace: Trace, collected: readonly RelayWrite[]): string | null {
  const recorded = trace.entries.filter((entry) => entry.kind === "relay");
  for (const [index, was] of recorded.entries()) {
    const now = collected[index];
    const at = `write ${index + 1}, ${was.mono - trace.begin.mono} ms into the recording`;
    if (now === undefined) return `${at}: recorded ${describe(was)}, but the replay wrote no more`;
    if (now.relay !== was.relay || now.energized !== was.energized) {
      return `${at}: recorded ${describe(was)}, replayed ${describe(now)}`;
    }
  }
  const extra = collected[recorded.length];
  return extra === undefined
    ? null
    : `write ${recorded.length + 1}: nothing more recorded, replayed ${describe(extra)}`;
}

class ReplayedBoard implements Board {
  readonly kind = "replay";
  readonly writes: RelayWrite[] = [];
  readonly #entries: readonly TraceEntry[];
  readonly #recordedWrites: readonly (RelayWrite & { readonly failed: string | null })[];
  readonly #startedPlace: number;
  readonly #recordedStart: Stamp;
  readonly #clock: VirtualClock;
  readonly #driven: (write: RelayWrite) => void;
  readonly #health = new Map<string, DeviceHealth>();
  #shiftMs = 0;
  #running = false;
  #listen: ((event: BoardEvent) => void) | null = null;

  constructor(trace: Trace, clock: VirtualClock, driven: (write: RelayWrite) => void) {
    this.#driven = driven;
    this.#entries = trace.entries;
    this.#recordedWrites = trace.entries.filter((entry) => entry.kind === "relay");
    this.#startedPlace = trace.entries.findIndex(({ kind }) => kind === "started");
    this.#recordedStart = trace.entries[this.#startedPlace] ?? trace.begin;
    this.#clock = clock;
    this.#followWall(trace.begin);
  }

  start(listen: (event: BoardEvent) => void): void {
    if (this.#running) throw new Fault("board.running", "A replayed board is started once.");
    this.#running = true;
    this.#listen = listen;
    this.#shiftMs = this.#clock.mono() - this.#recordedStart.mono;
    this.#followWall(this.#recordedStart);
    for (const entry of this.#entries.slice(0, Math.max(0, this.#startedPlace))) {
      if (entry.kind === "event") this.#emit(entry.event);
    }
  }

  run(): void {
    if (!this.#running) throw new Fault("board.idle", "A replay runs once its board has been started.");
    for (const entry of this.#entries.slice(this.#startedPlace + 1)) {
      this.#clock.advanceTo(Math.max(this.#clock.mono(), Math.floor(entry.mono + this.#shiftMs)));
      if (entry.kind === "clock") this.#change(entry.change);
      if (entry.kind === "clock" || entry.kind === "event") this.#followWall(entry);
      if (entry.kind === "event") this.#emit(entry.event);
      if (entry.kind === "relay") this.#driven(entry);
    }
  }

  drive(relay: string, energized: boolean, cause: string): void {
    const recorded = this.#recordedWrites[this.writes.length];
    this.writes.push({ relay, energized, cause });
    if (recorded?.relay === relay && recorded.energized === energized && recorded.failed !== null) {
      throw new Fault("relay.failed", recorded.failed, { relay, energized, cause });
    }
  }

  signal(): void {}

  health(): readonly DeviceHealth[] {
    return [...this.#health.values()];
  }

  stop(): void {
    this.#listen = null;
  }

  #emit(recorded: BoardEvent): void {
    const event: BoardEvent = { ...recorded, at: (recorded.at + this.#shiftMs) as MonoMs };
    if (event.kind === "lost") {
      this.#health.set(event.device, { device: event.device, state: "lost", why: event.why, since: event.at });
    } else if (event.kind === "found") {
      this.#health.set(event.device, { device: event.device, state: "ok", why: "", since: event.at });
    }
    this.#listen?.(event);
  }

  #change(change: ClockChange): void {
    if (change.kind === "stepped") this.#clock.stepWall(change.byMs);
    else if (change.kind === "trusted") this.#clock.trust();
    else this.#clock.distrust();
  }

  #followWall({ wall, trusted }: Stamp): void {
    if (this.#clock.wall() !== wall) this.#clock.slewWallTo(wall);
    if (trusted) this.#clock.trust();
    else this.#clock.distrust();
  }
}

function readFact(value: Record<string, unknown>): TraceFact | null {
  const { kind, relay, energized, cause, failed, reader, signal } = value;
  if (kind === "started") return { kind };
  if (kind === "relay" && isText(relay) && isFlag(energized) && isText(cause) && (failed === null || isText(failed))) {
    return { kind, relay, energized, cause, failed };
  }
  if (kind === "signal" && isText(reader)) {
    const known = readerSignals.find((one) => one === signal);
    return known === undefined ? null : { kind, reader, signal: known };
  }
  if (kind === "event") {
    const event = isRecord(value["event"]) ? readEvent(value["event"]) : null;
    return event === null ? null : { kind, event };
  }
  const change = kind === "clock" && isRecord(value["change"]) ? readClockChange(value["change"]) : null;
  return change === null ? null : { kind: "clock", change };
}

function readEvent(value: Record<string, unknown>): BoardEvent | null {
  const { kind, reader, bits, key, text, bytes, input, active, fault, device, why, what, paired } = value;
  if (!isNumber(value["at"])) return null;
  const at = value["at"] as MonoMs;
  if (kind === "frame" && isText(reader) && isText(bits) && /^[01]+$/.test(bits)) return { kind, reader, bits, at };
  if (kind === "key" && isText(reader) && isText(key)) return { kind, reader, key, at };
  if (kind === "text" && isText(reader) && isText(text)) return { kind, reader, text, at };
  if (kind === "card" && isText(reader) && isText(bytes)) {
    return value["proven"] === true ? { kind, reader, bytes, proven: true, at } : { kind, reader, bytes, at };
  }
  if (kind === "unread" && isText(reader) && isText(value["problem"])) {
    return { kind, reader, problem: value["problem"], at };
  }
  if (kind === "attack" && isText(device) && isText(what)) return { kind, device, what, at };
  if (kind === "input" && isText(input) && isFlag(active)) return { kind, input, active, at };
  if (kind === "fault" && isText(input) && (fault === "cut" || fault === "shorted")) return { kind, input, fault, at };
  if ((kind === "lost" || kind === "faulty") && isText(device) && isText(why)) return { kind, device, why, at };
  if (kind === "pairing" && isText(device) && isFlag(paired) && typeof why === "string") {
    return { kind, device, paired, why, at };
  }
  return (kind === "found" || kind === "mended") && isText(device) ? { kind, device, at } : null;
}

function readClockChange({ kind, byMs }: Record<string, unknown>): ClockChange | null {
  if (kind === "trusted" || kind === "distrusted") return { kind };
  return kind === "stepped" && isNumber(byMs) ? { kind, byMs } : null;
}

function readStamp({ mono, wall, trusted }: Record<string, unknown>): Stamp | null {
  return isNumber(mono) && isNumber(wall) && isFlag(trusted)
    ? { mono: mono as MonoMs, wall: wall as UnixMs, trusted }
    : null;
}

function readRecord(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === "string";
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";
const isNumber = (value: unknown): value is number => Number.isFinite(value);

const describe = ({ relay, energized }: RelayWrite): string => `relay ${relay} ${energized ? "energized" : "released"}`;

const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
