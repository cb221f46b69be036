// Applies changes to the directory, step by step, inside a transaction that its caller gives up when a step is refused.
import type { Database } from "better-sqlite3";
import { highThreeBytes, lowThreeBytes } from "../domain/card-format.ts";
import type {
  ChangeProblem,
  ChangeWarning,
  Credential,
  DirectoryChange,
  Holder,
  HolderRef,
  PassGiven,
} from "../domain/directory.ts";
import { completePass, completePerson } from "../domain/directory.ts";
import type { DoorId } from "../domain/ids.ts";
import { normalizePlate } from "../domain/presentation.ts";
import { occurrenceAt } from "../domain/recurrence.ts";
import type { DoorSpec, SiteSpec } from "../domain/site.ts";
import type { CodeHash, CodeHashes } from "./code-hashes.ts";
import { isCodeKind } from "./code-hashes.ts";
import { CodeSpace } from "./code-space.ts";
import type { Directory } from "./directory.ts";
import type { Problem } from "./directory-rules.ts";
import { cardClass, directoryLimits, kindsOf } from "./directory-rules.ts";
import type { DirectorySql } from "./directory-sql.ts";
import { prepareDirectorySql } from "./directory-sql.ts";
import { PassTombstones } from "./pass-tombstones.ts";
import type { Tokens } from "./tokens.ts";

export interface ChangeContext {
  readonly site: SiteSpec;
  readonly doors: ReadonlyMap<DoorId, DoorSpec>;
}

/** With problems, the caller gives all of it up. */
export interface Applied {
  readonly problems: readonly ChangeProblem[];
  readonly warnings: readonly ChangeWarning[];
}

export class DirectoryWriter {
  readonly #sql: DirectorySql;
  readonly #tokens: Tokens;
  readonly #directory: Directory;
  readonly #codes: CodeSpace;
  readonly #tombstones: PassTombstones;

  constructor(db: Database, tokens: Tokens, directory: Directory) {
    this.#sql = prepareDirectorySql(db);
    this.#tokens = tokens;
    this.#directory = directory;
    this.#codes = new CodeSpace(db);
    this.#tombstones = new PassTombstones(db);
  }

  apply(changes: readonly DirectoryChange[], hashes: CodeHashes, context: ChangeContext): Applied {
    this.#directory.forget();
    const touched = new Map<string, { readonly holder: HolderRef; readonly step: number }>();
    const problems = changes.flatMap((change, step) => {
      const holder = holderTouchedBy(change);
      if (holder !== null) touched.set(`${holder.kind} ${holder.id}`, { holder, step });
      const found = this.#applyStep(change, hashes.get(step) ?? null, context);
      return found === null ? [] : [{ step, ...found }];
    });
    if (problems.length > 0) return { problems, warnings: [] };
    // Last, because grants that come after a code decide where it can meet another one.
    const meetings = [...touched.values()].flatMap(({ holder, step }) =>
      this.#codes.meetsAnother(holder, context.doors) ? [{ step, ...taken }] : [],
    );
    return { problems: meetings, warnings: [] };
  }

  #applyStep(change: DirectoryChange, hash: CodeHash | null, context: ChangeContext): Problem | null {
    switch (change.op) {
      case "putPerson":
        return this.#putHolder(completePerson(change.person));
      case "putPass":
        return this.#putPass(change.pass, context);
      case "putPublic":
        return this.#putHolder(change.public);
      case "removeHolder":
        return this.#removeHolder(change.holder);
      case "putCredential":
        return this.#putCredential(change, hash);
      case "setCredentialState":
        return this.#setCredentialState(change.id, change.state);
      case "removeCredential":
        return orUnknown(this.#sql.removeCredential.run(change.id, change.id), `credential "${change.id}"`);
      case "putSchedule":
        return this.#putSchedule(change);
      case "removeSchedule":
        return this.#removeSchedule(change.id);
      case "putHoliday": {
        const { id, name, ...body } = change.holiday;
        this.#sql.putHoliday.run(id, name, JSON.stringify(body));
        return null;
      }
      case "removeHoliday":
        return orUnknown(this.#sql.removeHoliday.run(change.id), `holiday "${change.id}"`);
      case "putGrant":
        return this.#putGrant(change, context);
      case "removeGrant": {
        const { holder, door, schedule } = change;
        return orUnknown(this.#sql.removeGrant.run(holder.kind, holder.id, door, schedule), "grant of this kind");
      }
      case "activatePass":
        return this.#activatePass(change, context);
    }
  }

  #putHolder(holder: Holder): Problem | null {
    const { kind, id, name, state, ...rest } = holder;
    const known = this.#sql.holderState.get(kind, id);
    if (known === undefined && (this.#sql.countHolders.get() ?? 0) >= directoryLimits.holders) {
      return { problem: "The directory is full.", remedy: `Remove somebody: ${directoryLimits.holders} is the limit.` };
    }
    if (known === "revoked" && state !== "revoked") {
      return { problem: `The pass "${id}" was revoked for good.`, remedy: "Make a new pass under another id." };
    }
    const { validity = { from: null, until: null }, ...body } = rest as Partial<
      Holder & { validity: PassGiven["validity"] }
    >;
    this.#sql.putHolder.run(kind, id, name, state, validity.from, validity.until, JSON.stringify(body));
    return null;
  }

  /** One that is older than what is known changes nothing, however late it comes. */
  #putPass(given: PassGiven, { site }: ChangeContext): Problem | null {
    const pass = completePass(given);
    const known = this.#directory.holder("pass", pass.id);
    if (known?.kind === "pass" && known.version > pass.version) return null;
    if (known === null && !this.#tombstones.admits(pass.id, pass.version)) {
      return { problem: `The pass "${pass.id}" ended long ago.`, remedy: "Make a new pass under another id." };
    }
    if (known === null && !site.passes.enabled && pass.state === "active") {
      return { problem: "This site takes no passes.", remedy: 'Set "passes.enabled" in its configuration.' };
    }
    if (pass.host !== null && this.#directory.person(pass.host) === null) return unknown(`person "${pass.host}"`);
    return this.#putHolder(pass);
  }

  #removeHolder({ kind, id }: HolderRef): Problem | null {
    this.#sql.removeCredentialsOf.run(kind, id);
    this.#sql.removeGrantsOf.run(kind, id);
    this.#sql.removeWhereabouts.run(kind, id);
    if (kind === "pass") {
      this.#sql.removeUsesOf.run(id);
      this.#sql.removeActivationsOf.run(id);
    }
    return orUnknown(this.#sql.removeHolder.run(kind, id), `${kind} "${id}"`);
  }

  #setCredentialState(id: string, state: Credential["state"]): Problem | null {
    return orUnknown(this.#sql.setCredentialState.run(state, id, id), `credential "${id}"`);
  }

  #putCredential(change: Extract<DirectoryChange, { op: "putCredential" }>, hash: CodeHash | null): Problem | null {
    const { id, kind, secret, holder, validity = { from: null, until: null }, direction = null } = change;
    if (this.#sql.holderState.get(holder.kind, holder.id) === undefined)
      return unknown(`${holder.kind} "${holder.id}"`);
    if (!kindsOf[holder.kind].includes(kind)) {
      return {
        problem: `A ${holder.kind} cannot have a "${kind}".`,
        remedy: `Use ${kindsOf[holder.kind].join(", ")}.`,
      };
    }
    const token = this.#tokenOf(change, hash?.own ?? null);
    if (token === null) return { problem: "The code could not be hashed.", remedy: "Try again." };
    const isCode = isCodeKind(kind, secret);
    const owner = isCode ? undefined : this.#sql.otherOfToken.get(token, id);
    if (owner !== undefined) return taken;
    const full = this.#fullOf(holder, kind, id);
    if (full !== null) return full;
    const state = this.#sql.credentialState.get(id) ?? "active";
    this.#sql.removeCredential.run(id, id);
    const low = cardClass.includes(kind) && change.known !== "high" ? lowThreeBytes(secret) : null;
    const row = [kind, state, holder.kind, holder.id, isCode ? secret.length : null] as const;
    const sealed = isReadable(kind) ? this.#tokens.seal(secret, id) : null;
    const low24 = low === null ? null : this.#tokens.card24(low);
    const rest = [validity.from, validity.until, direction] as const;
    const views = [change.known ?? null, change.technology ?? null] as const;
    this.#sql.putCredential.run(token, id, ...row, sealed, hintOf(kind, secret), low24, ...rest, null, ...views);
    if (hash?.twin != null) {
      const twin = this.#tokens.pin(hash.twin);
      this.#sql.putCredential.run(twin, `${id}~`, ...row, null, "", null, ...rest, id, null, null);
    }
    return null;
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

  #tokenOf(change: Extract<DirectoryChange, { op: "putCredential" }>, hash: Buffer | null): Buffer | null {
    const { kind, secret, known = null } = change;
    const tokens = this.#tokens;
    if (cardClass.includes(kind)) {
      const three = known === "low" ? lowThreeBytes(secret) : known === "high" ? highThreeBytes(secret) : null;
      if (three === null) return tokens.card(secret);
      return known === "low" ? tokens.card24(three) : tokens.cardHigh24(three);
    }
    if (kind === "plate") return tokens.plate(normalizePlate(secret));
    if (isCodeKind(kind, secret)) return hash === null ? null : tokens.pin(hash);
    return tokens.qr(secret);
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

  #removeSchedule(id: string): Problem | null {
    if (this.#sql.grantUsing.get(id) !== undefined) {
      return { problem: `The schedule "${id}" is in use.`, remedy: "Remove the grants that name it first." };
    }
    return orUnknown(this.#sql.removeSchedule.run(id), `schedule "${id}"`);
  }

  #putGrant(
    { holder, door, schedule }: Extract<DirectoryChange, { op: "putGrant" }>,
    context: ChangeContext,
  ): Problem | null {
    if (this.#sql.holderState.get(holder.kind, holder.id) === undefined)
      return unknown(`${holder.kind} "${holder.id}"`);
    if (!context.doors.has(door)) return unknown(`door "${door}"`);
    if (this.#sql.hasSchedule.get(schedule) === undefined) return unknown(`schedule "${schedule}"`);
    if ((this.#sql.countGrants.get(holder.kind, holder.id) ?? 0) >= directoryLimits.grantsPerHolder) {
      const remedy = `Remove some: ${directoryLimits.grantsPerHolder} is the limit.`;
      return { problem: `The ${holder.kind} "${holder.id}" has too many grants.`, remedy };
    }
    this.#sql.putGrant.run(holder.kind, holder.id, door, schedule);
    return null;
  }

  #activatePass({ id, at }: Extract<DirectoryChange, { op: "activatePass" }>, { site }: ChangeContext): Problem | null {
    const pass = this.#directory.holder("pass", id);
    if (pass?.kind !== "pass") return unknown(`pass "${id}"`);
    const occurrence = occurrenceAt(pass.recurrence, at, site.timeZone);
    if (occurrence !== null) this.#directory.activate(id, occurrence, at);
    return null;
  }
}

/** Whose codes may have come to where they meet others. */
function holderTouchedBy(change: DirectoryChange): HolderRef | null {
  if (change.op === "putCredential" || change.op === "putGrant") return change.holder;
  return change.op === "putPerson" ? { kind: "person", id: change.person.id } : null;
}

/** People must be able to read back and export what is printed on things. */
const isReadable = (kind: Credential["kind"]): boolean => cardClass.includes(kind) || kind === "plate";

const hintOf = (kind: Credential["kind"], secret: string): string =>
  isReadable(kind) ? (secret.split("/")[0] ?? "").slice(-2) : "";

const taken: Problem = { problem: "This code is already taken.", remedy: "Choose another code." };

const unknown = (what: string): Problem => ({
  problem: `There is no ${what}.`,
  remedy: "Name one that exists, or add it in an earlier step.",
});

const orUnknown = (result: { readonly changes: number }, what: string): Problem | null =>
  result.changes > 0 ? null : unknown(what);
