// Keeps one device open: opens it, hears of its loss, and tries again with bounded backoff. Knows nothing of what it is.
import type { DeviceHealth } from "../board.ts";
import type { Clock, MonoMs, Timer } from "../clock.ts";
import type { Report } from "./part.ts";

const firstRetryMs = 250;
const maxRetryMs = 5_000;
/** A device that stayed open for so long has earned a quick retry again. */
const steadyMs = 10_000;

export interface Opened {
  close(): void;
}

export interface KeptDevice {
  readonly device: string;
  readonly clock: Clock;
  readonly report: Report;
  /** `lost` may be called once, at any time after the opening began, and says in a few words why. */
  readonly open: (lost: (why: string) => void) => Promise<Opened>;
}

export interface Keeper {
  health(): DeviceHealth;
  /** Gives the device up and opens it anew, as when it answers no more. */
  lose(why: string): void;
  stop(): void;
}

export function keepOpen(kept: KeptDevice): Keeper {
  const keeper = new DeviceKeeper(kept);
  keeper.tryNow();
  return keeper;
}

class DeviceKeeper implements Keeper {
  readonly #kept: KeptDevice;
  #opened: Opened | null = null;
  /** Counts the tries, so that what a former one still has to say is not taken for the present one's. */
  #attempt = 0;
  #retryMs = firstRetryMs;
  #timer: Timer | null = null;
  #why: string | null = null;
  #since: MonoMs;
  #stopped = false;

  constructor(kept: KeptDevice) {
    this.#kept = kept;
    this.#since = kept.clock.mono();
  }

  tryNow(): void {
    this.#timer = null;
    this.#attempt += 1;
    const attempt = this.#attempt;
    const lost = (why: string): void => {
      if (attempt === this.#attempt) this.lose(why);
    };
    this.#kept.open(lost).then(
      (opened) => {
        if (attempt === this.#attempt && !this.#stopped) this.#found(opened);
        else opened.close();
      },
      (error) => lost(error instanceof Error ? error.message : String(error)),
    );
  }

  health(): DeviceHealth {
    const { device } = this.#kept;
    const why = this.#why ?? (this.#opened === null ? "is being opened" : null);
    return { device, state: why === null ? "ok" : "lost", why: why ?? "", since: this.#since };
  }

  lose(why: string): void {
    if (this.#stopped) return;
    const { clock, device, report } = this.#kept;
    this.#attempt += 1;
    const now = clock.mono();
    if (this.#opened !== null && now - this.#since >= steadyMs) this.#retryMs = firstRetryMs;
    this.#close();
    const wasLost = this.#why !== null;
    this.#why = why;
    this.#timer?.cancel();
    this.#timer = clock.after(this.#retryMs, `reopen ${device}`, () => this.tryNow());
    this.#retryMs = Math.min(maxRetryMs, this.#retryMs * 2);
    if (wasLost) return;
    this.#since = now;
    report({ kind: "lost", device, why, at: now });
  }

  stop(): void {
    this.#stopped = true;
    this.#attempt += 1;
    this.#timer?.cancel();
    this.#close();
  }

  #found(opened: Opened): void {
    const { clock, device, report } = this.#kept;
    this.#opened = opened;
    const wasLost = this.#why !== null;
    this.#why = null;
    this.#since = clock.mono();
    if (wasLost) report({ kind: "found", device, at: this.#since });
  }

  #close(): void {
    const opened = this.#opened;
    this.#opened = null;
    opened?.close();
  }
}
