// Alarms that outlive the record they were in, until the cloud has them: the newest of them, with what ties each to its neighbours.
import type { Database, Statement } from "better-sqlite3";
import { alarmEvents } from "../domain/action.ts";
import type { RecordPlace } from "../domain/ask.ts";
import type { JournalEvent } from "../domain/events.ts";

export const maxKeptAlarms = 10_000;

/** Beside what somebody should come for: what says that the record or the box itself was touched. None comes at a stranger's wish. */
const grave: readonly JournalEvent["type"][] = [
  "cloud.forked",
  "device.attacked",
  "ledger.recovered",
  "log.restarted",
  "records.dropped",
  "supply.failed",
];

const keptTypes = JSON.stringify([...alarmEvents, ...grave]);

export class KeptAlarms {
  readonly #keep: Statement<[number, string]>;
  readonly #trim: Statement<[number]>;
  readonly #drop: Statement<[number, number]>;

  constructor(db: Database) {
    this.#keep = db.prepare(
      `INSERT OR IGNORE INTO kept_alarm
       SELECT epoch, seq, wall, mono, trusted, boot, body, commitment, prev, hash FROM journal, cloud_standing
       WHERE seq <= ? AND (acked_epoch IS NULL OR (epoch, seq) > (acked_epoch, acked_seq))
         AND json_extract(body, '$.type') IN (SELECT value FROM json_each(?))`,
    );
    this.#trim = db.prepare(
      `DELETE FROM kept_alarm WHERE (epoch, seq) <=
         (SELECT epoch, seq FROM kept_alarm ORDER BY epoch DESC, seq DESC LIMIT 1 OFFSET ?)`,
    );
    this.#drop = db.prepare("DELETE FROM kept_alarm WHERE (epoch, seq) <= (?, ?)");
  }

  /** Before all events up to this one go, in the same transaction. */
  keep(toSeq: number): void {
    if (this.#keep.run(toSeq, keptTypes).changes > 0) this.#trim.run(maxKeptAlarms);
  }

  acked({ epoch, seq }: RecordPlace): void {
    this.#drop.run(epoch, seq);
  }
}
