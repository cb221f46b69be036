// Puts a process behind the door loop's wherever both want a processor; knows nothing of what either does there.
import { readdirSync } from "node:fs";
import { constants, getPriority, setPriority } from "node:os";

/** So much nicer than the process that started this one, which may have been started nicely itself. */
export function stepBehind(steps: number): void {
  const niceness = Math.min(constants.priority.PRIORITY_LOW, getPriority() + steps);
  // Linux keeps a niceness for each thread, and those that will hash PINs and collect garbage run already.
  for (const thread of readdirSync("/proc/self/task")) {
    try {
      setPriority(Number(thread), niceness);
    } catch {
      // The thread has ended, or a sandbox forbids it: the doors are served all the same.
    }
  }
}
