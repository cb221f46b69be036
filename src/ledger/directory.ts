// Changes the directory, whole or not at all, and finds in it what was shown at a reader; sees secrets only as tokens.
import type { Database, Statement } from "better-sqlite3";
import type { ChangeProblem, Credential, DirectoryChange, Grant, Holder, HolderRef } from "../domain/directory.ts";
import type { DoorId, PassId, PersonId, ScheduleId } from "../domain/ids.ts";
import type { Schedule, ScheduleRule } from "../domain/schedule.ts";
import { never } from "../domain/schedule.ts";
import { unixMs } from "../domain/time.ts";
import type { Problem } from "./directory-rules.ts";
import { directoryLimits } from "./directory-rules.ts";
import type { DirectorySql } from "./directory-sql.ts";
import { prepareDirectorySql } from "./directory-sql.ts";
import type { Tokens } from "./tokens.ts";

/** What a token stands for. */
export interface Found {
  readonly credential: Credential;
  readonly holder: Holder;
}

interface FoundRow {
  readonly id: string;
  readonly kind: Credential["kind"];
  readonly state: Credential["state"];
  readonly holder_kind: "person" | "pass";
  readonly holder_id: string;
  readonly name: string;
  readonly holder_state: Holder["state"];
  readonly valid_from: number | null;
  readonly valid_until: number | null;
  readonly uses_per_door: number | null;
}

/** The slow hash of each PIN in a change, by step, computed before the transaction began. */
export type PinHashes = ReadonlyMap<number, Buffer>;

export class Directory {
  readonly #sql: DirectorySql;
  readonly #tokens: Tokens;
  readonly #find: Statement<[Buffer], FoundRow>;
  readonly #grants: Statement<[string, string, string], ScheduleId>;
  readonly #schedule: Statement<[ScheduleId], { name: string; rule: string }>;
  /** Read so often, and changed so rarely. */
  readonly #schedules = new Map<ScheduleId, Schedule>();
  readonly #spent: Statement<[string, string], number>;
  readonly #spend: Statement<unknown[], number>;
  readonly #giveBack: Statement<unknown[]>;

  constructor(db: Database, tokens: Tokens) {
    this.#tokens = tokens;
    this.#sql = prepareDirectorySql(db);
    this.#find = db.prepare(
      `SELECT c.id, c.kind, c.state, c.holder_kind, c.holder_id, h.name, h.state AS holder_state, h.valid_from,
         h.valid_until, h.uses_per_door
       FROM credential c JOIN holder h ON h.kind = c.holder_kind AND h.id = c.holder_id WHERE c.token = ?`,
    );
    this.#grants = db
      .prepare<[string, string, string], ScheduleId>(
        "SELECT schedule FROM holder_grant WHERE holder_kind = ? AND holder_id = ? AND door = ?",
      )
      .pluck();
    this.#schedule = db.prepare("SELECT name, rule FROM schedule WHERE id = ?");
    this.#spent = db
      .prepare<[string, string], number>("SELECT spent FROM use_count WHERE pass = ? AND door = ?")
      .pluck();
    this.#spend = db
      .prepare<unknown[], number>(
        `INSERT INTO use_count (pass, door, spent, since_seq) VALUES (?, ?, 1, ?)
         ON CONFLICT DO UPDATE SET spent = spent + 1 WHERE spent < ? RETURNING spent`,
      )
      .pluck();
    // A use spent by an earlier pass of the same id is not this one's to get back.
    this.#giveBack = db.prepare(
      "UPDATE use_count SET spent = spent - 1 WHERE pass = ? AND door = ? AND spent > 0 AND since_seq <= ?",
    );
  }

  find(token: Buffer): Found | null {
    const row = this.#find.get(token);
    if (row === undefined) return null;
    const credential = { id: row.id as Credential["id"], kind: row.kind, state: row.state };
    return { credential, holder: holderOf(row) };
  }

  grantsAt(holder: Holder, door: DoorId): Grant[] {
    return this.#grants.all(holder.kind, holder.id, door).map((id) => ({ door, schedule: this.#scheduleOf(id) }));
  }

  spentAt(pass: PassId, door: DoorId): number {
    return this.#spent.get(pass, door) ?? 0;
  }

  /** False when the pass has no use left at this door: then nothing was spent. */
  spend(pass: PassId, door: DoorId, usesPerDoor: number, seq: number): boolean {
    return usesPerDoor >= 1 && this.#spend.get(pass, door, seq, usesPerDoor) !== undefined;
  }

  giveBack(pass: PassId, door: DoorId, grantedSeq: number): void {
    this.#giveBack.run(pass, door, grantedSeq);
  }

  holderName(person: PersonId | null, pass: PassId | null): string | null {
    if (person !== null) return this.#sql.holderName.get("person", person) ?? null;
    return pass === null ? null : (this.#sql.holderName.get("pass", pass) ?? null);
  }

  /** Inside the caller's transaction, which it must give up when any problem comes back. */
  apply(changes: readonly DirectoryChange[], pinHashes: PinHashes, doors: ReadonlySet<DoorId>): ChangeProblem[] {
    this.#schedules.clear();
    return changes.flatMap((change, step) => {
      const found = this.#applyStep(change, pinHashes.get(step) ?? null, doors);
      return found === null ? [] : [{ step, ...found }];
    });
  }

  /** A grant cannot outlive its schedule; were one to, it would open nothing. */
  #scheduleOf(id: ScheduleId): Schedule {
    const known = this.#schedules.get(id);
    if (known !== undefined) return known;
    const row = this.#schedule.get(id);
    if (row === undefined) return never;
    const schedule = { id, name: row.name, rule: JSON.parse(row.rule) as ScheduleRule };
    this.#schedules.set(id, schedule);
    return schedule;
  }

  #applyStep(change: DirectoryChange, pinHash: Buffer | null, doors: ReadonlySet<DoorId>): Problem | null {
    switch (change.op) {
      case "putPerson":
        return this.#putHolder(change.person);
      case "putPass":
        return this.#putHolder(change.pass);
      case "removeHolder":
        return this.#removeHolder(change.holder);
      case "putCredential":
        return this.#putCredential(change, pinHash);
      case "setCredentialState":
        return orUnknown(this.#sql.setCredentialState.run(change.state, change.id), `credential "${change.id}"`);
      case "removeCredential":
        return orUnknown(this.#sql.removeCredential.run(change.id), `credential "${change.id}"`);
      case "putSchedule":
        return this.#putSchedule(change);
      case "removeSchedule":
        return this.#removeSchedule(change.id);
      case "putGrant":
        return this.#putGrant(change, doors);
      case "removeGrant": {
        const { holder, door, schedule } = change;
        return orUnknown(this.#sql.removeGrant.run(holder.kind, holder.id, door, schedule), "grant of this kind");
      }
    }
  }

  #putHolder(holder: Holder): Problem | null {
    const { kind, id, name, state, validity } = holder;
    const known = this.#sql.holderState.get(kind, id);
    if (known === undefined && (this.#sql.countHolders.get() ?? 0) >= directoryLimits.holders) {
      return { problem: "The directory is full.", remedy: `Remove somebody: ${directoryLimits.holders} is the limit.` };
    }
    if (known === "revoked" && state !== "revoked") {
      return { problem: `The pass "${id}" was revoked for good.`, remedy: "Make a new pass under another id." };
    }
    const usesPerDoor = holder.kind === "pass" ? holder.usesPerDoor : null;
    this.#sql.putHolder.run(kind, id, name, state, validity.from, validity.until, usesPerDoor);
    return null;
  }

  #removeHolder({ kind, id }: HolderRef): Problem | null {
    this.#sql.removeCredentialsOf.run(kind, id);
    this.#sql.removeGrantsOf.run(kind, id);
    if (kind === "pass") this.#sql.removeUsesOf.run(id);
    return orUnknown(this.#sql.removeHolder.run(kind, id), `${kind} "${id}"`);
  }

  #putCredential(change: Extract<DirectoryChange, { op: "putCredential" }>, pinHash: Buffer | null): Problem | null {
    const { id, kind, secret, holder } = change;
    if (this.#sql.holderState.get(holder.kind, holder.id) === undefined)
      return unknown(`${holder.kind} "${holder.id}"`);
    const token = this.#tokenOf(kind, secret, pinHash);
    if (token === null) return { problem: "The PIN could not be hashed.", remedy: "Try again." };
    const owner = this.#sql.credentialOfToken.get(token);
    if (owner !== undefined && owner !== id) {
      return { problem: "This code is already taken.", remedy: "Choose another code." };
    }
    const others = this.#sql.countOthers.get(holder.kind, holder.id, kind, id) ?? 0;
    const most = directoryLimits.perHolder[kind];
    if (others >= most) {
      const problem = `The ${holder.kind} "${holder.id}" already has ${most} of kind "${kind}".`;
      return { problem, remedy: "Remove one first, or put the new code under the id of the old one." };
    }
    const state = this.#sql.credentialState.get(id) ?? "active";
    this.#sql.removeCredential.run(id);
    const digits = isDigits(kind, secret) ? secret.length : null;
    const sealed = kind === "card" ? this.#tokens.seal(secret, id) : null;
    const hint = kind === "card" ? (secret.split("/")[0] ?? "").slice(-2) : "";
    this.#sql.putCredential.run(token, id, kind, state, holder.kind, holder.id, digits, sealed, hint);
    return null;
  }

  #tokenOf(kind: Credential["kind"], secret: string, pinHash: Buffer | null): Buffer | null {
    if (kind === "card") return this.#tokens.card(secret);
    if (kind === "qr") return this.#tokens.qr(secret);
    return pinHash === null ? null : this.#tokens.pin(pinHash);
  }

  #putSchedule({ schedule }: Extract<DirectoryChange, { op: "putSchedule" }>): Problem | null {
    const isNew = this.#sql.hasSchedule.get(schedule.id) === undefined;
    if (isNew && (this.#sql.countSchedules.get() ?? 0) >= directoryLimits.schedules) {
      const remedy = `Remove one: ${directoryLimits.schedules} is the limit.`;
      return { problem: "There are too many schedules.", remedy };
    }
    this.#sql.putSchedule.run(schedule.id, schedule.name, JSON.stringify(schedule.rule));
    return null;
  }

  #removeSchedule(id: ScheduleId): Problem | null {
    if (this.#sql.grantUsing.get(id) !== undefined) {
      return { problem: `The schedule "${id}" is in use.`, remedy: "Remove the grants that name it first." };
    }
    return orUnknown(this.#sql.removeSchedule.run(id), `schedule "${id}"`);
  }

  #putGrant(
    { holder, door, schedule }: Extract<DirectoryChange, { op: "putGrant" }>,
    doors: ReadonlySet<DoorId>,
  ): Problem | null {
    if (this.#sql.holderState.get(holder.kind, holder.id) === undefined)
      return unknown(`${holder.kind} "${holder.id}"`);
    if (!doors.has(door)) return unknown(`door "${door}"`);
    if (this.#sql.hasSchedule.get(schedule) === undefined) return unknown(`schedule "${schedule}"`);
    if ((this.#sql.countGrants.get(holder.kind, holder.id) ?? 0) >= directoryLimits.grantsPerHolder) {
      const remedy = `Remove some: ${directoryLimits.grantsPerHolder} is the limit.`;
      return { problem: `The ${holder.kind} "${holder.id}" has too many grants.`, remedy };
    }
    this.#sql.putGrant.run(holder.kind, holder.id, door, schedule);
    return null;
  }
}

function holderOf(row: FoundRow): Holder {
  const validity = {
    from: row.valid_from === null ? null : unixMs(row.valid_from),
    until: row.valid_until === null ? null : unixMs(row.valid_until),
  };
  const { name, holder_state: state } = row;
  if (row.holder_kind === "pass") {
    return { kind: "pass", id: row.holder_id as PassId, name, state, validity, usesPerDoor: row.uses_per_door };
  }
  // A person is never revoked; were one marked so, it would not be let in.
  const personState = state === "active" ? "active" : "suspended";
  return { kind: "person", id: row.holder_id as PersonId, name, state: personState, validity };
}

/** What counts for the bound on guessing: digits that could be tried at a keypad or held to a camera. */
const isDigits = (kind: Credential["kind"], secret: string): boolean =>
  kind === "pin" || (kind === "qr" && /^[0-9]{1,16}$/.test(secret));

const unknown = (what: string): Problem => ({
  problem: `There is no ${what}.`,
  remedy: "Name one that exists, or add it in an earlier step.",
});

const orUnknown = (result: { readonly changes: number }, what: string): Problem | null =>
  result.changes > 0 ? null : unknown(what);
