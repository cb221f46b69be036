// A small site for tests: a fail-secure front door with everything, a fail-safe garage, and the wires for both.
import type { BoardSpec } from "../hal/board.ts";
import type { DoorId, InputId, ReaderId, RelayId } from "../src/domain/ids.ts";
import type { DoorSpec, SiteSpec } from "../src/domain/site.ts";

const timing = { unlockMs: 5_000, relockOnClose: true, heldOpenMs: 60_000, forcedGraceMs: 2_000, exitHoldMs: 30_000 };

export const frontDoor: DoorSpec = {
  id: "front" as DoorId,
  name: "Front door",
  lock: "failSecure",
  relay: "front-strike" as RelayId,
  contact: "front-contact" as InputId,
  exitButtons: ["front-exit" as InputId],
  methods: ["pin", "card", "qr"],
  timing,
};

export const garageDoor: DoorSpec = {
  id: "garage" as DoorId,
  name: "Garage",
  lock: "failSafe",
  relay: "garage-magnet" as RelayId,
  contact: "garage-contact" as InputId,
  exitButtons: ["garage-exit" as InputId],
  methods: ["pin", "card"],
  timing,
};

export const site: SiteSpec = {
  name: "Test site",
  timeZone: "Europe/Madrid",
  doors: [frontDoor, garageDoor],
  readers: [
    { id: "front-reader" as ReaderId, door: frontDoor.id, format: "w26", keypad: false },
    { id: "front-keypad" as ReaderId, door: frontDoor.id, format: null, keypad: true },
    { id: "front-scanner" as ReaderId, door: frontDoor.id, format: null, keypad: false },
    { id: "garage-reader" as ReaderId, door: garageDoor.id, format: "w34", keypad: true },
  ],
  fireInput: "fire-panel" as InputId,
  keypad: { keyTimeoutMs: 10_000, maxKeys: 16, autoSubmitLength: null },
  guessing: { failures: 5, blockMs: 30_000, maxBlockMs: 900_000, drainMs: 1_200_000 },
  recordDeadlineMs: 300,
  keepEvents: 200_000,
};

export const wires: BoardSpec = {
  relays: [
    { id: "front-strike", pin: 17 },
    { id: "garage-magnet", pin: 27 },
  ],
  inputs: [
    { id: "front-contact", pin: 5 },
    { id: "front-exit", pin: 6 },
    { id: "garage-contact", pin: 12 },
    { id: "garage-exit", pin: 13 },
    { id: "fire-panel", pin: 16 },
  ],
  readers: [
    { id: "front-reader", kind: "wiegand", pins: { d0: 22, d1: 23 }, format: "w26", keypad: false },
    { id: "front-keypad", kind: "keypad", pins: { d0: 24, d1: 25 } },
    { id: "front-scanner", kind: "scanner", port: "ttyACM0" },
    { id: "garage-reader", kind: "wiegand", pins: { d0: 20, d1: 21 }, format: "w34", keypad: true },
  ],
};
