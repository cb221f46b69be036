// The office's line to a simulated board: keeps its picture and passes commands on; knows no door or credential.
import { type BoardReader, type BoardSays, decodeBoardLine, type LampSignal } from "./board-says.ts";
import { LineLink } from "./line-link.ts";
import type { Outcome } from "./outcome.ts";

/** Commands that may wait for the board's answer. */
const maxPending = 32;
const answerWithinMs = 3_000;

export interface BoardPicture {
  readonly connected: boolean;
  readonly relays: ReadonlyMap<string, boolean>;
  readonly inputs: ReadonlyMap<string, boolean>;
  readonly readers: ReadonlyMap<string, BoardReader>;
}

export interface BoardLinkEvents {
  changed(): void;
  signal(reader: string, signal: LampSignal): void;
}

interface Pending {
  readonly settle: (outcome: Outcome) => void;
  readonly timer: NodeJS.Timeout;
}

export class BoardLink {
  readonly #link: LineLink;
  readonly #events: BoardLinkEvents;
  /** By line number, as the board counts the lines of one connection. */
  readonly #pending = new Map<number, Pending>();
  #linesSent = 0;
  #connected = false;
  #relays = new Map<string, boolean>();
  #inputs = new Map<string, boolean>();
  #readers = new Map<string, BoardReader>();

  constructor(path: string, events: BoardLinkEvents) {
    this.#events = events;
    this.#link = new LineLink(path, {
      opened: () => {
        this.#linesSent = 0;
      },
      value: (value) => {
        const says = decodeBoardLine(value);
        if (says !== null) this.#take(says);
      },
      gone: () => this.#gone(),
    });
  }

  picture(): BoardPicture {
    return {
      connected: this.#connected,
      relays: this.#relays,
      inputs: this.#inputs,
      readers: this.#readers,
    };
  }

  /** One command line; settles when the board answered, and never rejects. */
  command(line: string): Promise<Outcome> {
    if (this.#pending.size >= maxPending) return Promise.resolve({ ok: false, code: "busy", problem: "Try again." });
    if (!this.#connected || !this.#link.send(line)) return Promise.resolve(boardAway);
    this.#linesSent += 1;
    const number = this.#linesSent;
    return new Promise((settle) => {
      const timer = setTimeout(() => this.#settle(number, boardAway), answerWithinMs);
      this.#pending.set(number, { settle, timer });
    });
  }

  close(): void {
    this.#link.close();
    this.#abandon();
  }

  #take(says: BoardSays): void {
    if (says.kind === "signal") this.#events.signal(says.reader, says.signal);
    else if (says.kind === "done") this.#settle(says.line, { ok: true });
    else if (says.kind === "refused") {
      this.#settle(says.line, { ok: false, code: "refused", problem: says.problem });
    } else {
      this.#redraw(says);
      this.#events.changed();
    }
  }

  #redraw(says: Extract<BoardSays, { kind: "snapshot" | "relay" | "input" | "device" }>): void {
    if (says.kind === "snapshot") {
      this.#connected = true;
      this.#relays = new Map(says.relays);
      this.#inputs = new Map(says.inputs);
      this.#readers = new Map(says.readers);
      return;
    }
    if (says.kind === "relay") this.#relays.set(says.relay, says.energized);
    else if (says.kind === "input") this.#inputs.set(says.input, says.active);
    else {
      const reader = this.#readers.get(says.device);
      if (reader !== undefined) this.#readers.set(says.device, { ...reader, lost: says.lost });
    }
  }

  #gone(): void {
    this.#connected = false;
    this.#abandon();
    this.#events.changed();
  }

  #abandon(): void {
    for (const number of [...this.#pending.keys()]) this.#settle(number, boardAway);
  }

  #settle(number: number, outcome: Outcome): void {
    const pending = this.#pending.get(number);
    if (pending === undefined) return;
    this.#pending.delete(number);
    clearTimeout(pending.timer);
    pending.settle(outcome);
  }
}

const boardAway: Outcome = { ok: false, code: "boardAway", problem: "The board does not answer." };
