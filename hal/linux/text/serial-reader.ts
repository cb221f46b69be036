// A scanner, a plate camera or a tag reader on a serial port as a part of a Linux board: opened, listened to, looked for when it is gone.
import type { DeviceHealth, SerialWiring } from "../../board.ts";
import type { Clock } from "../../clock.ts";
import type { Keeper } from "../keep-open.ts";
import { keepOpen } from "../keep-open.ts";
import type { Part, Report } from "../part.ts";
import type { OpenSerial } from "../serial-line.ts";
import { TextEntry } from "./text-entry.ts";

export const openSerialReader = (wiring: SerialWiring, clock: Clock, openSerial: OpenSerial): Part =>
  new SerialReader(wiring, clock, openSerial);

class SerialReader implements Part {
  readonly relays = [];
  readonly readers: readonly string[];
  readonly #wiring: SerialWiring;
  readonly #clock: Clock;
  readonly #openSerial: OpenSerial;
  #keeper: Keeper | null = null;

  constructor(wiring: SerialWiring, clock: Clock, openSerial: OpenSerial) {
    this.readers = [wiring.id];
    this.#wiring = wiring;
    this.#clock = clock;
    this.#openSerial = openSerial;
  }

  start(report: Report): void {
    const { id: reader, kind, port, baud } = this.#wiring;
    const clock = this.#clock;
    const entry = new TextEntry({
      clock,
      device: reader,
      repeats: kind === "plate" ? "pass" : "drop",
      shown: (text, at) => report({ kind: "text", reader, text, at }),
    });
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

  drive(): void {}

  signal(): void {}

  health(): readonly DeviceHealth[] {
    return this.#keeper === null ? [] : [this.#keeper.health()];
  }

  stop(): void {
    this.#keeper?.stop();
  }
}
