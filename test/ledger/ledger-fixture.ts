// A ledger for tests, in memory or on disk, over a clock that stands still until it is moved.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Answer, Ask, RecordEntry, Verdict } from "../../src/domain/ask.ts";
import type { CredentialKind, DirectoryChange, HolderRef } from "../../src/domain/directory.ts";
import type { JournalEvent, RecordedEvent } from "../../src/domain/events.ts";
import type { Fault } from "../../src/domain/fault.ts";
import type { AskId, BootId, CredentialId, DoorId, PassId, PersonId, ReaderId, RunId } from "../../src/domain/ids.ts";
import type { CardCode, Presentation } from "../../src/domain/presentation.ts";
import { always } from "../../src/domain/schedule.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { Instant } from "../../src/domain/time.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import type { ChangeOutcome } from "../../src/ledger/change-outcome.ts";
import { hashCodes } from "../../src/ledger/code-hashes.ts";
import { JournalReader } from "../../src/ledger/journal-reader.ts";
import type { LedgerParts } from "../../src/ledger/ledger.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import type { LedgerPaths } from "../../src/ledger/open-ledger.ts";
import { memoryLedgerParts, openLedger } from "../../src/ledger/open-ledger.ts";
import { site } from "../site-fixture.ts";

/** A Friday, 14:00 in Madrid. */
export const noon = Date.UTC(2026, 10, 20, 13, 0, 0);

export function seeded(seed = "test"): (size: number) => Buffer {
  let drawn = 0;
  return (size) => {
    drawn += 1;
    return createHash("shake256", { outputLength: size }).update(`${seed} ${drawn}`).digest();
  };
}

export class TestClock {
  wall = noon;
  mono = 1_000;
  trusted = true;

  readonly now = (): Instant => ({ wall: unixMs(this.wall), mono: monoMs(this.mono), trusted: this.trusted });

  pass(ms: number): void {
    this.wall += ms;
    this.mono += ms;
  }
}

export const quickHash = (digits: string): Buffer => createHash("sha256").update(`quick ${digits}`).digest();

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "postern-ledger-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const pathsIn = (folder: string): LedgerPaths => ({
  database: join(folder, "state", "ledger.db"),
  keysDir: join(folder, "keys"),
  credentialsDir: null,
});

interface Where {
  readonly door?: string;
  readonly reader?: string;
  readonly id?: string;
  readonly direction?: "entry" | "exit";
}

export class TestLedger {
  readonly clock: TestClock;
  readonly faults: Fault[] = [];
  readonly parts: LedgerParts;
  ledger: Ledger;
  #asks = 0;
  #entries = 0;
  #run = "run-1";
  #site: SiteSpec;

  constructor(
    using: SiteSpec = site,
    clock = new TestClock(),
    over: Pick<LedgerParts, "db" | "anchor" | "keys"> | null = null,
  ) {
    this.clock = clock;
    this.#site = using;
    const report = (fault: Fault) => void this.faults.push(fault);
    this.parts = { ...memoryLedgerParts({ now: clock.now, report, random: seeded() }), ...over };
    this.ledger = new Ledger(this.parts);
    this.open();
  }

  open(run = this.#run, boot = "boot-1") {
    if (run !== this.#run) this.#entries = 0;
    this.#run = run;
    return this.ledger.open({ run: run as RunId, boot: boot as BootId, site: this.#site, at: this.clock.now() });
  }

  /** The site as configured anew. */
  use(site: SiteSpec): void {
    this.#site = site;
    this.open();
  }

  /** A new process over the same database, for a site as configured anew. */
  useAfresh(site: SiteSpec): void {
    this.#site = site;
    this.restart();
  }

  /** A new process over the same database. */
  restart(run = this.#run, boot = "boot-1") {
    this.ledger = new Ledger(this.parts);
    return this.open(run, boot);
  }

  change(...changes: DirectoryChange[]): ChangeOutcome {
    let outcome: ChangeOutcome = { applied: false, problems: [] };
    hashCodes(
      changes,
      this.ledger.site.codes.duress,
      (digits, done) => done(quickHash(digits)),
      (hashes) => {
        outcome = this.ledger.applyChanges(changes, hashes, "tester", this.clock.now());
      },
    );
    return outcome;
  }

  ask(presentation: Presentation, at: Where = {}): Ask {
    this.#asks += 1;
    const presentedAt = this.clock.now();
    return {
      id: (at.id ?? `${this.#run}.${this.#asks}`) as AskId,
      reader: (at.reader ?? "front-reader") as ReaderId,
      door: (at.door ?? "front") as DoorId,
      direction: at.direction ?? "entry",
      presentation,
      situation: { mode: "locked", interlocked: false },
      presentedAt,
      expiresAt: monoMs(presentedAt.mono + 2_000),
    };
  }

  decideAll(asks: readonly Ask[], entries: readonly RecordEntry[] = []): Answer[] {
    return this.ledger.commitBatch(
      asks.map((ask) => this.ready(ask)),
      entries,
    );
  }

  ready(ask: Ask) {
    const { presentation } = ask;
    if (presentation.method === "pin" && presentation.digits === null) return this.ledger.readyAsk(ask, null);
    const entry = this.ledger.typedEntry(ask);
    return this.ledger.readyEntry(ask, entry, entry.secrets.map(quickHash));
  }

  present(presentation: Presentation, at: Where = {}): Verdict {
    return this.decideAll([this.ask(presentation, at)])[0]!.verdict;
  }

  /** `granted`, or the reason of the denial. */
  outcome(presentation: Presentation, at: Where = {}): string {
    return wordOf(this.present(presentation, at));
  }

  entry(what: RecordEntry["what"]): RecordEntry {
    this.#entries += 1;
    return { n: this.#entries, at: this.clock.now(), what };
  }

  record(...what: RecordEntry["what"][]): void {
    this.ledger.commitBatch(
      [],
      what.map((one) => this.entry(one)),
    );
  }

  events(): RecordedEvent[] {
    const reader = new JournalReader(this.parts.db);
    const events: RecordedEvent[] = [];
    for (;;) {
      const page = reader.after(events.at(-1)?.seq ?? 0, 500);
      if (page.length === 0) return events;
      events.push(...page);
    }
  }

  types(): string[] {
    return this.events().map(({ event }) => event.type);
  }

  last(): JournalEvent {
    return this.events().at(-1)!.event;
  }
}

/** A ledger on disk, opened for the run and boot of the same name. */
export function openOnDisk(folder: string, clock = new TestClock(), name = "1"): Ledger {
  const report = (fault: Fault) => {
    throw fault;
  };
  const ledger = openLedger(pathsIn(folder), { now: clock.now, report });
  ledger.open({ run: `run-${name}` as RunId, boot: `boot-${name}` as BootId, site, at: clock.now() });
  return ledger;
}

export const wordOf = (verdict: Verdict): string => {
  if (verdict.granted) return "granted";
  return "more" in verdict ? `more: ${verdict.more}` : verdict.reason;
};

export const pin = (digits: string | null): Presentation => ({ method: "pin", digits });
export const card = (code: string): Presentation => ({ method: "card", code: code as CardCode });
export const qr = (text: string): Presentation => ({ method: "qr", text });

export const person = (id: string): HolderRef => ({ kind: "person", id: id as PersonId });
export const pass = (id: string): HolderRef => ({ kind: "pass", id: id as PassId });

const unbounded = { from: null, until: null };

export const putPerson = (id: string, name = id.toUpperCase()): DirectoryChange => ({
  op: "putPerson",
  person: { kind: "person", id: id as PersonId, name, state: "active", validity: unbounded },
});

export const putPass = (
  id: string,
  usesPerDoor: number | null = null,
  state: "active" | "suspended" | "revoked" = "active",
): DirectoryChange => ({
  op: "putPass",
  pass: {
    kind: "pass",
    id: id as PassId,
    name: id.toUpperCase(),
    state,
    validity: { from: null, until: unixMs(noon + 86_400_000) },
    usesPerDoor,
  },
});

export const putCredential = (
  id: string,
  holder: HolderRef,
  kind: CredentialKind,
  secret: string,
): DirectoryChange => ({ op: "putCredential", id: id as CredentialId, kind, secret, holder });

export const putGrant = (holder: HolderRef, door = "front", schedule: string = always.id): DirectoryChange => ({
  op: "putGrant",
  holder,
  door: door as DoorId,
  schedule: schedule as typeof always.id,
});

/** Ana: PIN 4711, a card and a QR code, always, at both doors. */
export const ana: readonly DirectoryChange[] = [
  putPerson("ana", "Ana Ruiz"),
  putCredential("ana-pin", person("ana"), "pin", "4711"),
  putCredential("ana-card", person("ana"), "card", "00B775D2"),
  putCredential("ana-qr", person("ana"), "qr", "ANA-HELLO"),
  putGrant(person("ana")),
  putGrant(person("ana"), "garage"),
];

/** A courier with one card, so many times at each door. */
export const courier = (usesPerDoor: number | null): readonly DirectoryChange[] => [
  putPass("courier", usesPerDoor),
  putCredential("courier-card", pass("courier"), "card", "00C0FFEE"),
  putCredential("courier-pin", pass("courier"), "pin", "90210"),
  putGrant(pass("courier")),
  putGrant(pass("courier"), "garage"),
];
