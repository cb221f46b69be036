// Reads what decides whether somebody may be called from a door, through a connection that cannot write and is closed at once.
import Sqlite from "better-sqlite3";
import type { CallFacts } from "../domain/can-call.ts";
import type { DoorId, PersonId } from "../domain/ids.ts";
import { Directory } from "./directory.ts";

const busyTimeoutMs = 1_000;

export function readCallFacts(path: string, person: PersonId, door: DoorId): CallFacts & { readonly trusted: boolean } {
  const db = new Sqlite(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  try {
    db.pragma("query_only = ON");
    db.pragma("trusted_schema = OFF");
    return db.transaction(() => {
      const directory = new Directory(db);
      const found = directory.person(person);
      const newest = db.prepare<[], number>("SELECT trusted FROM journal ORDER BY seq DESC LIMIT 1").pluck().get();
      return {
        person: found,
        grants: found === null ? [] : directory.grantsAt(found, door),
        holidays: directory.holidays,
        trusted: newest === 1,
      };
    })();
  } finally {
    db.close();
  }
}
