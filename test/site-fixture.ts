// A small site for tests: a fail-secure front door with everything, a fail-safe garage, and the wires for both.
import type { BoardSpec } from "../hal/board.ts";
import type { DoorId, InputId, ReaderId, RelayId } from "../src/domain/ids.ts";
import type { DoorSpec, DoorTiming, SiteSpec } from "../src/domain/site.ts";

const timing: DoorTiming = {
  triggerDelayMs: 0,
  unlockMs: 5_000,
  extendedUnlockMs: 15_000,
  relockOnClose: true,
  heldOpenMs: 60_000,
  extendedHeldOpenMs: 180_000,
  preAlarmMs: 0,
  forcedGraceMs: 2_000,
  exitHoldMs: 30_000,
  sameUserMs: 0,
  differentUserMs: 0,
};

const plainDoor = {
  mode: "monostable",
  auxRelays: [],
  tampers: [],
  factors: [],
  keypadMode: "pin",
  unit: false,
  grantableBy: "residents",
  passCodeRequired: false,
  timetable: [],
  alarms: { forced: true, resetMs: 0, administratorTwiceMs: 0 },
  leadsTo: null,
  leadsFrom: null,
  timing,
} as const;

export const frontDoor: DoorSpec = {
  ...plainDoor,
  id: "front" as DoorId,
  name: "Front door",
  lock: "failSecure",
  relay: "front-strike" as RelayId,
  contact: "front-contact" as InputId,
  exitButtons: ["front-exit" as InputId],
  methods: ["pin", "card", "qr"],
};

export const garageDoor: DoorSpec = {
  ...plainDoor,
  id: "garage" as DoorId,
  name: "Garage",
  lock: "failSafe",
  relay: "garage-magnet" as RelayId,
  contact: "garage-contact" as InputId,
  exitButtons: ["garage-exit" as InputId],
  methods: ["pin", "card"],
};

export const site: SiteSpec = {
  name: "Test site",
  timeZone: "Europe/Madrid",
  doors: [frontDoor, garageDoor],
  readers: [
    { id: "front-reader" as ReaderId, door: frontDoor.id, direction: "entry", format: "w26", keypad: false },
    { id: "front-keypad" as ReaderId, door: frontDoor.id, direction: "entry", format: null, keypad: true },
    { id: "front-scanner" as ReaderId, door: frontDoor.id, direction: "entry", format: null, keypad: false },
    { id: "garage-reader" as ReaderId, door: garageDoor.id, direction: "entry", format: "w34", keypad: true },
  ],
  areas: [],
  interlocks: [],
  fireInput: "fire-panel" as InputId,
  lockdownInput: null,
  supplyInputs: [],
  inputActions: [],
  inputOpenings: [],
  receptions: [],
  features: { pin: true, card: true, qr: true, plate: true },
  keypad: { keyTimeoutMs: 10_000, maxKeys: 16, autoSubmitLength: null, apartmentLength: null },
  guessing: { failures: 5, blockMs: 30_000, maxBlockMs: 900_000, drainMs: 1_200_000 },
  factors: { timeoutMs: 10_000, attempts: 5, blockMs: 300_000 },
  codes: {
    duress: false,
    partition: false,
    virtualPin: false,
    publicLength: 6,
    coolDownMs: 0,
    qrPinOnKeypad: false,
    codeAlone: false,
  },
  passes: {
    enabled: true,
    activateOnFirstUse: true,
    courier: { validMs: 86_400_000, usesPerDoor: 1, digits: 8 },
    staffMaxMs: 43_200_000,
    purgeAfterDays: 30,
  },
  cards: { icFormat: "8HN", idFormat: "8HN", longUid: null },
  enrolByCard: false,
  recordDeadlineMs: 300,
  keepEvents: 200_000,
  keepNamesDays: 90,
  maxPeople: 50_000,
  cloud: null,
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
    { id: "front-scanner", kind: "scanner", port: "ttyACM0", baud: 9_600 },
    { id: "garage-reader", kind: "wiegand", pins: { d0: 20, d1: 21 }, format: "w34", keypad: true },
  ],
};
