// Which of the cloud's documents could not be taken here, so that they are asked for again: what is refused today may be taken tomorrow.
import type { Database, Statement } from "better-sqlite3";
import type { Owned } from "../domain/cloud-directory.ts";

export interface RefusedDocument {
  readonly what: Owned;
  readonly id: string;
  readonly version: number;
}

/** What is named in one `sync`. */
const maxNamed = 20;
/** A site may refuse every pass; the oldest are forgotten, and come with the next snapshot. */
const maxKept = 10_000;

export class RefusedDocuments {
  readonly #versionOf: Statement<[string, string], number>;
  readonly #remove: Statement<[string, string]>;
  readonly #put: Statement<[string, string, number]>;
  readonly #trim: Statement<[number]>;
  readonly #clear: Statement<[]>;
  readonly #first: Statement<[number], string>;

  constructor(db: Database) {
    this.#versionOf = db
      .prepare<[string, string], number>("SELECT version FROM cloud_refused WHERE what = ? AND id = ?")
      .pluck();
    this.#remove = db.prepare("DELETE FROM cloud_refused WHERE what = ? AND id = ?");
    this.#put = db.prepare("INSERT INTO cloud_refused (what, id, version) VALUES (?, ?, ?)");
    this.#trim = db.prepare("DELETE FROM cloud_refused WHERE n <= ?");
    this.#clear = db.prepare("DELETE FROM cloud_refused");
    this.#first = db.prepare<[number], string>("SELECT id FROM cloud_refused ORDER BY n LIMIT ?").pluck();
  }

  /** Ids of those that have waited longest for another try. */
  get next(): readonly string[] {
    return this.#first.all(maxNamed);
  }

  isKnown({ what, id, version }: RefusedDocument): boolean {
    return this.#versionOf.get(what, id) === version;
  }

  /** Those that came are settled, save the refused ones, which go to the end. */
  settle(came: readonly Omit<RefusedDocument, "version">[], refused: readonly RefusedDocument[]): void {
    for (const { what, id } of came) this.#remove.run(what, id);
    for (const { what, id, version } of refused) {
      this.#remove.run(what, id);
      const { lastInsertRowid } = this.#put.run(what, id, version);
      this.#trim.run(Number(lastInsertRowid) - maxKept);
    }
  }

  /** Everything comes again. */
  clear(): void {
    this.#clear.run();
  }
}
