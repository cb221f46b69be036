// The readers at pcscd as a part of the board: what the process that talks to it says becomes events and health.
import { createRequire } from "node:module";
import type { DeviceHealth } from "../../board.ts";
import type { Clock, MonoMs } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import type { Keeper } from "../keep-open.ts";
import { keepOpen } from "../keep-open.ts";
import type { Part, Report } from "../part.ts";
import type { OpenedChild } from "./child-process.ts";
import { openChild } from "./child-process.ts";
import { missingPackage } from "./desk.ts";
import type { FromPcsc, PcscStart } from "./messages.ts";

export interface PcscPart extends Part {
  /** Of the process that talks to pcscd, for tests and benches. */
  pid(): number | null;
}

interface ReaderState {
  /** Null is there. */
  lost: string | null;
  /** Of its keys; null is all well. */
  faulty: string | null;
  since: MonoMs;
}

/** Throws a Fault when the driver's package is not installed: nothing but a new start would find it. */
export function openPcscPart(start: PcscStart, clock: Clock): PcscPart {
  try {
    createRequire(import.meta.url).resolve(start.driver);
  } catch (error) {
    throw new Fault("pcsc.noDriver", missingPackage(start.driver), { driver: start.driver }, error);
  }
  return new PcscReaders(start, clock);
}

class PcscReaders implements PcscPart {
  readonly relays: readonly string[] = [];
  readonly readers: readonly string[];
  readonly #start: PcscStart;
  readonly #clock: Clock;
  readonly #states: ReadonlyMap<string, ReaderState>;
  readonly #toldLost = new Set<string>();
  #keeper: Keeper | null = null;
  #child: OpenedChild | null = null;
  #report: Report = () => {};

  constructor(start: PcscStart, clock: Clock) {
    this.#start = start;
    this.#clock = clock;
    this.readers = start.readers.map(({ id }) => id);
    const since = clock.mono();
    this.#states = new Map(this.readers.map((id) => [id, { lost: "is being looked for", faulty: null, since }]));
  }

  start(report: Report): void {
    this.#report = report;
    this.#keeper = keepOpen({
      device: "pcscd",
      clock: this.#clock,
      // Readers are what people know: each is lost with the process, and found when that says so.
      report: (event) => {
        if (event.kind === "lost") for (const reader of this.readers) this.#lose(reader, event.why);
      },
      open: async (lost) => {
        this.#child = openChild({
          clock: this.#clock,
          start: this.#start,
          hear: (message) => this.#hear(message),
          lost,
        });
        return this.#child;
      },
    });
  }

  drive(relay: string): void {
    throw new Fault("relay.failed", `relay "${relay}" did not take it: it is not there`, { relay });
  }

  /** Their lights and buzzers are their own: no standard command reaches them at every reader. */
  signal(): void {}

  health(): readonly DeviceHealth[] {
    return [...this.#states].map(([device, { lost, faulty, since }]) => {
      if (lost !== null) return { device, state: "lost", why: lost, since };
      return faulty === null
        ? { device, state: "ok", why: "", since }
        : { device, state: "faulty", why: faulty, since };
    });
  }

  stop(): void {
    this.#report = () => {};
    this.#keeper?.stop();
    this.#child?.close();
  }

  pid(): number | null {
    return this.#child?.pid ?? null;
  }

  #hear(message: FromPcsc): void {
    const at = this.#clock.mono();
    switch (message.kind) {
      case "card":
        this.#report({ kind: "card", reader: message.reader, bytes: message.bytes, proven: message.proven, at });
        break;
      case "unread":
        this.#report({ kind: "unread", reader: message.reader, problem: message.problem, at });
        break;
      case "there":
        this.#find(message.reader);
        break;
      case "gone":
        this.#lose(message.reader, message.why);
        break;
      case "keys":
        this.#noteKeys(message.reader, message.why);
        break;
      case "pong":
        break;
    }
  }

  #lose(device: string, why: string): void {
    const state = this.#states.get(device);
    if (state === undefined) return;
    const wasThere = state.lost === null || !this.#toldLost.has(device);
    state.lost = why;
    if (!wasThere) return;
    this.#toldLost.add(device);
    state.since = this.#clock.mono();
    this.#report({ kind: "lost", device, why, at: state.since });
  }

  #find(device: string): void {
    const state = this.#states.get(device);
    if (state === undefined || state.lost === null) return;
    state.lost = null;
    state.since = this.#clock.mono();
    if (this.#toldLost.delete(device)) this.#report({ kind: "found", device, at: state.since });
  }

  #noteKeys(device: string, why: string | null): void {
    const state = this.#states.get(device);
    if (state === undefined || state.faulty === why) return;
    const at = this.#clock.mono();
    if (state.lost === null) state.since = at;
    state.faulty = why;
    this.#report(why === null ? { kind: "mended", device, at } : { kind: "faulty", device, why, at });
  }
}
