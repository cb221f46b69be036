// The statements by which the directory is changed, each said once; knows no rule.
import type { Database, Statement } from "better-sqlite3";
import type { Credential } from "../domain/directory.ts";
import type { Problem } from "./directory-rules.ts";

type Write = Statement<unknown[]>;
type Read<Value> = Statement<unknown[], Value>;

export interface DirectorySql {
  readonly holderState: Read<string>;
  readonly countHolders: Read<number>;
  readonly countPeople: Read<number>;
  readonly putHolder: Write;
  readonly removeHolder: Write;
  readonly removeCredentialsOf: Write;
  readonly removeGrantsOf: Write;
  readonly removeUsesOf: Write;
  readonly removeActivationsOf: Write;
  readonly putUses: Write;
  readonly removeWhereabouts: Write;
  /** Wrong second factors. */
  readonly removeGuessesOf: Write;
  /** Another credential of that token. */
  readonly otherOfToken: Read<string>;
  /** The same, of somebody who is the cloud's. */
  readonly otherOfCloud: Read<string>;
  readonly credentialState: Read<Credential["state"]>;
  /** Whether a credential of that id and token was seen to keep to the partition. */
  readonly keepsPartition: Read<1 | null>;
  /** Of the same holder and kind, but another id; duress twins are no credentials of their own. */
  readonly countOthers: Read<number>;
  readonly putCredential: Write;
  readonly setCredentialState: Write;
  readonly removeCredential: Write;
  readonly hasSchedule: Read<number>;
  readonly countSchedules: Read<number>;
  readonly putSchedule: Write;
  readonly putHoliday: Write;
  readonly removeHoliday: Write;
  readonly grantUsing: Read<number>;
  readonly removeSchedule: Write;
  readonly countGrants: Read<number>;
  readonly putGrant: Write;
  readonly removeGrant: Write;
}

export function prepareDirectorySql(db: Database): DirectorySql {
  const write = (sql: string): Write => db.prepare<unknown[]>(sql);
  const read = <Value>(sql: string): Read<Value> => db.prepare<unknown[], Value>(sql).pluck();
  return {
    holderState: read("SELECT state FROM holder WHERE kind = ? AND id = ?"),
    countHolders: read("SELECT count(*) FROM holder"),
    countPeople: read("SELECT count(*) FROM holder WHERE kind = 'person'"),
    // Not REPLACE, which would delete the row under the credentials and grants that name it.
    putHolder: write(
      `INSERT INTO holder VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name,
         state = excluded.state, valid_from = excluded.valid_from, valid_until = excluded.valid_until,
         body = excluded.body`,
    ),
    removeHolder: write("DELETE FROM holder WHERE kind = ? AND id = ?"),
    removeCredentialsOf: write("DELETE FROM credential WHERE holder_kind = ? AND holder_id = ?"),
    removeGrantsOf: write("DELETE FROM holder_grant WHERE holder_kind = ? AND holder_id = ?"),
    removeUsesOf: write("DELETE FROM use_count WHERE pass = ?"),
    removeActivationsOf: write("DELETE FROM pass_activation WHERE pass = ?"),
    putUses: write(
      `INSERT INTO use_count (pass, door, occurrence, spent, since_seq) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET spent = max(spent, excluded.spent)`,
    ),
    removeWhereabouts: write("DELETE FROM whereabouts WHERE holder_kind = ? AND holder_id = ?"),
    removeGuessesOf: write("DELETE FROM guess WHERE door = ? || ':' || ?"),
    otherOfToken: read("SELECT id FROM credential WHERE token = ? AND id <> ?"),
    otherOfCloud: read(
      `SELECT c.id FROM credential c JOIN holder h ON h.kind = c.holder_kind AND h.id = c.holder_id
       WHERE c.token = ? AND c.id <> ? AND json_extract(h.body, '$.source') = 'cloud'`,
    ),
    credentialState: read("SELECT state FROM credential WHERE id = ?"),
    keepsPartition: read("SELECT keeps_partition FROM credential WHERE id = ? AND token = ?"),
    countOthers: read(
      `SELECT count(*) FROM credential
       WHERE holder_kind = ? AND holder_id = ? AND kind = ? AND id <> ? AND twin_of IS NULL`,
    ),
    putCredential: write(`INSERT INTO credential
       (token, id, kind, state, holder_kind, holder_id, digits, sealed, hint, token24, valid_from, valid_until, direction,
        twin_of, known, technology, keeps_partition)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    setCredentialState: write("UPDATE credential SET state = ? WHERE id = ? OR twin_of = ?"),
    removeCredential: write("DELETE FROM credential WHERE id = ? OR twin_of = ?"),
    hasSchedule: read("SELECT 1 FROM schedule WHERE id = ?"),
    countSchedules: read("SELECT count(*) FROM schedule"),
    putSchedule: write(
      `INSERT INTO schedule (id, name, rule, source) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET name = excluded.name, rule = excluded.rule, source = excluded.source`,
    ),
    putHoliday: write(
      `INSERT INTO holiday (id, name, body, source) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET name = excluded.name, body = excluded.body, source = excluded.source`,
    ),
    removeHoliday: write("DELETE FROM holiday WHERE id = ?"),
    grantUsing: read("SELECT 1 FROM holder_grant WHERE schedule = ? LIMIT 1"),
    removeSchedule: write("DELETE FROM schedule WHERE id = ?"),
    countGrants: read("SELECT count(*) FROM holder_grant WHERE holder_kind = ? AND holder_id = ?"),
    putGrant: write(
      `INSERT OR IGNORE INTO holder_grant SELECT @kind, @id, @door, @schedule, coalesce(max(place), 0) + 1
       FROM holder_grant WHERE holder_kind = @kind AND holder_id = @id`,
    ),
    removeGrant: write(
      "DELETE FROM holder_grant WHERE holder_kind = ? AND holder_id = ? AND door = ? AND schedule = ?",
    ),
  };
}

export const unknown = (what: string): Problem => ({
  problem: `There is no ${what}.`,
  remedy: "Name one that exists, or add it in an earlier step.",
});

/** Of a statement that should have found a row. */
export const orUnknown = (result: { readonly changes: number }, what: string): Problem | null =>
  result.changes > 0 ? null : unknown(what);
