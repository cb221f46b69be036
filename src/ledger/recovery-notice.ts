// That the database was recovered, kept until the record says that an operator has taken note.
import type { Database, Statement } from "better-sqlite3";
import type { Recovery } from "../domain/ask.ts";
import type { JournalEvent } from "../domain/events.ts";

export class RecoveryNotice {
  readonly #newest: Statement<[], Recovery>;
  readonly #clear: Statement<[number]>;

  constructor(db: Database) {
    this.#newest = db.prepare("SELECT epoch, why FROM recovery ORDER BY epoch DESC LIMIT 1");
    this.#clear = db.prepare("DELETE FROM recovery WHERE epoch <= ?");
  }

  follow(event: JournalEvent): void {
    if (event.type === "ledger.recoveryCleared") this.#clear.run(event.epoch);
  }

  pending(): Recovery | null {
    return this.#newest.get() ?? null;
  }
}

export const noteRecovery = (db: Database, { epoch, why }: Recovery): void =>
  void db.prepare("INSERT INTO recovery VALUES (?, ?)").run(epoch, why);
