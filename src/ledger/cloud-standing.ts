// How far the cloud has come here, as the database remembers it: its directory, its acknowledgements, its commands.
import type { Database, Statement } from "better-sqlite3";
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

interface KnownRow {
  readonly version: number;
  readonly gone: 0 | 1;
}

export interface Known {
  readonly version: number;
  readonly gone: boolean;
}

export interface AwaitedGrant {
  readonly kind: "person" | "pass";
  readonly id: string;
  readonly door: string;
  readonly schedule: string;
}

export class CloudTables {
  readonly #row: Statement<[], Row>;
  readonly #ack: Statement<[number, number]>;
  readonly #move: Statement<[number, number | null, string | null]>;
  readonly #hasCommand: Statement<[string], number>;
  readonly #putCommand: Statement<[string]>;
  readonly #trimCommands: Statement<[number]>;
  readonly #known: Statement<[string, string], KnownRow>;
  readonly #between: Statement<[string, string, string | null, string | null], { id: string; version: number }>;
  readonly #remember: Statement<[string, string, number, 0 | 1]>;
  readonly #trimGone: Statement<[number]>;
  readonly #markOf: Statement<[string], string>;
  readonly #mark: Statement<[string, string]>;
  readonly #await: Statement<[AwaitedGrant]>;
  readonly #awaitNone: Statement<[string, string]>;
  readonly #awaited: Statement<[string, number], AwaitedGrant>;
  readonly #arrived: Statement<[AwaitedGrant]>;

  constructor(db: Database) {
    this.#row = db.prepare(
      "SELECT version, snapshot, snapshot_up_to AS upTo, acked_epoch AS epoch, acked_seq AS seq FROM cloud_standing",
    );
    this.#ack = db.prepare("UPDATE cloud_standing SET acked_epoch = ?, acked_seq = ?");
    this.#move = db.prepare("UPDATE cloud_standing SET version = ?, snapshot = ?, snapshot_up_to = ?");
    this.#hasCommand = db.prepare<[string], number>("SELECT 1 FROM cloud_command WHERE id = ?").pluck();
    this.#putCommand = db.prepare("INSERT INTO cloud_command (id) VALUES (?)");
    this.#trimCommands = db.prepare("DELETE FROM cloud_command WHERE n <= ?");
    this.#known = db.prepare("SELECT version, gone FROM cloud_document WHERE what = ? AND id = ?");
    this.#between = db.prepare(
      `SELECT id, version FROM cloud_document
       WHERE what = ? AND gone = 0 AND id > ? AND (? IS NULL OR id <= ?) ORDER BY id`,
    );
    this.#remember = db.prepare(
      `INSERT INTO cloud_document VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET version = excluded.version, gone = excluded.gone`,
    );
    this.#trimGone = db.prepare(
      `DELETE FROM cloud_document WHERE gone = 1 AND version <= (
         SELECT version FROM cloud_document WHERE gone = 1 ORDER BY version DESC LIMIT 1 OFFSET ?)`,
    );
    this.#markOf = db.prepare<[string], string>("SELECT mark FROM cloud_credential WHERE id = ?").pluck();
    this.#mark = db.prepare(
      "INSERT INTO cloud_credential VALUES (?, ?) ON CONFLICT DO UPDATE SET mark = excluded.mark",
    );
    this.#await = db.prepare("INSERT OR IGNORE INTO cloud_awaited VALUES (@kind, @id, @door, @schedule)");
    this.#awaitNone = db.prepare("DELETE FROM cloud_awaited WHERE holder_kind = ? AND holder_id = ?");
    this.#awaited = db.prepare(
      `SELECT a.holder_kind AS kind, a.holder_id AS id, a.door, a.schedule FROM json_each(?) d
       JOIN cloud_awaited a ON a.door = d.value JOIN schedule s ON s.id = a.schedule
       JOIN holder h ON h.kind = a.holder_kind AND h.id = a.holder_id LIMIT ?`,
    );
    this.#arrived = db.prepare(
      "DELETE FROM cloud_awaited WHERE holder_kind = @kind AND holder_id = @id AND door = @door AND schedule = @schedule",
    );
  }

  get acked(): RecordPlace | null {
    const { epoch, seq } = this.#standing();
    return epoch === null || seq === null ? null : { epoch, seq };
  }

  get directory(): CloudStanding {
    const { version, snapshot, upTo } = this.#standing();
    return { version, snapshot: snapshot === null || upTo === null ? null : { snapshot, upTo } };
  }

  ack({ epoch, seq }: RecordPlace): void {
    this.#ack.run(epoch, seq);
  }

  move({ version, snapshot }: CloudStanding): void {
    this.#move.run(version, snapshot?.snapshot ?? null, snapshot?.upTo ?? null);
  }

  hasCommand(id: string): boolean {
    return this.#hasCommand.get(id) !== undefined;
  }

  takeCommand(id: string): void {
    const { lastInsertRowid } = this.#putCommand.run(id);
    this.#trimCommands.run(Number(lastInsertRowid) - maxCommands);
  }

  known(what: Owned, id: string): Known | null {
    const row = this.#known.get(what, id);
    return row === undefined ? null : { version: row.version, gone: row.gone === 1 };
  }

  /** Those that are there, with ids above `after` and up to `upTo`; null is without end. */
  between(what: Owned, after: string | null, upTo: string | null): readonly { id: string; version: number }[] {
    return this.#between.all(what, after ?? "", upTo, upTo);
  }

  remember(what: Owned, id: string, { version, gone }: Known): void {
    this.#remember.run(what, id, version, gone ? 1 : 0);
  }

  /** Marks of what is gone beyond those that are kept. */
  trimGone(): void {
    this.#trimGone.run(maxGone);
  }

  /** Documents up to that version are of the past. */
  outdate(what: Owned, id: string, version: number): void {
    const known = this.known(what, id);
    if (known === null || known.version < version) this.remember(what, id, { version, gone: known?.gone ?? false });
  }

  markOf(credential: string): string | null {
    return this.#markOf.get(credential) ?? null;
  }

  mark(credential: string, mark: string): void {
    this.#mark.run(credential, mark);
  }

  /** What a holder's document grants at doors or by schedules that are not here, and nothing that an older one did. */
  await(kind: AwaitedGrant["kind"], id: string, grants: readonly Pick<AwaitedGrant, "door" | "schedule">[]): void {
    this.#awaitNone.run(kind, id);
    for (const { door, schedule } of grants) this.#await.run({ kind, id, door, schedule });
  }

  /** Grants that waited, and now have their schedule and one of these doors. */
  ready(doors: readonly string[], most: number): readonly AwaitedGrant[] {
    return this.#awaited.all(JSON.stringify(doors), most);
  }

  arrived(grant: AwaitedGrant): void {
    this.#arrived.run(grant);
  }

  #standing(): Row {
    return this.#row.get() ?? { version: 0, snapshot: null, upTo: null, epoch: null, seq: null };
  }
}
