// A scanner, a plate camera or a reader of tags on a serial port as a part of a Linux board: opened, listened to, looked for when it is gone.
import type { DeviceHealth, SerialWiring, TagWiring } from "../../board.ts";
import type { Clock } from "../../clock.ts";
import type { Keeper } from "../keep-open.ts";
import { keepOpen } from "../keep-open.ts";
import type { Part, Report } from "../part.ts";
import type { OpenSerial } from "../serial-line.ts";
import { TagEntry } from "./tag-entry.ts";
import { TextEntry } from "./text-entry.ts";

type Wiring = SerialWiring | TagWiring;

export const openSerialReader = (wiring: Wiring, clock: Clock, openSerial: OpenSerial): Part =>
  new SerialReader(wiring, clock, openSerial);

class SerialReader implements Part {
  readonly relays = [];
  readonly readers: readonly string[];
  readonly #wiring: Wiring;
  readonly #clock: Clock;
  readonly #openSerial: OpenSerial;
  #keeper: Keeper | null = null;

  constructor(wiring: Wiring, clock: Clock, openSerial: OpenSerial) {
    this.readers = [wiring.id];
    this.#wiring = wiring;
    this.#clock = clock;
    this.#openSerial = openSerial;
  }

  start(report: Report): void {
    const { id: reader, port, baud } = this.#wiring;
    const clock = this.#clock;
    const entry = this.#entry(report);
    this.#keeper = keepOpen({
      device: reader,
      clock,
      report,
      open: (lost) => {
        entry.drop();
        return this.#openSerial(port, baud, { data: (bytes) => entry.take(bytes), lost });
      },
    });
  }

  /** What puts the bytes together, and tells what was shown. */
  #entry(report: Report): TextEntry | TagEntry {
    const { id: reader, kind } = this.#wiring;
    const clock = this.#clock;
    if (kind === "tag") {
      return new TagEntry({
        clock,
        shown: (bytes, at) => report({ kind: "card", reader, bytes, proven: true, at }),
        misread: (at) => report({ kind: "unread", reader, problem: "checksum", at }),
      });
    }
    return new TextEntry({
      clock,
      device: reader,
      repeats: kind === "plate" ? "pass" : "drop",
      shown: (text, at) => report({ kind: "text", reader, text, at }),
    });
  }

  drive(): void {}

  signal(): void {}

  health(): readonly DeviceHealth[] {
    return this.#keeper === null ? [] : [this.#keeper.health()];
  }

  stop(): void {
    this.#keeper?.stop();
  }
}
