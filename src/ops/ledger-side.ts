// The main process's side of the ledger: keeps it running and joins it to a door loop, which may come later than it does.
import type { FromLedger, ToLedger } from "../domain/ask.ts";
import type { RescueBoard } from "../domain/rescue.ts";
import type { StatePaths } from "./state-paths.ts";
import type { Supervision } from "./supervise.ts";
import { superviseChild } from "./supervise.ts";

/** What a ledger is told first. Until then it has loaded itself and touched no file. */
export interface LedgerStart {
  readonly kind: "start";
  readonly paths: StatePaths;
  /** Null where the site wants no rescue. */
  readonly rescueBoard: RescueBoard | null;
}

/** What a door loop hears of its ledger. */
export interface LedgerUser {
  /** A new ledger is there, and says nothing until it is told the site. */
  connect(send: (message: ToLedger) => void): void;
  receive(message: FromLedger): void;
  lost(why: string): void;
}

export class LedgerSide {
  readonly #ledger: Supervision<ToLedger | LedgerStart>;
  #begin: (() => void) | null = null;
  #user: LedgerUser | null = null;

  constructor(modulePath: string) {
    this.#ledger = superviseChild<FromLedger, ToLedger | LedgerStart>({
      name: "ledger",
      modulePath,
      args: ["ledger"],
      onStarted: () => this.#begin?.(),
      onMessage: (message) => this.#user?.receive(message),
      onLost: (why) => this.#user?.lost(why),
    });
  }

  /** For this ledger and for those that replace it. */
  serve(paths: StatePaths, rescueBoard: RescueBoard | null, user: LedgerUser): void {
    this.#user = user;
    this.#begin = () => {
      this.#ledger.send({ kind: "start", paths, rescueBoard });
      user.connect((message) => this.#ledger.send(message));
    };
    this.#begin();
  }

  stop(): Promise<void> {
    return this.#ledger.stop();
  }
}
