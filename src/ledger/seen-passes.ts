// Carried passes that were proven here, and the keys that are there now, through any connection; knows no secret and no rule.
import type { Database, Statement } from "better-sqlite3";
import type { PassClaims } from "../domain/carried-pass/pass-claims.ts";
import type { PassKey } from "../domain/carried-pass/pass-key.ts";
import { parseCarriedId } from "../domain/carried-pass/pass-key.ts";
import type { Pass } from "../domain/directory.ts";
import type { PassKeyRow } from "./pass-keys.ts";
import { passKeyOf } from "./pass-keys.ts";

export interface SeenPass {
  /** The number of its key. */
  readonly key: number;
  readonly claims: PassClaims;
  readonly holder: Pass;
}

export class SeenPasses {
  readonly #row: Statement<[number, number], { claims: string; holder: string }>;
  readonly #key: Statement<[number], PassKeyRow>;
  readonly #keys: Statement<[], PassKeyRow>;

  constructor(db: Database) {
    this.#row = db.prepare("SELECT claims, holder FROM carried_pass WHERE key = ? AND serial = ?");
    this.#key = db.prepare("SELECT * FROM pass_key WHERE number = ?");
    this.#keys = db.prepare("SELECT * FROM pass_key ORDER BY number");
  }

  /** Null for a pass of the directory, and for one that was never proven or is long forgotten. */
  find(id: string): SeenPass | null {
    const named = parseCarriedId(id);
    const row = named === null ? undefined : this.#row.get(named.key, named.serial);
    if (named === null || row === undefined) return null;
    return { key: named.key, claims: JSON.parse(row.claims) as PassClaims, holder: JSON.parse(row.holder) as Pass };
  }

  key(number: number): PassKey | null {
    const row = this.#key.get(number);
    return row === undefined ? null : passKeyOf(row);
  }

  keys(): PassKey[] {
    return this.#keys.all().map(passKeyOf);
  }
}
