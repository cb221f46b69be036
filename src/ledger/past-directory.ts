// The directory as it stood at a version, read from its tables and from what is kept of earlier ones; knows no rule and writes
// nothing. Whatever changes meanwhile, the answers are of that version.
import type { Database, Statement } from "better-sqlite3";
import { carriedCredential, carriedDoors } from "../domain/carried-pass/carried-holder.ts";
import type { PassClaims } from "../domain/carried-pass/pass-claims.ts";
import type { PassKey } from "../domain/carried-pass/pass-key.ts";
import type { Credential, Grant, Holder, HolderRef, Person } from "../domain/directory.ts";
import type { CredentialId, DoorId, PassId, PersonId, ScheduleId } from "../domain/ids.ts";
import type { Holiday, Schedule, ScheduleRule } from "../domain/schedule.ts";
import { always, never } from "../domain/schedule.ts";
import type { FoundRow, HolderRow } from "./directory.ts";
import { credentialOf, holderOf } from "./directory.ts";
import type { PassKeyRow } from "./pass-keys.ts";
import { passKeyOf } from "./pass-keys.ts";
import { SeenPasses } from "./seen-passes.ts";

type What = "holder" | "credential" | "grant" | "schedule" | "holiday" | "passKey";

type HolderContent = Pick<HolderRow, "state" | "valid_from" | "valid_until"> & { readonly body: object };
type CredentialContent = Omit<FoundRow, "id" | "holder_kind" | "holder_id">;

export class PastDirectory {
  readonly version: number;
  /** Null when it was not there then; undefined when it has not changed since. */
  readonly #past: Statement<[What, string, number], string | null>;
  readonly #carried: SeenPasses;
  readonly #pastKeys: Statement<[What, string, string], string>;
  readonly #holder: Statement<[string, string], HolderRow>;
  readonly #credentials: Statement<[string, string], FoundRow>;
  readonly #credential: Statement<[string], FoundRow>;
  readonly #grants: Statement<[string, string], { door: DoorId; schedule: ScheduleId }>;
  readonly #schedule: Statement<[string], { name: string; rule: string }>;
  readonly #allHolidays: Statement<[], { id: string; name: string; body: string }>;
  readonly #page: Statement<[string, string, number], { kind: HolderRef["kind"]; id: string }>;
  readonly #schedules = new Map<ScheduleId, Schedule | null>();
  #holidays: readonly Holiday[] | null = null;

  constructor(db: Database, version: number) {
    this.version = version;
    this.#carried = new SeenPasses(db);
    this.#past = db
      .prepare<[What, string, number], string | null>(
        "SELECT row FROM history WHERE what = ? AND key = ? AND version >= ? ORDER BY version LIMIT 1",
      )
      .pluck();
    this.#pastKeys = db
      .prepare<[What, string, string], string>(
        "SELECT DISTINCT key FROM history WHERE what = ? AND key > ? AND key < ?",
      )
      .pluck();
    const columns = `id, kind, state, digits, valid_from AS cred_from, valid_until AS cred_until, direction, twin_of,
      holder_kind, holder_id`;
    this.#holder = db.prepare("SELECT * FROM holder WHERE kind = ? AND id = ?");
    this.#credentials = db.prepare(`SELECT ${columns} FROM credential WHERE holder_kind = ? AND holder_id = ?`);
    this.#credential = db.prepare(`SELECT ${columns} FROM credential WHERE id = ?`);
    this.#grants = db.prepare("SELECT door, schedule FROM holder_grant WHERE holder_kind = ? AND holder_id = ?");
    this.#schedule = db.prepare("SELECT name, rule FROM schedule WHERE id = ?");
    this.#allHolidays = db.prepare("SELECT id, name, body FROM holiday");
    this.#page = db.prepare("SELECT kind, id FROM holder WHERE (kind, id) > (?, ?) ORDER BY kind, id LIMIT ?");
  }

  /** Under its present name; under its id where that is gone. */
  holder({ kind, id }: { readonly kind: string; readonly id: string }): Holder | null {
    const seen = kind === "pass" ? this.#carried.find(id) : null;
    if (seen !== null) return { ...seen.holder, state: this.#passKey(seen.key)?.state ?? seen.holder.state };
    const live = this.#holder.get(kind, id);
    const row = this.#past.get("holder", `${kind} ${id}`, this.version);
    if (row === null) return null;
    if (row === undefined) return live === undefined ? null : holderOf(live);
    const { body, ...content } = JSON.parse(row) as HolderContent;
    return holderOf({ kind, id, name: live?.name ?? id, ...content, body: JSON.stringify(body) });
  }

  carriedClaims(pass: PassId): PassClaims | null {
    return this.#carried.find(pass)?.claims ?? null;
  }

  /** As it stood then; null where it was not there. */
  #passKey(number: number): PassKey | null {
    const row = this.#past.get("passKey", String(number), this.version);
    if (row === undefined) return this.#carried.key(number);
    return row === null ? null : passKeyOf({ number, ...(JSON.parse(row) as Omit<PassKeyRow, "number" | "sealed">) });
  }

  person(id: PersonId): Person | null {
    const found = this.holder({ kind: "person", id });
    return found?.kind === "person" ? found : null;
  }

  /** The holder of a credential that is in the directory now, or was public; null when only its holder can tell. */
  ownerOf(credential: CredentialId): HolderRef | null {
    const live = this.#credential.get(credential);
    if (live !== undefined) return { kind: live.holder_kind, id: live.holder_id } as HolderRef;
    const keys = this.#pastKeys.all("credential", "public ", "public!");
    const owner = keys.map((key) => key.split(" ")).find(([, , id]) => id === credential)?.[1];
    return owner === undefined ? null : ({ kind: "public", id: owner } as HolderRef);
  }

  /** Of a holder that was there then; twins that duress codes are known by included. */
  credentialsOf(holder: HolderRef): Credential[] {
    const seen = holder.kind === "pass" ? this.#carried.find(holder.id) : null;
    if (seen !== null)
      return [carriedCredential(seen.holder.id, this.#passKey(seen.key) ?? this.#carried.key(seen.key))];
    const owner = `${holder.kind} ${holder.id}`;
    const rows = new Map(this.#credentials.all(holder.kind, holder.id).map((row) => [row.id, row]));
    for (const id of this.#pastOf("credential", owner)) {
      const row = this.#past.get("credential", `${owner} ${id}`, this.version);
      if (row === null) rows.delete(id);
      else if (row !== undefined) {
        const content = JSON.parse(row) as CredentialContent;
        rows.set(id, { id, holder_kind: holder.kind, holder_id: holder.id, ...content });
      }
    }
    return [...rows.values()].map(credentialOf).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  grantsOf(holder: HolderRef): { readonly door: DoorId; readonly schedule: ScheduleId }[] {
    const seen = holder.kind === "pass" ? this.#carried.find(holder.id) : null;
    const key = seen === null ? null : this.#passKey(seen.key);
    if (seen !== null) {
      return key === null ? [] : carriedDoors(key, seen.claims).map((door) => ({ door, schedule: always.id }));
    }
    const owner = `${holder.kind} ${holder.id}`;
    const keys = new Set(this.#grants.all(holder.kind, holder.id).map(({ door, schedule }) => `${door} ${schedule}`));
    for (const key of this.#pastOf("grant", owner)) {
      const row = this.#past.get("grant", `${owner} ${key}`, this.version);
      if (row === null) keys.delete(key);
      else if (row !== undefined) keys.add(key);
    }
    return [...keys].sort().map((key) => {
      const [door = "", schedule = ""] = key.split(" ");
      return { door: door as DoorId, schedule: schedule as ScheduleId };
    });
  }

  grantsAt(holder: HolderRef, door: DoorId): Grant[] {
    const here = this.grantsOf(holder).filter((grant) => grant.door === door);
    return here.map(({ schedule }) => ({ door, schedule: this.knownSchedule(schedule) ?? never }));
  }

  knownSchedule(id: ScheduleId): Schedule | null {
    const known = this.#schedules.get(id);
    if (known !== undefined) return known;
    const past = this.#past.get("schedule", id, this.version);
    const kept = past === undefined ? undefined : (JSON.parse(past ?? "null") as { name: string; rule: string } | null);
    const row = kept === undefined ? (this.#schedule.get(id) ?? null) : kept;
    const found = row === null ? null : { id, name: row.name, rule: JSON.parse(row.rule) as ScheduleRule };
    this.#schedules.set(id, found);
    return found;
  }

  get holidays(): readonly Holiday[] {
    this.#holidays ??= this.#readHolidays();
    return this.#holidays;
  }

  /** So many holders that follow, in the order of their kinds and ids. */
  holdersAfter(last: HolderRef | null, limit: number): HolderRef[] {
    const after = last === null ? ["", ""] : [last.kind, last.id];
    const live = this.#page.all(after[0] ?? "", after[1] ?? "", limit);
    const end = live.length < limit ? "q" : `${live.at(-1)?.kind} ${live.at(-1)?.id}!`;
    const gone = this.#pastKeys.all("holder", after.join(" "), end).map((key) => key.split(" "));
    const keys = new Set([...live.map(({ kind, id }) => `${kind} ${id}`), ...gone.map((words) => words.join(" "))]);
    return [...keys].sort().map((key) => {
      const [kind, id] = key.split(" ");
      return { kind, id } as HolderRef;
    });
  }

  #pastOf(what: What, owner: string): string[] {
    return this.#pastKeys.all(what, `${owner} `, `${owner}!`).map((key) => key.slice(owner.length + 1));
  }

  #readHolidays(): Holiday[] {
    const rows = new Map(this.#allHolidays.all().map((row) => [row.id, row]));
    for (const id of this.#pastKeys.all("holiday", "", "{")) {
      const row = this.#past.get("holiday", id, this.version);
      if (row === null) rows.delete(id);
      else if (row !== undefined) rows.set(id, { id, ...(JSON.parse(row) as { name: string; body: string }) });
    }
    const sorted = [...rows.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    return sorted.map(({ id, name, body }) => ({ ...(JSON.parse(body) as Holiday), id: id as Holiday["id"], name }));
  }
}
