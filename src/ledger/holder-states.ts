// Suspends, lifts and revokes holders, and keeps a suspension made on site when the cloud writes its row anew.
import type { Database, Statement } from "better-sqlite3";
import type { HolderRef, Pass, Source } from "../domain/directory.ts";
import type { Problem } from "./directory-rules.ts";

type State = Pass["state"];

interface Row {
  readonly state: State;
  readonly source: Source | null;
  /** What its owner made of it, while it is suspended here. */
  readonly ownerState: State | null;
}

export interface StoredState {
  readonly state: State;
  readonly ownerState: State | null;
}

export class HolderStates {
  readonly #find: Statement<[string, string], Row>;
  readonly #set: Statement<[State, State | null, string, string]>;

  constructor(db: Database) {
    this.#find = db.prepare(
      `SELECT state, json_extract(body, '$.source') AS source, json_extract(body, '$.ownerState') AS ownerState
       FROM holder WHERE kind = ? AND id = ?`,
    );
    this.#set = db.prepare(
      "UPDATE holder SET state = ?, body = json_set(body, '$.ownerState', ?) WHERE kind = ? AND id = ?",
    );
  }

  set({ kind, id }: HolderRef, state: State, origin: Source): Problem | null {
    const row = this.#find.get(kind, id);
    if (row === undefined) return { problem: `There is no ${kind} "${id}".`, remedy: "Name one that exists." };
    if (row.state === "revoked") return state === "revoked" ? null : revokedForGood(id);
    // What is held here stays held, whatever its owner makes of it.
    if (origin === "cloud" && row.ownerState !== null && state !== "revoked") {
      this.#set.run("suspended", state, kind, id);
      return null;
    }
    const isOnlyHeldHere = row.source === "cloud" && origin !== "cloud";
    if (!isOnlyHeldHere || state === "revoked") this.#set.run(state, null, kind, id);
    else if (state === "suspended") this.#set.run(state, row.ownerState ?? row.state, kind, id);
    else if (row.ownerState !== null) this.#set.run(row.ownerState, null, kind, id);
    else if (row.state !== state) return liftElsewhere(kind, id);
    return null;
  }

  /** What to store when the row is written anew as `state`. */
  rewritten(kind: string, id: string, state: State): StoredState | Problem {
    const row = this.#find.get(kind, id);
    if (row === undefined) return { state, ownerState: null };
    if (row.state === "revoked" && state !== "revoked") return revokedForGood(id);
    if (row.ownerState === null || state === "revoked") return { state, ownerState: null };
    return { state: "suspended", ownerState: state };
  }
}

const revokedForGood = (id: string): Problem => ({
  problem: `The pass "${id}" was revoked for good.`,
  remedy: "Make a new pass under another id.",
});

const liftElsewhere = (kind: string, id: string): Problem => ({
  problem: `The ${kind} "${id}" was suspended by the cloud.`,
  remedy: "Lift that where it is managed.",
});
