// Puts and removes issuers' keys, and takes back their passes, inside a transaction of the caller. Knows no door's rules.
import type { Database, Statement } from "better-sqlite3";
import type { PassKey } from "../domain/carried-pass/pass-key.ts";
import { completePassKey, passKeyLimits } from "../domain/carried-pass/pass-key.ts";
import type { DirectoryChange, Source } from "../domain/directory.ts";
import type { DoorId } from "../domain/ids.ts";
import type { Problem } from "./directory-rules.ts";
import { orUnknown, unknown } from "./directory-sql.ts";
import type { PassKeyRow } from "./pass-keys.ts";
import { PassKeys, sealedUnder } from "./pass-keys.ts";
import type { Tokens } from "./tokens.ts";

type PassKeyChange = Extract<DirectoryChange, { op: "putPassKey" | "removePassKey" | "revokePasses" }>;

export const isPassKeyChange = (change: DirectoryChange): change is PassKeyChange =>
  change.op === "putPassKey" || change.op === "removePassKey" || change.op === "revokePasses";

/** Far more than any site has issuers; each resident may be one. */
const maxKeys = 20_000;

export class PassKeyWriter {
  readonly #tokens: Tokens;
  readonly #keys: PassKeys;
  readonly #byId: Statement<[string], PassKeyRow>;
  readonly #count: Statement<[], number>;
  readonly #tokenOf: Statement<[number], Buffer>;
  readonly #claim: Statement<[number, Buffer]>;
  readonly #put: Statement<[string, number, string, string, string, Buffer, string]>;
  readonly #remove: Statement<[string]>;
  readonly #hasPerson: Statement<[string], 1>;

  constructor(db: Database, tokens: Tokens) {
    this.#tokens = tokens;
    this.#keys = new PassKeys(db, tokens);
    this.#byId = db.prepare("SELECT * FROM pass_key WHERE id = ?");
    this.#count = db.prepare<[], number>("SELECT count(*) FROM pass_key").pluck();
    this.#tokenOf = db.prepare<[number], Buffer>("SELECT token FROM pass_key_number WHERE number = ?").pluck();
    this.#claim = db.prepare("INSERT OR IGNORE INTO pass_key_number (number, token) VALUES (?, ?)");
    this.#put = db.prepare(
      `INSERT INTO pass_key VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state,
         source = excluded.source, body = excluded.body`,
    );
    this.#remove = db.prepare("DELETE FROM pass_key WHERE id = ?");
    this.#hasPerson = db.prepare<[string], 1>("SELECT 1 FROM holder WHERE kind = 'person' AND id = ?").pluck();
  }

  take(change: PassKeyChange, origin: Source, doors: ReadonlyMap<DoorId, unknown>): Problem | null {
    switch (change.op) {
      case "putPassKey":
        return this.#putKey(change, origin, doors);
      case "removePassKey":
        return orUnknown(this.#remove.run(change.id), `issuer's key "${change.id}"`);
      case "revokePasses": {
        const row = this.#byId.get(change.key);
        if (row === undefined) return unknown(`issuer's key "${change.key}"`);
        this.#keys.revoke(row.number, { upTo: change.upTo ?? null, serials: change.serials ?? [] });
        return null;
      }
    }
  }

  #putKey(
    { key: given, secret }: Extract<PassKeyChange, { op: "putPassKey" }>,
    origin: Source,
    doors: ReadonlyMap<DoorId, unknown>,
  ): Problem | null {
    const key = completePassKey({ ...given, source: origin });
    const known = this.#byId.get(key.id);
    if (known === undefined && secret === undefined) {
      return { problem: `The key "${key.id}" is new here.`, remedy: "Give its secret with it." };
    }
    if (known !== undefined && (known.number !== key.number || known.form !== key.form)) {
      return { problem: `The key "${key.id}" is known under another number or form.`, remedy: otherId };
    }
    if (known === undefined && (this.#count.get() ?? 0) >= maxKeys) {
      return { problem: "There are too many issuers' keys.", remedy: `Remove some: ${maxKeys} is the limit.` };
    }
    // The cloud may name the resident later; until then nobody is let in by the key.
    const isPersonMissing = key.person !== null && this.#hasPerson.get(key.person) === undefined;
    if (isPersonMissing && origin !== "cloud") return unknown(`person "${key.person}"`);
    return this.#crowded(key, doors) ?? this.#claimNumber(key, secret) ?? this.#write(key, known, secret);
  }

  /** What was spent and revoked under a number must never mean another key's passes. */
  #claimNumber({ number }: PassKey, secret: string | undefined): Problem | null {
    if (secret === undefined) return null;
    const token = this.#tokens.passKey(secret);
    const first = this.#tokenOf.get(number);
    if (first !== undefined && !first.equals(token)) {
      return { problem: `The number ${number} was another key's, here at this controller.`, remedy: otherId };
    }
    this.#claim.run(number, token);
    return null;
  }

  #write(key: PassKey, known: PassKeyRow | undefined, secret: string | undefined): Problem | null {
    const { id, number, form, state, source, ...body } = key;
    const sealed = secret === undefined ? known?.sealed : this.#tokens.seal(secret, sealedUnder(number));
    if (sealed === undefined) return null;
    const other = this.#keys.held(number);
    if (other !== null && other.key.id !== id) {
      return { problem: `The number ${number} is that of the key "${other.key.id}".`, remedy: otherId };
    }
    this.#put.run(id, number, form, state, source, sealed, JSON.stringify(body));
    return null;
  }

  /** Each key of codes at a door makes guessing there likelier, and each wrong PIN is tried with it. */
  #crowded(key: PassKey, doors: ReadonlyMap<DoorId, unknown>): Problem | null {
    if (key.form !== "code") return null;
    const here = key.places.flatMap((place) => place.doors).filter((door) => doors.has(door));
    const full = here.find((door) => {
      const others = this.#keys.codeKeysAt(door).filter((one) => one.key.id !== key.id);
      return others.length >= passKeyLimits.codeKeysPerDoor;
    });
    if (full === undefined) return null;
    const remedy = `Remove one of them: ${passKeyLimits.codeKeysPerDoor} is the limit.`;
    return { problem: `The door "${full}" has enough keys for offline codes.`, remedy };
  }
}

const otherId = "Give each key an id and a number of its own, and never use a number twice.";

/** Whose it is; null where there is none of that id. */
export const sourceOfPassKey = (db: Database): Statement<[string], Source> =>
  db.prepare<[string], Source>("SELECT source FROM pass_key WHERE id = ?").pluck();
