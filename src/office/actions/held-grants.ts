// Grants that no door has let through yet, until the record says what became of each; acts on nothing, and keeps nothing on disk.
import type { JournalEvent, RecordedEvent } from "../../domain/events.ts";
import { askBehind } from "../../domain/events.ts";
import type { AskId } from "../../domain/ids.ts";

/** As many as may wait at once; whoever comes on top sets nothing off. */
const maxHeld = 128;

/** A grant that a door may still give back. One that is recorded late has moved its relay by then. */
export const isOpenGrant = (event: JournalEvent): event is Extract<JournalEvent, { type: "access.granted" }> =>
  event.type === "access.granted" && !event.late;

export class HeldGrants {
  readonly #held = new Map<AskId, RecordedEvent>();

  /** In the order in which they were granted. */
  seqs(): readonly number[] {
    return [...this.#held.values()].map(({ seq }) => seq);
  }

  /** False when there is no room. */
  hold(ask: AskId, grant: RecordedEvent): boolean {
    if (this.#held.size >= maxHeld) return false;
    this.#held.set(ask, grant);
    return true;
  }

  /** The grant that this event shows to have been let through. One that was given back is forgotten. */
  settledBy({ event, epoch }: RecordedEvent): RecordedEvent | null {
    const ask = settledAsk(event);
    const grant = ask === null ? undefined : this.#held.get(ask);
    if (ask === null || grant === undefined) return null;
    this.#held.delete(ask);
    return event.type === "access.aborted" || grant.epoch !== epoch ? null : grant;
  }

  /** Of what is over nothing will be recorded any more: its controller ended first. */
  forget(isOver: (grant: RecordedEvent) => boolean): void {
    for (const [ask, grant] of this.#held) if (isOver(grant)) this.#held.delete(ask);
  }
}

function settledAsk(event: JournalEvent): AskId | null {
  switch (event.type) {
    case "access.admitted":
    case "access.aborted":
    case "access.late":
      return event.ask;
    default:
      return askBehind(event);
  }
}
