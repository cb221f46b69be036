// Whose a row is: what the cloud owns is read-only on site, save that it may be suspended there.
import type { Database, Statement } from "better-sqlite3";
import type { DirectoryChange, HolderRef, Source } from "../domain/directory.ts";
import type { Problem } from "./directory-rules.ts";

export class Ownership {
  readonly #sourceOf: Statement<[string, string], Source | null>;
  readonly #holderOf: Statement<[string], HolderRef>;

  constructor(db: Database) {
    this.#sourceOf = db
      .prepare<[string, string], Source | null>(
        "SELECT json_extract(body, '$.source') FROM holder WHERE kind = ? AND id = ?",
      )
      .pluck();
    this.#holderOf = db.prepare("SELECT holder_kind AS kind, holder_id AS id FROM credential WHERE id = ?");
  }

  refuses(change: DirectoryChange, origin: Source): Problem | null {
    if (origin === "cloud" || suspends(change)) return null;
    const owned = this.#touched(change).find(({ kind, id }) => this.#sourceOf.get(kind, id) === "cloud");
    if (owned === undefined) return null;
    const problem = `The ${owned.kind} "${owned.id}" is managed by the cloud and can only be suspended here.`;
    return { problem, remedy: "Change it where it is managed." };
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

function suspends(change: DirectoryChange): boolean {
  if (change.op === "setHolderState") return true;
  return change.op === "setCredentialState" && change.state !== "active";
}
