// What a site lets Home Assistant see and do over its broker; knows no topic, packet or socket.

export interface HomeAssistantSpec {
  /** `mqtt://host:port` or `mqtts://host:port`, without a name or password. */
  readonly broker: string;
  /** Authorities that the broker's certificate must come from; null takes the system's. */
  readonly caFile: string | null;
  readonly username: string | null;
  readonly passwordFile: string | null;
  readonly discoveryPrefix: string;
  /** Names this controller among all that speak at that broker. */
  readonly id: string;
  readonly mayOpen: boolean;
  /** Whether events say who it was, and why somebody was denied. */
  readonly revealDetails: boolean;
}

/** What may be asked of a door: that it stands locked or unlocked, or opens for one passage. */
export const homeOrders = ["lock", "unlock", "open"] as const;
export type HomeOrder = (typeof homeOrders)[number];

/**
 * Why a message to a door was not obeyed. `notAllowed`: the site does not let Home Assistant open. `retained`: the broker had kept
 * it. `late`: the connection had not been heard of for too long to say when it was sent. `door`: the door did not take it.
 */
export const homeRefusals = [
  "notAllowed",
  "retained",
  "oversized",
  "malformed",
  "unknownDoor",
  "flooded",
  "late",
  "busy",
  "door",
] as const;
export type HomeRefusal = (typeof homeRefusals)[number];
