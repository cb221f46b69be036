// What is known of one presentation when the oracle judges it.
import type { Ask } from "../../src/domain/ask.ts";
import type { HolderRef, Person } from "../../src/domain/directory.ts";
import type { DoorSpec, FactorNeed, SiteSpec } from "../../src/domain/site.ts";
import type { Instant } from "../../src/domain/time.ts";
import type { NaiveCredential, NaiveDirectory } from "./naive-directory.ts";
import type { NaivePassages } from "./naive-passages.ts";
import type { WallReading } from "./oracle-calendar.ts";

export interface Scene {
  readonly site: SiteSpec;
  readonly directory: NaiveDirectory;
  readonly door: DoorSpec;
  readonly ask: Ask;
  readonly now: Instant;
  readonly reading: WallReading;
  /** Too many wrong codes at this door. */
  readonly limited: boolean;
  /** Too many wrong second factors after what this holder showed first. */
  readonly isBlocked: (holder: HolderRef) => boolean;
  readonly first: First | null;
  readonly passages: NaivePassages;
}

/** What was shown first, where one thing is not enough. */
export interface First {
  readonly need: FactorNeed;
  readonly credential: NaiveCredential;
  readonly duress: boolean;
  readonly at: number;
}

export const keyOf = ({ kind, id }: HolderRef): string => `${kind} ${id}`;

const isDigits = (text: string): boolean => text !== "" && [...text].every((sign) => sign >= "0" && sign <= "9");

/** Keyed digits, and digits held to a camera. */
export function isGuessable({ presentation }: Ask): boolean {
  return presentation.method === "pin" || (presentation.method === "qr" && isDigits(presentation.text));
}

export function personOf({ directory }: Scene, id: string): Person | null {
  const found = directory.holder({ kind: "person", id: id as Person["id"] });
  return found?.kind === "person" ? found : null;
}
