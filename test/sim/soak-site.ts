// The site that the soak walks about in: three doors, both kinds of lock, one exit button for two doors, every kind of reader.
import type { BoardSpec } from "../../hal/board.ts";
import type { DoorId, InputId, ReaderId, RelayId } from "../../src/domain/ids.ts";
import type { DoorSpec, SiteSpec } from "../../src/domain/site.ts";
import { frontDoor, site } from "../site-fixture.ts";

const front: DoorSpec = {
  ...frontDoor,
  id: "front" as DoorId,
  name: "Front door",
  lock: "failSecure",
  relay: "front-strike" as RelayId,
  contact: "front-contact" as InputId,
  exitButtons: ["front-exit" as InputId],
  methods: ["pin", "card", "qr"],
  timing: {
    ...frontDoor.timing,
    unlockMs: 5_000,
    relockOnClose: true,
    heldOpenMs: 60_000,
    forcedGraceMs: 2_000,
    exitHoldMs: 30_000,
  },
};

const garage: DoorSpec = {
  ...frontDoor,
  id: "garage" as DoorId,
  name: "Garage",
  lock: "failSafe",
  relay: "garage-magnet" as RelayId,
  contact: "garage-contact" as InputId,
  exitButtons: ["garage-exit" as InputId, "yard-exit" as InputId],
  methods: ["pin", "card"],
  timing: {
    ...frontDoor.timing,
    unlockMs: 8_000,
    relockOnClose: false,
    heldOpenMs: 120_000,
    forcedGraceMs: 0,
    exitHoldMs: 30_000,
  },
};

const yard: DoorSpec = {
  ...frontDoor,
  id: "yard" as DoorId,
  name: "Yard gate",
  lock: "failSafe",
  relay: "yard-magnet" as RelayId,
  contact: null,
  exitButtons: ["yard-exit" as InputId],
  methods: ["card", "qr"],
  timing: {
    ...frontDoor.timing,
    unlockMs: 3_000,
    relockOnClose: true,
    heldOpenMs: 30_000,
    forcedGraceMs: 1_000,
    exitHoldMs: 10_000,
  },
};

/** What a seed may vary. */
export interface SiteChoice {
  readonly recordDeadlineMs: number;
  readonly keepEvents: number;
  readonly autoSubmitLength: number | null;
}

export const soakSite = (choice: SiteChoice): SiteSpec => ({
  ...site,
  name: "Soak",
  timeZone: "Europe/Madrid",
  doors: [front, garage, yard],
  readers: [
    { id: "front-reader" as ReaderId, door: front.id, direction: "entry", format: "w26", keypad: false },
    { id: "front-keypad" as ReaderId, door: front.id, direction: "entry", format: null, keypad: true },
    { id: "front-scanner" as ReaderId, door: front.id, direction: "entry", format: null, keypad: false },
    { id: "garage-reader" as ReaderId, door: garage.id, direction: "entry", format: "w34", keypad: true },
    { id: "yard-reader" as ReaderId, door: yard.id, direction: "entry", format: "w37", keypad: false },
    { id: "yard-scanner" as ReaderId, door: yard.id, direction: "entry", format: null, keypad: false },
  ],
  fireInput: "fire-panel" as InputId,
  keypad: { ...site.keypad, keyTimeoutMs: 10_000, maxKeys: 16, autoSubmitLength: choice.autoSubmitLength },
  guessing: { failures: 5, blockMs: 30_000, maxBlockMs: 900_000, drainMs: 1_200_000 },
  recordDeadlineMs: choice.recordDeadlineMs,
  keepEvents: choice.keepEvents,
  keepNamesDays: 90,
});

export const soakWires: BoardSpec = {
  relays: [
    { id: "front-strike", pin: 17 },
    { id: "garage-magnet", pin: 27 },
    { id: "yard-magnet", pin: 22 },
  ],
  inputs: [
    { id: "front-contact", pin: 5 },
    { id: "front-exit", pin: 6 },
    { id: "garage-contact", pin: 12 },
    { id: "garage-exit", pin: 13 },
    { id: "yard-exit", pin: 19 },
    { id: "fire-panel", pin: 16 },
  ],
  readers: [
    { id: "front-reader", kind: "wiegand", pins: { d0: 2, d1: 3 }, format: "w26", keypad: false },
    { id: "front-keypad", kind: "keypad", pins: { d0: 24, d1: 25 } },
    { id: "front-scanner", kind: "scanner", port: "ttyACM0", baud: 9_600 },
    { id: "garage-reader", kind: "wiegand", pins: { d0: 20, d1: 21 }, format: "w34", keypad: true },
    { id: "yard-reader", kind: "wiegand", pins: { d0: 8, d1: 9 }, format: "w37", keypad: false },
    { id: "yard-scanner", kind: "scanner", port: "ttyACM1", baud: 9_600 },
  ],
};
