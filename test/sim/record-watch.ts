// Reads the record as it grows and holds it to its promises: no gap, nothing decided twice, nobody let in who may not be,
// no use too many, no guess too many. Knows the rows, the site, and what was shown; nothing of the product's memory.
import type { Database, Statement } from "better-sqlite3";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { DoorMode } from "../../src/domain/status.ts";
import type { Instant } from "../../src/domain/time.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import type { Asked, Asks } from "./asks.ts";
import { askLifeMs, isGuess } from "./asks.ts";
import type { Book } from "./book.ts";
import { allows, keyOf, secretOf } from "./book.ts";
import { GuessBound } from "./guess-bound.ts";
import { insist } from "./violation.ts";

type Event<Type extends JournalEvent["type"]> = Extract<JournalEvent, { type: Type }>;

interface Row {
  readonly seq: number;
  readonly wall: number;
  readonly mono: number;
  readonly trusted: number;
  readonly boot: string;
  readonly body: string;
  readonly prev: Buffer;
  readonly hash: Buffer;
}

type Moment = Instant & { readonly boot: string };

/** Denials for which the directory was asked, and which say that it does not let this in. */
const byDirectory = new Set([
  "unknownCredential",
  "credentialSuspended",
  "holderSuspended",
  "revoked",
  "clockUntrusted",
  "notYetValid",
  "expired",
  "noGrant",
  "never",
  "outsideSchedule",
  "entryInvalid",
]);
/** Denials before anything was looked up. */
const notLookedUp = new Set(["accessLimited", "methodOff", "askExpired", "ledgerUnavailable", "busy"]);

export class RecordWatch {
  readonly granted = new Map<string, Event<"access.granted">>();
  readonly denied = new Map<string, string>();
  readonly aborted = new Set<string>();
  readonly forced = new Set<string>();
  /** Blocks, and lockdowns without a time: what a new run must put in force again. */
  readonly modes = new Map<string, DoorMode>();
  /** Unlocking, as the record tells it, since this run began; in order. */
  readonly unlocks: string[] = [];
  /** Turned away because a reader was busy, and records that found no room; of this run. */
  readonly shed = new Map<string, number>();
  dropped = 0;
  started = false;
  fire = false;
  /** How often each kind of event came, denials by their reason. */
  readonly tally = new Map<string, number>();
  seq = 0;
  version = 0;
  readonly #asks: Asks;
  readonly #books: ReadonlyMap<number, Book>;
  readonly #after: Statement<[number], Row>;
  readonly #guesses: GuessBound;
  /** Asks that hold a use, by `<pass> <door>`. */
  readonly #uses = new Map<string, Set<string>>();
  #hash: Buffer = Buffer.alloc(32);
  /** Whom the doors have really let in. */
  readonly #letIn: ReadonlySet<string>;

  constructor(db: Database, site: SiteSpec, asks: Asks, books: ReadonlyMap<number, Book>, letIn: ReadonlySet<string>) {
    this.#asks = asks;
    this.#books = books;
    this.#letIn = letIn;
    this.#guesses = new GuessBound(site.guessing);
    this.#after = db.prepare(
      "SELECT seq, wall, mono, trusted, boot, body, prev, hash FROM journal WHERE seq > ? ORDER BY seq",
    );
  }

  read(): void {
    for (const row of this.#after.all(this.seq)) {
      insist(row.seq === this.seq + 1, "gapless", () => `event ${row.seq} follows event ${this.seq}`);
      insist(row.prev.equals(this.#hash), "chain", () => `event ${row.seq} does not rest on event ${this.seq}`);
      this.seq = row.seq;
      this.#hash = row.hash;
      const at = { wall: unixMs(row.wall), mono: monoMs(row.mono), trusted: row.trusted === 1, boot: row.boot };
      this.#take(JSON.parse(row.body) as JournalEvent, at);
    }
  }

  /** Uses that the passes have spent, by `<pass> <door>`. */
  spent(): ReadonlyMap<string, number> {
    return new Map([...this.#uses].map(([key, asks]) => [key, asks.size]));
  }

  #take(event: JournalEvent, at: Moment): void {
    const kind = kindOf(event);
    this.tally.set(kind, (this.tally.get(kind) ?? 0) + 1);
    switch (event.type) {
      case "access.granted":
        this.#grant(event, at);
        break;
      case "access.denied":
        this.#deny(event, at);
        break;
      case "access.aborted":
        this.#abort(event);
        break;
      case "access.late":
        insist(this.granted.has(event.ask), "oneDecision", () => `${event.ask} is marked late and was never granted`);
        break;
      case "access.shed":
        this.shed.set(event.reader, (this.shed.get(event.reader) ?? 0) + event.count);
        break;
      case "directory.changed":
        insist(event.version === this.version + 1, "gapless", () => `directory ${event.version} after ${this.version}`);
        this.version = event.version;
        this.#forgetRemovedPasses();
        break;
      case "controller.started":
        this.unlocks.length = 0;
        this.shed.clear();
        this.dropped = 0;
        this.started = true;
        break;
      case "door.unlocked":
        this.unlocks.push(`${event.door} ${JSON.stringify(event.cause)}`);
        break;
      case "records.dropped":
        this.dropped += event.count;
        break;
      default:
        this.#latch(event);
    }
  }

  #latch(event: JournalEvent): void {
    if (event.type === "door.forced") this.forced.add(event.door);
    else if (event.type === "door.forcedCleared") this.forced.delete(event.door);
    else if (event.type === "door.modeChanged") this.modes.set(event.door, event.leftMs ? "locked" : event.mode);
    else if (event.type === "fire.raised") this.fire = true;
    else if (event.type === "fire.cleared") this.fire = false;
  }

  #grant(event: Event<"access.granted">, at: Moment): void {
    const { ask: id, late, usesLeft } = event;
    const asked = this.#decided(event);
    insist(late || !this.denied.has(id), "oneDecision", () => `${id} was granted after it had been denied`);
    this.granted.set(id, event);
    const ageMs = at.mono - asked.at.mono;
    insist(ageMs < askLifeMs, "notAfterTwoSeconds", () => `${id} was granted ${ageMs} ms after it was shown`);
    const book = this.#bookOf(event.directoryVersion);
    insist(
      may(book, asked, at) || (late && may(book, asked, asked.at)),
      "onlyWhoMay",
      () => `${id} was granted: ${JSON.stringify(asked.shown)} at ${asked.door}`,
    );
    insist(!late || usesLeft === null, "countedWaits", () => `${id} spent a use and is marked late`);
    if (isGuess(asked.shown)) this.#checkGuessing(asked, at);
    if (asked.shown.method === "pin" && asked.shown.digits !== null) {
      this.#guesses.succeed(asked.door, asked.reader, asked.shown.digits, at);
    }
    if (usesLeft !== null) this.#spend(event, book);
  }

  #spend({ ask, pass, door, usesLeft }: Event<"access.granted">, book: Book): void {
    const holder = pass === null ? undefined : book.holders.get(keyOf({ kind: "pass", id: pass }));
    const most = holder?.kind === "pass" ? (holder.usesPerDoor ?? null) : null;
    const key = `${pass} ${door}`;
    const holding = this.#uses.get(key) ?? new Set();
    this.#uses.set(key, holding.add(ask));
    insist(most !== null && holding.size <= most, "usesBounded", () => `${key}: ${holding.size} uses of ${most}`);
    insist(usesLeft === most - holding.size, "usesCounted", () => `${key}: ${usesLeft} left after ${holding.size}`);
    const entries = [...holding].filter((one) => this.#letIn.has(one)).length;
    insist(entries <= most, "usesBounded", () => `${key}: ${entries} let in of ${most}`);
  }

  #deny(event: Event<"access.denied">, at: Moment): void {
    const { ask: id, reason } = event;
    const asked = this.#decided(event);
    insist(!this.granted.has(id), "oneDecision", () => `${id} was denied after it had been granted`);
    this.denied.set(id, reason);
    if (byDirectory.has(reason)) {
      insist(
        !may(this.#bookOf(event.directoryVersion), asked, at),
        "onlyWhoMay",
        () => `${id} was denied as ${reason}: ${JSON.stringify(asked.shown)}`,
      );
    }
    if (!isGuess(asked.shown) || notLookedUp.has(reason)) return;
    this.#checkGuessing(asked, at);
    if (reason === "clockUntrusted") return;
    const digits = asked.shown.method === "pin" ? asked.shown.digits : null;
    this.#guesses.fail(asked.door, asked.reader, digits, at);
  }

  #abort({ ask }: Event<"access.aborted">): void {
    const granted = this.granted.get(ask);
    insist(granted !== undefined, "oneDecision", () => `${ask} was aborted and never granted`);
    insist(!this.aborted.has(ask), "oneDecision", () => `${ask} was aborted twice`);
    insist(!this.#letIn.has(ask), "abortedNeverMoved", () => `${ask} was aborted after somebody was let in on it`);
    this.aborted.add(ask);
    this.#uses.get(`${granted.pass} ${granted.door}`)?.delete(ask);
  }

  #decided(event: Event<"access.granted"> | Event<"access.denied">): Asked {
    const { ask, door, reader, method } = event;
    const asked = this.#asks.get(ask);
    const fits = asked?.door === door && asked.reader === reader && asked.shown.method === method;
    insist(asked !== undefined && fits, "recordTells", () => `nobody showed ${method} at ${reader} as ${ask}`);
    const twice = event.type === "access.granted" ? this.granted.has(ask) : this.denied.has(ask);
    insist(!twice, "oneDecision", () => `${ask} was decided twice`);
    return asked;
  }

  #checkGuessing(asked: Asked, at: Moment): void {
    const seen = () => `${asked.id} was looked up at ${asked.door} while guessing is blocked there`;
    insist(!this.#guesses.mustBeBlocked(asked.door, at), "guessingBounded", seen);
  }

  #bookOf(version: number): Book {
    const book = this.#books.get(version);
    insist(book !== undefined, "recordTells", () => `there never was a directory ${version}`);
    return book;
  }

  /** A pass that comes back under the same id is another one. */
  #forgetRemovedPasses(): void {
    const { holders } = this.#bookOf(this.version);
    for (const key of this.#uses.keys()) if (!holders.has(`pass/${key.split(" ")[0]}`)) this.#uses.delete(key);
  }
}

const may = (book: Book, { shown, door }: Asked, at: Instant): boolean =>
  allows(book, shown.method, secretOf(shown), door, at);

function kindOf(event: JournalEvent): string {
  if (event.type === "access.denied") return `${event.type} ${event.reason}`;
  if (event.type !== "access.granted") return event.type;
  return `${event.type}${event.usesLeft === null ? "" : " counted"}${event.late ? " late" : ""}`;
}
