// Units of time that cannot be mixed up; knows no clock.

/** Milliseconds since 1970 UTC. Steps when somebody sets the clock, so nothing may be timed with it. */
export type UnixMs = number & { readonly unit: "unixMs" };

/** Milliseconds of a clock that never steps, comparable only within one boot of the machine. */
export type MonoMs = number & { readonly unit: "monoMs" };

export interface Instant {
  readonly wall: UnixMs;
  readonly mono: MonoMs;
  /** False until an authenticated source or a person on site has set the wall clock. */
  readonly trusted: boolean;
  /** Trusted on the word of a network that proves nothing, or of a clock chip. */
  readonly plain?: true;
}

/** What a clock says of itself. */
interface Telling {
  wall(): UnixMs;
  mono(): MonoMs;
  trusted(): boolean;
  proven(): boolean;
}

export function instantOf(clock: Telling): Instant {
  const at = { wall: clock.wall(), mono: clock.mono(), trusted: clock.trusted() };
  return at.trusted && !clock.proven() ? { ...at, plain: true } : at;
}

export const unixMs = (value: number): UnixMs => value as UnixMs;
export const monoMs = (value: number): MonoMs => value as MonoMs;

export const later = (from: MonoMs, ms: number): MonoMs => (from + ms) as MonoMs;
