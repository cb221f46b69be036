// Puts, marks and removes credentials inside the transaction of a directory change: turns each secret into its token, and
// keeps codes that were taken away from everybody else for a while.
import type { Database } from "better-sqlite3";
import { highThreeBytes, lowThreeBytes } from "../domain/card-format.ts";
import { keepsPartition } from "../domain/code-partition.ts";
import type { Credential, DirectoryChange, HolderRef } from "../domain/directory.ts";
import { normalizePlate } from "../domain/presentation.ts";
import type { CodeHash } from "./code-hashes.ts";
import { isCodeKind } from "./code-hashes.ts";
import type { Problem } from "./directory-rules.ts";
import { cardClass, directoryLimits, kindsOf } from "./directory-rules.ts";
import type { DirectorySql } from "./directory-sql.ts";
import { orUnknown, unknown } from "./directory-sql.ts";
import type { CoolDown } from "./retired-codes.ts";
import { RetiredCodes } from "./retired-codes.ts";
import type { Tokens } from "./tokens.ts";

type PutCredential = Extract<DirectoryChange, { op: "putCredential" }>;

type PutToken = Extract<DirectoryChange, { op: "putToken" }>;

export interface CredentialContext extends CoolDown {
  readonly partition: boolean;
  /** The cloud says whose a code is, and for how long it is nobody else's. */
  readonly isOfCloud: boolean;
  /** Somebody else is being shown this code right now, and may be about to keep it. */
  readonly isPromised: (hash: Buffer, id: string) => boolean;
}

/** What is put, as it is looked up. */
interface Looks {
  readonly token: Buffer;
  readonly twin: Buffer | null;
}

export class CredentialWriter {
  readonly #sql: DirectorySql;
  readonly #tokens: Tokens;
  readonly #retired: RetiredCodes;

  constructor(db: Database, sql: DirectorySql, tokens: Tokens) {
    this.#sql = sql;
    this.#tokens = tokens;
    this.#retired = new RetiredCodes(db);
  }

  put(change: PutCredential, hash: CodeHash | null, context: CredentialContext): Problem | null {
    const { id } = change;
    const looks = this.#looksOf(change, hash);
    if (looks === null) return { problem: "The code could not be hashed.", remedy: "Try again." };
    const isCode = isCodeKind(change.kind, change.secret);
    if (context.isOfCloud && !isCode) this.#takeFromCloud(looks.token, id);
    const bar = this.#barOf(change, looks.token, isCode) ?? this.#codeBar(change, looks, hash, context);
    if (bar !== null) return bar;
    const state = this.#sql.credentialState.get(id) ?? "active";
    this.#retired.retireCredential(id, context);
    this.#sql.removeCredential.run(id, id);
    for (const token of tokensOf(looks)) this.#retired.takeBack(token);
    const isSeen = context.partition && keepsPartition(change.kind, change.holder.kind, change.secret);
    this.#insert(change, looks, state, isSeen ? 1 : null);
    return null;
  }

  setState(id: string, state: Credential["state"]): Problem | null {
    return orUnknown(this.#sql.setCredentialState.run(state, id, id), `credential "${id}"`);
  }

  remove(id: string, coolDown: CoolDown): Problem | null {
    this.#retired.retireCredential(id, coolDown);
    return orUnknown(this.#sql.removeCredential.run(id, id), `credential "${id}"`);
  }

  removeOf(holder: HolderRef, coolDown: CoolDown): void {
    this.#retired.retireHolder(holder, coolDown);
    this.#sql.removeCredentialsOf.run(holder.kind, holder.id);
  }

  /** Whether a code is neither anybody's nor was lately. */
  isFree(hash: CodeHash, now: number): boolean {
    return tokensOf(this.#codeLooks(hash)).every(
      (token) => this.#sql.otherOfToken.get(token, "") === undefined && !this.#retired.isKnown(token, now),
    );
  }

  prune(now: number): void {
    this.#retired.prune(now);
  }

  /** Hashed elsewhere, with the same keys. */
  putToken({ id, kind, holder, code, validity, direction, state }: PutToken): Problem | null {
    const token = Buffer.from(code.token, "base64url");
    const isCode = code.digits !== null;
    const bar = this.#barOf({ id, kind, holder }, token, isCode);
    if (bar !== null) return bar;
    const kept = this.#sql.keepsPartition.get(id, token) ?? null;
    this.#sql.removeCredential.run(id, id);
    const row = [kind, state, holder.kind, holder.id, code.digits, null, "", null] as const;
    const rest = [validity.from, validity.until, direction] as const;
    this.#sql.putCredential.run(token, id, ...row, ...rest, null, null, null, kept);
    if (code.twin !== null) {
      this.#sql.putCredential.run(Buffer.from(code.twin, "base64url"), `${id}~`, ...row, ...rest, id, null, null, kept);
    }
    return null;
  }

  #barOf({ id, kind, holder }: Pick<PutToken, "id" | "kind" | "holder">, token: Buffer, isCode: boolean) {
    if (this.#sql.holderState.get(holder.kind, holder.id) === undefined) {
      return unknown(`${holder.kind} "${holder.id}"`);
    }
    if (!kindsOf[holder.kind].includes(kind)) {
      const remedy = `Use ${kindsOf[holder.kind].join(", ")}.`;
      return { problem: `A ${holder.kind} cannot have a "${kind}".`, remedy };
    }
    // Codes may be equal where they never meet, which is looked at when all steps are done.
    if (!isCode && this.#sql.otherOfToken.get(token, id) !== undefined) return taken;
    return this.#fullOf(holder, kind, id);
  }

  /** A card that went from one of its people to another: which of them it hears of first, nobody says. */
  #takeFromCloud(token: Buffer, id: string): void {
    if (this.#sql.otherOfToken.get(token, id) === undefined) return;
    const other = this.#sql.otherOfCloud.get(token, id);
    if (other !== undefined) this.#sql.removeCredential.run(other, other);
  }

  #codeBar({ id, holder }: PutCredential, looks: Looks, hash: CodeHash | null, context: CredentialContext) {
    if (context.isOfCloud) return null;
    const withheld = (token: Buffer) => this.#retired.isWithheld(token, id, holder, context.now);
    if (tokensOf(looks).some(withheld)) {
      return { problem: "This code was somebody else's until lately.", remedy: "Choose another code." };
    }
    return hash !== null && context.isPromised(hash.own, id) ? taken : null;
  }

  #insert(change: PutCredential, { token, twin }: Looks, state: Credential["state"], kept: 1 | null): void {
    const { id, kind, secret, holder, validity = { from: null, until: null }, direction = null } = change;
    const { known = null, technology = null } = change;
    const low = cardClass.includes(kind) && known !== "high" ? lowThreeBytes(secret) : null;
    const row = [kind, state, holder.kind, holder.id, isCodeKind(kind, secret) ? secret.length : null] as const;
    const sealed = isReadable(kind) ? this.#tokens.seal(secret, id) : null;
    const low24 = low === null ? null : this.#tokens.card24(low);
    const rest = [validity.from, validity.until, direction] as const;
    this.#sql.putCredential.run(
      token,
      id,
      ...row,
      sealed,
      hintOf(kind, secret),
      low24,
      ...rest,
      null,
      known,
      technology,
      kept,
    );
    if (twin !== null) {
      this.#sql.putCredential.run(twin, `${id}~`, ...row, null, "", null, ...rest, id, null, null, kept);
    }
  }

  #fullOf(holder: HolderRef, kind: Credential["kind"], id: string): Problem | null {
    const kinds = cardClass.includes(kind) ? cardClass : [kind];
    const others = kinds.reduce(
      (sum, one) => sum + (this.#sql.countOthers.get(holder.kind, holder.id, one, id) ?? 0),
      0,
    );
    const most = directoryLimits.perHolder[kind];
    if (others < most) return null;
    const problem = `The ${holder.kind} "${holder.id}" already has ${most} of kind "${kind}".`;
    return { problem, remedy: "Remove one first, or put the new code under the id of the old one." };
  }

  #looksOf({ kind, secret, known = null }: PutCredential, hash: CodeHash | null): Looks | null {
    const tokens = this.#tokens;
    if (isCodeKind(kind, secret)) return hash === null ? null : this.#codeLooks(hash);
    const plain = (token: Buffer) => ({ token, twin: null });
    if (kind === "plate") return plain(tokens.plate(normalizePlate(secret)));
    if (!cardClass.includes(kind)) return plain(tokens.qr(secret));
    const three = known === "low" ? lowThreeBytes(secret) : known === "high" ? highThreeBytes(secret) : null;
    if (three === null) return plain(tokens.card(secret));
    return plain(known === "low" ? tokens.card24(three) : tokens.cardHigh24(three));
  }

  #codeLooks({ own, twin }: CodeHash): Looks {
    return { token: this.#tokens.pin(own), twin: twin === null ? null : this.#tokens.pin(twin) };
  }
}

const tokensOf = ({ token, twin }: Looks): readonly Buffer[] => (twin === null ? [token] : [token, twin]);

/** People must be able to read back and export what is printed on things. */
const isReadable = (kind: Credential["kind"]): boolean => cardClass.includes(kind) || kind === "plate";

const hintOf = (kind: Credential["kind"], secret: string): string =>
  isReadable(kind) ? (secret.split("/")[0] ?? "").slice(-2) : "";

export const taken: Problem = { problem: "This code is already taken.", remedy: "Choose another code." };
