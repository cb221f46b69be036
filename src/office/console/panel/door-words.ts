// Says how a door stands, in words and as one state to draw; pure, knows no element of the page.
import type { DoorStatus } from "../../../domain/status.ts";

export type DoorLook =
  | "locked"
  | "unlocked"
  | "open"
  | "shut"
  | "forced"
  | "tampered"
  | "heldOpen"
  | "fire"
  | "unknown";

export interface DoorWords {
  readonly look: DoorLook;
  /** One or two words. */
  readonly headline: string;
  /** What is wrong and what to do; null while all is well. */
  readonly alarm: string | null;
  readonly leafOpen: boolean;
  readonly locked: boolean;
}

/** `contactActive` is the wire on a simulated board, which is quicker than the door; null when there is none. */
export function doorWords(status: DoorStatus | null, contactActive: boolean | null): DoorWords {
  if (status === null) {
    return { look: "unknown", headline: "Waiting", alarm: null, leafOpen: contactActive === true, locked: true };
  }
  const leafOpen = contactActive ?? status.contact === "open";
  const [look, headline] = lookOf(status, leafOpen);
  return { look, headline, alarm: alarmOf(status), leafOpen, locked: status.locked };
}

const modeHeadlines: Readonly<Partial<Record<DoorStatus["mode"], string>>> = {
  blocked: "Blocked",
  lockedDown: "Locked down",
  lockedOpen: "Locked open",
  doubleLocked: "Double locked",
};

function lookOf(status: DoorStatus, leafOpen: boolean): readonly [DoorLook, string] {
  if (status.forced) return ["forced", leafOpen ? "Forced open" : "Was forced"];
  if (status.fire) return ["fire", leafOpen ? "Open, fire" : "Fire release"];
  if (status.tampered) return ["tampered", "Tampered with"];
  if (status.heldOpen) return ["heldOpen", "Held open"];
  if (status.heldOpenSoon) return ["heldOpen", "Open for long"];
  if (leafOpen) return ["open", "Open"];
  if (status.mode === "blocked" || status.mode === "lockedDown")
    return ["shut", modeHeadlines[status.mode] ?? "Locked"];
  return [status.locked ? "locked" : "unlocked", modeHeadlines[status.mode] ?? (status.locked ? "Locked" : "Unlocked")];
}

function alarmOf(status: DoorStatus): string | null {
  if (status.forced) return "Opened without anyone being let in.";
  if (status.fire) return "Released by the fire input.";
  if (status.tampered) return "A reader or a box of this door was opened.";
  if (status.heldOpen) return "Open for too long. Close the door.";
  if (status.heldOpenSoon) return "It will alarm soon. Close the door.";
  if (status.stuckExits.length > 0) return "The exit button seems to be stuck; the door has locked again.";
  return null;
}

/** What pushing at the door, or pulling it shut, would do now. */
export function pushWords(words: DoorWords): string {
  if (words.leafOpen) return "Close the door";
  return words.locked ? "Force it open" : "Open the door";
}
