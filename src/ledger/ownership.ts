// Whose a row is: what the cloud owns is read-only on site, save that people and passes may be suspended there.
import type { Database, Statement } from "better-sqlite3";
import type { DirectoryChange, HolderRef, Source } from "../domain/directory.ts";
import type { Problem } from "./directory-rules.ts";
import { sourceOfPassKey } from "./pass-key-writer.ts";

export class Ownership {
  readonly #sourceOf: Statement<[string, string], Source | null>;
  readonly #holderOf: Statement<[string], HolderRef>;
  readonly #scheduleSource: Statement<[string], Source>;
  readonly #holidaySource: Statement<[string], Source>;
  readonly #passKeySource: Statement<[string], Source>;

  constructor(db: Database) {
    this.#sourceOf = db
      .prepare<[string, string], Source | null>(
        "SELECT json_extract(body, '$.source') FROM holder WHERE kind = ? AND id = ?",
      )
      .pluck();
    this.#holderOf = db.prepare("SELECT holder_kind AS kind, holder_id AS id FROM credential WHERE id = ?");
    this.#scheduleSource = db.prepare<[string], Source>("SELECT source FROM schedule WHERE id = ?").pluck();
    this.#holidaySource = db.prepare<[string], Source>("SELECT source FROM holiday WHERE id = ?").pluck();
    this.#passKeySource = sourceOfPassKey(db);
  }

  refuses(change: DirectoryChange, origin: Source): Problem | null {
    if (origin === "cloud" || suspends(change)) return null;
    const owned = this.#touched(change).find(({ kind, id }) => this.#sourceOf.get(kind, id) === "cloud");
    if (owned !== undefined) {
      const problem = `The ${owned.kind} "${owned.id}" is managed by the cloud and can only be suspended here.`;
      return { problem, remedy };
    }
    const what = this.#calendarOfCloud(change);
    return what === null ? null : { problem: `The ${what} is managed by the cloud.`, remedy };
  }

  #calendarOfCloud(change: DirectoryChange): string | null {
    switch (change.op) {
      case "putSchedule":
      case "removeSchedule": {
        const id = change.op === "putSchedule" ? change.schedule.id : change.id;
        return this.#scheduleSource.get(id) === "cloud" ? `schedule "${id}"` : null;
      }
      case "putHoliday":
      case "removeHoliday": {
        const id = change.op === "putHoliday" ? change.holiday.id : change.id;
        return this.#holidaySource.get(id) === "cloud" ? `holiday "${id}"` : null;
      }
      case "putPassKey":
      case "removePassKey": {
        const id = change.op === "putPassKey" ? change.key.id : change.id;
        return this.#passKeySource.get(id) === "cloud" ? `issuer's key "${id}"` : null;
      }
      default:
        return null;
    }
  }

  /** What is lifted is the suspension that was made here: the writer sees to that. */
  isOwnedByCloud({ kind, id }: HolderRef): boolean {
    return this.#sourceOf.get(kind, id) === "cloud";
  }

  #touched(change: DirectoryChange): HolderRef[] {
    switch (change.op) {
      case "putPerson":
        return [{ kind: "person", id: change.person.id }];
      case "putPass":
        return [{ kind: "pass", id: change.pass.id }];
      case "activatePass":
        return [{ kind: "pass", id: change.id }];
      case "putUses":
        return [{ kind: "pass", id: change.pass }];
      case "removeHolder":
      case "putGrant":
      case "removeGrant":
        return [change.holder];
      case "putCredential":
      case "putToken":
        return [change.holder, ...this.#behind(change.id)];
      case "setCredentialState":
      case "removeCredential":
        return this.#behind(change.id);
      default:
        return [];
    }
  }

  #behind(credential: string): HolderRef[] {
    const holder = this.#holderOf.get(credential);
    return holder === undefined ? [] : [holder];
  }
}

const remedy = "Change it where it is managed.";

function suspends(change: DirectoryChange): boolean {
  if (change.op === "setHolderState") return true;
  return change.op === "setCredentialState" && change.state !== "active";
}
