// A second decision, deliberately naive, and all that it must remember from one presentation to the next. It takes nothing but
// types from the product, so that the two agree only where both are right.
import type { Ask } from "../../src/domain/ask.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { Instant } from "../../src/domain/time.ts";
import { type Judgement, judge } from "./judging.ts";
import type { Found } from "./matching.ts";
import { NaiveDirectory } from "./naive-directory.ts";
import type { Need } from "./naive-factors.ts";
import { NaiveGuessing } from "./naive-guessing.ts";
import { occurrenceNow, readWall } from "./oracle-calendar.ts";
import { type First, isGuessable, keyOf, type Scene } from "./scene.ts";

/** A reader and the keypad beside it are one place. */
const sideOf = ({ door, direction }: Ask): string => `${door} ${direction}`;

const uncountedGuesses: readonly string[] = ["featureOff", "methodOff", "accessLimited", "clockUntrusted"];

export class Oracle {
  readonly directory: NaiveDirectory;
  readonly #site: SiteSpec;
  readonly #guessing = new NaiveGuessing();
  readonly #firsts = new Map<string, First>();
  readonly #asked = new Set<string>();
  #floor = 0;

  constructor(site: SiteSpec) {
    this.#site = site;
    this.directory = new NaiveDirectory(site);
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
      directory: this.directory,
      door,
      ask,
      now,
      reading: readWall(now.wall, this.#site.timeZone),
      limited: this.#guessing.blocked(door.id, now.mono),
      isBlocked: (holder) => this.#guessing.blocked(keyOf(holder), now.mono),
      first: this.#firstOf(ask, now.mono),
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
    return first.need === "twoPeople" || ask.presentation.method === "pin" ? first : null;
  }

  #let({ ask, now, door, reading }: Scene, { found }: Judgement): void {
    const { presentation } = ask;
    if (presentation.method === "pin" && presentation.digits !== null) {
      this.#guessing.succeed(ask.reader, ask.door, presentation.digits, this.#site.guessing, now.mono);
    }
    const pass = this.directory.holder(found!.credential.holder);
    if (pass?.kind !== "pass") return;
    const occurrence = occurrenceNow(pass.recurrence, reading)!;
    if (pass.usesPerDoor !== null || pass.usesTotal !== null) {
      this.directory.uses.push({ pass: pass.id, door: door.id, occurrence });
    }
    if (pass.activationMs !== null) this.directory.activate(pass.id, occurrence, now.wall);
  }

  #begin({ ask, now }: Scene, { word, found }: Judgement): void {
    const need = word.slice("more: ".length) as Need;
    this.#firsts.set(sideOf(ask), { need, credential: found!.credential, at: now.mono });
  }

  #fail({ ask, now, first }: Scene, { word, found }: Judgement): void {
    if (!isGuessable(ask) || uncountedGuesses.includes(word)) return;
    this.#failSecond(first, word, found, now.mono);
    this.#guessing.fail(ask.door, this.#site.guessing, now.mono);
    const { presentation } = ask;
    if (presentation.method === "pin" && presentation.digits !== null) {
      this.#guessing.mistyped(ask.reader, presentation.digits, now.mono);
    }
  }

  /** Counts against whoever showed the first half: the wrong code, not the right one that something else bars. */
  #failSecond(first: First | null, word: string, found: Found | null, mono: number): void {
    if (first === null || first.need === "twoPeople") return;
    const { holder } = first.credential;
    const isOwn = found !== null && keyOf(found.credential.holder) === keyOf(holder);
    if (isOwn && word !== "factorWrong") return;
    const { factors, guessing } = this.#site;
    const { attempts: failures, blockMs } = factors;
    this.#guessing.fail(keyOf(holder), { failures, blockMs, maxBlockMs: blockMs, drainMs: guessing.drainMs }, mono);
  }
}
