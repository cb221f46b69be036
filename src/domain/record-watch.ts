// Follows the record as it was written, so that each decision can be seen among the events that it came from; knows no store.
import type { JournalEvent, RecordedEvent } from "./events.ts";
import type { DoorId } from "./ids.ts";
import type { Outcome } from "./judgement.ts";
import type { ReaderSpec, SiteSpec } from "./site.ts";

export type EventOf<Type extends JournalEvent["type"]> = Extract<JournalEvent, { readonly type: Type }>;
/** An event with where and when it stands in the record. */
export type Recorded<Type extends JournalEvent["type"]> = Omit<RecordedEvent, "event"> & {
  readonly event: EventOf<Type>;
};

export type Decided = Recorded<"access.granted" | "access.denied" | "access.begun">;

export const isDecided = (recorded: RecordedEvent): recorded is Decided =>
  recorded.event.type === "access.granted" ||
  recorded.event.type === "access.denied" ||
  recorded.event.type === "access.begun";

export function recordedOutcome({ event }: Decided): Outcome {
  if (event.type === "access.denied") return event.reason;
  return event.type === "access.granted" ? "granted" : "begun";
}

/** What came before a decision and may have had to do with it; null where the record, or what was read of it, has nothing. */
export interface Around {
  /** The first of two things, shown in time at the same side of the door. */
  readonly begun: Recorded<"access.begun"> | null;
  /** The block of codes that ran at the door. */
  readonly limited: Recorded<"access.limited"> | null;
  /** The block of the holder's first thing. */
  readonly blocked: Recorded<"person.blocked"> | null;
  readonly mode: Recorded<"door.modeChanged"> | null;
  readonly openedBySame: Recorded<"access.granted"> | null;
  readonly openedByOther: Recorded<"access.granted"> | null;
}

export class RecordWatch {
  readonly #directions: ReadonlyMap<string, ReaderSpec["direction"]>;
  readonly #factorTimeoutMs: number;
  readonly #begun = new Map<string, Recorded<"access.begun">>();
  readonly #limited = new Map<DoorId, Recorded<"access.limited">>();
  readonly #blocked = new Map<string, Recorded<"person.blocked">>();
  readonly #modes = new Map<DoorId, Recorded<"door.modeChanged">>();
  /** The last two by different holders. */
  readonly #opened = new Map<DoorId, readonly Recorded<"access.granted">[]>();

  constructor(site: SiteSpec) {
    this.#directions = new Map(site.readers.map(({ id, direction }) => [id, direction]));
    this.#factorTimeoutMs = site.factors.timeoutMs;
  }

  /** Of a decision that has not been followed yet. */
  around(decided: Decided): Around {
    const { event, at, boot } = decided;
    const begun = this.#begun.get(this.#sideOf(event)) ?? null;
    const holder = holderKeyOf(event);
    const opened = this.#opened.get(event.door) ?? [];
    const isSame = (other: Recorded<"access.granted">) => holder !== "" && holderKeyOf(other.event) === holder;
    const inTime = begun !== null && begun.boot === boot && at.mono - begun.at.mono <= this.#factorTimeoutMs;
    return {
      begun: inTime ? begun : null,
      limited: this.#limited.get(event.door) ?? null,
      blocked: this.#blocked.get(holder) ?? null,
      mode: this.#modes.get(event.door) ?? null,
      openedBySame: opened.findLast(isSame) ?? null,
      openedByOther: opened.findLast((other) => !isSame(other)) ?? null,
    };
  }

  follow(recorded: RecordedEvent): void {
    const { event } = recorded;
    if (isDecided(recorded)) {
      this.#begun.delete(this.#sideOf(recorded.event));
    }
    switch (event.type) {
      case "access.begun":
        this.#begun.set(this.#sideOf(event), { ...recorded, event });
        return;
      case "access.granted": {
        const others = (this.#opened.get(event.door) ?? []).filter(
          (one) => holderKeyOf(one.event) !== holderKeyOf(event),
        );
        this.#opened.set(event.door, [...others.slice(-1), { ...recorded, event }]);
        return;
      }
      case "access.limited":
        this.#limited.set(event.door, { ...recorded, event });
        return;
      case "person.blocked":
        this.#blocked.set(holderKeyOf(event), { ...recorded, event });
        return;
      case "door.modeChanged":
        this.#modes.set(event.door, { ...recorded, event });
    }
  }

  #sideOf({ door, reader }: Decided["event"]): string {
    return `${door} ${this.#directions.get(reader) ?? "entry"}`;
  }
}

/** Empty for whoever is not known. */
function holderKeyOf({ person, pass }: { readonly person: string | null; readonly pass: string | null }): string {
  if (person !== null) return `person ${person}`;
  return pass === null ? "" : `pass ${pass}`;
}
