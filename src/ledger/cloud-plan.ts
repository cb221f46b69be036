// Turns the cloud's documents into steps of a change, by what is there already: a document says all of what it is about.
import type { Database, Statement } from "better-sqlite3";
import type { CloudCredential, CloudDocument, CloudStep, Owned } from "../domain/cloud-directory.ts";
import { positionOf } from "../domain/cloud-directory.ts";
import type { CloudTables } from "./cloud-standing.ts";

/** One document, and the steps by which it becomes so; none where nothing has to change. */
export interface PlannedDocument {
  readonly what: Owned;
  readonly id: string;
  readonly version: number;
  readonly gone: boolean;
  readonly steps: readonly unknown[];
  readonly marks: readonly Pick<CloudCredential, "id" | "mark">[];
}

type HolderDocument = Extract<CloudDocument, { what: "person" | "pass" }>;

export class CloudPlan {
  readonly #tables: CloudTables;
  readonly #doors: ReadonlySet<string>;
  readonly #credentials: Statement<[string, string], { id: string }>;
  readonly #grants: Statement<[string, string], { door: string; schedule: string }>;
  readonly #exists: Readonly<Record<"holder" | "schedule" | "holiday", Statement<string[], number>>>;

  constructor(db: Database, tables: CloudTables, doors: ReadonlySet<string>) {
    this.#tables = tables;
    this.#doors = doors;
    this.#credentials = db.prepare(
      "SELECT id FROM credential WHERE holder_kind = ? AND holder_id = ? AND twin_of IS NULL",
    );
    this.#grants = db.prepare("SELECT door, schedule FROM holder_grant WHERE holder_kind = ? AND holder_id = ?");
    this.#exists = {
      holder: db.prepare<string[], number>("SELECT 1 FROM holder WHERE kind = ? AND id = ?").pluck(),
      schedule: db.prepare<string[], number>("SELECT 1 FROM schedule WHERE id = ?").pluck(),
      holiday: db.prepare<string[], number>("SELECT 1 FROM holiday WHERE id = ?").pluck(),
    };
  }

  /** What is to be done, in the order in which it can be. An older document than the known one is skipped. */
  of(step: CloudStep): readonly PlannedDocument[] {
    const named = step.documents.flatMap((document) => {
      const what = "of" in document ? document.of : document.what;
      const known = this.#tables.known(what, document.id);
      if (document.what === "kept" || (known !== null && known.version >= document.version)) return [];
      return [this.#planOf(document)];
    });
    const all = step.kind === "delta" ? named : [...named, ...this.#missing(step)];
    return all.toSorted((a, b) => rankOf(a) - rankOf(b));
  }

  /** What the snapshot does not name between its positions is gone, unless something newer is known of it. */
  #missing(chunk: Extract<CloudStep, { kind: "chunk" }>): readonly PlannedDocument[] {
    const named = new Set(
      chunk.documents.map((document) => `${"of" in document ? document.of : document.what} ${document.id}`),
    );
    return swept.flatMap(({ what, isKept }) => {
      const range = rangeOf(what, isKept, chunk.after, chunk.upTo);
      if (range === null) return [];
      return this.#tables
        .between(what, range.after, range.upTo)
        .filter(({ id, version }) => version <= chunk.version && !named.has(`${what} ${id}`))
        .map(({ id }) => this.#goneOf(what, id, chunk.version));
    });
  }

  #planOf(document: Exclude<CloudDocument, { what: "kept" }>): PlannedDocument {
    const { id, version } = document;
    switch (document.what) {
      case "gone":
        return this.#goneOf(document.of, id, version);
      case "schedule":
      case "holiday": {
        const op = document.what === "schedule" ? "putSchedule" : "putHoliday";
        const steps = [{ op, [document.what]: { ...bodyOf(document.body), id } }];
        return { what: document.what, id, version, gone: false, steps, marks: [] };
      }
      case "person":
      case "pass":
        return this.#holderOf(document);
      case "passKey":
        return { what: "passKey", id, version, gone: false, steps: [{ op: "putPassKey" }], marks: [] };
    }
  }

  #goneOf(what: Owned, id: string, version: number): PlannedDocument {
    return { what, id, version, gone: true, steps: this.#removal(what, id), marks: [] };
  }

  #removal(what: Owned, id: string): readonly unknown[] {
    switch (what) {
      case "schedule":
        return this.#exists.schedule.get(id) === undefined ? [] : [{ op: "removeSchedule", id }];
      case "holiday":
        return this.#exists.holiday.get(id) === undefined ? [] : [{ op: "removeHoliday", id }];
      case "passKey":
        return [];
      default:
        return this.#exists.holder.get(what, id) === undefined
          ? []
          : [{ op: "removeHolder", holder: { kind: what, id } }];
    }
  }

  #holderOf(document: HolderDocument): PlannedDocument {
    const { what, id, version } = document;
    const holder = { kind: what, id };
    const put =
      what === "person"
        ? { op: "putPerson", person: { ...bodyOf(document.body), kind: what, id, source: "cloud" } }
        : { op: "putPass", pass: { ...bodyOf(document.body), kind: what, id, version, source: "cloud" } };
    const { steps, marks } = this.#credentialSteps(document, holder);
    const activated = document.activatedAt ?? null;
    const more = activated === null ? [] : [{ op: "activatePass", id, at: activated }];
    return {
      what,
      id,
      version,
      gone: false,
      steps: [put, ...steps, ...this.#grantSteps(document, holder), ...more],
      marks,
    };
  }

  #credentialSteps({ what, id, credentials }: HolderDocument, holder: object) {
    const had = new Set(this.#credentials.all(what, id).map((row) => row.id));
    const wanted = new Set<string>(credentials.map((one) => one.id));
    const fresh = credentials.filter((one) => !had.has(one.id) || this.#tables.markOf(one.id) !== one.mark);
    const dropped = [...had].filter((one) => !wanted.has(one) || fresh.some((again) => again.id === one));
    const steps = [
      ...dropped.map((one) => ({ op: "removeCredential", id: one })),
      ...fresh.map(({ mark: _, ...one }) => ({ op: "putCredential", ...one, holder })),
    ];
    return { steps, marks: fresh };
  }

  #grantSteps({ what, id, grants }: HolderDocument, holder: object): readonly unknown[] {
    const keyOf = (grant: { readonly door: string; readonly schedule: string }) => `${grant.door} ${grant.schedule}`;
    // Doors of other controllers; what a pass may not have is settled when it is applied.
    const wanted = what === "person" ? grants.filter(({ door }) => this.#doors.has(door)) : grants;
    const had = this.#grants.all(what, id);
    const hadKeys = new Set(had.map(keyOf));
    const keys = new Set(wanted.map(keyOf));
    return [
      ...had.filter((one) => !keys.has(keyOf(one))).map((one) => ({ op: "removeGrant", holder, ...one })),
      ...wanted.filter((one) => !hadKeys.has(keyOf(one))).map((one) => ({ op: "putGrant", holder, ...one })),
    ];
  }
}

/** What others name is put before them, and goes after them. */
const ranks: Readonly<Record<Owned, number>> = { schedule: 0, holiday: 0, passKey: 0, person: 1, pass: 2 };
const rankOf = ({ what, gone }: PlannedDocument): number => (gone ? 5 - ranks[what] : ranks[what]);

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

const bodyOf = (body: unknown): object => (typeof body === "object" && body !== null ? body : {});
