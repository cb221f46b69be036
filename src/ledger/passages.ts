// Follows people through doors: who opened one lately, who is expected in an area, who has gone in. Acts on events alone, so that
// a ledger which did not decide an ask moves its holder all the same.
import type { JournalEvent } from "../domain/events.ts";
import type { AskId } from "../domain/ids.ts";
import type { AreaSpec, DoorSpec } from "../domain/site.ts";
import type { Instant } from "../domain/time.ts";
import { later } from "../domain/time.ts";
import type { Mover } from "../domain/whereabouts.ts";
import { areaBeyond, isHeldInside, movesPeople } from "../domain/whereabouts.ts";
import type { AskOutcome } from "./ask-outcomes.ts";
import { rememberOpening } from "./openings.ts";
import { keyOf } from "./session.ts";
import type { LedgerTransaction } from "./transaction.ts";

export class Passages {
  readonly #transaction: LedgerTransaction;

  constructor(transaction: LedgerTransaction) {
    this.#transaction = transaction;
  }

  follow(event: JournalEvent, at: Instant): void {
    switch (event.type) {
      case "access.granted":
        this.#letIn(event.ask, at);
        return;
      case "access.taken":
        this.#taken(event.ask, at);
        return;
      case "access.notTaken":
      case "access.aborted":
        this.#notTaken(event.ask, event.type === "access.aborted");
        return;
      // Everybody has left through open doors that told nobody.
      case "fire.cleared":
        this.#transaction.parts.areas.forgetAll();
    }
  }

  #letIn(ask: AskId, at: Instant): void {
    const found = this.#find(ask);
    if (found === null) return;
    const { outcome, door } = found;
    const movers = this.#moversOf(outcome);
    this.#noteOpenings(ask, door, movers, at);
    if (!movesPeople(door)) return;
    if (door.contact !== null) this.#expect(ask, outcome, door, movers, at);
    else this.#move(ask, outcome, door, movers, at);
  }

  #noteOpenings(ask: AskId, door: DoorSpec, movers: readonly Mover[], at: Instant): void {
    const { openings } = this.#transaction;
    let known = openings.get(door.id) ?? [];
    for (const holder of movers.length === 0 ? [null] : movers.map(keyOf)) {
      known = rememberOpening(known, { ask, holder, at: at.mono }, door.timing);
    }
    if (known.length > 0) openings.set(door.id, known);
  }

  /** They count towards the area's limit until they are seen going in, or have had time enough to. */
  #expect(ask: AskId, outcome: AskOutcome, door: DoorSpec, movers: readonly Mover[], at: Instant): void {
    const { expected } = this.#transaction;
    const area = this.#areaOf(outcome, door);
    if (area === null || area.capacity === 0) return;
    const outside = movers.filter((mover) => !this.#isInside(area, mover, at));
    const { triggerDelayMs, extendedUnlockMs, unlockMs, forcedGraceMs } = door.timing;
    const until = later(at.mono, triggerDelayMs + Math.max(unlockMs, extendedUnlockMs) + forcedGraceMs);
    const waiting = (expected.get(area.id) ?? []).filter((one) => one.until > at.mono);
    expected.set(area.id, [...waiting, ...outside.map((mover) => ({ ask, holder: keyOf(mover), until }))]);
  }

  #taken(ask: AskId, at: Instant): void {
    const found = this.#find(ask);
    if (found === null || found.door.contact === null || found.outcome.moved) return;
    const { outcome, door } = found;
    this.#unexpect(ask, outcome, door);
    if (movesPeople(door)) this.#move(ask, outcome, door, this.#moversOf(outcome), at);
  }

  #notTaken(ask: AskId, aborted: boolean): void {
    const found = this.#find(ask, true);
    if (found === null) return;
    const { outcome, door } = found;
    this.#unexpect(ask, outcome, door);
    const { openings, parts } = this.#transaction;
    if (!aborted) return;
    const known = openings.get(door.id);
    if (known !== undefined) {
      openings.set(
        door.id,
        known.filter((opening) => opening.ask !== ask),
      );
    }
    // Without a contact the grant itself has moved them. After a restart nobody knows from where: nowhere bars no door.
    if (door.contact !== null || !movesPeople(door)) return;
    for (const mover of this.#moversOf(outcome)) parts.areas.restore(mover, outcome.before?.get(keyOf(mover)) ?? null);
  }

  #move(ask: AskId, outcome: AskOutcome, door: DoorSpec, movers: readonly Mover[], at: Instant): void {
    const { areas, session } = this.#transaction.parts;
    const area = this.#areaOf(outcome, door);
    const target = area?.id ?? null;
    const before = new Map(movers.map((mover) => [keyOf(mover), areas.whereabouts(mover)]));
    this.#transaction.outcomes.set(ask, { ...outcome, moved: true, before });
    for (const mover of movers) {
      const wasInside = area !== null && this.#isInside(area, mover, at);
      areas.move(mover, target, at, session.boot);
      if (area !== null) this.#arrived(area, mover);
      if (area !== null && !wasInside) this.#noteFull(area, mover, at);
    }
  }

  #isInside(area: AreaSpec, mover: Mover, at: Instant): boolean {
    const { areas, session } = this.#transaction.parts;
    return isHeldInside(areas.passage(area, mover, at, session.boot).insideMs, area);
  }

  #noteFull(area: AreaSpec, mover: Mover, at: Instant): void {
    const { areas, session } = this.#transaction.parts;
    if (area.capacity === 0 || areas.countOthers(area, mover, at, session.boot) !== area.capacity - 1) return;
    this.#transaction.append({ type: "area.full", area: area.id }, at);
  }

  #unexpect(ask: AskId, outcome: AskOutcome, door: DoorSpec): void {
    const area = this.#areaOf(outcome, door);
    const waiting = area === null ? undefined : this.#transaction.expected.get(area.id);
    if (area === null || waiting === undefined) return;
    this.#transaction.expected.set(
      area.id,
      waiting.filter((one) => one.ask !== ask),
    );
  }

  /** Whoever was let in twice goes in once. */
  #arrived(area: AreaSpec, mover: Mover): void {
    const waiting = this.#transaction.expected.get(area.id);
    if (waiting === undefined) return;
    this.#transaction.expected.set(
      area.id,
      waiting.filter((one) => one.holder !== keyOf(mover)),
    );
  }

  #find(ask: AskId, evenAborted = false): { readonly outcome: AskOutcome; readonly door: DoorSpec } | null {
    const outcome = this.#transaction.outcomeOf(ask);
    const door = outcome === undefined ? undefined : this.#transaction.parts.session.doors.get(outcome.door);
    if (outcome === undefined || door === undefined || !outcome.granted) return null;
    return outcome.aborted && !evenAborted ? null : { outcome, door };
  }

  #areaOf({ reader }: AskOutcome, door: DoorSpec): AreaSpec | null {
    const { site } = this.#transaction.parts.session;
    const direction = site.readers.find(({ id }) => id === reader)?.direction ?? "entry";
    const id = areaBeyond(door, direction);
    return site.areas.find((area) => area.id === id) ?? null;
  }

  /** Of two people who open together both go in. */
  #moversOf({ person, pass, first }: AskOutcome): Mover[] {
    const movers: Mover[] = [];
    if (person !== null) movers.push({ kind: "person", id: person });
    else if (pass !== null) movers.push({ kind: "pass", id: pass });
    const other = first === null ? null : this.#transaction.parts.directory.holderOfCredential(first);
    if (other === null || other.kind === "public") return movers;
    return movers.some(({ kind, id }) => kind === other.kind && id === other.id) ? movers : [...movers, other];
  }
}
