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
  /** False until an authenticated source or a person on site has set the wall clock. */
  trusted(): boolean;
  /** The name says what the timer is for, in traces and in the error about a timer that never lets time move. */
  after(ms: number, name: string, run: () => void): Timer;
}
