// One camera as a reader of QR codes: frames from a process, looked at in a thread, each showing of a code reported once.
import type { CameraWiring, DeviceHealth } from "../../board.ts";
import type { Clock, MonoMs, Timer } from "../../clock.ts";
import type { Keeper, Opened } from "../keep-open.ts";
import { keepOpen } from "../keep-open.ts";
import type { Part, Report } from "../part.ts";
import type { ThreadListener } from "../qr/decode-desk.ts";
import { DecodeDesk, startDecodeThread } from "../qr/decode-desk.ts";
import type { Look } from "../qr/decoder.ts";
import type { FrameCommand } from "./camera-process.ts";
import { prepareCamera, startFrames } from "./camera-process.ts";
import { FrameStream } from "./frame-stream.ts";
import { PictureWatch } from "./picture-watch.ts";
import { Showings } from "./showing.ts";

export interface CameraTools {
  readonly prepare: (wiring: CameraWiring) => Promise<FrameCommand>;
  readonly startFrames: typeof startFrames;
  readonly startThread: (listener: ThreadListener) => ReturnType<typeof startDecodeThread>;
}

const realTools: CameraTools = { prepare: prepareCamera, startFrames, startThread: startDecodeThread };

/** Cameras take seconds to begin. */
const firstFrameMs = 15_000;
const silentMs = 5_000;
const lookAfterMs = 1_000;
/** A camera may be a little faster than it was told. */
const earlyShare = 0.7;
/** The longest code of any pass is a third of it. */
const printable = /^[\x20-\x7e]{1,300}$/;

export const openCamera = (wiring: CameraWiring, clock: Clock, tools: CameraTools = realTools): Part =>
  new Camera(wiring, clock, tools);

class Camera implements Part {
  readonly relays = [];
  readonly readers: readonly string[];
  readonly #wiring: CameraWiring;
  readonly #clock: Clock;
  readonly #tools: CameraTools;
  readonly #showings = new Showings();
  #report: Report | null = null;
  #desk: DecodeDesk | null = null;
  #keeper: Keeper | null = null;
  #watch: PictureWatch;
  #decoderTrouble: string | null = null;
  #trouble: string | null = null;
  #troubleSince: MonoMs;
  #offeredAt = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;

  constructor(wiring: CameraWiring, clock: Clock, tools: CameraTools) {
    this.#wiring = wiring;
    this.#clock = clock;
    this.#tools = tools;
    this.readers = [wiring.id];
    this.#troubleSince = clock.mono();
    this.#watch = new PictureWatch(wiring.rate, clock.mono());
  }

  start(report: Report): void {
    this.#report = report;
    this.#desk = new DecodeDesk({
      clock: this.#clock,
      region: this.#wiring.region,
      startThread: this.#tools.startThread,
      onLook: (look) => this.#take(look),
      onTrouble: (why) => {
        this.#decoderTrouble = why;
        this.#judge();
      },
    });
    const open = (lost: (why: string) => void): Promise<Opened> => this.#open(lost);
    this.#keeper = keepOpen({ device: this.#wiring.id, clock: this.#clock, report, open });
    this.#lookAfter();
  }

  drive(): void {}

  signal(): void {}

  health(): readonly DeviceHealth[] {
    const kept = this.#keeper?.health();
    if (kept === undefined) return [];
    if (kept.state !== "ok" || this.#trouble === null) return [kept];
    return [{ device: this.#wiring.id, state: "faulty", why: this.#trouble, since: this.#troubleSince }];
  }

  stop(): void {
    this.#report = null;
    this.#timer?.cancel();
    this.#keeper?.stop();
    this.#desk?.stop();
  }

  /** Open once the first frame is there; from then on, frames must keep coming. */
  async #open(lost: (why: string) => void): Promise<Opened> {
    const command = await this.#tools.prepare(this.#wiring);
    return new Promise((resolve, reject) => {
      let isOpen = false;
      let timer: Timer | null = null;
      const close = (): void => {
        timer?.cancel();
        process.stop();
      };
      const fail = (why: string): void => {
        close();
        if (isOpen) lost(why);
        else reject(new Error(why));
      };
      const expect = (ms: number): void => {
        timer?.cancel();
        timer = this.#clock.after(ms, `frames of ${this.#wiring.id}`, () =>
          fail("no picture comes; unplug the camera and plug it in again, and see that nothing else uses it"),
        );
      };
      const stream = this.#streamOf(command, () => {
        expect(silentMs);
        if (!isOpen) resolve({ close });
        isOpen = true;
      });
      const process = this.#tools.startFrames(command, { onBytes: (chunk) => stream.take(chunk), onEnd: fail });
      this.#watch = new PictureWatch(this.#wiring.rate, this.#clock.mono());
      expect(firstFrameMs);
    });
  }

  /** A frame that comes while another one is looked at, or before its time, is let pass: none ever waits. */
  #streamOf({ format }: FrameCommand, onFrame: () => void): FrameStream {
    const { frameBytes, width, height, stride, step } = format;
    return new FrameStream({
      frameBytes,
      buffer: () => {
        const isEarly = this.#clock.mono() - this.#offeredAt < (1_000 / this.#wiring.rate) * earlyShare;
        return isEarly || this.#desk?.isReady !== true ? null : this.#desk.buffer(frameBytes);
      },
      onFrame: (bytes) => {
        const now = this.#clock.mono();
        this.#watch.frame(now);
        if (bytes !== null && this.#desk?.offer({ width, height, stride, step, bytes }) === true) this.#offeredAt = now;
        onFrame();
      },
    });
  }

  #take(look: Look): void {
    const now = this.#clock.mono();
    this.#watch.look(look, now);
    if (look.texts === null) return;
    const { id: reader } = this.#wiring;
    for (const text of this.#showings.take(
      look.texts.filter((one) => printable.test(one)),
      now,
    )) {
      this.#report?.({ kind: "text", reader, text, at: now });
    }
  }

  #lookAfter(): void {
    this.#judge();
    this.#timer = this.#clock.after(lookAfterMs, `camera ${this.#wiring.id}`, () => this.#lookAfter());
  }

  #judge(): void {
    const at = this.#clock.mono();
    const { id: device } = this.#wiring;
    const isOpen = this.#keeper?.health().state === "ok";
    const why = this.#decoderTrouble ?? (isOpen ? this.#watch.trouble(at) : null);
    if (why === this.#trouble) return;
    const wasWell = this.#trouble === null;
    this.#trouble = why;
    if (wasWell || why === null) this.#troubleSince = at;
    if (why === null) this.#report?.({ kind: "mended", device, at });
    else if (wasWell) this.#report?.({ kind: "faulty", device, why, at });
  }
}
