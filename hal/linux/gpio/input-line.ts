// One input on a line: its level when it is first had, and each change. Knows no door.
import type { DeviceHealth, InputWiring } from "../../board.ts";
import type { Clock, MonoMs } from "../../clock.ts";
import type { Keeper } from "../keep-open.ts";
import { keepOpen } from "../keep-open.ts";
import type { Report } from "../part.ts";
import { Chatter } from "./chatter.ts";
import type { LineSource } from "./lines.ts";
import { openLines, readValue } from "./lines.ts";
import { decodeEvents, follows } from "./uapi.ts";

/** The kernel's own number for one line; a contact that chatters more is read anew. */
const bufferSize = 64;
/** No contact that somebody moves bounces so much. */
const maxChangesPerSecond = 1_000;

export interface InputLineParts {
  readonly wiring: InputWiring;
  readonly source: LineSource;
  readonly clock: Clock;
  readonly report: Report;
}

export class InputLine {
  readonly #parts: InputLineParts;
  readonly #keeper: Keeper;
  /** Null while it is not known. */
  #active: boolean | null = null;
  #seqno = 0;
  readonly #chatter = new Chatter(maxChangesPerSecond);

  constructor(parts: InputLineParts) {
    this.#parts = parts;
    const { wiring, clock, report } = parts;
    this.#keeper = keepOpen({ device: wiring.id, clock, report, open: async (lost) => this.#open(lost) });
  }

  /** Says how it stands to a listener who knows nothing of it. */
  introduce(): void {
    if (this.#active !== null) this.#tell(this.#parts.clock.mono());
  }

  health(): DeviceHealth {
    return this.#keeper.health();
  }

  stop(): void {
    this.#keeper.stop();
  }

  #open(lost: (why: string) => void) {
    const { wiring, source, clock } = this.#parts;
    const { kernel } = source;
    const descriptor = openLines(source, {
      direction: "in",
      offsets: [wiring.pin],
      consumer: `postern ${wiring.id}`,
      activeLow: wiring.activeLevel !== "high",
      pull: wiring.pull ?? "up",
      edges: "both",
      debounceMs: wiring.debounceMs ?? 0,
      bufferSize,
    });
    this.#seqno = 0;
    this.#set(readValue(kernel, descriptor), clock.mono());
    const forget = kernel.watch(descriptor, null, {
      events: (bytes) => this.#hear(bytes, descriptor, lost),
      quiet: () => {},
      gone: () => lost("its chip has left; connect it again"),
    });
    const close = (): void => {
      this.#active = null;
      forget();
    };
    return { close };
  }

  #hear(bytes: Uint8Array, descriptor: number, lost: (why: string) => void): void {
    for (const { atNs, rising, seqno } of decodeEvents(bytes)) {
      const missed = !follows(this.#seqno, seqno);
      this.#seqno = seqno;
      const at = Math.floor(Number(atNs) / 1e6) as MonoMs;
      if (this.#chatter.isTooMuch(at)) {
        lost(
          "it changes a thousand times a second and is left alone for a while; look for a loose wire, or add debounceMs",
        );
        return;
      }
      try {
        // What was missed may have been the last change.
        this.#set(missed ? readValue(this.#parts.source.kernel, descriptor) : rising, at);
      } catch (error) {
        lost(error instanceof Error ? error.message : String(error));
        return;
      }
    }
  }

  #set(active: boolean, at: MonoMs): void {
    if (this.#active === active) return;
    this.#active = active;
    this.#tell(at);
  }

  #tell(at: MonoMs): void {
    const { wiring, report } = this.#parts;
    if (this.#active !== null) report({ kind: "input", input: wiring.id, active: this.#active, at });
  }
}
