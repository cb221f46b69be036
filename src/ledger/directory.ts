// The directory as deciding reads it: who is behind a token, what they may, what they have used. Knows no rule.
import type { Database, Statement } from "better-sqlite3";
import type { Candidate } from "../domain/candidates.ts";
import type { Credential, Grant, Holder, HolderRef, Pass, Person } from "../domain/directory.ts";
import { completePass, completePerson } from "../domain/directory.ts";
import type { CredentialId, DoorId, PassId, PersonId, PublicId, ScheduleId } from "../domain/ids.ts";
import type { Holiday, Schedule, ScheduleRule } from "../domain/schedule.ts";
import { never } from "../domain/schedule.ts";
import type { UnixMs } from "../domain/time.ts";
import { unixMs } from "../domain/time.ts";
import type { LookUp } from "./tokens.ts";

export interface FoundRow {
  readonly id: string;
  readonly kind: Credential["kind"];
  readonly state: Credential["state"];
  readonly digits: number | null;
  readonly cred_from: number | null;
  readonly cred_until: number | null;
  readonly direction: Credential["direction"];
  readonly twin_of: string | null;
  readonly holder_kind: string;
  readonly holder_id: string;
}

export interface HolderRow {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly valid_from: number | null;
  readonly valid_until: number | null;
  readonly body: string;
}

const found = `SELECT c.id, c.kind, c.state, c.digits, c.valid_from AS cred_from, c.valid_until AS cred_until, c.direction,
  c.twin_of, c.holder_kind, c.holder_id FROM credential c`;

/** Stands for the sum over all doors. */
export const allDoors = "*";

export class Directory {
  readonly #byToken: Statement<[Buffer], FoundRow>;
  readonly #byLow24: Statement<[Buffer], FoundRow>;
  readonly #holder: Statement<[string, string], HolderRow>;
  readonly #grants: Statement<[string, string, string], ScheduleId>;
  readonly #schedule: Statement<[ScheduleId], { name: string; rule: string }>;
  readonly #allHolidays: Statement<[], { id: string; name: string; body: string }>;
  readonly #spent: Statement<[string, string, number], number>;
  readonly #spend: Statement<unknown[]>;
  readonly #giveBack: Statement<unknown[]>;
  readonly #activation: Statement<[string, number], number>;
  readonly #deactivate: Statement<[string, number, number]>;
  readonly #stateOf: Statement<[string], Credential["state"]>;
  readonly #ownerOf: Statement<[string], HolderRef>;
  readonly #pinDigits: Statement<[string], number | null>;
  readonly #activate: Statement<[string, number, number]>;
  /** Read so often, and changed so rarely. */
  readonly #schedules = new Map<ScheduleId, Schedule>();
  #holidays: readonly Holiday[] | null = null;

  constructor(db: Database) {
    this.#byToken = db.prepare(`${found} WHERE c.token = ?`);
    this.#byLow24 = db.prepare(`${found} WHERE c.token24 = ?`);
    this.#holder = db.prepare("SELECT * FROM holder WHERE kind = ? AND id = ?");
    this.#grants = db
      .prepare<[string, string, string], ScheduleId>(
        "SELECT schedule FROM holder_grant WHERE holder_kind = ? AND holder_id = ? AND door = ?",
      )
      .pluck();
    this.#schedule = db.prepare("SELECT name, rule FROM schedule WHERE id = ?");
    this.#allHolidays = db.prepare("SELECT id, name, body FROM holiday ORDER BY id");
    this.#spent = db
      .prepare<[string, string, number], number>(
        "SELECT spent FROM use_count WHERE pass = ? AND door = ? AND occurrence = ?",
      )
      .pluck();
    this.#spend = db.prepare(
      `INSERT INTO use_count (pass, door, occurrence, spent, since_seq) VALUES (?, ?, ?, 1, ?)
       ON CONFLICT DO UPDATE SET spent = spent + 1`,
    );
    // A use spent by an earlier pass of the same id is not this one's to get back.
    this.#giveBack = db.prepare(
      `UPDATE use_count SET spent = spent - 1
       WHERE pass = ? AND door IN (?, '${allDoors}') AND occurrence = ? AND spent > 0 AND since_seq <= ?`,
    );
    this.#activation = db
      .prepare<[string, number], number>("SELECT at FROM pass_activation WHERE pass = ? AND occurrence = ?")
      .pluck();
    this.#deactivate = db.prepare("DELETE FROM pass_activation WHERE pass = ? AND occurrence = ? AND at = ?");
    this.#stateOf = db.prepare<[string], Credential["state"]>("SELECT state FROM credential WHERE id = ?").pluck();
    this.#ownerOf = db.prepare("SELECT holder_kind AS kind, holder_id AS id FROM credential WHERE id = ?");
    this.#pinDigits = db
      .prepare<[string], number | null>(
        "SELECT digits FROM credential WHERE holder_kind = 'person' AND holder_id = ? AND kind = 'pin' AND twin_of IS NULL",
      )
      .pluck();
    this.#activate = db.prepare("INSERT OR IGNORE INTO pass_activation VALUES (?, ?, ?)");
  }

  /** Everybody whom the code could mean. */
  candidates({ tokens, short }: LookUp, door: DoorId): Candidate[] {
    const found = tokens.flatMap((token, index) =>
      this.#byToken.all(token).map((row) => ({ row, exact: index === 0 })),
    );
    if (short !== null) found.push(...this.#byLow24.all(short).map((row) => ({ row, exact: false })));
    return found.flatMap(({ row, exact }): Candidate[] => {
      const holder = this.holder(row.holder_kind, row.holder_id);
      if (holder === null) return [];
      const host = holder.kind === "pass" && holder.host !== null ? this.person(holder.host) : null;
      return [{ credential: credentialOf(row), holder, grants: this.grantsAt(holder, door), host, exact }];
    });
  }

  holder(kind: string, id: string): Holder | null {
    const row = this.#holder.get(kind, id);
    return row === undefined ? null : holderOf(row);
  }

  /** Null when there is no such credential. */
  credentialState(id: CredentialId): Credential["state"] | null {
    return this.#stateOf.get(id) ?? null;
  }

  holderOfCredential(id: CredentialId): HolderRef | null {
    return this.#ownerOf.get(id) ?? null;
  }

  /** Null for who has none. */
  pinDigitsOf(person: PersonId): number | null {
    return this.#pinDigits.get(person) ?? null;
  }

  person(id: PersonId): Person | null {
    const found = this.holder("person", id);
    return found?.kind === "person" ? found : null;
  }

  grantsAt(holder: Holder, door: DoorId): Grant[] {
    return this.#grants.all(holder.kind, holder.id, door).map((id) => ({ door, schedule: this.scheduleOf(id) }));
  }

  /** A grant cannot outlive its schedule; were one to, it would open nothing. */
  scheduleOf(id: ScheduleId): Schedule {
    return this.knownSchedule(id) ?? never;
  }

  knownSchedule(id: ScheduleId): Schedule | null {
    const known = this.#schedules.get(id);
    if (known !== undefined) return known;
    const row = this.#schedule.get(id);
    if (row === undefined) return null;
    const schedule = { id, name: row.name, rule: JSON.parse(row.rule) as ScheduleRule };
    this.#schedules.set(id, schedule);
    return schedule;
  }

  get holidays(): readonly Holiday[] {
    this.#holidays ??= this.#allHolidays
      .all()
      .map(({ id, name, body }) => ({ ...(JSON.parse(body) as Holiday), id: id as Holiday["id"], name }));
    return this.#holidays;
  }

  spentAt(pass: PassId, door: DoorId, occurrence: number): number {
    return this.#spent.get(pass, door, occurrence) ?? 0;
  }

  spentInAll(pass: PassId, occurrence: number): number {
    return this.#spent.get(pass, allDoors, occurrence) ?? 0;
  }

  /** False when the pass has no use left at this door, or in all: then nothing was spent. */
  spend(pass: Pass, door: DoorId, occurrence: number, seq: number): boolean {
    const { id, usesPerDoor, usesTotal } = pass;
    if (usesPerDoor !== null && this.spentAt(id, door, occurrence) >= usesPerDoor) return false;
    if (usesTotal !== null && this.spentInAll(id, occurrence) >= usesTotal) return false;
    for (const place of [door, allDoors]) this.#spend.run(id, place, occurrence, seq);
    return true;
  }

  giveBack(pass: PassId, door: DoorId, occurrence: number, grantedSeq: number): void {
    this.#giveBack.run(pass, door, occurrence, grantedSeq);
  }

  activatedAt(pass: PassId, occurrence: number): UnixMs | null {
    const at = this.#activation.get(pass, occurrence);
    return at === undefined ? null : unixMs(at);
  }

  /** The first time counts. */
  activate(pass: PassId, occurrence: number, at: UnixMs): void {
    this.#activate.run(pass, occurrence, Math.round(at));
  }

  /** What began at that moment has not begun; false when it began at another. */
  deactivate(pass: PassId, occurrence: number, at: number): boolean {
    return this.#deactivate.run(pass, occurrence, Math.round(at)).changes > 0;
  }

  holderName(person: PersonId | null, pass: PassId | null): string | null {
    if (person !== null) return this.#holder.get("person", person)?.name ?? null;
    return pass === null ? null : (this.#holder.get("pass", pass)?.name ?? null);
  }

  /** The tables were changed by somebody else. */
  forget(): void {
    this.#schedules.clear();
    this.#holidays = null;
  }
}

export const credentialOf = (row: FoundRow): Credential => ({
  // A duress code goes by the name of the one it is made from, so that nothing that is shown or kept can tell them apart.
  id: (row.twin_of ?? row.id) as Credential["id"],
  kind: row.kind,
  state: row.state,
  validity: validityOf(row.cred_from, row.cred_until),
  direction: row.direction,
  digits: row.digits,
  duress: row.twin_of !== null,
});

const validityOf = (from: number | null, until: number | null) => ({
  from: from === null ? null : unixMs(from),
  until: until === null ? null : unixMs(until),
});

/** What the body does not say takes its usual value, so that a row of an older layout still reads. */
export function holderOf(row: HolderRow): Holder {
  const { ownerState: _, ...body } = JSON.parse(row.body) as { readonly ownerState?: unknown };
  const { id, name } = row;
  const validity = validityOf(row.valid_from, row.valid_until);
  if (row.kind === "pass") {
    const state = row.state === "active" || row.state === "suspended" ? row.state : "revoked";
    return completePass({ ...body, kind: "pass", id: id as PassId, name, state, validity });
  }
  // Only a pass is ever revoked; were anything else marked so, it would not be let in.
  const state = row.state === "active" ? "active" : "suspended";
  if (row.kind === "public") return { kind: "public", id: id as PublicId, name, state };
  return completePerson({ ...body, kind: "person", id: id as PersonId, name, state, validity });
}
