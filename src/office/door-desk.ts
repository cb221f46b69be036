// What the office knows of the doors, and the operator's commands under way to the main process.
import { commandExpiry } from "../domain/command-life.ts";
import type {
  DoorCommand,
  DoorStatus,
  FromOffice,
  HealthFact,
  OfficeTime,
  TimeRequest,
  ToOffice,
} from "../domain/status.ts";
import { monoMs } from "../domain/time.ts";
import type { Outcome } from "./outcome.ts";

const maxPending = 16;
const answerWithinMs = 3_000;

interface Pending {
  readonly settle: (outcome: Outcome) => void;
  readonly timer: NodeJS.Timeout;
}

interface PendingLogs {
  readonly settle: (lines: readonly string[] | null) => void;
  readonly timer: NodeJS.Timeout;
}

export class DoorDesk {
  readonly #send: (message: FromOffice) => void;
  /** The machine's own. */
  readonly #mono: () => number;
  readonly #pending = new Map<number, Pending>();
  readonly #pendingLogs = new Map<number, PendingLogs>();
  #commands = 0;
  #doors: readonly DoorStatus[] = [];
  #health: readonly HealthFact[] = [];
  #time: OfficeTime = { aheadMs: 0, source: null, proven: false };

  constructor(send: (message: FromOffice) => void, mono: () => number) {
    this.#send = send;
    this.#mono = mono;
  }

  get doors(): readonly DoorStatus[] {
    return this.#doors;
  }

  get health(): readonly HealthFact[] {
    return this.#health;
  }

  get time(): OfficeTime {
    return this.#time;
  }

  publish({ doors, health, time }: Extract<ToOffice, { kind: "doors" }>): void {
    this.#doors = doors;
    this.#health = health;
    this.#time = time;
  }

  command(who: string, command: DoorCommand | TimeRequest): Promise<Outcome> {
    if (this.#pending.size >= maxPending) return Promise.resolve({ ok: false, code: "busy", problem: "Try again." });
    this.#commands += 1;
    const n = this.#commands;
    return new Promise((settle) => {
      const timer = setTimeout(() => this.#settle(n, mainAway), answerWithinMs);
      this.#pending.set(n, { settle, timer });
      this.#send({ kind: "command", n, who, command, expiresAt: commandExpiry(monoMs(this.#mono())) });
    });
  }

  commandDone(n: number, problem: string | null): void {
    this.#settle(n, problem === null ? { ok: true } : { ok: false, code: "refused", problem });
  }

  /** The newest lines of the operator's log; null when they do not come. */
  logs(lines: number): Promise<readonly string[] | null> {
    if (this.#pendingLogs.size >= maxPending) return Promise.resolve(null);
    this.#commands += 1;
    const n = this.#commands;
    return new Promise((settle) => {
      const timer = setTimeout(() => this.logsCame(n, null), answerWithinMs);
      this.#pendingLogs.set(n, { settle, timer });
      this.#send({ kind: "logs", n, lines });
    });
  }

  logsCame(n: number, lines: readonly string[] | null): void {
    const pending = this.#pendingLogs.get(n);
    if (pending === undefined) return;
    this.#pendingLogs.delete(n);
    clearTimeout(pending.timer);
    pending.settle(lines);
  }

  /** Has the whole controller end; whoever watches over it starts it again. */
  restart(): void {
    this.#send({ kind: "restart" });
  }

  close(): void {
    for (const n of [...this.#pendingLogs.keys()]) this.logsCame(n, null);
    for (const n of [...this.#pending.keys()]) this.#settle(n, mainAway);
  }

  #settle(n: number, outcome: Outcome): void {
    const pending = this.#pending.get(n);
    if (pending === undefined) return;
    this.#pending.delete(n);
    clearTimeout(pending.timer);
    pending.settle(outcome);
  }
}

const mainAway: Outcome = { ok: false, code: "mainAway", problem: "The doors do not answer." };
