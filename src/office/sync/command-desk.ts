// Takes a command of the cloud from its signature to its result: fresh, once, allowed; then the doors or the ledger do it.
import type { CloudRequest, LedgerReply } from "../../domain/ask.ts";
import type { DoorId } from "../../domain/ids.ts";
import type { DoorCommand } from "../../domain/status.ts";
import type { Down } from "../../link/down-messages.ts";
import type { Up } from "../../link/up-messages.ts";
import type { Outcome } from "../outcome.ts";
import type { CommandNow } from "./command-rules.ts";
import { isFresh, mayUnlock } from "./command-rules.ts";

type Order = Down<"command">["do"];
export type Result = Pick<Up<"result">, "code" | "why"> & { readonly log?: readonly string[] };

export interface CommandDeskParts {
  readonly now: () => CommandNow;
  /** Whether the site lets the cloud open doors. */
  readonly mayOpen: boolean;
  readonly isBlocked: (door: string) => boolean;
  readonly ask: (request: CloudRequest) => Promise<LedgerReply | null>;
  readonly doors: (who: string, command: DoorCommand) => Promise<Outcome>;
  readonly sync: () => void;
  readonly logs: (lines: number) => Promise<readonly string[] | null>;
  /** Null when it will be done, otherwise why not. */
  readonly restart: () => string | null;
  readonly refused: (why: "stale" | "repeated") => void;
}

export class CommandDesk {
  readonly #parts: CommandDeskParts;

  constructor(parts: CommandDeskParts) {
    this.#parts = parts;
  }

  /** Null where nothing is to be answered: it was never to act. */
  async take(command: Down<"command">): Promise<Result | null> {
    const { now, mayOpen, isBlocked, ask, refused } = this.#parts;
    if (!isFresh(command, now())) {
      refused("stale");
      return null;
    }
    const what = command.do.kind;
    const taken = await ask({ kind: "cloudCommand", id: command.id, what, by: command.by });
    if (taken?.kind !== "commandTaken") return failed("The record did not take it, so nothing was done.");
    if (!taken.fresh) {
      refused("repeated");
      return null;
    }
    if (!mayOpen && mayUnlock(command.do, isBlocked))
      return { code: "forbidden", why: "This site does not let the cloud open doors." };
    // What waited for the disk too long is no longer of now.
    if (!isFresh(command, now())) return { code: "late", why: "The controller was too slow, so nothing was done." };
    return this.#obey(command.do, command.by);
  }

  #obey(order: Order, by: string): Promise<Result> | Result {
    switch (order.kind) {
      case "revoke":
        return this.#revoke(order, by);
      case "sync":
        this.#parts.sync();
        return done;
      case "logs":
        return this.#logs(order.lines);
      case "restart": {
        const why = this.#parts.restart();
        return why === null ? done : { code: "refused", why };
      }
      default:
        return this.#tellDoors(doorCommandOf(order), by);
    }
  }

  async #tellDoors(command: DoorCommand, by: string): Promise<Result> {
    const outcome = await this.#parts.doors(`cloud: ${by}`, command);
    if (outcome.ok) return done;
    return { code: codes[outcome.code] ?? "refused", why: outcome.problem };
  }

  async #revoke({ of, id, version }: Extract<Order, { kind: "revoke" }>, by: string): Promise<Result> {
    const reply = await this.#parts.ask({ kind: "cloudRevoke", of, id, version: version ?? null, by: `cloud: ${by}` });
    if (reply?.kind === "changed") return done;
    if (reply?.kind === "refused") return { code: "refused", why: reply.problems[0]?.problem ?? "It was refused." };
    return failed("The database did not take it; the next synchronisation brings it again.");
  }

  async #logs(lines: number): Promise<Result> {
    const log = await this.#parts.logs(lines);
    return log === null ? failed("The log did not come in time.") : { ...done, log };
  }
}

const done: Result = { code: "done", why: null };
const failed = (why: string): Result => ({ code: "failed", why });
const codes: Partial<Record<string, Result["code"]>> = { busy: "busy", mainAway: "late" };

function doorCommandOf(order: Exclude<Order, { kind: "revoke" | "sync" | "logs" | "restart" }>): DoorCommand {
  switch (order.kind) {
    case "open":
      return { kind: "access", door: order.door as DoorId, by: "cloud" };
    case "lockDown":
      return { kind: "lockDown", doors: order.doors as DoorId[], forMs: order.forMs };
    case "lockDownRelease":
      return { kind: "lockDownRelease", doors: order.doors as DoorId[] };
    case "clearFire":
      return { kind: "clearFire" };
    case "identify":
      return { kind: "identify", forMs: order.forMs };
    default:
      return { kind: order.kind, door: order.door as DoorId };
  }
}
