// Takes back from a broker what it keeps of this controller, as soon as that broker can be had; then ends.
import { BrokerLink } from "./broker-link.ts";
import type { HomeMemory } from "./home-memory.ts";
import { homeClientId } from "./home-topics.ts";
import { takeBack } from "./introduce.ts";
import type { Kept } from "./memory-file.ts";

export interface FarewellParts {
  readonly kept: Kept;
  readonly memory: HomeMemory;
  readonly mono: () => number;
  readonly changed: (well: boolean, why: string) => void;
}

export interface Farewell {
  close(): void;
}

export function startFarewell({ kept, memory, mono, changed }: FarewellParts): Farewell {
  const { place } = kept;
  const link = new BrokerLink({
    place,
    // The same as ever: should the last connection still stand, the broker ends it first, and says its will.
    clientId: homeClientId(place.id),
    will: null,
    mono,
    prepare: () => true,
    opened: (session) => {
      void takeBack(session, memory, kept).then((done) => {
        if (!done) return;
        changed(true, "");
        link.close();
      });
    },
    arrived: () => {},
    gone: (why) => changed(false, `${why} Until then it keeps what it was told of this controller.`),
  });
  return link;
}
