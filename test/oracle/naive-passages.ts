// Where the oracle holds people to be, and who was let in where and when: lists, gone through whole each time.
import type { JournalEvent } from "../../src/domain/events.ts";
import type { AreaSpec, DoorSpec, SiteSpec } from "../../src/domain/site.ts";
import type { Scene } from "./scene.ts";

interface LetIn {
  readonly ask: string;
  readonly door: DoorSpec;
  readonly direction: "entry" | "exit";
  /** Nobody for a public code. */
  readonly holders: readonly string[];
  readonly mono: number;
  aborted: boolean;
  moved: boolean;
}

interface Place {
  readonly holder: string;
  readonly area: string;
  readonly mono: number;
}

/** More than any interval spans, and far more than any door takes to say what became of one. */
const rememberedLetIns = 150;

export class NaivePassages {
  readonly #site: SiteSpec;
  #letIn: LetIn[] = [];
  #places: Place[] = [];
  /** What each one's last move undid, and which ask made it. */
  readonly #lastMoves = new Map<string, { readonly ask: string; readonly before: Place | null }>();
  #expected: { readonly ask: string; readonly area: string; readonly holder: string; readonly until: number }[] = [];

  constructor(site: SiteSpec) {
    this.#site = site;
  }

  /** How long ago the door opened for the same, and for anybody else. */
  openedAgo(door: DoorSpec, holder: string | null, mono: number): { same: number; other: number } {
    const openings = this.#letIn.filter((one) => one.door.id === door.id && !one.aborted);
    const agoOf = (one: LetIn) => mono - one.mono;
    const ofSame = openings.filter(({ holders }) => holder !== null && holders.includes(holder));
    const ofOthers = openings.filter(({ holders }) => holders.length === 0 || holders.some((one) => one !== holder));
    return { same: Math.min(...ofSame.map(agoOf)), other: Math.min(...ofOthers.map(agoOf)) };
  }

  areaBeyond(door: DoorSpec, direction: "entry" | "exit"): AreaSpec | null {
    const id = direction === "entry" ? door.leadsTo : door.leadsFrom;
    return this.#site.areas.find((area) => area.id === id) ?? null;
  }

  isInside(area: AreaSpec, holder: string, mono: number): boolean {
    return this.#inside(area, mono).includes(holder);
  }

  /** Those inside, and those who have been let in and may be on their way. */
  crowd(area: AreaSpec, mono: number): Set<string> {
    const coming = this.#expected.filter((one) => one.area === area.id && one.until > mono);
    return new Set([...this.#inside(area, mono), ...coming.map(({ holder }) => holder)]);
  }

  /** Forgiven are those who went in so long ago that nobody believes it any more. */
  #inside(area: AreaSpec, mono: number): string[] {
    const here = this.#places.filter((place) => place.area === area.id);
    return here
      .filter((place) => area.forgiveMs === 0 || mono - place.mono < area.forgiveMs)
      .map(({ holder }) => holder);
  }

  let({ ask, door, now }: Scene, holders: readonly string[]): string[] {
    const { direction } = ask;
    const one: LetIn = { ask: ask.id, door, direction, holders, mono: now.mono, aborted: false, moved: false };
    this.#letIn = [...this.#letIn.slice(-rememberedLetIns), one];
    if (door.leadsTo === null && door.leadsFrom === null) return [];
    if (door.contact === null) return this.#move(one, now.mono);
    const area = this.areaBeyond(door, direction);
    if (area === null) return [];
    const { unlockMs, extendedUnlockMs, triggerDelayMs, forcedGraceMs } = door.timing;
    const until = now.mono + triggerDelayMs + Math.max(unlockMs, extendedUnlockMs) + forcedGraceMs;
    const inside = this.#inside(area, now.mono);
    for (const holder of holders) {
      if (!inside.includes(holder)) this.#expected.push({ ask: ask.id, area: area.id, holder, until });
    }
    return [];
  }

  /** Gives what it brought about. */
  follow(event: JournalEvent, mono: number): string[] {
    if (event.type === "fire.cleared") this.#places = [];
    if (event.type !== "access.taken" && event.type !== "access.notTaken") return [];
    const one = this.#letIn.find(({ ask }) => ask === event.ask);
    if (one === undefined || one.aborted || (event.type === "access.taken" && one.moved)) return [];
    this.#expected = this.#expected.filter(({ ask }) => ask !== event.ask);
    const moves = one.door.contact !== null && (one.door.leadsTo !== null || one.door.leadsFrom !== null);
    return event.type === "access.taken" && moves ? this.#move(one, mono) : [];
  }

  /** False when there was nothing to undo. */
  abort(ask: string): boolean {
    const one = this.#letIn.find((known) => known.ask === ask);
    if (one === undefined || one.aborted) return false;
    one.aborted = true;
    this.#expected = this.#expected.filter((expected) => expected.ask !== ask);
    if (one.door.contact !== null) return true;
    for (const holder of one.holders) {
      const last = this.#lastMoves.get(holder);
      if (last?.ask === ask) this.#put(holder, last.before);
    }
    return true;
  }

  /** Only where people are outlives a restart. */
  restart(): void {
    this.#letIn = this.#letIn.map((one) => ({ ...one, mono: Number.NEGATIVE_INFINITY }));
    this.#expected = [];
    this.#lastMoves.clear();
  }

  forget(holder: string): void {
    this.#put(holder, null);
  }

  #move(one: LetIn, mono: number): string[] {
    one.moved = true;
    const area = this.areaBeyond(one.door, one.direction);
    return one.holders.flatMap((holder) => {
      const wasInside = area !== null && this.isInside(area, holder, mono);
      const before = this.#places.find((place) => place.holder === holder) ?? null;
      this.#lastMoves.set(holder, { ask: one.ask, before });
      this.#put(holder, area === null ? null : { holder, area: area.id, mono });
      if (area === null || wasInside || area.capacity === 0) return [];
      return this.#inside(area, mono).length === area.capacity ? [`full ${area.id}`] : [];
    });
  }

  #put(holder: string, place: Place | null): void {
    this.#places = [...this.#places.filter((one) => one.holder !== holder), ...(place === null ? [] : [place])];
  }
}
