// Turns the cloud's documents into steps of a change, by what is there already: a document says all of what it is about.
import type { Database, Statement } from "better-sqlite3";
import type { CloudCredential, CloudDocument, CloudStep, Owned } from "../domain/cloud-directory.ts";
import { positionOf } from "../domain/cloud-directory.ts";
import type { CredentialState } from "../domain/directory.ts";
import { credentialStates } from "../domain/directory.ts";
import type { CredentialId } from "../domain/ids.ts";
import type { AwaitedGrant, CloudTables } from "./cloud-standing.ts";

type GrantHere = Pick<AwaitedGrant, "door" | "schedule">;

/** One document, and the steps by which it becomes so; none where nothing has to change. */
export interface PlannedDocument {
  readonly what: Owned;
  readonly id: string;
  readonly version: number;
  readonly gone: boolean;
  /** What it takes away of what is there. */
  readonly away: readonly unknown[];
  /** And whom it suspends or revokes, and which of their credentials it marks: all of it is done whatever becomes of the rest. */
  readonly restraint: readonly unknown[];
  readonly steps: readonly unknown[];
  readonly marks: readonly Pick<CloudCredential, "id" | "mark">[];
  /** What it grants at doors or by schedules that are not here. */
  readonly awaited: readonly GrantHere[];
  /** The document itself was refused: what it takes away is all that is left of it. */
  readonly isRest?: true;
}

/** What is to become of one thing. */
export type Wanted = Exclude<CloudDocument, { what: "kept" }>;

type HolderDocument = Extract<CloudDocument, { what: "person" | "pass" }>;

interface CredentialRow extends Omit<CloudCredential, "mark" | "secret" | "state" | "validity"> {
  readonly state: CredentialState;
  readonly validFrom: number | null;
  readonly validUntil: number | null;
}

export class CloudPlan {
  readonly #tables: CloudTables;
  readonly #doors: ReadonlySet<string>;
  readonly #credentials: Statement<[string, string], CredentialRow>;
  readonly #grants: Statement<[string, string], GrantHere>;
  readonly #hasSchedule: Statement<[string], number>;
  readonly #isOfCloud: Readonly<Record<"holder" | "schedule" | "holiday" | "passKey", Statement<string[], number>>>;

  constructor(db: Database, tables: CloudTables, doors: ReadonlySet<string>) {
    this.#tables = tables;
    this.#doors = doors;
    this.#credentials = db.prepare(
      `SELECT id, kind, state, valid_from AS validFrom, valid_until AS validUntil, direction, known, technology FROM credential
       WHERE holder_kind = ? AND holder_id = ? AND twin_of IS NULL`,
    );
    this.#grants = db.prepare("SELECT door, schedule FROM holder_grant WHERE holder_kind = ? AND holder_id = ?");
    const one = (sql: string) => db.prepare<string[], number>(sql).pluck();
    this.#hasSchedule = one("SELECT 1 FROM schedule WHERE id = ?");
    this.#isOfCloud = {
      holder: one("SELECT 1 FROM holder WHERE kind = ? AND id = ? AND json_extract(body, '$.source') = 'cloud'"),
      schedule: one("SELECT 1 FROM schedule WHERE id = ? AND source = 'cloud'"),
      holiday: one("SELECT 1 FROM holiday WHERE id = ? AND source = 'cloud'"),
      passKey: one("SELECT 1 FROM pass_key WHERE id = ? AND source = 'cloud'"),
    };
  }

  /** In the order in which it can be done. What a snapshot does not name between its positions is gone. */
  wantedBy(step: CloudStep): readonly Wanted[] {
    const named = step.documents.filter((document) => document.what !== "kept");
    const missing = step.kind === "delta" ? [] : this.#missing(step);
    return [...named, ...missing].toSorted((a, b) => rankOf(a) - rankOf(b));
  }

  /** Null when the same or a newer one is known already. */
  planOf(document: Wanted): PlannedDocument | null {
    const { id, version } = document;
    const what = subjectOf(document);
    const known = this.#tables.known(what, id);
    if (known !== null && known.version >= version) return null;
    const plain = { what, id, version, gone: false, away: [], restraint: [], marks: [], awaited: [] };
    switch (document.what) {
      case "gone":
        return { ...plain, gone: true, steps: this.#removal(document.of, id) };
      case "schedule":
        return { ...plain, steps: [{ op: "putSchedule", schedule: { ...bodyOf(document.body), id } }] };
      case "holiday":
        return { ...plain, steps: [{ op: "putHoliday", holiday: { ...bodyOf(document.body), id } }] };
      case "person":
      case "pass":
        return { ...plain, ...this.#holderSteps(document) };
      case "passKey":
        return { ...plain, steps: passKeySteps(document) };
    }
  }

  #missing(chunk: Extract<CloudStep, { kind: "chunk" }>): readonly Wanted[] {
    const named = new Set(chunk.documents.map((document) => `${subjectOf(document)} ${document.id}`));
    return swept.flatMap(({ what, isKept }) => {
      const range = rangeOf(what, isKept, chunk.after, chunk.upTo);
      if (range === null) return [];
      return this.#tables
        .between(what, range.after, range.upTo)
        .filter(({ id, version }) => version < chunk.version && !named.has(`${what} ${id}`))
        .map(({ id }) => ({ what: "gone" as const, of: what, id, version: chunk.version }));
    });
  }

  /** What the site itself owns is not the cloud's to remove. */
  #removal(what: Owned, id: string): readonly unknown[] {
    switch (what) {
      case "schedule":
        return this.#isOfCloud.schedule.get(id) === undefined ? [] : [{ op: "removeSchedule", id }];
      case "holiday":
        return this.#isOfCloud.holiday.get(id) === undefined ? [] : [{ op: "removeHoliday", id }];
      case "passKey":
        return this.#isOfCloud.passKey.get(id) === undefined ? [] : [{ op: "removePassKey", id }];
      case "person":
      case "pass": {
        const isOfCloud = this.#isOfCloud.holder.get(what, id) !== undefined;
        return isOfCloud ? [{ op: "removeHolder", holder: { kind: what, id } }] : [];
      }
    }
  }

  #holderSteps(document: HolderDocument) {
    const { what, id, version } = document;
    const holder = { kind: what, id };
    const body = bodyOf(document.body);
    const put =
      what === "person"
        ? { op: "putPerson", person: { ...body, kind: what, id, source: "cloud" } }
        : { op: "putPass", pass: { ...body, kind: what, id, version, source: "cloud" } };
    const codes = this.#credentialSteps(document, holder);
    const grants = this.#grantSteps(document, holder);
    const activated = document.activatedAt ?? null;
    const more = activated === null ? [] : [{ op: "activatePass", id, at: activated }];
    return {
      away: [...codes.away, ...grants.away],
      restraint: this.#restraint(document, body),
      steps: [put, ...codes.steps, ...grants.steps, ...more],
      marks: codes.marks,
      awaited: grants.awaited,
    };
  }

  /** A suspension or revocation, and a card that is lost, hold whatever else the document says. */
  #restraint({ what, id, credentials }: HolderDocument, body: object): readonly unknown[] {
    if (this.#isOfCloud.holder.get(what, id) === undefined) return [];
    const had = this.#had(what, id);
    const marked = credentials.filter((one) => had.has(one.id)).flatMap((one) => markedBy(one, had.get(one.id)));
    const state = "state" in body ? body.state : null;
    if (state !== "suspended" && state !== "revoked") return marked;
    return [{ op: "setHolderState", holder: { kind: what, id }, state }, ...marked];
  }

  #had(what: HolderDocument["what"], id: string): ReadonlyMap<CredentialId, CredentialRow> {
    return new Map(this.#credentials.all(what, id).map((row) => [row.id, row]));
  }

  #credentialSteps({ what, id, credentials }: HolderDocument, holder: object) {
    const had = this.#had(what, id);
    const wanted = new Set(credentials.map((one) => one.id));
    const fresh = credentials.filter((one) => !this.#isSame(one, had.get(one.id)));
    const away = [...had.keys()].flatMap((one) => (wanted.has(one) ? [] : [{ op: "removeCredential", id: one }]));
    const steps = fresh.map(({ mark: _, state: __, ...one }) => ({ op: "putCredential", ...one, holder }));
    const marked = credentials.flatMap((one) => markedBy(one, had.get(one.id)));
    return { away, steps: [...steps, ...marked], marks: fresh };
  }

  #isSame(said: CloudCredential, row: CredentialRow | undefined): boolean {
    if (row === undefined || this.#tables.markOf(said.id) !== said.mark || row.kind !== said.kind) return false;
    const { validity, direction = null, known = null, technology = null } = said;
    return (
      row.validFrom === (validity?.from ?? null) &&
      row.validUntil === (validity?.until ?? null) &&
      row.direction === direction &&
      row.known === known &&
      row.technology === technology
    );
  }

  #grantSteps({ what, id, grants }: HolderDocument, holder: object) {
    const atDoors = grants.filter(({ door }) => this.#doors.has(door));
    // A pass that has no door here at all is refused by the first of its grants.
    const isBare = what === "pass" && grants.length > 0 && atDoors.length === 0;
    const here = isBare ? grants : atDoors.filter(({ schedule }) => this.#hasSchedule.get(schedule) !== undefined);
    const had = this.#grants.all(what, id);
    const [hadKeys, keys] = [new Set(had.map(keyOf)), new Set(here.map(keyOf))];
    const away = had.filter((one) => !keys.has(keyOf(one))).map((one) => ({ op: "removeGrant", holder, ...one }));
    const fresh = here.filter((one) => !hadKeys.has(keyOf(one)));
    const steps = fresh.map((one) => ({ op: "putGrant", holder, ...one }));
    return { away, steps, awaited: grants.filter((one) => !keys.has(keyOf(one))) };
  }
}

/** Of what the cloud says and what was marked on site the worse counts. */
function markedBy({ id, state = "active" }: CloudCredential, row: CredentialRow | undefined): readonly unknown[] {
  const isWorse = credentialStates.indexOf(state) > credentialStates.indexOf(row?.state ?? "active");
  return isWorse ? [{ op: "setCredentialState", id, state }] : [];
}

const keyOf = ({ door, schedule }: GrantHere) => `${door} ${schedule}`;

/** What the document is about. */
export const subjectOf = (document: CloudDocument): Owned => ("of" in document ? document.of : document.what);

/** Whoever goes makes room first; what others name is put before them, and goes after them. */
const goneRanks: Readonly<Record<Owned, number>> = { pass: 0, person: 1, schedule: 5, holiday: 5, passKey: 5 };
const putRanks: Readonly<Record<Owned, number>> = { schedule: 2, holiday: 2, passKey: 2, person: 3, pass: 4 };
export const rankOf = (document: Wanted): number =>
  document.what === "gone" ? goneRanks[document.of] : putRanks[document.what];

/** People and passes where they are put; what they name only behind them all. */
const swept: readonly { readonly what: Owned; readonly isKept: boolean }[] = [
  { what: "person", isKept: false },
  { what: "pass", isKept: false },
  { what: "holiday", isKept: true },
  { what: "passKey", isKept: true },
  { what: "schedule", isKept: true },
];

/** The ids of that kind between two positions; null when none is. */
function rangeOf(what: Owned, isKept: boolean, after: string | null, upTo: string | null) {
  const prefix = positionOf(what, "", isKept);
  const past = `${prefix}\u{10ffff}`;
  if ((after !== null && after >= past) || (upTo !== null && upTo < prefix)) return null;
  return {
    after: after?.startsWith(prefix) ? after.slice(prefix.length) : null,
    upTo: upTo?.startsWith(prefix) ? upTo.slice(prefix.length) : null,
  };
}

/** What is revoked of a key's passes stays so, whatever a later document says. */
function passKeySteps({ id, body, secret }: Extract<CloudDocument, { what: "passKey" }>): readonly unknown[] {
  const { revoked, ...key } = bodyOf(body) as { readonly revoked?: unknown };
  const put = { op: "putPassKey", key: { ...key, id, source: "cloud" }, ...(secret === null ? {} : { secret }) };
  return revoked === undefined ? [put] : [put, { op: "revokePasses", key: id, ...bodyOf(revoked) }];
}

const bodyOf = (body: unknown): object => (typeof body === "object" && body !== null ? body : {});
