// Decides asks inside a transaction: spends, counts and records what the decision of each brings with it.
import type { Ask, Verdict } from "../domain/ask.ts";
import { shownOf } from "../domain/ask.ts";
import type { Decision } from "../domain/decide.ts";
import { countsAsGuess, decide, wrongSecondOf } from "../domain/decide.ts";
import type { Holder } from "../domain/directory.ts";
import type { Personal } from "../domain/events.ts";
import { isSecondTry } from "../domain/factors.ts";
import type { Facts, FirstFactor, Host } from "../domain/facts.ts";
import { failGuess, holderPolicy, refundGuess } from "../domain/guess.ts";
import { triesIn } from "../domain/padded-pin.ts";
import type { DenyReason } from "../domain/reasons.ts";
import { occurrenceAt, onlyOccurrence } from "../domain/recurrence.ts";
import type { Instant, MonoMs } from "../domain/time.ts";
import type { Proven } from "./carried.ts";
import type { ReadyAsk } from "./ready-ask.ts";
import { gatherFacts, holdingOf, instantOf, nobody, verdictOf } from "./ready-ask.ts";
import { keyOf, raiseFloor, sideOf } from "./session.ts";
import type { LedgerTransaction } from "./transaction.ts";
import { asMeant } from "./typed-entry.ts";
import { forgiveFailures, rememberFailure } from "./typing-errors.ts";

type Granted = Extract<Decision, { granted: true }>;
type Begun = Extract<Decision, { more: unknown }>;

export class Deciding {
  readonly #transaction: LedgerTransaction;

  constructor(transaction: LedgerTransaction) {
    this.#transaction = transaction;
  }

  decide(asked: ReadyAsk, mono: MonoMs): Verdict {
    const { ask } = asked;
    const transaction = this.#transaction;
    const { session } = transaction.parts;
    // Sent a second time; whatever it was answered then, nobody stands there waiting for this answer.
    if (transaction.outcomes.get(ask.id) !== undefined) return { granted: false, reason: "askExpired" };
    transaction.counters = raiseFloor(instantOf(ask, mono, transaction.counters), transaction.counters);
    const now = instantOf(ask, mono, transaction.counters);
    transaction.parts.lostCounts.hear(now);
    const door = session.doors.get(ask.door);
    if (mono >= ask.expiresAt) return this.#deny(ask, "askExpired", nobody, now);
    if (door === undefined) return this.#deny(ask, "noGrant", nobody, now);
    const first = this.#firstOf(ask, now);
    const ready = asMeant(asked, first);
    const { facts, collided, proven } = gatherFacts(ready, door, now, first, {
      ...transaction.parts,
      openings: transaction.openings,
      expected: transaction.expected,
    });
    if (proven !== null) this.#noteCarried(ask, proven, now);
    const decision = decide(facts);
    transaction.firsts.set(sideOf(ask), null);
    if (decision.granted) return this.#grant(ready.ask, decision, facts, collided);
    if ("more" in decision) return this.#begin(ask, decision, facts);
    return this.#refuse(ask, decision, facts, ready.padded?.windows ?? 1);
  }

  /** Whatever becomes of it: a pass that proves its issuer is believed in what it takes back. */
  #noteCarried({ door }: Ask, { key, claims, carried }: Proven, now: Instant): void {
    const { passKeys } = this.#transaction.parts;
    const { holder } = carried;
    if (passKeys.remember(key.number, claims, holder)) {
      const { recurrence, usesPerDoor, usesTotal, floors } = holder;
      const { from, until, places, code } = claims;
      const words = { from, until, recurrence, places, usesPerDoor, usesTotal, floors, code };
      this.#transaction.append({ type: "pass.carried", pass: holder.id, key: key.id, door, ...words }, now);
    }
    if (claims.revokes === null || key.state !== "active" || !passKeys.revoke(key.number, claims.revokes)) return;
    this.#transaction.append({ type: "passes.revoked", key: key.id, ...claims.revokes, by: holder.id }, now);
  }

  /** What this completes, if it is meant to complete anything. */
  #firstOf(ask: Ask, now: Instant): FirstFactor | null {
    const pending = this.#transaction.firsts.get(sideOf(ask)) ?? null;
    if (pending === null || now.mono - pending.at > this.#transaction.parts.session.site.factors.timeoutMs) return null;
    return isSecondTry(ask, pending.factor.need) && this.#stillHolds(pending.factor, ask) ? pending.factor : null;
  }

  /** What was taken away meanwhile is as if it had not been shown; so is another person who may not enter any more. */
  #stillHolds({ need, credential, holder }: FirstFactor, ask: Ask): boolean {
    const { directory, passKeys } = this.#transaction.parts;
    if (holder.kind === "pass" && passKeys.stillHolds(holder.id)) return true;
    if (directory.credentialState(credential.id) !== "active") return false;
    if (need !== "twoPeople") return true;
    const now = directory.holder(holder.kind, holder.id);
    return now?.state === "active" && directory.grantsAt(now, ask.door).length > 0;
  }

  #grant(ask: Ask, decision: Granted, facts: Facts, collided: boolean): Verdict {
    const { now, credential, holder } = facts;
    const { directoryVersion } = this.#transaction.counters;
    const occurrence = occurrenceOf(facts);
    if (!this.#spend(decision, facts, occurrence)) return this.#deny(ask, "usesExhausted", facts, now);
    this.#forgive(ask, now);
    const { usesLeft } = decision;
    const counted = occurrence === onlyOccurrence ? {} : { occurrence };
    const event = { ...shownOf(ask), ...holdingOf(facts), usesLeft, late: false, directoryVersion, ...counted };
    this.#transaction.append({ type: "access.granted", ...event, ...consequencesOf(facts) }, now, personalOf(holder));
    if (collided && credential !== null) {
      this.#transaction.append({ type: "code.collided", door: ask.door, credential: credential.id }, now);
    }
    if (decision.passbackViolated && facts.passage !== null) {
      this.#transaction.append({ type: "passback.violated", ask: ask.id, area: facts.passage.area.id }, now);
    }
    this.#noteDuress(ask, facts);
    return verdictOf(decision, facts, directoryVersion);
  }

  /** The one difference that a duress code makes: nothing of it reaches the door. */
  #noteDuress(ask: Ask, { credential, holder, first, now }: Facts): void {
    const forced = credential?.duress === true ? holder : first?.credential.duress === true ? first.holder : null;
    if (forced === null) return;
    const person = forced.kind === "person" ? forced.id : null;
    this.#transaction.append({ type: "access.duress", ask: ask.id, door: ask.door, person }, now);
  }

  /** The count in the table has the last word on how many uses there were. The first use begins a pass's limited time. */
  #spend({ usesLeft }: Granted, { holder, now, door }: Facts, occurrence: number): boolean {
    if (holder?.kind !== "pass") return true;
    const { directory } = this.#transaction.parts;
    if (usesLeft !== null && !directory.spend(holder, door.id, occurrence, this.#transaction.nextSeq)) return false;
    if (holder.activationMs !== null) directory.activate(holder.id, occurrence, now.wall);
    return true;
  }

  /** Good so far: the same side of the door waits for the second thing. */
  #begin(ask: Ask, decision: Begun, facts: Facts): Verdict {
    const { now, credential, holder } = facts;
    if (credential === null || holder === null) return this.#deny(ask, "unknownCredential", facts, now);
    const code = facts.carried?.code ?? null;
    const carried = code === null ? {} : { carried: { code, grants: facts.grants } };
    const factor = { need: decision.more, credential, holder, ...carried };
    this.#transaction.firsts.set(sideOf(ask), { factor, at: now.mono });
    const { directoryVersion } = this.#transaction.counters;
    const event = { ...shownOf(ask), ...holdingOf(facts), need: decision.more, directoryVersion };
    this.#transaction.append({ type: "access.begun", ...event }, now, personalOf(holder));
    return decision;
  }

  /** `codes` is how many were tried with the one entry. */
  #refuse(ask: Ask, decision: Exclude<Decision, Granted | Begun>, facts: Facts, codes: number): Verdict {
    const { now, credential } = facts;
    const verdict = this.#deny(ask, decision.reason, facts, now);
    if (decision.reason === "credentialStolen" && credential !== null) {
      const event = { ask: ask.id, door: ask.door, credential: credential.id };
      this.#transaction.append({ type: "credential.stolenUsed", ...event }, now);
    }
    if (countsAsGuess(ask.presentation, decision)) this.#countGuess(ask, now, codes);
    const wrong = wrongSecondOf(facts, decision);
    if (wrong !== null) this.#countWrongSecond(wrong, now, codes);
    return verdict;
  }

  #deny(ask: Ask, reason: DenyReason, facts: Pick<Facts, "credential" | "holder">, now: Instant): Verdict {
    const { directoryVersion } = this.#transaction.counters;
    const event = { ...shownOf(ask), ...holdingOf(facts), reason, directoryVersion };
    this.#transaction.append({ type: "access.denied", ...event }, now, personalOf(facts.holder));
    return { granted: false, reason };
  }

  #countGuess(ask: Ask, now: Instant, codes: number): void {
    const { guess, site } = this.#transaction.parts.session;
    const { failures } = this.#transaction;
    const tries = triesIn(codes, site.guessing);
    const failed = failGuess(guess.load(ask.door, site.guessing, now), site.guessing, now.mono, tries);
    guess.save(ask.door, failed.state, now);
    if (ask.presentation.method === "pin" && ask.presentation.digits !== null) {
      const known = failures.get(ask.reader) ?? [];
      failures.set(ask.reader, rememberFailure(known, { digits: ask.presentation.digits, at: now.mono, tries }));
    }
    if (failed.blockMs === null) return;
    this.#transaction.append({ type: "access.limited", door: ask.door, blockMs: failed.blockMs }, now);
  }

  /** So that a found card does not let its finder try one PIN after the other, at one door after the other. */
  #countWrongSecond(holder: Holder, now: Instant, codes: number): void {
    const { guess, site } = this.#transaction.parts.session;
    const policy = holderPolicy(site);
    const tries = triesIn(codes, policy);
    const failed = failGuess(guess.load(keyOf(holder), policy, now), policy, now.mono, tries);
    guess.save(keyOf(holder), failed.state, now);
    if (failed.blockMs === null) return;
    const { person, pass } = holdingOf({ credential: null, holder });
    this.#transaction.append({ type: "person.blocked", blockMs: failed.blockMs, person, pass }, now);
  }

  #forgive(ask: Ask, now: Instant): void {
    const known = this.#transaction.failures.get(ask.reader);
    if (known === undefined || ask.presentation.method !== "pin" || ask.presentation.digits === null) return;
    const { forgiven, rest } = forgiveFailures(known, ask.presentation.digits, now.mono);
    this.#transaction.failures.set(ask.reader, rest);
    if (forgiven === 0) return;
    const { guess, site } = this.#transaction.parts.session;
    let state = guess.load(ask.door, site.guessing, now);
    for (let entry = 0; entry < forgiven; entry += 1) state = refundGuess(state, site.guessing, now.mono);
    guess.save(ask.door, state, now);
  }
}

/** Whoever uses a public code stays unknown; the code has a name all the same. */
const personalOf = (holder: Holder | null): Personal | null => (holder === null ? null : { name: holder.name });

function occurrenceOf({ holder, now, timeZone }: Facts): number {
  if (holder?.kind !== "pass") return onlyOccurrence;
  return occurrenceAt(holder.recurrence, now.wall, timeZone) ?? onlyOccurrence;
}

/** What the grant sets off elsewhere. */
function consequencesOf({ holder, host, first }: Facts) {
  const floors = holder === null ? [] : floorsOf(holder, host);
  const { webRelay = 0, namedEvents = [] } = holder?.kind === "person" ? holder : {};
  return {
    ...(floors.length === 0 ? {} : { floors }),
    ...(webRelay === 0 ? {} : { webRelay }),
    ...(namedEvents.length === 0 ? {} : { namedEvents }),
    ...(first === null ? {} : { first: first.credential.id }),
  };
}

/** A guest who follows the host loses the floors that the host loses. */
function floorsOf(holder: Holder, host: Host | null): readonly string[] {
  if (holder.kind === "person") return holder.floors;
  if (holder.kind === "public") return [];
  return holder.floors.kind === "list" ? holder.floors.floors : (host?.person.floors ?? []);
}
