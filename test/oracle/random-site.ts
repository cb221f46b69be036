// Random sites for the oracle: doors that ask for everything a door can ask for, in zones whose clocks do what clocks can do.
import type { AreaId, DoorId, ReaderId, ScheduleId } from "../../src/domain/ids.ts";
import type { Method } from "../../src/domain/presentation.ts";
import type { AreaSpec, DoorSpec, FactorRule, ReaderSpec, SiteSpec } from "../../src/domain/site.ts";
import { frontDoor, site as plainSite } from "../site-fixture.ts";
import type { Dice } from "./dice.ts";

export const doorIds = ["d0", "d1", "d2", "d3"].map((id) => id as DoorId);
export const scheduleIds = ["s0", "s1", "s2", "s3", "s4", "s5"].map((id) => id as ScheduleId);
const areaIds = ["hall", "yard"].map((id) => id as AreaId);

const zones = [
  "Europe/Madrid",
  "America/New_York",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "America/St_Johns",
  "Africa/Casablanca",
  "UTC",
];
const methods: readonly Method[] = ["pin", "card", "qr", "plate"];

export function randomSite(dice: Dice): SiteSpec {
  const features = { pin: !dice.chance(1), card: !dice.chance(1), qr: !dice.chance(1), plate: !dice.chance(2) };
  return {
    ...plainSite,
    timeZone: dice.pick(zones),
    doors: doorIds.map((id, index) => randomDoor(dice, id, index)),
    readers: doorIds.flatMap((id) => readersOf(dice, id)),
    areas: areaIds.map((id) => randomArea(dice, id)),
    features,
    guessing: {
      failures: dice.pick([1, 3, 5, 5, 20, 50]),
      blockMs: dice.pick([1_000, 30_000, 60_000]),
      maxBlockMs: dice.pick([60_000, 100_000, 900_000]),
      drainMs: dice.pick([60_000, 600_000, 1_200_000]),
    },
    factors: {
      timeoutMs: dice.pick([5_000, 10_000, 60_000]),
      attempts: dice.pick([1, 1, 2, 5]),
      blockMs: dice.pick([300_000, 7_200_000]),
    },
    codes: randomCodes(dice),
    cards: { ...plainSite.cards, longUid: dice.pick([null, "first4", "last4"]) },
    passes: { ...plainSite.passes, activateOnFirstUse: !dice.chance(20) },
  };
}

export const randomCodes = (dice: Dice): SiteSpec["codes"] => ({
  ...plainSite.codes,
  duress: dice.chance(50),
  virtualPin: dice.chance(50),
  publicLength: dice.chance(75) ? 6 : dice.between(4, 8),
  qrPinOnKeypad: dice.chance(50),
  codeAlone: dice.chance(50),
});

function randomDoor(dice: Dice, id: DoorId, index: number): DoorSpec {
  const asked = dice.some(methods, 97);
  const unit = index === 2 && dice.chance(12);
  return {
    ...frontDoor,
    id,
    name: id,
    methods: asked.length === 0 ? methods : asked,
    factors: index < 2 ? randomFactors(dice) : [],
    keypadMode: index === 1 && dice.chance(60) ? "apartmentPin" : "pin",
    unit,
    passCodeRequired: unit || dice.chance(6),
    grantableBy: dice.chance(85) ? "residents" : "administrators",
    contact: dice.chance(60) ? frontDoor.contact : null,
    leadsTo: dice.chance(45) ? dice.pick(areaIds) : null,
    leadsFrom: dice.chance(30) ? dice.pick(areaIds) : null,
    timing: {
      ...frontDoor.timing,
      sameUserMs: dice.chance(30) ? dice.pick([1_000, 10_000, 60_000]) : 0,
      differentUserMs: dice.chance(20) ? dice.pick([500, 3_000, 20_000]) : 0,
    },
  };
}

function randomFactors(dice: Dice): FactorRule[] {
  return Array.from({ length: dice.pick([0, 1, 1, 1, 2]) }, () => ({
    schedule: dice.pick([...scheduleIds, "always" as ScheduleId]),
    need: dice.pick(["any", "any", "any", "cardAndPin", "cardAndPin", "qrAndCode", "twoPeople"] as const),
  }));
}

function readersOf(dice: Dice, door: DoorId): ReaderSpec[] {
  const reader = (side: string, direction: "entry" | "exit"): ReaderSpec => ({
    id: `${door}-${side}` as ReaderId,
    door,
    direction,
    format: "w34",
    keypad: true,
  });
  const scanner = { ...reader("scan", "entry"), format: null, keypad: false };
  return [reader("in", "entry"), reader("out", "exit"), ...(dice.chance(88) ? [scanner] : [])];
}

function randomArea(dice: Dice, id: AreaId): AreaSpec {
  return {
    id,
    name: id,
    passback: dice.pick(["off", "soft", "hard", "hard"]),
    forgiveMs: dice.pick([60_000, 600_000, 3_600_000, 43_200_000]),
    capacity: dice.pick([0, 3, 4, 6]),
  };
}
