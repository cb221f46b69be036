// Sends the requests that events set off: what is past is never acted upon, nothing but an alarm is sent twice, and a grant
// counts once a door has let it through.
import type { ActionSpec, FailureCause, Trigger } from "../../domain/action.ts";
import { isAlarm, triggersOf } from "../../domain/action.ts";
import { fillIn, isJsonText, jsonText, usualBody } from "../../domain/action-text.ts";
import type { RecordedEvent } from "../../domain/events.ts";
import type { SiteSpec } from "../../domain/site.ts";
import type { ActionsSpec, DoorStatus } from "../../domain/status.ts";
import type { JournalReader } from "../journal-port.ts";
import { ActionQueue } from "./action-queue.ts";
import { valuesOf } from "./action-values.ts";
import type { Cursor, OpenAlarm } from "./cursor-file.ts";
import { readCursor, writeCursor } from "./cursor-file.ts";
import { HeldGrants, isOpenGrant } from "./held-grants.ts";
import { RecordTail } from "./record-tail.ts";
import type { OutgoingRequest } from "./send-request.ts";
import { sendRequest } from "./send-request.ts";

/** Whatever happened longer ago, or before the machine started, is past. */
const freshMs = 60_000;
const keepEveryEvents = 1_000;

export interface ActionParts {
  readonly spec: ActionsSpec;
  readonly site: SiteSpec;
  readonly openJournal: () => JournalReader;
  /** The machine's monotonic time, on which events are recorded. */
  readonly mono: () => number;
  readonly doors: () => readonly DoorStatus[];
  readonly done: (action: string) => void;
  readonly failed: (action: string, why: FailureCause) => void;
  /** Returns what calls it off. */
  readonly later: (ms: number, run: () => void) => () => void;
}

export class ActionDesk {
  readonly #parts: ActionParts;
  readonly #queue: ActionQueue;
  readonly #tail: RecordTail;
  readonly #held = new HeldGrants();
  #open: readonly OpenAlarm[] = [];
  #keptSeq = 0;

  constructor(parts: ActionParts) {
    this.#parts = parts;
    this.#queue = new ActionQueue({
      later: parts.later,
      report: (action, outcome) => (outcome.ok ? parts.done(action) : parts.failed(action, outcome.why)),
    });
    const cursor = readCursor(parts.spec.cursorFile);
    this.#keptSeq = cursor?.seq ?? 0;
    this.#tail = new RecordTail(parts.openJournal, cursor, (events) => this.#take(events));
    if (cursor !== null) this.#resume(cursor);
    this.#tail.grew();
    // From now on nothing is missed while an office restarts.
    if (cursor === null) this.#keep();
  }

  /** The record may have grown. */
  grew(): void {
    this.#tail.grew();
  }

  close(): void {
    this.#tail.close();
    this.#queue.close();
  }

  /** Alarms that an office before this one had not delivered, if they are no older than anything else may be. */
  #resume({ epoch, open, held }: Cursor): void {
    for (const seq of held) {
      const recorded = this.#tail.eventAt(seq);
      if (recorded?.epoch === epoch) this.#hold(recorded);
    }
    for (const { seq, action } of open) {
      const recorded = this.#tail.eventAt(seq);
      const spec = this.#parts.spec.list.find(({ id }) => id === action);
      if (recorded === null || spec === undefined || recorded.epoch !== epoch) continue;
      if (!this.#isFresh(recorded) || !isAlarm(recorded.event)) continue;
      this.#open = [...this.#open, { seq, action }];
      this.#add(recorded, { action: spec, named: null });
    }
  }

  #take(events: readonly RecordedEvent[]): void {
    const due: { readonly recorded: RecordedEvent; readonly trigger: Trigger }[] = [];
    for (const recorded of events.flatMap((one) => this.#readyBy(one))) {
      const { triggers, unknown } = triggersOf(recorded.event, this.#parts.spec.list);
      for (const name of unknown) this.#parts.failed(name, "unknownAction");
      for (const trigger of triggers) due.push({ recorded, trigger });
    }
    if (due.length === 0) {
      this.#keepNowAndThen();
      return;
    }
    const alarms = due.filter(({ recorded }) => isAlarm(recorded.event));
    this.#open = [
      ...this.#open,
      ...alarms.map(({ recorded, trigger }) => ({ seq: recorded.seq, action: trigger.action.id })),
    ];
    const isKept = this.#keep();
    for (const { recorded, trigger } of due) {
      // Sent without being kept, it might be sent again after a crash: a gate would move twice.
      if (isKept || isAlarm(recorded.event)) this.#add(recorded, trigger);
      else this.#parts.failed(trigger.action.id, "cursorNotKept");
    }
  }

  /** What may be acted upon now: the event, unless a door must let it through first, and the grant that it settles. */
  #readyBy(recorded: RecordedEvent): readonly RecordedEvent[] {
    if (isOpenGrant(recorded.event)) {
      this.#hold(recorded);
      return [];
    }
    const grant = this.#held.settledBy(recorded);
    if (!this.#isFresh(recorded)) return [];
    return grant === null ? [recorded] : [grant, recorded];
  }

  #hold(recorded: RecordedEvent): void {
    this.#held.forget((one) => this.#isOver(one));
    const { event } = recorded;
    if (!isOpenGrant(event) || this.#isOver(recorded)) return;
    const { triggers, unknown } = triggersOf(event, this.#parts.spec.list);
    if (triggers.length + unknown.length === 0 || this.#held.hold(event.ask, recorded)) return;
    for (const { action } of triggers) this.#parts.failed(action.id, "queueFull");
  }

  /** Of another run of the machine, or so long ago that its door has let it through or never will. */
  #isOver({ event, boot, at }: RecordedEvent): boolean {
    const door = this.#parts.site.doors.find(({ id }) => "door" in event && id === event.door);
    const waitMs = freshMs + (door?.timing.triggerDelayMs ?? 0);
    return boot !== this.#parts.spec.boot || this.#parts.mono() - at.mono > waitMs;
  }

  #add(recorded: RecordedEvent, trigger: Trigger): void {
    const { id } = trigger.action;
    const alarm = isAlarm(recorded.event);
    this.#queue.add({
      action: id,
      isAlarm: alarm,
      send: () => sendRequest(this.#requestFor(recorded, trigger), this.#parts.spec.hosts),
      ended: () => {
        if (!alarm) return;
        this.#open = this.#open.filter((one) => one.seq !== recorded.seq || one.action !== id);
        this.#keep();
      },
    });
  }

  /** By the clock that nobody can set, and only within one run of the machine. */
  #isFresh({ at, boot }: RecordedEvent): boolean {
    const ageMs = this.#parts.mono() - at.mono;
    return boot === this.#parts.spec.boot && ageMs <= freshMs;
  }

  /** Where nothing is sent for long, the next start has no more than this to read. */
  #keepNowAndThen(): void {
    if (Math.abs((this.#tail.place?.seq ?? 0) - this.#keptSeq) >= keepEveryEvents) this.#keep();
  }

  #keep(): boolean {
    const { place } = this.#tail;
    if (place === null) return false;
    try {
      writeCursor(this.#parts.spec.cursorFile, {
        ...place,
        open: this.#open.slice(-maxOpenAlarms),
        held: this.#held.seqs(),
      });
      this.#keptSeq = place.seq;
      return true;
    } catch {
      return false;
    }
  }

  #requestFor(recorded: RecordedEvent, { action, named }: Trigger): OutgoingRequest {
    const { site, spec } = this.#parts;
    const { id, revealNames } = action;
    const values = valuesOf({ recorded, action: id, named, revealNames, site, spec, doors: this.#parts.doors() });
    const body = bodyOf(action);
    const isJson = body !== null && isJsonText(body);
    return {
      method: action.method,
      url: fillIn(action.url, values, encodeURIComponent),
      body: body === null ? null : fillIn(body, values, isJson ? jsonText : encodeURIComponent),
      headers: {
        ...(body === null ? {} : { "content-type": isJson ? "application/json" : "application/x-www-form-urlencoded" }),
        // The same for every try of one alarm, so that whoever gets it can drop repetitions.
        "idempotency-key": `${recorded.epoch}-${recorded.seq}-${id}${named === null ? "" : "-named"}`,
        "user-agent": `postern/${spec.version}`,
        ...Object.fromEntries(action.headers.map(({ name, value }) => [name.toLowerCase(), value])),
      },
      authorizationFile: action.authorizationFile,
      timeoutMs: action.timeoutMs,
    };
  }
}

/** More cannot be under way than the queue holds. */
const maxOpenAlarms = 64;

const bodyOf = ({ method, body }: ActionSpec): string | null => body ?? (method === "POST" ? usualBody : null);
