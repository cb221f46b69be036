// A second decision, deliberately naive, and all that it must remember from one presentation to the next. It takes nothing but
// types from the product, so that the two agree only where both are right.
import type { Ask } from "../../src/domain/ask.ts";
import type { DirectoryChange, Holder } from "../../src/domain/directory.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { Instant } from "../../src/domain/time.ts";
import { type Judgement, judge } from "./judging.ts";
import type { Found } from "./matching.ts";
import { collides, hiddenPin } from "./matching.ts";
import { NaiveDirectory } from "./naive-directory.ts";
import type { Need } from "./naive-factors.ts";
import { NaiveGuessing } from "./naive-guessing.ts";
import { NaivePassages } from "./naive-passages.ts";
import { occurrenceNow, readWall } from "./oracle-calendar.ts";
import { type First, isGuessable, keyOf, personOf, type Scene } from "./scene.ts";

/** A reader and the keypad beside it are one place. */
const sideOf = ({ door, direction }: Ask): string => `${door} ${direction}`;

const uncountedGuesses: readonly string[] = ["featureOff", "methodOff", "accessLimited", "clockUntrusted"];

export class Oracle {
  /** What happened beside the judgements, in words, until it is taken. */
  #notes: string[] = [];
  readonly #directory: NaiveDirectory;
  #site: SiteSpec;
  readonly #guessing = new NaiveGuessing();
  readonly #passages: NaivePassages;
  readonly #firsts = new Map<string, First>();
  readonly #asked = new Set<string>();
  #floor = 0;

  constructor(site: SiteSpec) {
    this.#site = site;
    this.#directory = new NaiveDirectory(site);
    this.#passages = new NaivePassages(site);
  }

  takeNotes(): string[] {
    const notes = this.#notes;
    this.#notes = [];
    return notes;
  }

  change(change: DirectoryChange): void {
    this.#directory.apply(change);
    if (change.op !== "removeHolder") return;
    this.#guessing.forget(keyOf(change.holder));
    this.#passages.forget(keyOf(change.holder));
  }

  /** A new process over the same database, with another configuration. */
  restart(site: SiteSpec): void {
    this.#site = site;
    this.#directory.site = site;
    this.#firsts.clear();
    this.#guessing.restart();
    this.#passages.restart();
  }

  record(event: JournalEvent, at: Instant): void {
    if (at.trusted) this.#floor = Math.max(this.#floor, at.wall);
    this.#notes.push(...this.#passages.follow(event, at.mono));
  }

  /** The door would not let in after all. */
  abort(ask: string, at: Instant): void {
    if (at.trusted) this.#floor = Math.max(this.#floor, at.wall);
    if (this.#passages.abort(ask)) this.#directory.giveBack(ask);
  }

  show(ask: Ask, at: Instant): Judgement {
    const isRepeated = this.#asked.has(ask.id);
    this.#asked.add(ask.id);
    if (isRepeated) return { word: "askExpired", found: null, usesLeft: null };
    if (at.trusted) this.#floor = Math.max(this.#floor, at.wall);
    const now = { ...at, trusted: at.trusted && at.wall >= this.#floor - 5_000 };
    if (now.mono >= ask.expiresAt) return { word: "askExpired", found: null, usesLeft: null };
    const door = this.#site.doors.find(({ id }) => id === ask.door);
    if (door === undefined) return { word: "noGrant", found: null, usesLeft: null };
    const scene: Scene = {
      site: this.#site,
      directory: this.#directory,
      door,
      ask,
      now,
      reading: readWall(now.wall, this.#site.timeZone),
      limited: this.#guessing.blocked(door.id, now.mono),
      isBlocked: (holder) => this.#guessing.blocked(keyOf(holder), now.mono),
      first: this.#firstOf(ask, now.mono),
      passages: this.#passages,
    };
    const judgement = judge(scene);
    this.#firsts.delete(sideOf(ask));
    if (judgement.word === "granted") this.#let(scene, judgement);
    else if (judgement.word.startsWith("more: ")) this.#begin(scene, judgement);
    else this.#fail(scene, judgement);
    return judgement;
  }

  /** What this is meant to complete: a card or a QR shown anew begins anew. */
  #firstOf(ask: Ask, mono: number): First | null {
    const first = this.#firsts.get(sideOf(ask));
    if (first === undefined || mono - first.at > this.#site.factors.timeoutMs) return null;
    if (!this.#isLive(first, ask)) return null;
    return first.need === "twoPeople" || ask.presentation.method === "pin" ? first : null;
  }

  /** Revoking works at the next decision, also for what was shown before it. */
  #isLive({ need, credential: { id, holder } }: First, { door }: Ask): boolean {
    const known = this.#directory.credentials.find((one) => one.id === id && keyOf(one.holder) === keyOf(holder));
    if (known?.state !== "active") return false;
    if (need !== "twoPeople") return true;
    return this.#directory.holder(holder)?.state === "active" && this.#directory.rulesAt(holder, door).length > 0;
  }

  #let(scene: Scene, { found, violates }: Judgement): void {
    const { ask, now, door, reading, first } = scene;
    const { credential, duress } = found!;
    const holder = this.#directory.holder(credential.holder)!;
    if (holder.kind === "pass") {
      const occurrence = occurrenceNow(holder.recurrence, reading)!;
      if (holder.usesPerDoor !== null || holder.usesTotal !== null) {
        this.#directory.uses.push({ pass: holder.id, door: door.id, occurrence, ask: ask.id });
      }
      if (holder.activationMs !== null) this.#directory.activate(holder.id, occurrence, now.wall, ask.id);
    }
    const { presentation } = ask;
    if (presentation.method === "pin" && presentation.digits !== null) {
      const meant = hiddenPin(scene) === null ? presentation.digits : duress ? credential.twin! : credential.secret;
      this.#guessing.succeed(ask.reader, ask.door, meant, this.#site.guessing, now.mono);
    }
    this.#notes.push(
      `let in ${ask.id} to ${floorsOf(scene, holder).join("+")} after ${first?.credential.id ?? "nothing"}`,
    );
    const both = [credential.holder, ...(first === null ? [] : [first.credential.holder])];
    const movers = new Set(both.filter(({ kind }) => kind !== "public").map(keyOf));
    this.#notes.push(...this.#passages.let(scene, [...movers]));
    if (collides(scene, found!)) this.#notes.push(`collided ${credential.id}`);
    const beyond = this.#passages.areaBeyond(door, ask.direction);
    if (violates === true) this.#notes.push(`violated ${beyond!.id} ${ask.id}`);
    if (duress || first?.duress === true) {
      this.#notes.push(`duress ${(duress ? credential : first!.credential).holder.id} ${ask.id}`);
    }
  }

  #begin({ ask, now }: Scene, { word, found }: Judgement): void {
    const need = word.slice("more: ".length) as Need;
    this.#firsts.set(sideOf(ask), { need, ...found!, at: now.mono });
  }

  #fail(scene: Scene, { word, found }: Judgement): void {
    const { ask, now, first } = scene;
    const codes = codesIn(scene);
    if (word === "credentialStolen") this.#notes.push(`stolen ${found!.credential.id} ${ask.id}`);
    if (!isGuessable(ask) || uncountedGuesses.includes(word)) return;
    const blockMs = this.#guessing.fail(ask.door, this.#site.guessing, now.mono, codes);
    if (blockMs > 0) this.#notes.push(`limited ${ask.door} ${blockMs}`);
    const { presentation } = ask;
    if (presentation.method === "pin" && presentation.digits !== null) {
      const tries = Math.max(1, Math.min(codes, this.#site.guessing.failures - 1));
      this.#guessing.mistyped(ask.reader, presentation.digits, now.mono, tries);
    }
    this.#failSecond(first, word, found, now.mono, codes);
  }

  /** Counts against whoever showed the first half: the wrong code, not the right one that something else bars. */
  #failSecond(first: First | null, word: string, found: Found | null, mono: number, codes: number): void {
    if (first === null || first.need === "twoPeople") return;
    const { holder } = first.credential;
    const isOwn = found !== null && keyOf(found.credential.holder) === keyOf(holder);
    if (isOwn && word !== "factorWrong") return;
    const { factors, guessing } = this.#site;
    const { attempts: failures, blockMs: longestMs } = factors;
    const policy = { failures, blockMs: longestMs, maxBlockMs: longestMs, drainMs: guessing.drainMs };
    const blockMs = this.#guessing.fail(keyOf(holder), policy, mono, codes);
    if (blockMs > 0) this.#notes.push(`blocked ${holder.id} ${blockMs}`);
  }
}

/** In how many places of what was typed the PIN could have stood. */
function codesIn(scene: Scene): number {
  const hidden = hiddenPin(scene);
  const { presentation } = scene.ask;
  if (hidden === null || presentation.method !== "pin") return 1;
  return presentation.digits!.length - hidden.secret.length + 1;
}

function floorsOf(scene: Scene, holder: Holder): readonly string[] {
  if (holder.kind === "public") return [];
  if (holder.kind === "person") return holder.floors;
  if (holder.floors.kind === "list") return holder.floors.floors;
  return holder.host === null ? [] : (personOf(scene, holder.host)?.floors ?? []);
}
