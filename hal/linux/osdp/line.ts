// The shell of one OSDP line: feeds the bus with what its port hears and the clock says, and sends what it wants sent. Knows no
// reader's meaning.
import type { DeviceHealth } from "../../board.ts";
import type { Clock, MonoMs, Timer } from "../../clock.ts";
import type { Keeper } from "../keep-open.ts";
import { keepOpen } from "../keep-open.ts";
import type { Report } from "../part.ts";
import type { OpenSerial, SerialLine } from "../serial-line.ts";
import type { BusInput, BusSettings, BusState } from "./bus.ts";
import { busDeadline, newBus, stepBus } from "./bus.ts";
import { commandCode } from "./commands.ts";
import type { ReaderEffect, ReaderRecord } from "./reader-state.ts";

/** A timer that is so late fires before what came in meanwhile is heard: an answer may lie there, and is given its turn. */
const lateMs = 20;

export interface LineParts {
  readonly id: string;
  readonly port: string;
  readonly bus: BusSettings;
  readonly records: readonly ReaderRecord[];
  readonly clock: Clock;
  readonly openSerial: OpenSerial;
  readonly report: Report;
  readonly onEffect: (reader: number, effect: ReaderEffect) => void;
}

export interface TracedBytes {
  readonly bytes: Buffer;
  readonly isSent: boolean;
  /** What was sent holds a new key, hidden in a way that whoever knows the default key can undo. */
  readonly holdsKey: boolean;
}

export class OsdpLine {
  readonly #parts: LineParts;
  #keeper: Keeper | null = null;
  #state: BusState;
  #serial: SerialLine | null = null;
  #timer: Timer | null = null;
  #due: MonoMs | null = null;
  #stopped = false;
  #tap: ((traced: TracedBytes) => void) | null = null;

  constructor(parts: LineParts) {
    this.#parts = parts;
    this.#state = newBus(parts.records, parts.clock.mono());
  }

  /** What the bus says from now on may be heard. */
  open(): void {
    const { id, port, bus, clock, openSerial, report } = this.#parts;
    this.#keeper = keepOpen({
      device: id,
      clock,
      report: (event) => {
        if (event.kind === "lost") this.feed({ kind: "closed", why: event.why });
        report(event);
      },
      open: async (lost) => {
        const serial = await openSerial(port, bus.baud, {
          data: (bytes) => this.#hear(bytes),
          lost: (why) => this.#lose(why, lost),
        });
        this.#serial = serial;
        this.feed({ kind: "opened" });
        return { close: () => serial.close() };
      },
    });
  }

  get state(): BusState {
    return this.#state;
  }

  health(): readonly DeviceHealth[] {
    return this.#keeper === null ? [] : [this.#keeper.health()];
  }

  feed(input: BusInput): void {
    if (this.#stopped) return;
    const { bus, clock, onEffect, report, id } = this.#parts;
    const { state, effects } = stepBus(this.#state, input, bus, clock.mono());
    this.#state = state;
    for (const effect of effects) {
      if (effect.kind === "send") this.#send(effect.reader, effect.bytes);
      else if (effect.kind === "reader") onEffect(effect.reader, effect.effect);
      else report({ kind: "attack", device: id, what: "something on its line talks out of turn", at: clock.mono() });
    }
    this.#arm();
  }

  /** Null ends it. */
  tap(hear: ((traced: TracedBytes) => void) | null): void {
    this.#tap = hear;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#keeper?.stop();
    this.#serial = null;
  }

  #lose(why: string, lost: (why: string) => void): void {
    this.#serial = null;
    lost(why);
  }

  #hear(bytes: Buffer): void {
    this.#tap?.({ bytes, isSent: false, holdsKey: false });
    this.feed({ kind: "bytes", bytes });
  }

  #send(reader: number, bytes: Buffer): void {
    const holdsKey = this.#state.readers[reader]?.flight?.command.code === commandCode.keySet;
    this.#tap?.({ bytes, isSent: true, holdsKey });
    this.#serial?.write(bytes);
  }

  #arm(): void {
    const due = busDeadline(this.#state);
    if (due === this.#due && this.#timer !== null) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#due = due;
    if (due === null || this.#stopped) return;
    const { clock, id } = this.#parts;
    const tick = (): void => {
      this.#timer = null;
      this.feed({ kind: "tick" });
    };
    this.#timer = clock.after(Math.max(0, due - clock.mono()), `line ${id}`, () => {
      if (clock.mono() - due < lateMs) tick();
      else this.#timer = clock.after(1, `line ${id}`, tick);
    });
  }
}
