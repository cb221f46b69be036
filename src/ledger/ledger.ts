// The ledger's synchronous core: one writer over one database, deciding and recording in the same transaction. Knows no
// process, no message and no clock but the one it is given.
import type { Database, Transaction } from "better-sqlite3";
import type { Answer, Ask, CalendarNews, RecordPlace, Restored, ToLedger, Verdict } from "../domain/ask.ts";
import { isBelowFloor } from "../domain/clock-floor.ts";
import type { DirectoryChange } from "../domain/directory.ts";
import type { DirectoryPage, HolderKey, SecretToCompare } from "../domain/directory-export.ts";
import type { JournalEvent } from "../domain/events.ts";
import { Fault } from "../domain/fault.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Instant } from "../domain/time.ts";
import { unixMs } from "../domain/time.ts";
import type { AnchorStore } from "./anchor.ts";
import { Areas } from "./areas.ts";
import type { Entry } from "./batch.ts";
import { Batch } from "./batch.ts";
import { calendarOf } from "./calendar.ts";
import { CardOffers } from "./card-offers.ts";
import type { ChangeOutcome, ChangeTerms } from "./change-outcome.ts";
import { outcomeOf, writeChange } from "./change-outcome.ts";
import { unseenCodes } from "./code-counts.ts";
import type { CodeHash, CodeHashes } from "./code-hashes.ts";
import { Directory } from "./directory.ts";
import { DirectoryDraft } from "./directory-draft.ts";
import { readDirectoryPage } from "./directory-export.ts";
import type { ChangeContext } from "./directory-writer.ts";
import { DirectoryWriter, nothingApplied } from "./directory-writer.ts";
import type { Freshness } from "./freshness.ts";
import { Journal } from "./journal.ts";
import { keepHistory } from "./keep-history.ts";
import type { Keys, RandomBytes } from "./keys.ts";
import { Latches } from "./latches.ts";
import { LostCounts } from "./lost-counts.ts";
import { PassKeys } from "./pass-keys.ts";
import { previewAnswers } from "./preview.ts";
import type { ReadyAsk } from "./ready-ask.ts";
import { instantOf } from "./ready-ask.ts";
import { RecoveryNotice } from "./recovery-notice.ts";
import { Retention } from "./retention.ts";
import { isSecretOf } from "./secret-match.ts";
import type { Session } from "./session.ts";
import { beginSession, believed } from "./session.ts";
import type { Tokens } from "./tokens.ts";
import { createTokens } from "./tokens.ts";
import type { TransactionParts } from "./transaction.ts";
import type { TypedEntry } from "./typed-entry.ts";
import { readyEntry, typedEntryOf } from "./typed-entry.ts";

export interface LedgerParts {
  readonly db: Database;
  readonly anchor: AnchorStore;
  readonly keys: Keys;
  readonly random: RandomBytes;
  readonly now: () => Instant;
  readonly report: (fault: Fault) => void;
}

/** Rolls a transaction back without being an error. */
class GivenUp extends Error {}

export class Ledger {
  readonly #parts: LedgerParts;
  readonly #tokens: Tokens;
  readonly #directory: Directory;
  readonly #writer: DirectoryWriter;
  readonly #offers: CardOffers;
  readonly #latches: Latches;
  readonly #recovery: RecoveryNotice;
  readonly #retention: Retention;
  readonly #journal: Journal;
  /** What a transaction works with. */
  readonly #stores: Omit<TransactionParts, "session">;
  readonly #transaction: Transaction<(work: () => void) => void>;
  #session: Session | null = null;
  #tellCalendar: (news: CalendarNews) => void = () => {};
  #toldCalendar = "";
  /** After a failed commit the memory of the journal's head is worth nothing. */
  #stale = false;

  constructor(parts: LedgerParts) {
    this.#parts = parts;
    keepHistory(parts.db);
    this.#tokens = createTokens(parts.keys, parts.random);
    this.#directory = new Directory(parts.db);
    this.#writer = new DirectoryWriter(parts.db, this.#tokens, this.#directory);
    this.#offers = new CardOffers(parts.db, this.#tokens, parts.random);
    this.#latches = new Latches(parts.db);
    this.#recovery = new RecoveryNotice(parts.db);
    this.#retention = new Retention(parts.db, this.#directory, this.#writer);
    this.#journal = new Journal(parts);
    this.#stores = {
      db: parts.db,
      journal: this.#journal,
      directory: this.#directory,
      passKeys: new PassKeys(parts.db, this.#tokens),
      lostCounts: new LostCounts(parts.db),
      areas: new Areas(parts.db),
      latches: this.#latches,
      recovery: this.#recovery,
    };
    this.#transaction = parts.db.transaction((work: () => void) => work());
  }

  get db(): Database {
    return this.#parts.db;
  }

  /** What PINs are hashed with, beside themselves. */
  get siteSalt(): Buffer {
    const salt = this.db.prepare<[], Buffer>("SELECT site_salt FROM controller").pluck().get();
    if (salt === undefined) throw new Fault("ledger.unreadable", "The database has lost its site's salt.");
    return salt;
  }

  get head(): RecordPlace & { readonly hash: string } {
    const { epoch, seq, hash } = this.#journal.head;
    return { epoch, seq, hash: hash.toString("hex") };
  }

  get headSeq(): number {
    return this.#journal.seq;
  }

  get isOpen(): boolean {
    return this.#session !== null;
  }

  get site(): SiteSpec {
    return this.#opened().site;
  }

  /** Null where the site believes the cloud for ever. */
  get freshness(): Freshness | null {
    return this.#opened().freshness;
  }

  get directoryVersion(): number {
    return this.#opened().counters.directoryVersion;
  }

  /** Differs whenever what a good copy must hold has changed: the directory, or an alarm that stays. */
  get copyMark(): string {
    return `${this.directoryVersion} ${this.#latches.changes}`;
  }

  /** No moment before this one can come again, as far as a trusted clock has ever told. */
  get clockFloor(): number {
    return this.#opened().counters.clockFloor;
  }

  open(opening: Omit<Extract<ToLedger, { kind: "open" }>, "kind">): Restored {
    const session = beginSession(this.db, opening, this.#journal.seq, this.#parts.now());
    this.#session = session;
    const recovery = this.#recovery.pending();
    const clockFloor = unixMs(session.counters.clockFloor);
    const restored = { ...this.#latches.restored(believed(opening.at, session.counters), session.boot), clockFloor };
    return recovery === null ? restored : { ...restored, recovery };
  }

  /** Told when a change of the directory has altered it. */
  watchCalendar(tell: (news: CalendarNews) => void): void {
    this.#tellCalendar = tell;
  }

  /** As it stands, whether or not it was told before. */
  calendar(): CalendarNews {
    const news = calendarOf(this.#opened().site, this.#directory, () => unseenCodes(this.db));
    this.#toldCalendar = JSON.stringify(news);
    return news;
  }

  /** What of an entry is to be hashed slowly, for `readyEntry`. */
  typedEntry(ask: Ask): TypedEntry {
    return typedEntryOf(ask, this.#opened(), this.#directory);
  }

  readyEntry(ask: Ask, entry: TypedEntry, hashes: readonly Buffer[]): ReadyAsk {
    const parts = { tokens: this.#tokens, directory: this.#directory, session: this.#opened() };
    return readyEntry(ask, entry, hashes, parts);
  }

  /** As it was shown, whatever it follows. */
  readyAsk(ask: Ask, pinHash: Buffer | null): ReadyAsk {
    return this.readyEntry(ask, { secrets: [], owner: null }, pinHash === null ? [] : [pinHash]);
  }

  /** For answers before the disk has answered. */
  preview(asks: readonly ReadyAsk[]): Answer[] {
    return previewAnswers(asks, { ...this.#stores, session: this.#opened() }, () => this.#parts.now().mono);
  }

  /** All or nothing: when this throws, nothing was decided, spent or recorded. */
  commitBatch(asks: readonly ReadyAsk[], entries: readonly Entry[]): Answer[] {
    for (;;) {
      const verdicts = this.#tryBatch(asks, entries);
      if (verdicts === null) continue;
      return asks.map(({ ask }, index) => ({
        ask: ask.id,
        verdict: verdicts[index] ?? { granted: false, reason: "ledgerUnavailable" },
        stage: "committed",
      }));
    }
  }

  /** Null when an ask expired between its grant and the commit: then all is decided again, with that one denied. */
  #tryBatch(asks: readonly ReadyAsk[], entries: readonly Entry[]): Verdict[] | null {
    const mono = () => this.#parts.now().mono;
    const verdicts: Verdict[] = [];
    const { site } = this.#opened();
    const offers = site.enrolByCard ? this.#offers.watch(site.cards) : null;
    const committed = this.#commit((batch) => {
      for (const entry of entries) batch.record(entry);
      for (const ready of asks) {
        const verdict = batch.decide(ready, mono());
        verdicts.push(verdict);
        const now = instantOf(ready.ask, mono(), this.#opened().counters);
        offers?.follow(ready.ask, verdict, now, (event) => batch.append(event, now));
      }
      const committing = mono();
      return !asks.some(({ ask }, index) => verdicts[index]?.granted && committing >= ask.expiresAt);
    });
    if (committed) offers?.accept();
    return committed ? verdicts : null;
  }

  applyChanges(
    changes: readonly DirectoryChange[],
    hashes: CodeHashes,
    by: string,
    at: Instant,
    terms: ChangeTerms = {},
  ): ChangeOutcome {
    const order = { changes, hashes, by, context: this.#contextOf(at, terms), also: terms.also };
    let applied = nothingApplied;
    const isDone = this.#commit((batch) => {
      applied = writeChange(this.#writer, batch, order);
      return applied.problems.length === 0;
    });
    if (isDone) this.#tellNews();
    return outcomeOf(applied, this.directoryVersion);
  }

  #tellNews(): void {
    const told = this.#toldCalendar;
    const news = this.calendar();
    if (this.#toldCalendar !== told) this.#tellCalendar(news);
  }

  /** What `applyChanges` would answer; nothing of it stays. */
  tryChanges(
    changes: readonly DirectoryChange[],
    hashes: CodeHashes,
    at: Instant,
    terms: ChangeTerms = {},
  ): ChangeOutcome {
    let applied = nothingApplied;
    this.#commit(() => {
      applied = this.#writer.apply(changes, hashes, this.#contextOf(at, terms));
      return false;
    });
    return outcomeOf(applied, this.directoryVersion + 1);
  }

  /** Whether a code is neither anybody's nor was lately. */
  isCodeFree(hash: CodeHash, nowWall: number): boolean {
    return this.#writer.isFree(hash, nowWall);
  }

  get offers(): CardOffers {
    return this.#offers;
  }

  #contextOf(at: Instant, { origin = "local", isPromised = () => false }: ChangeTerms): ChangeContext {
    const { site, doors, counters } = this.#opened();
    return { site, doors, at, clockFloor: counters.clockFloor, origin, isPromised };
  }

  /** A draft of the directory as it is now. The caller closes it. */
  draft(): DirectoryDraft {
    return new DirectoryDraft(this.db, this.#tokens);
  }

  /** As a whole directory is taken in: whatever is not said to be the cloud's is imported. */
  importContext(at: Instant): ChangeContext {
    return this.#contextOf(at, { origin: "imported" });
  }

  /** What a finished draft changed, in one transaction: the caller has seen that the directory is still the one it began with. */
  applyDraft(draft: DirectoryDraft, by: string, steps: number, at: Instant): number {
    draft.writing(() => {
      this.#commit((batch) => {
        draft.write();
        batch.changeDirectory(by, "imported", steps, at);
        return true;
      });
    });
    this.#directory.forget();
    this.#tellNews();
    return this.directoryVersion;
  }

  exportPage(after: HolderKey | null): DirectoryPage {
    return readDirectoryPage(this.db, this.#tokens, after);
  }

  /** Whether the credential exists and is known by this secret. */
  isSecretOf(asked: SecretToCompare, hash: Buffer | null): boolean {
    return isSecretOf(this.db, this.#tokens, asked, hash);
  }

  /** Where the event says what was written with it, it is a function that writes that. */
  note(event: JournalEvent | (() => JournalEvent), at: Instant): void {
    this.#commit((batch) => {
      batch.append(typeof event === "function" ? event() : event, at);
      return true;
    });
  }

  /** What the record says nothing of; one short transaction. */
  quietly(work: () => void): void {
    this.#refresh();
    this.#transaction.immediate(work);
  }

  isPruneDue(keepEvents = this.site.keepEvents): boolean {
    return this.#journal.isPruneDue(keepEvents);
  }

  /** Drops one chunk of the oldest events beyond what is kept. */
  prune(at: Instant, keepEvents = this.site.keepEvents): void {
    const { site, boot } = this.#opened();
    this.#refresh();
    try {
      this.#journal.prune({ ...site, keepEvents }, at, boot);
    } catch (error) {
      this.#stale = true;
      throw error;
    }
  }

  /** One short step of what the site must forget; false when that is done for now, or the time is not certain. */
  forgetStep(at: Instant): boolean {
    if (!at.trusted || isBelowFloor(at, this.clockFloor)) return false;
    // A time that only an unproven network tells may be taken back, and what was forgotten by it would not come back.
    const surely = at.plain === true ? { ...at, wall: unixMs(Math.min(at.wall, this.clockFloor)) } : at;
    // What is over is over for its owner as well.
    return this.#retention.step(this.#contextOf(surely, { origin: "cloud" }), surely, (work) => {
      this.#commit((batch) => {
        work(batch);
        return true;
      });
    });
  }

  close(): void {
    this.#parts.anchor.close();
    this.db.close();
  }

  /** False when the work gave up: then nothing of it happened. */
  #commit(work: (batch: Batch) => boolean): boolean {
    const session = this.#opened();
    this.#refresh();
    const batch = new Batch({ ...this.#stores, session });
    try {
      this.#transaction.immediate(() => {
        if (!work(batch)) throw new GivenUp();
        batch.finish();
      });
    } catch (error) {
      // What was read meanwhile may never have been.
      this.#directory.forget();
      if (error instanceof GivenUp) return false;
      this.#stale = true;
      throw error;
    }
    batch.accept();
    return true;
  }

  /** A transaction left open would turn the next commit into a savepoint, which no power cut respects. */
  #refresh(): void {
    if (this.db.inTransaction) this.db.exec("ROLLBACK");
    if (!this.#stale) return;
    this.#journal.reload();
    this.#stale = false;
  }

  #opened(): Session {
    if (this.#session === null) throw new Fault("ledger.notOpened", "The door loop has not opened the ledger yet.");
    return this.#session;
  }
}
