// What a world is: a site, and what happens in its life, step by step.
import type { Ask } from "../../src/domain/ask.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { AskId, DoorId } from "../../src/domain/ids.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { Instant } from "../../src/domain/time.ts";

export type Step =
  | { readonly do: "change"; readonly change: DirectoryChange }
  | { readonly do: "show"; readonly ask: Ask; readonly at: Instant }
  | { readonly do: "restart"; readonly site: SiteSpec }
  | { readonly do: "record"; readonly what: JournalEvent; readonly at: Instant }
  /** The door would not let in after all. */
  | { readonly do: "abort"; readonly ask: AskId; readonly door: DoorId; readonly at: Instant };

export interface World {
  readonly seed: number;
  readonly site: SiteSpec;
  readonly script: readonly Step[];
}
