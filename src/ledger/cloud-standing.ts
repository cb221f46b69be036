// How far the cloud has come here, as the database remembers it: its directory, its acknowledgements, its commands.
import type { Database } from "better-sqlite3";
import type { RecordPlace } from "../domain/ask.ts";
import type { CloudStanding, Owned } from "../domain/cloud-directory.ts";

/** A command lives for a minute at most; so many cannot be given in that time. */
const maxCommands = 4_096;
/** Marks of what is gone; past it the oldest are forgotten. */
const maxGone = 100_000;

interface Row {
  readonly version: number;
  readonly snapshot: number | null;
  readonly upTo: string | null;
  readonly epoch: number | null;
  readonly seq: number | null;
}

export interface Known {
  readonly version: number;
  readonly gone: boolean;
}

export class CloudTables {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  get acked(): RecordPlace | null {
    const { epoch, seq } = this.#row();
    return epoch === null || seq === null ? null : { epoch, seq };
  }

  get directory(): CloudStanding {
    const { version, snapshot, upTo } = this.#row();
    return { version, snapshot: snapshot === null || upTo === null ? null : { snapshot, upTo } };
  }

  ack({ epoch, seq }: RecordPlace): void {
    this.#db.prepare("UPDATE cloud_standing SET acked_epoch = ?, acked_seq = ?").run(epoch, seq);
  }

  move({ version, snapshot }: CloudStanding): void {
    this.#db
      .prepare("UPDATE cloud_standing SET version = ?, snapshot = ?, snapshot_up_to = ?")
      .run(version, snapshot?.snapshot ?? null, snapshot?.upTo ?? null);
  }

  hasCommand(id: string): boolean {
    return this.#db.prepare("SELECT 1 FROM cloud_command WHERE id = ?").get(id) !== undefined;
  }

  takeCommand(id: string): void {
    const { lastInsertRowid } = this.#db.prepare("INSERT INTO cloud_command (id) VALUES (?)").run(id);
    this.#db.prepare("DELETE FROM cloud_command WHERE n <= ?").run(Number(lastInsertRowid) - maxCommands);
  }

  known(what: Owned, id: string): Known | null {
    const row = this.#db
      .prepare<[string, string], { version: number; gone: 0 | 1 }>(
        "SELECT version, gone FROM cloud_document WHERE what = ? AND id = ?",
      )
      .get(what, id);
    return row === undefined ? null : { version: row.version, gone: row.gone === 1 };
  }

  /** Those that are there, with ids above `after` and up to `upTo`; null is without end. */
  between(
    what: Owned,
    after: string | null,
    upTo: string | null,
  ): readonly { readonly id: string; readonly version: number }[] {
    return this.#db
      .prepare<[string, string, string | null, string | null], { id: string; version: number }>(
        `SELECT id, version FROM cloud_document
         WHERE what = ? AND gone = 0 AND id > ? AND (? IS NULL OR id <= ?) ORDER BY id`,
      )
      .all(what, after ?? "", upTo, upTo);
  }

  remember(what: Owned, id: string, { version, gone }: Known): void {
    this.#db
      .prepare(
        `INSERT INTO cloud_document VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET version = excluded.version, gone = excluded.gone`,
      )
      .run(what, id, version, gone ? 1 : 0);
  }

  markOf(credential: string): string | null {
    const mark = this.#db.prepare<[string], string>("SELECT mark FROM cloud_credential WHERE id = ?").pluck();
    return mark.get(credential) ?? null;
  }

  mark(credential: string, mark: string): void {
    this.#db
      .prepare("INSERT INTO cloud_credential VALUES (?, ?) ON CONFLICT DO UPDATE SET mark = excluded.mark")
      .run(credential, mark);
  }

  /** What no credential bears any more, and marks beyond what is kept. */
  tidy(): void {
    this.#db.exec("DELETE FROM cloud_credential WHERE id NOT IN (SELECT id FROM credential)");
    this.#db
      .prepare(
        `DELETE FROM cloud_document WHERE gone = 1 AND version <= (
           SELECT version FROM cloud_document WHERE gone = 1 ORDER BY version DESC LIMIT 1 OFFSET ?)`,
      )
      .run(maxGone);
  }

  #row(): Row {
    const row = this.#db
      .prepare<[], Row>(
        `SELECT version, snapshot, snapshot_up_to AS upTo, acked_epoch AS epoch, acked_seq AS seq FROM cloud_standing`,
      )
      .get();
    return row ?? { version: 0, snapshot: null, upTo: null, epoch: null, seq: null };
  }
}
