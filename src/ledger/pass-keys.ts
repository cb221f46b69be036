// Issuers' keys as deciding reads them, and what is remembered of the passes that were shown; knows no rule.
import type { Database, Statement } from "better-sqlite3";
import type { PassClaims, Revokes } from "../domain/carried-pass/pass-claims.ts";
import type { CodeDigits, PassKey } from "../domain/carried-pass/pass-key.ts";
import { parseCarriedId } from "../domain/carried-pass/pass-key.ts";
import type { HeldKey } from "../domain/carried-pass/read-pass.ts";
import type { Pass } from "../domain/directory.ts";
import type { DoorId, PassKeyId } from "../domain/ids.ts";
import type { Tokens } from "./tokens.ts";

export interface PassKeyRow {
  readonly id: string;
  readonly number: number;
  readonly form: PassKey["form"];
  readonly state: PassKey["state"];
  readonly source: PassKey["source"];
  readonly sealed: Buffer;
  readonly body: string;
}

/** What a row does not say in columns of its own. */
export type PassKeyBody = Omit<PassKey, "id" | "number" | "form" | "state" | "source">;

export function passKeyOf(row: Omit<PassKeyRow, "sealed">): PassKey {
  const { id, number, form, state, source, body } = row;
  return { ...(JSON.parse(body) as PassKeyBody), id: id as PassKeyId, number, form, state, source };
}

/** What a secret is sealed under, so that it cannot be moved to another key. */
export const sealedUnder = (number: number): string => `passKey ${number}`;

/** Some 40 MB. Beyond it those that end first are forgotten, save how often they were used. */
export const mostRemembered = 50_000;

interface Remembered {
  readonly revoked_up_to: number;
}

export class PassKeys {
  readonly #tokens: Tokens;
  readonly #byNumber: Statement<[number], PassKeyRow>;
  readonly #codeKeys: Statement<[], PassKeyRow>;
  readonly #remembered: Statement<[number], Remembered>;
  readonly #isRevoked: Statement<[number, number], 1>;
  readonly #remember: Statement<[number, number, string, string, number]>;
  readonly #makeRoom: Statement<[number]>;
  readonly #revoke: Statement<[number, number]>;
  readonly #revokeUpTo: Statement<[number, number, number]>;

  constructor(db: Database, tokens: Tokens) {
    this.#tokens = tokens;
    this.#byNumber = db.prepare("SELECT * FROM pass_key WHERE number = ?");
    this.#codeKeys = db.prepare("SELECT * FROM pass_key WHERE form = 'code' ORDER BY number");
    this.#remembered = db.prepare("SELECT revoked_up_to FROM pass_key_number WHERE number = ?");
    this.#isRevoked = db
      .prepare<[number, number], 1>("SELECT 1 FROM revoked_pass WHERE key = ? AND serial = ?")
      .pluck();
    this.#remember = db.prepare("INSERT OR IGNORE INTO carried_pass VALUES (?, ?, ?, ?, ?)");
    this.#makeRoom = db.prepare(
      `DELETE FROM carried_pass WHERE (key, serial) IN (SELECT key, serial FROM carried_pass ORDER BY until
         LIMIT max(0, (SELECT count(*) FROM carried_pass) - ?))`,
    );
    this.#revoke = db.prepare("INSERT OR IGNORE INTO revoked_pass VALUES (?, ?)");
    this.#revokeUpTo = db.prepare(
      "UPDATE pass_key_number SET revoked_up_to = ? WHERE number = ? AND revoked_up_to < ?",
    );
  }

  held(number: number): HeldKey | null {
    const row = this.#byNumber.get(number);
    return row === undefined ? null : this.#heldBy(row);
  }

  /** Of offline codes at a door, each with its length. */
  codeKeysAt(door: DoorId): (HeldKey & { readonly digits: CodeDigits })[] {
    return this.#codeKeys.all().flatMap((row) => {
      const { digits, places } = passKeyOf(row);
      const isHere = digits !== null && places.some(({ doors }) => doors.includes(door));
      return isHere ? [{ ...this.#heldBy(row), digits }] : [];
    });
  }

  #heldBy(row: PassKeyRow): HeldKey {
    const secret = Buffer.from(this.#tokens.unseal(row.sealed, sealedUnder(row.number)), "hex");
    return { key: passKeyOf(row), secret };
  }

  isRevoked(number: number, serial: number): boolean {
    const upTo = this.#remembered.get(number)?.revoked_up_to ?? -1;
    return serial <= upTo || this.#isRevoked.get(number, serial) !== undefined;
  }

  /** Whether a pass that was good a moment ago still is, as far as its issuer goes. */
  stillHolds(id: string): boolean {
    const named = parseCarriedId(id);
    if (named === null || this.isRevoked(named.key, named.serial)) return false;
    return this.#byNumber.get(named.key)?.state === "active";
  }

  /** False when it was seen before. */
  remember(number: number, claims: PassClaims, holder: Pass): boolean {
    const rows = [JSON.stringify(claims), JSON.stringify(holder)] as const;
    const isNew = this.#remember.run(number, claims.serial, ...rows, claims.until).changes > 0;
    if (isNew) this.#makeRoom.run(mostRemembered);
    return isNew;
  }

  /** False when nothing of it was news. */
  revoke(number: number, { upTo, serials }: Revokes): boolean {
    const before = this.#remembered.get(number)?.revoked_up_to ?? -1;
    const raised = upTo !== null && this.#revokeUpTo.run(upTo, number, upTo).changes > 0;
    const added = serials.filter((serial) => serial > before && this.#revoke.run(number, serial).changes > 0);
    return raised || added.length > 0;
  }
}
