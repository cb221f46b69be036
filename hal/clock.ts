// The contract for time: everything that waits or stamps takes one of these, so that tests can move it by hand.

export type UnixMs = number & { readonly unit: "unixMs" };
export type MonoMs = number & { readonly unit: "monoMs" };

export interface Timer {
  cancel(): void;
}

export interface Clock {
  wall(): UnixMs;
  /** Never steps. Comparable between processes of one boot of the machine. */
  mono(): MonoMs;
  /** False until a source that the site believes, or a person on site, has set the wall clock. */
  trusted(): boolean;
  /** Trusted on better grounds than the word of a network that proves nothing, or of a clock chip. */
  proven(): boolean;
  /** The name says what the timer is for, in traces and in the error about a timer that never lets time move. */
  after(ms: number, name: string, run: () => void): Timer;
}

/** Who vouches for the time. */
export type TimeSource = "network" | "site" | "chip" | "simulated";

export interface TimeStanding {
  readonly source: TimeSource | null;
  readonly proven: boolean;
}

export type ClockChange =
  | { readonly kind: "stepped"; readonly byMs: number }
  | { readonly kind: "trusted" }
  | { readonly kind: "distrusted" };

/** A site's clock, which somebody there may set. */
export interface SiteClock extends Clock {
  standing(): TimeStanding;
  /** Returns what ends the listening. Slewing and drift are not reported, as a real clock does not report them. */
  onChange(listener: (change: ClockChange) => void): () => void;
  /** Throws a Fault that says why where the machine does not let it. */
  set(wall: UnixMs): void;
  /** Somebody on site says that the time is right. */
  vouch(): void;
  stop(): void;
}
