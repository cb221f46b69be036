// Hands frames to a decoding thread, one at a time, and replaces the thread when it dies or answers no more.
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../../clock.ts";
import type { FrameAnswer, FrameOrder } from "./decode-worker.ts";
import type { Look } from "./decoder.ts";
import type { RawFrame, Region } from "./picture.ts";

/** What a thread of this process is to the desk. */
export interface DecodeThread {
  post(order: FrameOrder): void;
  stop(): void;
}

export interface ThreadListener {
  answered(answer: FrameAnswer): void;
  ended(why: string): void;
}

export interface DecodeDeskParts {
  readonly clock: Clock;
  readonly region: Region | null;
  readonly startThread: (listener: ThreadListener) => DecodeThread;
  readonly onLook: (look: Look) => void;
  /** Null when it works again. */
  readonly onTrouble: (why: string | null) => void;
}

/** The slowest stage takes a second or two on a loaded small board. */
const patienceMs = 10_000;
const firstRetryMs = 500;
const maxRetryMs = 60_000;
const spareBuffers = 2;

const workerFile = new URL(`./decode-worker${extname(import.meta.filename)}`, import.meta.url);

export function startDecodeThread(listener: ThreadListener): DecodeThread {
  const worker = new Worker(workerFile, { resourceLimits: { maxOldGenerationSizeMb: 96 } });
  worker.unref();
  worker.on("message", (answer: FrameAnswer) => listener.answered(answer));
  worker.on("error", (error) => listener.ended(error.message));
  worker.on("exit", () => listener.ended("it ended"));
  return {
    post: (order) => worker.postMessage(order, [order.frame.bytes.buffer]),
    stop: () => void worker.terminate(),
  };
}

export class DecodeDesk {
  readonly #parts: DecodeDeskParts;
  #thread: DecodeThread | null = null;
  #isBusy = false;
  #isTroubled = false;
  #retryMs = firstRetryMs;
  #timer: Timer | null = null;
  #isStopped = false;
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];

  constructor(parts: DecodeDeskParts) {
    this.#parts = parts;
    this.#startThread();
  }

  /** Whether a frame that came now would be looked at; nothing is ever queued. */
  get isReady(): boolean {
    return this.#thread !== null && !this.#isBusy;
  }

  /** Bytes to fill with the next frame. */
  buffer(length: number): Uint8Array<ArrayBuffer> {
    const spare = this.#spare.pop();
    return spare?.length === length ? spare : new Uint8Array(length);
  }

  /** The frame's bytes are gone afterwards. False: it was not wanted. */
  offer(frame: RawFrame): boolean {
    if (this.#thread === null || this.#isBusy) return false;
    this.#isBusy = true;
    this.#thread.post({ frame, region: this.#parts.region });
    this.#timer = this.#parts.clock.after(patienceMs, "decoding", () => this.#lose("it answered no more"));
    return true;
  }

  stop(): void {
    this.#isStopped = true;
    this.#end();
  }

  #startThread(): void {
    const thread: DecodeThread = this.#parts.startThread({
      answered: (answer) => {
        if (thread === this.#thread) this.#take(answer);
      },
      ended: (why) => {
        if (thread === this.#thread) this.#lose(why);
      },
    });
    this.#thread = thread;
  }

  #take({ look, bytes }: FrameAnswer): void {
    this.#timer?.cancel();
    this.#isBusy = false;
    this.#retryMs = firstRetryMs;
    if (this.#spare.length < spareBuffers) this.#spare.push(bytes);
    if (this.#isTroubled) this.#parts.onTrouble(null);
    this.#isTroubled = false;
    this.#parts.onLook(look);
  }

  #lose(why: string): void {
    if (this.#isStopped) return;
    this.#end();
    if (!this.#isTroubled) {
      this.#isTroubled = true;
      this.#parts.onTrouble(
        `no code is read: the decoder failed (${why}) and is started anew; report it if it goes on`,
      );
    }
    this.#timer = this.#parts.clock.after(this.#retryMs, "decoder", () => this.#startThread());
    this.#retryMs = Math.min(maxRetryMs, this.#retryMs * 2);
  }

  #end(): void {
    const thread = this.#thread;
    this.#thread = null;
    this.#isBusy = false;
    this.#timer?.cancel();
    thread?.stop();
  }
}
