// A reader on two Wiegand lines, had in one request so that the kernel keeps their order. Knows no format.
import type { DeviceHealth, WiegandWiring } from "../../board.ts";
import type { Clock, MonoMs } from "../../clock.ts";
import type { Keeper } from "../keep-open.ts";
import { keepOpen } from "../keep-open.ts";
import type { Report } from "../part.ts";
import type { LineOutcome, LineStep, PulseRules, Spoiled, WiegandLine } from "../wiegand-line.ts";
import { idleLine, stepPulse, stepQuiet } from "../wiegand-line.ts";
import { Chatter } from "./chatter.ts";
import type { OrderedEvent } from "./event-order.ts";
import { EventOrder } from "./event-order.ts";
import { LastingTrouble } from "./lasting-trouble.ts";
import type { LineSource } from "./lines.ts";
import { openLines } from "./lines.ts";
import { decodeEvents } from "./uapi.ts";

/** Seconds of cards: what a main thread that hangs has not read yet must not be lost. */
const bufferSize = 1_024;
/** What the standard allows: 20 ms from pulse to pulse. */
const usualGapMs = 30;
/** A stray pulse now and then is nothing; so many spoiled bursts in a minute are something. */
const troubles = {
  noise: { bursts: 10, why: "its lines carry noise; shield the cable, and connect the grounds of reader and board" },
  /** Whole cards, it seems. */
  uneven: {
    bursts: 3,
    why: 'its pulses come unevenly; shield the cable, or write "any" as its pulses if it pauses between its bits',
  },
} as const;
const troubleMs = 60_000;
/** Readers send some tens of bits, and then nothing for a while. */
const maxPulsesPerSecond = 4_000;

export interface WiegandReaderParts {
  readonly wiring: WiegandWiring;
  readonly source: LineSource;
  readonly clock: Clock;
  readonly report: Report;
}

export class WiegandReader {
  readonly #parts: WiegandReaderParts;
  readonly #rules: PulseRules;
  readonly #keeper: Keeper;
  readonly #trouble: LastingTrouble;
  #line: WiegandLine = idleLine;
  #order = new EventOrder();
  readonly #chatter = new Chatter(maxPulsesPerSecond);
  /** When bursts were spoiled lately. */
  readonly #spoiledAt: Record<keyof typeof troubles, readonly MonoMs[]> = { noise: [], uneven: [] };

  constructor(parts: WiegandReaderParts) {
    const { wiring, clock, report } = parts;
    this.#parts = parts;
    this.#rules = { frameGapMs: wiring.frameGapMs ?? usualGapMs, pulses: wiring.pulses ?? "even" };
    this.#trouble = new LastingTrouble(wiring.id, clock, report);
    this.#keeper = keepOpen({ device: wiring.id, clock, report, open: async (lost) => this.#open(lost) });
  }

  health(): DeviceHealth {
    const health = this.#keeper.health();
    const trouble = this.#trouble.now;
    return health.state === "ok" && trouble !== null
      ? { ...health, state: "faulty", why: trouble.why, since: trouble.since }
      : health;
  }

  stop(): void {
    this.#keeper.stop();
    this.#trouble.stop();
  }

  #open(lost: (why: string) => void) {
    const { wiring, source } = this.#parts;
    const { d0, d1 } = wiring.pins;
    const descriptor = openLines(source, {
      direction: "in",
      offsets: [d0, d1],
      consumer: `postern ${wiring.id}`,
      activeLow: false,
      pull: "up",
      edges: "falling",
      debounceMs: 0,
      bufferSize,
    });
    this.#line = idleLine;
    this.#order = new EventOrder();
    const forget = source.kernel.watch(descriptor, this.#rules.frameGapMs + 1, {
      events: (bytes) => this.#hear(bytes, lost),
      quiet: (atNs) => {
        this.#pulse(this.#order.settle());
        this.#take(stepQuiet(this.#line, usOf(atNs), this.#rules));
      },
      gone: () => lost("its chip has left; connect it again"),
    });
    return { close: forget };
  }

  #hear(bytes: Uint8Array, lost: (why: string) => void): void {
    for (const event of decodeEvents(bytes)) {
      if (this.#chatter.isTooMuch(Number(event.atNs) / 1e6)) {
        lost(
          "its lines chatter without end and are left alone for a while; look for a broken wire or a missing ground",
        );
        return;
      }
      this.#pulse(this.#order.take(event));
    }
  }

  #pulse(ordered: readonly OrderedEvent[]): void {
    for (const { event, afterLoss } of ordered) {
      const bit = event.offset === this.#parts.wiring.pins.d1 ? "1" : "0";
      this.#take(stepPulse(this.#line, { bit, atUs: usOf(event.atNs), afterLoss }, this.#rules));
    }
  }

  #take({ line, outcomes }: LineStep): void {
    this.#line = line;
    for (const outcome of outcomes) this.#say(outcome);
  }

  #say(outcome: LineOutcome): void {
    const { wiring, report } = this.#parts;
    if (outcome.kind === "spoiled") {
      this.#noteSpoiled(outcome.why);
      return;
    }
    const at = Math.floor(outcome.atUs / 1_000) as MonoMs;
    report({ kind: "frame", reader: wiring.id, bits: outcome.bits, at });
  }

  #noteSpoiled(why: Spoiled): void {
    if (why === "repeated") return;
    if (why === "lost") {
      this.#trouble.note("the kernel lost pulses, so what was shown is not known; show it again");
      return;
    }
    const kind = why === "uneven" ? "uneven" : "noise";
    const now = this.#parts.clock.mono();
    const lately = [...this.#spoiledAt[kind].filter((at) => now - at < troubleMs), now].slice(-troubles[kind].bursts);
    this.#spoiledAt[kind] = lately;
    if (lately.length === troubles[kind].bursts) this.#trouble.note(troubles[kind].why);
  }
}

const usOf = (ns: bigint): number => Number(ns / 1_000n);
