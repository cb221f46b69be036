// A second decision, deliberately naive: the rules of REQUIREMENTS read one after the other over plain lists. It takes nothing
// but types from the product, so that the two agree only where both are right.
import type { Ask } from "../../src/domain/ask.ts";
import type { Holder, HolderRef, Pass, Person } from "../../src/domain/directory.ts";
import type { DenyReason } from "../../src/domain/reasons.ts";
import type { ScheduleRule } from "../../src/domain/schedule.ts";
import type { AreaSpec, DoorSpec, FactorNeed, SiteSpec } from "../../src/domain/site.ts";
import type { Instant } from "../../src/domain/time.ts";
import { NaiveDirectory, type NaiveCredential } from "./naive-directory.ts";
import { NaiveGuessing } from "./naive-guessing.ts";
import { occurrenceNow, readWall, ruleNow, type WallReading } from "./oracle-calendar.ts";

export interface Outcome {
  /** `granted`, `more: …`, or a reason. */
  readonly word: string;
  readonly credential: string | null;
  readonly holder: string | null;
  readonly usesLeft: number | null;
  readonly duress: boolean;
}

interface Found {
  readonly credential: NaiveCredential;
  readonly duress: boolean;
}

interface First {
  readonly need: FactorNeed;
  readonly credential: NaiveCredential;
  readonly at: number;
}

type Need = Exclude<FactorNeed, "any">;
type Step = DenyReason | null;

const needOrder: readonly FactorNeed[] = ["any", "cardAndPin", "qrAndCode", "twoPeople"];
const uncountedGuesses: readonly string[] = ["featureOff", "methodOff", "accessLimited", "clockUntrusted", "askExpired"];

export class Oracle {
  readonly directory: NaiveDirectory;
  readonly #site: SiteSpec;
  readonly #guessing = new NaiveGuessing();
  readonly #firsts = new Map<string, First>();
  readonly #asked = new Set<string>();
  #opened: { readonly door: string; readonly holder: string; readonly mono: number }[] = [];
  #inside: { readonly area: string; readonly holder: string; readonly mono: number }[] = [];
  #floor = 0;

  constructor(site: SiteSpec) {
    this.#site = site;
    this.directory = new NaiveDirectory(site);
  }

  show(ask: Ask, at: Instant): Outcome {
    if (this.#asked.has(ask.id)) return denied("askExpired", null);
    this.#asked.add(ask.id);
    if (at.trusted) this.#floor = Math.max(this.#floor, at.wall);
    const now = { ...at, trusted: at.trusted && at.wall >= this.#floor - 5_000 };
    if (now.mono >= ask.expiresAt) return denied("askExpired", null);
    const door = this.#site.doors.find(({ id }) => id === ask.door);
    if (door === undefined) return denied("noGrant", null);
    const showing = new Showing(this.#site, this.directory, door, ask, now, {
      limited: this.#guessing.blocked(door.id, now.mono),
      isBlocked: (holder) => this.#guessing.blocked(keyOf(holder), now.mono),
      first: this.#firstAt(ask.reader, now.mono),
      opened: this.#opened,
      inside: this.#inside,
    });
    const outcome = showing.judge();
    this.#firsts.delete(ask.reader);
    this.#remember(ask, now, showing, outcome);
    return outcome;
  }

  #firstAt(reader: string, mono: number): First | null {
    const first = this.#firsts.get(reader);
    return first === undefined || mono - first.at > this.#site.factors.timeoutMs ? null : first;
  }

  #remember(ask: Ask, now: Instant, showing: Showing, { word }: Outcome): void {
    const { presentation } = ask;
    const typed = presentation.method === "pin" ? presentation.digits : null;
    const policy = this.#site.guessing;
    if (word === "granted") {
      if (typed !== null) this.#guessing.succeed(ask.reader, ask.door, typed, policy, now.mono);
      showing.spend(ask.id);
      return;
    }
    if (word.startsWith("more: ")) {
      const need = word.slice("more: ".length) as Need;
      this.#firsts.set(ask.reader, { need, credential: showing.found!.credential, at: now.mono });
      return;
    }
    if (!isGuessable(ask) || uncountedGuesses.includes(word)) return;
    this.#guessing.fail(ask.door, policy, now.mono);
    if (typed !== null) this.#guessing.mistyped(ask.reader, typed, now.mono);
  }
}

interface Memory {
  readonly limited: boolean;
  readonly isBlocked: (holder: HolderRef) => boolean;
  readonly first: First | null;
  readonly opened: readonly { readonly door: string; readonly holder: string; readonly mono: number }[];
  readonly inside: readonly { readonly area: string; readonly holder: string; readonly mono: number }[];
}

const denied = (word: DenyReason, found: Found | null): Outcome => ({
  word,
  credential: found?.credential.id ?? null,
  holder: found === null ? null : keyOf(found.credential.holder),
  usesLeft: null,
  duress: false,
});

const keyOf = ({ kind, id }: HolderRef): string => `${kind} ${id}`;

const isDigits = (text: string): boolean => text !== "" && [...text].every((sign) => sign >= "0" && sign <= "9");

function isGuessable({ presentation }: Ask): boolean {
  return presentation.method === "pin" || (presentation.method === "qr" && isDigits(presentation.text));
}

/** One presentation, judged. */
class Showing {
  readonly #site: SiteSpec;
  readonly #directory: NaiveDirectory;
  readonly #door: DoorSpec;
  readonly #ask: Ask;
  readonly #now: Instant;
  readonly #memory: Memory;
  readonly #reading: WallReading;
  found: Found | null = null;

  constructor(
    site: SiteSpec,
    directory: NaiveDirectory,
    door: DoorSpec,
    ask: Ask,
    now: Instant,
    memory: Memory,
  ) {
    this.#site = site;
    this.#directory = directory;
    this.#door = door;
    this.#ask = ask;
    this.#now = now;
    this.#memory = memory;
    this.#reading = readWall(now.wall, site.timeZone);
  }

  judge(): Outcome {
    const before = this.#switches() ?? this.#guessLimit() ?? this.#entry();
    if (before !== null) return denied(before, null);
    this.found = this.#find();
    const { found } = this;
    if (found === null) return denied(this.#isSecond() ? "factorWrong" : "unknownCredential", null);
    const holder = this.#directory.holder(found.credential.holder)!;
    const reason =
      this.#credential(found.credential) ??
      (this.#memory.isBlocked(found.credential.holder) ? "personBlocked" : null) ??
      this.#factors(found.credential, holder) ??
      this.#mode(holder) ??
      this.#holder(holder) ??
      this.#uses(holder) ??
      this.#grant(holder) ??
      this.#schedule(holder) ??
      (this.#ask.situation.interlocked ? "interlocked" : null);
    if (reason !== null) return denied(reason, found);
    const more = this.#missing(found.credential, holder);
    if (more !== null) return { ...denied("busy", found), word: `more: ${more}` };
    return { ...denied("busy", found), word: "granted", usesLeft: this.#usesLeft(holder), duress: found.duress };
  }

  #switches(): Step {
    const { method } = this.#ask.presentation;
    if (!this.#site.features[method]) return "featureOff";
    return this.#door.methods.includes(method) ? null : "methodOff";
  }

  #guessLimit(): Step {
    return isGuessable(this.#ask) && this.#memory.limited ? "accessLimited" : null;
  }

  #entry(): Step {
    const { presentation } = this.#ask;
    return presentation.method === "pin" && presentation.digits === null ? "entryInvalid" : null;
  }

  /** Whoever may open here comes first; then passes, people, public codes. */
  #find(): Found | null {
    const all: Found[] = this.#directory.credentials.flatMap((credential) => this.#matches(credential));
    const { first } = this.#memory;
    const kinds = ["pass", "person", "public"];
    const rank = ({ credential: { holder } }: Found): number => {
      const own = first !== null && keyOf(first.credential.holder) === keyOf(holder) ? 0 : 10;
      const here = this.#directory.rulesAt(holder, this.#door.id).length > 0 ? 0 : 5;
      return own + here + kinds.indexOf(holder.kind);
    };
    all.sort((a, b) => rank(a) - rank(b) || (a.credential.id < b.credential.id ? -1 : 1));
    return all[0] ?? null;
  }

  #matches(credential: NaiveCredential): Found[] {
    const { presentation } = this.#ask;
    const { kind, secret, twin } = credential;
    const one = [{ credential, duress: false }];
    switch (presentation.method) {
      case "card": {
        if (kind !== "card" && kind !== "bkey") return [];
        const shortened = presentation.short === true || credential.short;
        if (!shortened) return presentation.code === secret ? one : [];
        const fourBytes = presentation.code.length === 8 && secret.length === 8;
        return fourBytes && presentation.code.slice(2) === secret.slice(2) ? one : [];
      }
      case "plate":
        return kind === "plate" && plain(presentation.plate) === plain(secret) ? one : [];
      case "qr":
        if (presentation.text !== secret) return [];
        if (kind === "qr" || kind === "qrPin") return one;
        return kind === "pin" && credential.holder.kind === "pass" ? one : [];
      case "pin": {
        if (!this.#mayBeTyped(credential)) return [];
        if (presentation.digits === secret) return one;
        return twin !== null && presentation.digits === twin ? [{ credential, duress: true }] : [];
      }
    }
  }

  #mayBeTyped({ kind, holder, secret }: NaiveCredential): boolean {
    const { codes } = this.#site;
    const { presentation } = this.#ask;
    const apartment = presentation.method === "pin" ? presentation.apartment : undefined;
    const whose = this.#directory.holder(holder);
    if (apartment !== undefined && apartment !== "") {
      return kind === "pin" && whose?.kind === "person" && whose.apartment === apartment;
    }
    if (apartment === "" && whose?.kind === "person" && kind === "pin") return false;
    if (kind === "qrPin" || kind === "qr") return codes.qrPinOnKeypad && isDigits(secret);
    if (kind === "pin") return holder.kind !== "public" || secret.length === codes.publicLength;
    return kind === "code";
  }

  #isSecond(): boolean {
    const { first } = this.#memory;
    return first !== null && first.need !== "twoPeople" && isGuessable(this.#ask);
  }

  #credential({ state, validity, direction }: NaiveCredential): Step {
    if (state === "suspended") return "credentialSuspended";
    if (state === "lost") return "credentialLost";
    if (state === "stolen") return "credentialStolen";
    const { from, until } = validity;
    if ((from !== null || until !== null) && !this.#now.trusted) return "clockUntrusted";
    if (from !== null && this.#now.wall < from) return "notYetValid";
    if (until !== null && this.#now.wall >= until) return "credentialExpired";
    return direction !== null && direction !== this.#ask.direction ? "wrongDirection" : null;
  }

  #need(holder: Holder): FactorNeed {
    const rule = this.#door.factors.find(({ schedule }) => this.#factorRuleHolds(this.#directory.ruleOf(schedule)));
    let need: FactorNeed = rule?.need ?? "any";
    const own = holder.kind === "person" ? holder.factors : this.#codeNeed(holder);
    if (own !== null && needOrder.indexOf(own) > needOrder.indexOf(need)) need = own;
    return need;
  }

  #codeNeed(holder: Holder): FactorNeed | null {
    return holder.kind === "pass" && (this.#door.unit || this.#door.passCodeRequired) ? "qrAndCode" : null;
  }

  #factorRuleHolds(rule: ScheduleRule): boolean {
    if (rule.kind === "weekly" && !this.#now.trusted) return true;
    return ruleNow(rule, this.#directory.holidays, this.#reading) === "holds";
  }

  #factors(credential: NaiveCredential, holder: Holder): Step {
    const need = this.#need(holder);
    const { first } = this.#memory;
    const { kind } = credential;
    const ownFirst = first !== null && keyOf(first.credential.holder) === keyOf(credential.holder);
    switch (need) {
      case "any":
        return kind === "code" && !this.#codeAlone(credential) ? "factorMissing" : null;
      case "cardAndPin":
        if (kind === "card" || kind === "bkey") return null;
        if (kind !== "pin") return "factorMissing";
        if (first?.need !== "cardAndPin") return "factorMissing";
        return ownFirst ? null : "factorWrong";
      case "qrAndCode":
        if (kind === "qr" || kind === "qrPin") return null;
        if (kind !== "code") return "factorMissing";
        if (first?.need !== "qrAndCode") return this.#codeAlone(credential) ? null : "factorMissing";
        return ownFirst ? null : "factorWrong";
      case "twoPeople":
        return holder.kind === "person" ? null : "factorMissing";
    }
  }

  #codeAlone({ secret }: NaiveCredential): boolean {
    return this.#hasScanner() ? true : secret.length >= 6 && this.#site.codes.codeAlone;
  }

  #hasScanner(): boolean {
    return this.#site.readers.some(({ door, format, keypad }) => door === this.#door.id && format === null && !keypad);
  }

  #missing(credential: NaiveCredential, holder: Holder): Need | null {
    const need = this.#need(holder);
    const { first } = this.#memory;
    if (need === "any") return null;
    if (need === "cardAndPin") return credential.kind === "pin" ? null : need;
    if (need === "qrAndCode") return credential.kind === "code" ? null : need;
    const another = first?.need === "twoPeople" && keyOf(first.credential.holder) !== keyOf(credential.holder);
    return another ? null : need;
  }

  #mode(holder: Holder): Step {
    const { mode } = this.#ask.situation;
    if (mode === "blocked" || mode === "doubleLocked") return "doorBlocked";
    if (mode !== "lockedDown") return null;
    const exempt = holder.kind === "person" && (holder.role === "administrator" || holder.lockdownExempt);
    return exempt ? null : "lockedDown";
  }

  #holder(holder: Holder): Step {
    if (holder.state === "revoked") return "revoked";
    if (holder.state === "suspended") return "holderSuspended";
    if (holder.kind === "public") return null;
    if (holder.kind === "person") return this.#within(holder.validity.from, [holder.validity.until]);
    if (!this.#site.passes.enabled) return "passesOff";
    if (holder.host !== null && !this.#isHostWell(holder.host)) return "hostSuspended";
    return this.#passWindow(holder);
  }

  #isHostWell(id: string): boolean {
    const host = this.#person(id);
    if (host === null || host.state !== "active") return false;
    const { from, until } = host.validity;
    return (from === null || this.#now.wall >= from) && (until === null || this.#now.wall < until);
  }

  #person(id: string): Person | null {
    const found = this.#directory.holder({ kind: "person", id: id as Person["id"] });
    return found?.kind === "person" ? found : null;
  }

  #within(from: number | null, ends: readonly (number | null)[]): Step {
    const limits = ends.filter((end) => end !== null);
    if (from === null && limits.length === 0) return null;
    if (!this.#now.trusted) return "clockUntrusted";
    if (from !== null && this.#now.wall < from) return "notYetValid";
    return limits.some((end) => this.#now.wall >= end) ? "expired" : null;
  }

  #passWindow(pass: Pass): Step {
    if (!this.#now.trusted) return "clockUntrusted";
    const frame = this.#within(pass.validity.from, [pass.validity.until, pass.expiresAt]);
    if (frame !== null) return frame;
    const occurrence = occurrenceNow(pass.recurrence, this.#reading);
    if (occurrence === null) return "betweenOccurrences";
    if (pass.activationMs === null) return null;
    const activatedAt = this.#directory.activatedAt(pass.id, occurrence);
    if (activatedAt === null) return null;
    return this.#now.wall >= activatedAt + pass.activationMs ? "activationOver" : null;
  }

  #spent(pass: Pass) {
    const occurrence = occurrenceNow(pass.recurrence, this.#reading);
    const all = this.#directory.uses.filter((use) => use.pass === pass.id && use.occurrence === occurrence);
    return { here: all.filter(({ door }) => door === this.#door.id).length, all: all.length };
  }

  #uses(holder: Holder): Step {
    const left = this.#usesLeft(holder);
    return left !== null && left < 0 ? "usesExhausted" : null;
  }

  /** After this one. */
  #usesLeft(holder: Holder): number | null {
    if (holder.kind !== "pass") return null;
    const { here, all } = this.#spent(holder);
    const left = [];
    if (holder.usesPerDoor !== null) left.push(holder.usesPerDoor - here - 1);
    if (holder.usesTotal !== null) left.push(holder.usesTotal - all - 1);
    return left.length === 0 ? null : Math.min(...left);
  }

  spend(ask: string): void {
    const holder = this.#directory.holder(this.found!.credential.holder);
    if (holder?.kind !== "pass") return;
    const occurrence = occurrenceNow(holder.recurrence, this.#reading)!;
    if (holder.usesPerDoor !== null || holder.usesTotal !== null) {
      this.#directory.uses.push({ pass: holder.id, door: this.#door.id, occurrence, ask });
    }
    if (holder.activationMs !== null && this.#site.passes.activateOnFirstUse) {
      this.#directory.activate(holder.id, occurrence, this.#now.wall);
    }
  }

  #grant(holder: Holder): Step {
    const rules = this.#directory.rulesAt(holder as HolderRef, this.#door.id);
    if (rules.length === 0) return "noGrant";
    if (rules.some(({ kind }) => kind === "never")) return "never";
    if (holder.kind !== "pass" || holder.host === null) return null;
    const host = this.#person(holder.host)!;
    const mayGrant = this.#door.grantableBy === "residents" || host.role === "administrator";
    const opens = this.#directory.rulesAt(host as HolderRef, this.#door.id);
    return mayGrant && opens.length > 0 && !opens.some(({ kind }) => kind === "never") ? null : "notGrantable";
  }

  #schedule(holder: Holder): Step {
    const rules = this.#directory.rulesAt(holder as HolderRef, this.#door.id);
    if (rules.some(({ kind }) => kind === "always")) return null;
    if (!this.#now.trusted) return "clockUntrusted";
    const results = rules.map((rule) => ruleNow(rule, this.#directory.holidays, this.#reading));
    if (results.includes("holds")) return null;
    return results.includes("holiday") ? "holiday" : "outsideSchedule";
  }
}

const plain = (plate: string): string => [...plate.toUpperCase()].filter((sign) => /[\p{L}\p{N}]/u.test(sign)).join("");

export type { AreaSpec };
