// The main process's side of the office: keeps it running, tells it how the doors stand, passes on what it is told.
import { rm } from "node:fs/promises";
import { lateness } from "../domain/command-life.ts";
import type { JournalEvent } from "../domain/events.ts";
import type {
  DoorCommand,
  DoorStatus,
  FromOffice,
  HealthFact,
  OfficeOpening,
  OfficeTime,
  TimeRequest,
  ToOffice,
} from "../domain/status.ts";
import { isTimeRequest } from "../domain/status.ts";
import { monoMs } from "../domain/time.ts";
import type { EntryCode } from "./entry-code.ts";
import { makeEntryCode } from "./entry-code.ts";
import type { Health } from "./health.ts";
import { log, newestLines } from "./log.ts";
import type { Supervision } from "./supervise.ts";
import { superviseChild } from "./supervise.ts";

/** What the office may see and do at the doors. */
export interface DoorsPort {
  statuses(): readonly DoorStatus[];
  command(command: DoorCommand, who: string): string | null;
  note(event: JournalEvent): void;
}

/** The site's clock, as far as somebody at the console may look at it and set it. */
export interface TimePort {
  standing(): OfficeTime;
  /** Null when it was done, otherwise why not. */
  ask(request: TimeRequest, who: string): string | null;
}

export interface OfficeParts {
  readonly modulePath: string;
  readonly doors: DoorsPort;
  readonly time: TimePort;
  readonly machineMono: () => number;
  readonly health: Health;
  readonly opening: Omit<OfficeOpening, "codeDigest" | "codeExpiresWallMs">;
  readonly entryFile: string;
  /** Ends the whole controller in good order. */
  readonly restart: () => void;
  readonly showEntry: (entry: EntryCode, address: string, file: string) => void;
}

const publishRetryMs = 50;
/** An office that cannot start, say for want of its port, is tried for ever, but does not fill log and record. */
const maxBackoffMs = 15_000;

/** Null when it was done, otherwise why not. */
export function obey(
  { command, who, expiresAt }: Extract<FromOffice, { kind: "command" }>,
  { doors, time, machineMono }: Pick<OfficeParts, "doors" | "time" | "machineMono">,
): string | null {
  const late = lateness(expiresAt, monoMs(machineMono()));
  if (late !== null) return late;
  return isTimeRequest(command) ? time.ask(command, who) : doors.command(command, who);
}

export class OfficeSide {
  readonly #parts: OfficeParts;
  readonly #office: Supervision<ToOffice>;
  #entry = makeEntryCode(Date.now());
  #entered = false;
  #address: string | null = null;
  #publishArmed = false;
  #facts: readonly HealthFact[] = [];
  /** Told once, however often it fails before it is back: the record is for more important things. */
  #lost = false;

  constructor(parts: OfficeParts) {
    this.#parts = parts;
    this.#office = superviseChild<FromOffice, ToOffice>({
      name: "office",
      modulePath: parts.modulePath,
      args: ["office"],
      maxBackoffMs,
      onStarted: (send) => send({ kind: "open", opening: { ...parts.opening, ...this.#code() } }),
      onMessage: (message) => this.#hear(message),
      onLost: (why) => {
        this.#facts = [];
        parts.health.set("office", "fault", why);
        if (!this.#lost) parts.doors.note({ type: "office.lost", why });
        this.#lost = true;
      },
    });
  }

  /** Once a turn at most, and never more than the office has taken: it may be slow, the doors are not. */
  publish(): void {
    if (this.#publishArmed) return;
    this.#publishArmed = true;
    setImmediate(() => this.#publishWhenDrained());
  }

  /** What the office says that it cannot reach. */
  get facts(): readonly HealthFact[] {
    return this.#facts;
  }

  /** Null while the console has no address yet. */
  newEntryLink(): string | null {
    if (this.#address === null) return null;
    this.#entry = makeEntryCode(Date.now());
    this.#entered = false;
    const { digest, expiresWallMs, text } = this.#entry;
    this.#office.send({ kind: "code", codeDigest: digest, codeExpiresWallMs: expiresWallMs });
    return `${this.#address}/#code=${text}`;
  }

  async stop(): Promise<void> {
    await this.#office.stop();
    await this.#removeEntry();
  }

  async #removeEntry(): Promise<void> {
    await rm(this.#parts.entryFile, { force: true }).catch((error) => log("error", "console", String(error)));
  }

  #publishWhenDrained(): void {
    if (!this.#office.isDrained()) {
      setTimeout(() => this.#publishWhenDrained(), publishRetryMs).unref();
      return;
    }
    this.#publishArmed = false;
    const { doors, health, time } = this.#parts;
    this.#office.send({ kind: "doors", doors: doors.statuses(), health: health.facts(), time: time.standing() });
  }

  #hear(message: FromOffice): void {
    switch (message.kind) {
      case "ready":
        this.#ready(message.address);
        return;
      case "entered":
        this.#entered = true;
        void this.#removeEntry();
        return;
      case "command": {
        const problem = obey(message, this.#parts);
        this.#office.send({ kind: "commandDone", n: message.n, problem });
        return;
      }
      case "facts":
        this.#facts = message.facts;
        return;
      case "logs":
        this.#office.send({ kind: "logs", n: message.n, lines: newestLines(message.lines) });
        return;
      case "restart":
        this.#parts.restart();
        return;
      case "pong":
        return;
    }
  }

  #ready(address: string): void {
    const first = this.#address === null;
    this.#address = address;
    this.#parts.health.set("office", "ok", "");
    this.publish();
    if (first) this.#parts.showEntry(this.#entry, address, this.#parts.entryFile);
    else if (this.#lost) this.#parts.doors.note({ type: "office.restored" });
    this.#lost = false;
  }

  #code(): Pick<OfficeOpening, "codeDigest" | "codeExpiresWallMs"> {
    return { codeDigest: this.#entered ? null : this.#entry.digest, codeExpiresWallMs: this.#entry.expiresWallMs };
  }
}
