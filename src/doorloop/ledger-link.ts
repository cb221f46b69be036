// The door loop's end of the ledger: sends asks, keeps every record until the ledger has it, survives the ledger's deaths.
import type { Clock } from "../../hal/clock.ts";
import type { Answer, Ask, Calendar, FromLedger, RecordEntry, Restored, ToLedger } from "../domain/ask.ts";
import type { BootId, RunId } from "../domain/ids.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Instant } from "../domain/time.ts";
import { instantOf } from "../domain/time.ts";

/** Records kept for a ledger that is away; what comes on top is counted, not kept. */
export const maxKeptRecords = 4_096;
/** The last quarter of the places is for what must not be lost to a flood: alarms, latches, settlements, who has gone where. */
const maxOrdinaryRecords = 3_072;
/** Records sent and not yet acknowledged, so that a stalled ledger's pipe stays short. */
const maxUnackedRecords = 256;

export interface LedgerLinkParts {
  readonly clock: Clock;
  readonly run: RunId;
  readonly boot: BootId;
  readonly site: SiteSpec;
  readonly onReady: (restored: Restored) => void;
  readonly onAnswer: (answer: Answer) => void;
  readonly onCalendar: (calendar: Calendar) => void;
}

export interface LedgerLink {
  /** A ledger process is there; it becomes usable when it says that it is ready. */
  connect(send: (message: ToLedger) => void): void;
  receive(message: FromLedger): void;
  lost(): void;
  ask(ask: Ask): void;
  record(what: RecordEntry["what"]): void;
  unrecorded(): number;
}

export function createLedgerLink(parts: LedgerLinkParts): LedgerLink {
  const { clock } = parts;
  let send: ((message: ToLedger) => void) | null = null;
  let ready = false;
  let counter = 0;
  let dropped = 0;
  /** Oldest first; the first `sentCount` of them are with the ledger. */
  let kept: RecordEntry[] = [];
  let sentCount = 0;

  const flush = () => {
    if (send === null || !ready) return;
    const upTo = Math.min(kept.length, maxUnackedRecords);
    if (upTo <= sentCount) return;
    send({ kind: "record", entries: kept.slice(sentCount, upTo) });
    sentCount = upTo;
  };

  const now = (): Instant => instantOf(clock);

  const keep = (what: RecordEntry["what"]) => {
    counter += 1;
    kept.push({ n: counter, at: now(), what });
  };

  const tellDropped = () => {
    if (dropped === 0 || kept.length >= maxOrdinaryRecords) return;
    keep({ type: "records.dropped", count: dropped });
    dropped = 0;
  };

  return {
    connect(sendToLedger) {
      send = sendToLedger;
      ready = false;
      sentCount = 0;
      send({ kind: "open", run: parts.run, boot: parts.boot, site: parts.site, at: now() });
    },
    receive(message) {
      switch (message.kind) {
        case "ready":
          ready = true;
          parts.onReady(message.restored);
          flush();
          return;
        case "answer":
          if (ready) parts.onAnswer(message.answer);
          return;
        case "calendar":
          parts.onCalendar(message.calendar);
          return;
        case "recorded": {
          const done = kept.filter((entry) => entry.n <= message.upTo).length;
          kept = kept.slice(done);
          sentCount = Math.max(0, sentCount - done);
          tellDropped();
          flush();
        }
      }
    },
    lost() {
      send = null;
      ready = false;
      sentCount = 0;
    },
    ask(ask) {
      if (send !== null && ready) send({ kind: "ask", ask });
    },
    record(what) {
      if (kept.length >= (isVital(what) ? maxKeptRecords : maxOrdinaryRecords)) {
        dropped += 1;
        return;
      }
      keep(what);
      flush();
    },
    unrecorded: () => kept.length,
  };
}

const vitalTypes: ReadonlySet<string> = new Set([
  "door.forced",
  "door.forcedCleared",
  "door.tampered",
  "door.tamperCleared",
  "door.modeChanged",
  "access.taken",
  "fire.raised",
  "fire.cleared",
  "controller.stopped",
  "ledger.recoveryCleared",
]);

/** An unanswered presentation is not: anybody at a reader could fill the queue with those. */
const isVital = (what: RecordEntry["what"]): boolean =>
  "settle" in what ? what.settle !== "unanswered" : vitalTypes.has(what.type);
