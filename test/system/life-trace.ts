// One life of the main process as its board's trace tells it: what was shown, what moved, and what must never have moved.
import { askLifeMs } from "../../src/domain/ask.ts";
import { type BusyDoor, busyDoors, busyReaders } from "./busy-site.ts";

export interface Life {
  /** When the trace begins, by the machine's monotonic clock; null when it was killed before. */
  readonly begin: number | null;
  /** `unlocked north ask:x`, `locked north time`, `pressed north north-exit`: in the order in which they must be recorded. */
  readonly moves: readonly Move[];
  /** In the order in which they were shown: the nth has the number n in its ask's name. */
  readonly asks: readonly ShownAsk[];
  /** Relays that an ask moved. */
  readonly opened: readonly OpenedByAsk[];
  /** What contradicts the rules, in words. */
  readonly problems: readonly string[];
}

export interface Move {
  readonly text: string;
  readonly mono: number;
}

export interface ShownAsk {
  readonly reader: string;
  readonly mono: number;
  /** What the person saw: `shed` is a denial because the reader was busy, `open` is nothing before the end. */
  outcome: "granted" | "denied" | "shed" | "open";
  settledMono: number;
}

export interface OpenedByAsk {
  readonly ask: string;
  readonly mono: number;
}

interface Line {
  readonly kind: string;
  readonly mono: number;
  readonly relay?: string;
  readonly energized?: boolean;
  readonly cause?: string;
  readonly failed?: string | null;
  readonly reader?: string;
  readonly signal?: string;
  readonly event?: BoardEventLine;
}

interface BoardEventLine {
  readonly kind: string;
  readonly reader?: string;
  readonly bits?: string;
  readonly key?: string;
  readonly input?: string;
  readonly active?: boolean;
}

/** Between the check of an ask's age and the trace's own time stamp a busy machine may do something else. */
const slackMs = 250;
const confirmBits = "1011";

export function readLife(text: string): Life {
  // What follows the last line's end was cut off by the kill.
  const [header, ...lines] = text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
  const reading = new LifeReading();
  for (const line of lines) reading.take(line);
  return { begin: header?.mono ?? null, ...reading.finish() };
}

class LifeReading {
  readonly #moves: Move[] = [];
  readonly #asks: ShownAsk[] = [];
  readonly #opened: OpenedByAsk[] = [];
  readonly #problems: string[] = [];
  readonly #locked = new Map<string, boolean>();
  /** By reader: what was shown there and has no answer yet, the newest last. */
  readonly #waiting = new Map<string, ShownAsk[]>();
  readonly #held = new Set<string>();
  /** A press is recorded after the unlocking that it caused. */
  #press: { readonly door: BusyDoor; readonly mono: number } | null = null;

  take(line: Line): void {
    if (this.#press !== null && !this.#isUnlockByPress(line)) this.#finishPress();
    if (line.kind === "relay") this.#takeRelay(line);
    else if (line.kind === "signal" && line.signal !== "key") this.#takeSignal(line);
    else if (line.kind === "event" && line.event !== undefined) this.#takeEvent(line.event, line.mono);
    if (this.#press !== null && line.kind === "relay") this.#finishPress();
  }

  finish(): Omit<Life, "begin"> {
    if (this.#press !== null) this.#note(this.#press.door, "pressed", this.#press.door.exit, this.#press.mono);
    return { moves: this.#moves, asks: this.#asks, opened: this.#opened, problems: this.#problems };
  }

  #takeRelay({ relay, energized, cause = "", failed, mono }: Line): void {
    const door = busyDoors.find((one) => one.relay === relay);
    const said = `relay ${relay} ${energized ? "energized" : "released"} by ${cause} at ${mono}`;
    if (door === undefined || failed !== null) {
      this.#problems.push(`${said} failed`);
      return;
    }
    const locks = energized === (door.lock === "failSafe");
    const isStart = this.#locked.size < busyDoors.length;
    if (isStart !== (cause === "start") || (isStart && !locks)) this.#problems.push(`${said}: not how a start begins`);
    if (!locks && !/^(ask|exit):/.test(cause)) this.#problems.push(`${said}: nobody asked for it`);
    if (locks && !["start", "time", "stop"].includes(cause)) this.#problems.push(`${said}: no cause for locking`);
    this.#locked.set(door.id, locks);
    if (cause === "start" || cause === "stop") return;
    this.#note(door, locks ? "locked" : "unlocked", cause, mono);
    if (cause.startsWith("ask:")) this.#openedBy(cause.slice("ask:".length), door, mono);
  }

  #openedBy(ask: string, door: BusyDoor, mono: number): void {
    this.#opened.push({ ask, mono });
    const shown = this.#asks[Number(ask.split(".")[1]) - 1];
    const said = `the ${door.id} door opened for ask ${ask} at ${mono}`;
    if (shown === undefined) this.#problems.push(`${said}, which nobody had shown`);
    else if (readerDoor(shown.reader) !== door.id) this.#problems.push(`${said}, shown at ${shown.reader}`);
    else if (mono > shown.mono + askLifeMs + slackMs) this.#problems.push(`${said}, shown at ${shown.mono}`);
  }

  #takeEvent({ kind, reader = "", bits = "", key, input, active }: BoardEventLine, mono: number): void {
    const isAtRest = kind === "input" && active === false;
    if (this.#locked.size < busyDoors.length && !isAtRest) {
      this.#problems.push(`something was heard at ${mono}, before all was locked`);
    }
    const isCard = kind === "frame" && bits.length > confirmBits.length;
    const isEntry = (kind === "key" && key === "#") || (kind === "frame" && bits === confirmBits);
    if (isCard || isEntry || kind === "text") this.#show(reader, mono);
    const door = kind === "input" ? busyDoors.find((one) => one.exit === input) : undefined;
    if (door === undefined) return;
    if (active && !this.#held.has(door.exit)) this.#press = { door, mono };
    if (active) this.#held.add(door.exit);
    else this.#held.delete(door.exit);
  }

  #show(reader: string, mono: number): void {
    const ask: ShownAsk = { reader, mono, outcome: "open", settledMono: Number.POSITIVE_INFINITY };
    this.#asks.push(ask);
    this.#waiting.set(reader, [...(this.#waiting.get(reader) ?? []), ask]);
  }

  /** A reader that waits for an answer refuses at once whatever comes on top: that signal is the newest one's. */
  #takeSignal({ reader = "", signal, mono }: Line): void {
    const waiting = this.#waiting.get(reader) ?? [];
    const ask = waiting.pop();
    if (ask === undefined) {
      this.#problems.push(`${reader} signaled ${signal} at ${mono} for nothing`);
      return;
    }
    ask.outcome = signal === "granted" ? "granted" : waiting.length > 0 ? "shed" : "denied";
    ask.settledMono = mono;
    if (signal === "granted" && waiting.length > 0) this.#problems.push(`${reader} granted a second one at ${mono}`);
  }

  #isUnlockByPress({ kind, relay, cause }: Line): boolean {
    const door = this.#press?.door;
    return kind === "relay" && door !== undefined && relay === door.relay && cause === `exit:${door.exit}`;
  }

  #finishPress(): void {
    const press = this.#press;
    this.#press = null;
    if (press === null) return;
    const { door, mono } = press;
    if (this.#locked.get(door.id)) this.#problems.push(`the exit button of ${door.id} did not open it at ${mono}`);
    this.#note(door, "pressed", door.exit, mono);
  }

  #note(door: BusyDoor, what: string, why: string, mono: number): void {
    this.#moves.push({ text: `${what} ${door.id} ${why}`, mono });
  }
}

const readerDoor = (id: string): string => busyReaders.find((reader) => reader.id === id)?.door ?? "";
