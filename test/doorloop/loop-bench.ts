// A door loop over a simulated board, with a ledger that does only what the test tells it.
import type { BoardSpec } from "../../hal/board.ts";
import { createSimBoard } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import type { Ask, Calendar, PassageRights, RecordEntry, Restored, ToLedger, Verdict } from "../../src/domain/ask.ts";
import { noRights } from "../../src/domain/ask.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { BootId, DoorId, RunId } from "../../src/domain/ids.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { DoorStatus } from "../../src/domain/status.ts";
import { DoorLoop } from "../../src/doorloop/loop.ts";
import { site, wires } from "../site-fixture.ts";

export const granted = (rights: Partial<PassageRights> = {}): Verdict => ({
  granted: true,
  usesLeft: null,
  directoryVersion: 1,
  credential: null,
  person: null,
  pass: null,
  ...noRights,
  ...rights,
});

const nothingLatched: Restored = { forcedDoors: [], tampered: [], lockdowns: [], blocked: [], fire: false };

export interface BenchParts {
  readonly site?: Partial<SiteSpec>;
  readonly wires?: Partial<BoardSpec>;
  readonly startUtc?: string;
  readonly trusted?: boolean;
  readonly restored?: Partial<Restored>;
  readonly calendar?: Calendar;
  /** Whether the ledger is there from the start. */
  readonly connected?: boolean;
}

export class LoopBench {
  readonly clock;
  readonly board;
  readonly loop: DoorLoop;
  readonly asks: Ask[] = [];
  readonly entries: RecordEntry[] = [];
  readonly signals: string[] = [];
  readonly #restored: Partial<Restored>;

  constructor(parts: BenchParts = {}) {
    const startWallMs = Date.parse(parts.startUtc ?? "2026-11-25T10:00:00Z");
    this.clock = createVirtualClock({ startWallMs, trusted: parts.trusted ?? true });
    this.board = createSimBoard({ ...wires, ...parts.wires }, this.clock);
    this.#restored = parts.restored ?? {};
    this.loop = new DoorLoop({
      site: { ...site, ...parts.site },
      board: this.board,
      clock: this.clock,
      run: "run" as RunId,
      boot: "boot" as BootId,
      version: "test",
      onChange: () => {},
    });
    this.clock.onChange(() => this.loop.clockChanged());
    this.board.observe((change) => {
      if (change.kind !== "signal" || change.signal === "key") return;
      this.signals.push(`${change.reader} ${change.signal}`);
    });
    if (parts.connected !== false) this.connect();
    if (parts.calendar !== undefined) this.tellCalendar(parts.calendar);
    this.loop.start();
  }

  connect(): void {
    this.loop.link.connect((message: ToLedger) => {
      if (message.kind === "ask") this.asks.push(message.ask);
      if (message.kind === "record") this.entries.push(...message.entries);
    });
    this.loop.link.receive({ kind: "ready", restored: { ...nothingLatched, ...this.#restored } });
  }

  tellCalendar(calendar: Calendar): void {
    this.loop.link.receive({ kind: "calendar", calendar, missing: [] });
  }

  answer(ask: Ask | undefined, verdict: Verdict, stage: "committed" | "tentative" = "committed"): void {
    if (ask === undefined) throw new Error("nothing was asked");
    this.loop.link.receive({ kind: "answer", answer: { ask: ask.id, verdict, stage } });
  }

  door(id: string): DoorStatus {
    const status = this.loop.statuses().find(({ door }) => door === (id as DoorId));
    if (status === undefined) throw new Error(`there is no door ${id}`);
    return status;
  }

  isEnergized(relay: string): boolean {
    return this.board.snapshot().relays[relay] ?? false;
  }

  /** What was recorded, events and settlements, of the types that begin like this. */
  recorded(...prefixes: readonly string[]): (JournalEvent | { readonly type: string })[] {
    const all = this.entries.map(({ what }) => ("settle" in what ? { ...what, type: `settle.${what.settle}` } : what));
    return all.filter(({ type }) => prefixes.some((prefix) => type.startsWith(prefix)));
  }

  types(...prefixes: readonly string[]): string[] {
    return this.recorded(...prefixes).map(({ type }) => type);
  }
}
