// What the console sends to its page: types only, shared by both, because a page cannot load what lies outside its folder.
import type { RecordedEvent } from "../../domain/events.ts";
import type { SiteSpec } from "../../domain/site.ts";
import type { DoorStatus, HealthFact, Sample } from "../../domain/status.ts";
import type { BoardReader, LampSignal } from "../board-says.ts";

export interface PageSite {
  readonly name: string;
  readonly timeZone: string;
  readonly doors: readonly Pick<
    SiteSpec["doors"][number],
    "id" | "name" | "lock" | "relay" | "contact" | "exitButtons"
  >[];
  readonly readers: readonly Pick<SiteSpec["readers"][number], "id" | "door">[];
  readonly fireInput: string | null;
  readonly keyTimeoutMs: number;
  readonly samples: readonly Sample[];
  /** True when the wires are drawn on the page, so that it may work them. */
  readonly simulated: boolean;
  /** How often the stream shows that it is alive. */
  readonly beatMs: number;
}

export interface PageDoors {
  readonly doors: readonly DoorStatus[];
  readonly health: readonly HealthFact[];
  readonly time: PageTime;
}

/** What the site's clock shows as this is sent, and whether anybody vouches for it. */
export interface PageTime {
  readonly wallMs: number;
  readonly trusted: boolean;
}

export interface PageBoard {
  readonly connected: boolean;
  readonly relays: Readonly<Record<string, boolean>>;
  readonly inputs: Readonly<Record<string, boolean>>;
  readonly readers: Readonly<Record<string, BoardReader>>;
}

export interface PageSignal {
  readonly reader: string;
  readonly signal: LampSignal;
}

/** Pairing with an issuer. */
export interface PageJoining {
  /** There is to be a cloud, and no issuer yet. */
  readonly possible: boolean;
  /** Where it was tried last. */
  readonly broker: string | null;
  /** Its end by the site's clock. */
  readonly code: { readonly text: string; readonly untilWallMs: number } | null;
  /** What kept it from being done, in one sentence. */
  readonly why: string | null;
}

export interface PageJournal {
  /** True when these do not follow on what the page has: it starts its list afresh. */
  readonly reset: boolean;
  /** Oldest first. */
  readonly events: readonly RecordedEvent[];
}

/** By the stream's event names; `beat` only shows that the line is alive. */
export interface PageMessages {
  readonly site: PageSite;
  readonly doors: PageDoors;
  readonly board: PageBoard;
  readonly signal: PageSignal;
  readonly journal: PageJournal;
  readonly joining: PageJoining;
  readonly beat: null;
}

/** The body of every answer that is not a page or a stream. */
export interface PageAnswer {
  readonly ok: boolean;
  /** One word for programs; absent when all went well. */
  readonly code?: string;
  /** One plain sentence for people. */
  readonly problem?: string;
}
