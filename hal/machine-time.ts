// The machine's own monotonic time, and timers that go by it.
import type { Timer } from "./clock.ts";

/** setTimeout takes a signed 32-bit number of milliseconds; anything longer fires at once. */
const maxTimeoutMs = 2 ** 31 - 1;

/** CLOCK_MONOTONIC in milliseconds: the same for every process of one boot. */
export const machineMono = (): number => Number(process.hrtime.bigint()) / 1e6;

export function wholeDelay(ms: number, name: string): number {
  if (!Number.isFinite(ms)) throw new Error(`timer "${name}" was set for ${ms} ms`);
  return Math.max(0, Math.ceil(ms));
}

export function startTimer(ms: number, name: string, run: () => void, holdsProcess: boolean): Timer {
  const due = machineMono() + wholeDelay(ms, name);
  let handle: NodeJS.Timeout;
  const arm = (): void => {
    handle = setTimeout(fire, Math.min(Math.ceil(Math.max(0, due - machineMono())), maxTimeoutMs));
    if (!holdsProcess) handle.unref();
  };
  // setTimeout counts from the loop's cached time and so may fire a little early.
  const fire = (): void => (machineMono() < due ? arm() : run());
  arm();
  return { cancel: () => clearTimeout(handle) };
}
