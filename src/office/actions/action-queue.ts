// Sends what is to be sent: few at a time, no more than fit, alarms again until they arrive; knows no event and no socket.
import type { FailureCause } from "../../domain/action.ts";

/** All that waits, is under way or will be tried again. */
const maxJobs = 64;
const maxAtOnce = 4;
const firstRetryMs = 1_000;
const lastRetryMs = 60_000;
const maxTries = 10;

export type SendOutcome = { readonly ok: true } | { readonly ok: false; readonly why: FailureCause };

export interface Job {
  /** The action's id. */
  readonly action: string;
  readonly isAlarm: boolean;
  readonly send: () => Promise<SendOutcome>;
  /** However it ended; not when it will be tried again. */
  readonly ended: () => void;
}

export interface QueueParts {
  readonly report: (action: string, outcome: SendOutcome) => void;
  /** Returns what calls it off. */
  readonly later: (ms: number, run: () => void) => () => void;
}

export class ActionQueue {
  readonly #parts: QueueParts;
  readonly #waiting: { readonly job: Job; readonly tries: number }[] = [];
  readonly #retries = new Set<() => void>();
  #underWay = 0;
  #closed = false;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  add(job: Job): void {
    if (this.#waiting.length + this.#underWay + this.#retries.size >= maxJobs) {
      this.#parts.report(job.action, { ok: false, why: "queueFull" });
      job.ended();
      return;
    }
    this.#waiting.push({ job, tries: 0 });
    this.#pump();
  }

  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    for (const cancel of this.#retries) cancel();
    this.#retries.clear();
  }

  #pump(): void {
    while (!this.#closed && this.#underWay < maxAtOnce) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#underWay += 1;
      void this.#run(next.job, next.tries);
    }
  }

  async #run(job: Job, tries: number): Promise<void> {
    const outcome = await job.send().catch((): SendOutcome => ({ ok: false, why: "unreachable" }));
    this.#underWay -= 1;
    if (this.#closed) return;
    this.#parts.report(job.action, outcome);
    if (!outcome.ok && job.isAlarm && tries + 1 < maxTries) this.#tryAgain(job, tries + 1);
    else job.ended();
    this.#pump();
  }

  #tryAgain(job: Job, tries: number): void {
    const waitMs = Math.min(lastRetryMs, firstRetryMs * 2 ** (tries - 1));
    const cancel = this.#parts.later(waitMs, () => {
      this.#retries.delete(cancel);
      this.#waiting.push({ job, tries });
      this.#pump();
    });
    this.#retries.add(cancel);
  }
}
