// What a door's modes are called in a terminal.
import type { DoorMode } from "../domain/status.ts";

export const modeWords: Readonly<Record<DoorMode, string>> = {
  locked: "locked",
  unlocked: "unlocked",
  accessed: "unlocked for one passage",
  blocked: "blocked",
  lockedDown: "locked down",
  lockedOpen: "locked open",
  doubleLocked: "double locked",
};
