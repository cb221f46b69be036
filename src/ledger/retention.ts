// What a site must forget, step by step: first the names in old events, then the passes that ended long ago, carried ones as
// well, then versions of the directory that no event names, then the copies from before a migration. Knows no timer.
import type { Database } from "better-sqlite3";
import type { PassId } from "../domain/ids.ts";
import type { Instant } from "../domain/time.ts";
import type { Batch } from "./batch.ts";
import { CarriedRetention } from "./carried-retention.ts";
import type { Directory } from "./directory.ts";
import type { ChangeContext, DirectoryWriter } from "./directory-writer.ts";
import { HistoryRetention } from "./history-retention.ts";
import { dropBackupsBefore } from "./migrate.ts";
import { NameRetention } from "./name-retention.ts";
import { PassRetention } from "./pass-retention.ts";

/** Runs its work in a transaction of its own. */
export type Commit = (work: (batch: Batch) => void) => void;

const dayMs = 86_400_000;

export class Retention {
  readonly #db: Database;
  readonly #writer: DirectoryWriter;
  readonly #names: NameRetention;
  readonly #passes: PassRetention;
  readonly #carried: CarriedRetention;
  readonly #history: HistoryRetention;
  #part: "names" | "passes" | "carried" | "history" = "names";

  constructor(db: Database, directory: Directory, writer: DirectoryWriter) {
    this.#db = db;
    this.#writer = writer;
    this.#names = new NameRetention(db);
    this.#passes = new PassRetention(db, directory);
    this.#carried = new CarriedRetention(db);
    this.#history = new HistoryRetention(db);
  }

  /** False when the round is over. Only with a time that is to be trusted. */
  step(context: ChangeContext, at: Instant, commit: Commit): boolean {
    const { site } = context;
    if (this.#part === "names") {
      const more = this.#names.step(at, site.keepNamesDays, (work) =>
        commit((batch) => work((event) => batch.append(event, at))),
      );
      if (!more) this.#part = "passes";
      return true;
    }
    if (this.#part === "passes") {
      const more = this.#passes.step(at, site.passes.purgeAfterDays, (work) =>
        commit((batch) => work((passes) => this.#remove(passes, context, at, batch))),
      );
      if (!more) this.#part = "carried";
      return true;
    }
    if (this.#part === "carried") {
      const endedBefore = at.wall - site.passes.purgeAfterDays * dayMs;
      if (!this.#carried.step(endedBefore, (work) => commit(() => work()))) this.#part = "history";
      return true;
    }
    if (this.#history.step((work) => commit(() => work()))) return true;
    this.#part = "names";
    if (!this.#db.memory) dropBackupsBefore(this.#db.name, at.wall - site.keepNamesDays * dayMs);
    return false;
  }

  #remove(passes: readonly PassId[], context: ChangeContext, at: Instant, batch: Batch): void {
    const changes = passes.map((id) => ({ op: "removeHolder", holder: { kind: "pass", id } }) as const);
    this.#writer.apply(changes, new Map(), context);
    batch.changeDirectory("retention", "local", changes.length, at);
    batch.append({ type: "passes.purged", count: changes.length }, at);
  }
}
