// The oracle's judgement of one presentation: the rules of REQUIREMENTS read one after the other, over plain lists.
import type { Holder, Pass } from "../../src/domain/directory.ts";
import type { DenyReason } from "../../src/domain/reasons.ts";
import { type Found, find } from "./matching.ts";
import type { NaiveCredential } from "./naive-directory.ts";
import { factorFault, isSecondHalf, missing, type Need } from "./naive-factors.ts";
import { occurrenceNow, ruleNow } from "./oracle-calendar.ts";
import { isGuessable, keyOf, personOf, type Scene } from "./scene.ts";

export interface Judgement {
  readonly word: "granted" | `more: ${Need}` | DenyReason;
  readonly found: Found | null;
  readonly usesLeft: number | null;
  /** In an area that only watches. */
  readonly violates?: boolean;
  /** Longer to pass, may hold it open, administrator, exempt from lockdowns. */
  readonly rights?: readonly (boolean | string | null)[];
}

type Step = DenyReason | null;

export function judge(scene: Scene): Judgement {
  const before = switches(scene) ?? guessLimit(scene) ?? entry(scene);
  if (before !== null) return { word: before, found: null, usesLeft: null };
  const found = find(scene);
  if (found === null) {
    return { word: isSecondHalf(scene) ? "factorWrong" : "unknownCredential", found, usesLeft: null };
  }
  const whose = scene.directory.holder(found.credential.holder)!;
  const reason =
    credential(scene, found.credential) ??
    (scene.isBlocked(found.credential.holder) ? "personBlocked" : null) ??
    factorFault(scene, found.credential, whose) ??
    mode(scene, whose) ??
    holder(scene, whose) ??
    uses(scene, whose) ??
    grant(scene, whose) ??
    schedule(scene, whose) ??
    interval(scene, whose) ??
    area(scene, whose) ??
    (scene.ask.situation.interlocked ? "interlocked" : null);
  if (reason !== null) return { word: reason, found, usesLeft: null };
  const more = missing(scene, found.credential, whose);
  const rights = rightsOf(scene, whose);
  return more === null
    ? { word: "granted", found, usesLeft: usesLeft(scene, whose), violates: isInsideAlready(scene, whose), rights }
    : { word: `more: ${more}`, found, usesLeft: null };
}

function switches(scene: Scene): Step {
  const { method } = scene.ask.presentation;
  if (!scene.site.features[method]) return "featureOff";
  return scene.door.methods.includes(method) ? null : "methodOff";
}

function guessLimit(scene: Scene): Step {
  return isGuessable(scene.ask) && scene.limited ? "accessLimited" : null;
}

function entry(scene: Scene): Step {
  const { presentation } = scene.ask;
  return presentation.method === "pin" && presentation.digits === null ? "entryInvalid" : null;
}

function credential(scene: Scene, { state, validity, direction }: NaiveCredential): Step {
  if (state === "suspended") return "credentialSuspended";
  if (state === "lost") return "credentialLost";
  if (state === "stolen") return "credentialStolen";
  const { from, until } = validity;
  if ((from !== null || until !== null) && !scene.now.trusted) return "clockUntrusted";
  if (from !== null && scene.now.wall < from) return "notYetValid";
  if (until !== null && scene.now.wall >= until) return "credentialExpired";
  return direction !== null && direction !== scene.ask.direction ? "wrongDirection" : null;
}

function rightsOf({ door }: Scene, holder: Holder): (boolean | string | null)[] {
  if (holder.kind !== "person") return [false, false, null, false];
  const administrator = holder.role === "administrator" ? holder.id : null;
  const mayHoldOpen = holder.mayHoldOpen.includes(door.id);
  return [holder.extendedTimes, mayHoldOpen, administrator, administrator !== null || holder.lockdownExempt];
}

function mode(scene: Scene, holder: Holder): Step {
  const { mode } = scene.ask.situation;
  if (mode === "blocked") return "doorBlocked";
  if (mode !== "lockedDown") return null;
  const exempt = holder.kind === "person" && (holder.role === "administrator" || holder.lockdownExempt);
  return exempt ? null : "lockedDown";
}

function holder(scene: Scene, holder: Holder): Step {
  if (holder.state === "revoked") return "revoked";
  if (holder.state === "suspended") return "holderSuspended";
  if (holder.kind === "public") return null;
  if (holder.kind === "person") return within(scene, holder.validity.from, [holder.validity.until]);
  if (!scene.site.passes.enabled) return "passesOff";
  if (holder.host !== null && !isHostWell(scene, holder.host)) return "hostSuspended";
  return passWindow(scene, holder);
}

function isHostWell(scene: Scene, id: string): boolean {
  const host = personOf(scene, id);
  if (host === null || host.state !== "active") return false;
  if (!scene.now.trusted) return true;
  const { from, until } = host.validity;
  return (from === null || scene.now.wall >= from) && (until === null || scene.now.wall < until);
}

function within(scene: Scene, from: number | null, ends: readonly (number | null)[]): Step {
  const limits = ends.filter((end) => end !== null);
  if (from === null && limits.length === 0) return null;
  if (!scene.now.trusted) return "clockUntrusted";
  if (from !== null && scene.now.wall < from) return "notYetValid";
  return limits.some((end) => scene.now.wall >= end) ? "expired" : null;
}

function passWindow(scene: Scene, pass: Pass): Step {
  if (!scene.now.trusted) return "clockUntrusted";
  const frame = within(scene, pass.validity.from, [pass.validity.until, pass.expiresAt]);
  if (frame !== null) return frame;
  const occurrence = occurrenceNow(pass.recurrence, scene.reading);
  if (occurrence === null) return "betweenOccurrences";
  if (pass.activationMs === null) return null;
  const activatedAt = scene.directory.activatedAt(pass.id, occurrence);
  if (activatedAt === null) return scene.site.passes.activateOnFirstUse ? null : "notYetValid";
  if (scene.now.wall < activatedAt) return "notYetValid";
  return scene.now.wall >= activatedAt + pass.activationMs ? "activationOver" : null;
}

function spent(scene: Scene, pass: Pass) {
  const occurrence = occurrenceNow(pass.recurrence, scene.reading);
  const all = scene.directory.uses.filter((use) => use.pass === pass.id && use.occurrence === occurrence);
  return { here: all.filter(({ door }) => door === scene.door.id).length, all: all.length };
}

function uses(scene: Scene, holder: Holder): Step {
  const left = usesLeft(scene, holder);
  return left !== null && left < 0 ? "usesExhausted" : null;
}

/** After this one. */
function usesLeft(scene: Scene, holder: Holder): number | null {
  if (holder.kind !== "pass") return null;
  const { here, all } = spent(scene, holder);
  const left = [];
  if (holder.usesPerDoor !== null) left.push(holder.usesPerDoor - here - 1);
  if (holder.usesTotal !== null) left.push(holder.usesTotal - all - 1);
  return left.length === 0 ? null : Math.min(...left);
}

function grant(scene: Scene, holder: Holder): Step {
  const rules = scene.directory.rulesAt(holder, scene.door.id);
  if (rules.length === 0) return "noGrant";
  if (rules.some(({ kind }) => kind === "never")) return "never";
  if (holder.kind !== "pass" || holder.host === null) return null;
  const host = personOf(scene, holder.host)!;
  const mayGrant = scene.door.grantableBy === "residents" || host.role === "administrator";
  const opens = scene.directory.rulesAt(host, scene.door.id);
  return mayGrant && opens.length > 0 && !opens.some(({ kind }) => kind === "never") ? null : "notGrantable";
}

function interval({ door, now, passages }: Scene, holder: Holder): Step {
  const { same, other } = passages.openedAgo(door, holder.kind === "public" ? null : keyOf(holder), now.mono);
  return same < door.timing.sameUserMs || other < door.timing.differentUserMs ? "tooSoon" : null;
}

/** Two who open together both go in. */
function area(scene: Scene, holder: Holder): Step {
  const { door, ask, now, passages, first } = scene;
  const beyond = passages.areaBeyond(door, ask.direction);
  if (beyond === null) return null;
  if (beyond.passback === "hard" && isInsideAlready(scene, holder)) return "passback";
  const crowd = passages.crowd(beyond, now.mono);
  if (first !== null) crowd.add(keyOf(first.credential.holder));
  const isInside = holder.kind !== "public" && passages.isInside(beyond, keyOf(holder), now.mono);
  crowd.delete(keyOf(holder));
  return beyond.capacity > 0 && crowd.size >= beyond.capacity && !isInside ? "areaFull" : null;
}

function isInsideAlready({ door, ask, now, passages }: Scene, holder: Holder): boolean {
  const beyond = passages.areaBeyond(door, ask.direction);
  if (beyond === null || beyond.passback === "off" || holder.kind === "public") return false;
  if (holder.kind === "person" && holder.passbackExempt) return false;
  return passages.isInside(beyond, keyOf(holder), now.mono);
}

function schedule(scene: Scene, holder: Holder): Step {
  const rules = scene.directory.rulesAt(holder, scene.door.id);
  if (rules.some(({ kind }) => kind === "always")) return null;
  if (!scene.now.trusted) return "clockUntrusted";
  const results = rules.map((rule) => ruleNow(rule, scene.directory.holidays, scene.reading));
  if (results.includes("holds")) return null;
  return results.includes("holiday") ? "holiday" : "outsideSchedule";
}
