// Applies changes to the directory, step by step, inside a transaction that its caller gives up when a step is refused.
import type { Database } from "better-sqlite3";
import type {
  ChangeProblem,
  ChangeWarning,
  DirectoryChange,
  Holder,
  HolderRef,
  Pass,
  PassGiven,
  Source,
} from "../domain/directory.ts";
import { completePass, completePerson } from "../domain/directory.ts";
import type { CredentialId, DoorId, PassId } from "../domain/ids.ts";
import { exceedsStaff, fillByPreset, hasEnd } from "../domain/pass-preset.ts";
import { occurrenceAt } from "../domain/recurrence.ts";
import type { DoorSpec, SiteSpec } from "../domain/site.ts";
import type { Instant } from "../domain/time.ts";
import { ChangeWarnings } from "./change-warnings.ts";
import type { CodeHash, CodeHashes } from "./code-hashes.ts";
import type { Collision } from "./code-space.ts";
import { CodeSpace } from "./code-space.ts";
import type { CredentialContext } from "./credential-writer.ts";
import { CredentialWriter, taken } from "./credential-writer.ts";
import type { Directory } from "./directory.ts";
import type { Problem } from "./directory-rules.ts";
import { directoryLimits } from "./directory-rules.ts";
import type { DirectorySql } from "./directory-sql.ts";
import { orUnknown, prepareDirectorySql, unknown } from "./directory-sql.ts";
import { HolderStates } from "./holder-states.ts";
import { Ownership } from "./ownership.ts";
import { misplacedCodes } from "./partition-check.ts";
import { settlePassDoors } from "./pass-doors.ts";
import { isPassKeyChange, PassKeyWriter } from "./pass-key-writer.ts";
import { PassTombstones } from "./pass-tombstones.ts";
import type { CoolDown } from "./retired-codes.ts";
import type { Tokens } from "./tokens.ts";

export interface ChangeContext {
  readonly site: SiteSpec;
  readonly doors: ReadonlyMap<DoorId, DoorSpec>;
  readonly at: Instant;
  /** No earlier moment can come again. */
  readonly clockFloor: number;
  /** Whose word it is. */
  readonly origin: Source;
  readonly isPromised: CredentialContext["isPromised"];
}

/** With problems, the caller gives all of it up. */
export interface Applied {
  readonly problems: readonly ChangeProblem[];
  readonly warnings: readonly ChangeWarning[];
  /** Codes that are equal where they meet, and were taken all the same. */
  readonly collisions: readonly Collision[];
  /** And codes that do not keep to the partition. */
  readonly misplaced: readonly CredentialId[];
}

export const nothingApplied: Applied = { problems: [], warnings: [], collisions: [], misplaced: [] };

export class DirectoryWriter {
  readonly #sql: DirectorySql;
  readonly #directory: Directory;
  readonly #credentials: CredentialWriter;
  readonly #states: HolderStates;
  readonly #ownership: Ownership;
  readonly #passKeys: PassKeyWriter;
  readonly #codes: CodeSpace;
  readonly #tombstones: PassTombstones;
  readonly #warnings: ChangeWarnings;
  #hasBuried = false;
  /** Holders in the directory, as far as this change has counted them. */
  #held: { readonly all: number; readonly people: number } | null = null;

  constructor(db: Database, tokens: Tokens, directory: Directory) {
    this.#sql = prepareDirectorySql(db);
    this.#directory = directory;
    this.#credentials = new CredentialWriter(db, this.#sql, tokens);
    this.#states = new HolderStates(db);
    this.#ownership = new Ownership(db);
    this.#passKeys = new PassKeyWriter(db, tokens);
    this.#codes = new CodeSpace(db);
    this.#tombstones = new PassTombstones(db);
    this.#warnings = new ChangeWarnings(db);
  }

  isFree(hash: CodeHash, now: number): boolean {
    return this.#credentials.isFree(hash, now);
  }

  apply(changes: readonly DirectoryChange[], hashes: CodeHashes, context: ChangeContext): Applied {
    const refused = this.takeSteps(changes, hashes, context);
    if (refused.length > 0) return { ...nothingApplied, problems: refused };
    const settled = this.settleDoors(changes, context);
    const looked = this.lookBack(changes, context);
    return {
      problems: [...settled.problems, ...looked.problems],
      warnings: [...settled.warnings, ...looked.warnings],
      collisions: looked.collisions,
      misplaced: looked.misplaced,
    };
  }

  /** Some steps of a change, `first` being the number of the first of them. */
  takeSteps(
    changes: readonly DirectoryChange[],
    hashes: CodeHashes,
    context: ChangeContext,
    first = 0,
  ): ChangeProblem[] {
    this.#held = null;
    this.#directory.forget();
    this.#credentials.prune(coolDownOf(context).now);
    const problems = changes.flatMap((change, n) => {
      const hash = hashes.get(first + n) ?? null;
      const found = this.#ownership.refuses(change, context.origin) ?? this.#applyStep(change, hash, context);
      return found === null ? [] : [{ step: first + n, ...found }];
    });
    if (this.#hasBuried) this.#tombstones.trim();
    this.#hasBuried = false;
    return problems;
  }

  /** Of all steps at once, when all were taken. */
  settleDoors(
    changes: readonly DirectoryChange[],
    { doors, origin }: ChangeContext,
  ): Pick<Applied, "problems" | "warnings"> {
    const withdraw = ({ holder, door, schedule }: Extract<DirectoryChange, { op: "putGrant" }>) =>
      void this.#sql.removeGrant.run(holder.kind, holder.id, door, schedule);
    return settlePassDoors(changes, { directory: this.#directory, doors, withdraw, isHostKnown: origin !== "cloud" });
  }

  /** Whose codes meet, and what deserves a second look, among some of the steps when all were taken. */
  lookBack(changes: readonly DirectoryChange[], context: ChangeContext, first = 0): Applied {
    const met = this.#meetings(changes, context);
    const misplaced = misplacedCodes(changes, context.site);
    // What the cloud has given out already works as well as it can.
    const isTakenIn = context.origin === "cloud";
    const looked = this.#warnings.of(changes, { site: context.site, surelyPastWallMs: context.clockFloor });
    const warnings = [
      ...looked,
      ...met.map(({ step }) => ({ step, warning: equalCodes })),
      ...misplaced.map(({ step, problem }) => ({ step, warning: problem })),
    ];
    const refused = [
      ...misplaced.map(({ step, problem, remedy }) => ({ step: first + step, problem, remedy })),
      ...met.map(({ step }) => ({ step: first + step, ...taken })),
    ];
    return {
      problems: isTakenIn ? [] : refused,
      warnings: warnings.map((one) => ({ ...one, step: first + one.step })),
      collisions: isTakenIn ? met.map(({ collision }) => collision) : [],
      misplaced: isTakenIn ? misplaced.map(({ credential }) => credential) : [],
    };
  }

  /** Last, because grants that come after a code decide where it can meet another one. */
  #meetings(changes: readonly DirectoryChange[], { doors }: ChangeContext) {
    const touched = new Map<string, { readonly holder: HolderRef; readonly step: number }>();
    for (const [step, change] of changes.entries()) {
      const holder = holderTouchedBy(change);
      if (holder !== null) touched.set(`${holder.kind} ${holder.id}`, { holder, step });
    }
    return [...touched.values()].flatMap(({ holder, step }) => {
      const collision = this.#codes.meeting(holder, doors);
      return collision === null ? [] : [{ step, collision }];
    });
  }

  #applyStep(change: DirectoryChange, hash: CodeHash | null, context: ChangeContext): Problem | null {
    if (isPassKeyChange(change)) return this.#passKeys.take(change, context.origin, context.doors);
    switch (change.op) {
      case "putPerson":
        return this.#putHolder(completePerson(change.person), context);
      case "putPass":
        return this.#putPass(change.pass, context);
      case "putPublic":
        return this.#putHolder(change.public, context);
      case "setHolderState":
        return this.#states.set(change.holder, change.state, context.origin);
      case "removeHolder":
        return this.#removeHolder(change.holder, context);
      case "putCredential":
        return this.#credentials.put(change, hash, { ...coolDownOf(context), ...putTermsOf(context) });
      case "setCredentialState":
        return this.#credentials.setState(change.id, change.state);
      case "removeCredential":
        return this.#credentials.remove(change.id, coolDownOf(context));
      case "putSchedule":
        return this.#putSchedule(change, context);
      case "removeSchedule":
        return this.#removeSchedule(change.id);
      case "putHoliday": {
        const { id, name, ...body } = change.holiday;
        this.#sql.putHoliday.run(id, name, JSON.stringify(body), context.origin);
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
      case "putToken":
        return this.#credentials.putToken(change);
      case "putUses": {
        const { pass, door, occurrence, spent } = change;
        if (this.#sql.holderState.get("pass", pass) === undefined) return unknown(`pass "${pass}"`);
        this.#sql.putUses.run(pass, door, occurrence, spent, 0);
        return null;
      }
    }
  }

  #putHolder(holder: Holder, { origin, site }: ChangeContext): Problem | null {
    const { kind, id, name, state: wanted, ...rest } = holder;
    const full = this.#sql.holderState.get(kind, id) === undefined ? this.#fullFor(kind, site.maxPeople) : null;
    if (full !== null) return full;
    const stored = this.#states.rewritten(kind, id, wanted);
    if ("problem" in stored) return stored;
    const { state, ownerState } = stored;
    const { validity = { from: null, until: null }, ...body } = rest as Partial<
      Holder & { validity: PassGiven["validity"] }
    >;
    const source = sourceOf("source" in holder ? holder.source : "local", origin);
    const text = JSON.stringify({ ...body, source, ...(ownerState === null ? {} : { ownerState }) });
    this.#sql.putHolder.run(kind, id, name, state, validity.from, validity.until, text);
    return null;
  }

  /** Counted once in a change: counting again for each of many new people takes longer than putting them in. */
  #fullFor(kind: Holder["kind"], maxPeople: number): Problem | null {
    const held = this.#held ?? { all: this.#sql.countHolders.get() ?? 0, people: this.#sql.countPeople.get() ?? 0 };
    this.#held = { all: held.all + 1, people: held.people + (kind === "person" ? 1 : 0) };
    if (this.#held.people > maxPeople) {
      const remedy = `Remove somebody, or raise "directory.maxPeople", which is ${maxPeople}, in the configuration.`;
      return { problem: "The directory has as many people as it may have.", remedy };
    }
    if (this.#held.all <= directoryLimits.holders) return null;
    return { problem: "The directory is full.", remedy: `Remove somebody: ${directoryLimits.holders} is the limit.` };
  }

  /** One that is older than what is known changes nothing, however late it comes. */
  #putPass(given: PassGiven, context: ChangeContext): Problem | null {
    const { site, at, origin } = context;
    const found = this.#directory.holder("pass", given.id);
    const known = found?.kind === "pass" ? found : null;
    const pass = fillByPreset(given, known, site.passes, at);
    if (known !== null && known.version > pass.version) return null;
    const fate = known === null ? this.#tombstones.bars(pass.id, pass.version, origin) : null;
    if (fate !== null) {
      const what = fate === "removed" ? "was removed on site" : "ended long ago";
      return { problem: `The pass "${pass.id}" ${what}.`, remedy: "Make a new pass under another id." };
    }
    if (known === null && !site.passes.enabled && pass.state === "active") {
      return { problem: "This site takes no passes.", remedy: 'Set "passes.enabled" in its configuration.' };
    }
    // The cloud may name its host later; until then the door lets nobody in for it.
    const isHostMissing = pass.host !== null && this.#directory.person(pass.host) === null;
    if (isHostMissing && origin !== "cloud") return unknown(`person "${pass.host}"`);
    return timeBar(given, pass, context) ?? this.#putHolder(pass, context);
  }

  #removeHolder(holder: HolderRef, context: ChangeContext): Problem | null {
    const { kind, id } = holder;
    if (kind === "pass") this.#bury(id, context);
    this.#credentials.removeOf(holder, coolDownOf(context));
    this.#sql.removeGrantsOf.run(kind, id);
    this.#sql.removeWhereabouts.run(kind, id);
    this.#sql.removeGuessesOf.run(kind, id);
    if (kind === "pass") {
      this.#sql.removeUsesOf.run(id);
      this.#sql.removeActivationsOf.run(id);
    }
    this.#held = null;
    return orUnknown(this.#sql.removeHolder.run(kind, id), `${kind} "${id}"`);
  }

  /** A copy that comes late must not bring it back. What the cloud itself removes, it may send again as a newer version. */
  #bury(id: PassId, context: ChangeContext): void {
    const pass = this.#directory.holder("pass", id);
    if (pass?.kind !== "pass") return;
    const fate = context.origin === "cloud" ? "expired" : "removed";
    this.#tombstones.put(id, pass.state === "revoked" ? "revoked" : fate, pass.version, coolDownOf(context).now);
    this.#hasBuried = true;
  }

  #putSchedule(
    { schedule }: Extract<DirectoryChange, { op: "putSchedule" }>,
    { origin }: ChangeContext,
  ): Problem | null {
    const isNew = this.#sql.hasSchedule.get(schedule.id) === undefined;
    if (isNew && (this.#sql.countSchedules.get() ?? 0) >= directoryLimits.schedules) {
      const remedy = `Remove one: ${directoryLimits.schedules} is the limit.`;
      return { problem: "There are too many schedules.", remedy };
    }
    this.#sql.putSchedule.run(schedule.id, schedule.name, JSON.stringify(schedule.rule), origin);
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
    // What becomes of a pass's doors is settled when all steps are done.
    if (holder.kind !== "pass" && !context.doors.has(door)) return unknown(`door "${door}"`);
    if (this.#sql.hasSchedule.get(schedule) === undefined) return unknown(`schedule "${schedule}"`);
    if ((this.#sql.countGrants.get(holder.kind, holder.id) ?? 0) >= directoryLimits.grantsPerHolder) {
      const remedy = `Remove some: ${directoryLimits.grantsPerHolder} is the limit.`;
      return { problem: `The ${holder.kind} "${holder.id}" has too many grants.`, remedy };
    }
    this.#sql.putGrant.run({ kind: holder.kind, id: holder.id, door, schedule });
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
  if (change.op === "putCredential" || change.op === "putToken" || change.op === "putGrant") return change.holder;
  return change.op === "putPerson" ? { kind: "person", id: change.person.id } : null;
}

/** Nobody says of a row of theirs that the cloud owns it. */
const sourceOf = (said: Source, origin: Source): Source => {
  if (origin === "cloud") return "cloud";
  return said === "local" ? origin : "imported";
};

const putTermsOf = ({ isPromised, site, origin }: ChangeContext) => ({
  isPromised,
  partition: site.codes.partition,
  isOfCloud: origin === "cloud",
});

const coolDownOf = ({ site, at, clockFloor }: ChangeContext): CoolDown => ({
  now: Math.round(Math.max(at.wall, clockFloor)),
  coolDownMs: site.codes.coolDownMs,
});

function timeBar(given: PassGiven, pass: Pass, { site, at }: ChangeContext): Problem | null {
  if (!at.trusted && !hasEnd(completePass(given))) {
    return { problem: "The time is not certain, and the pass has no end of its own.", remedy: "Give it an `until`." };
  }
  if (!exceedsStaff(pass, site.passes, at)) return null;
  const hours = site.passes.staffMaxMs / 3_600_000;
  const remedy = `Shorten it, or let it work for at most ${hours} hours after its first use.`;
  return { problem: `A staff pass may last ${hours} hours at a time.`, remedy };
}

const equalCodes = "This code is equal to somebody else's at the same door.";
