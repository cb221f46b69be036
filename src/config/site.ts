// Hands each part of Postern its share of the configuration; decides nothing.

import type { ActionSpec } from "../domain/action.ts";
import type { HttpOpeningSpec } from "../domain/http-opening.ts";
import type { ActionId, AreaId, DoorId, InputId, ReaderId, RelayId, ScheduleId } from "../domain/ids.ts";
import type { RescueBoard } from "../domain/rescue.ts";
import type {
  CodePolicy,
  DoorSpec,
  Features,
  FrameFormat,
  FrameOptions,
  PassPolicy,
  ReaderSpec,
  SiteSpec,
  SupplyInputSpec,
} from "../domain/site.ts";
import type { ConsoleSpec } from "../domain/status.ts";
import type { CardModes } from "./card-modes.ts";
import { cardModesOf } from "./card-modes.ts";
import type { Config, DoorConfig, ReaderConfig } from "./schema.ts";

/** A reader as the board needs it: its door is none of the board's business, and its profiles stand in it whole. */
export type ReaderWires = ReaderConfig extends infer Reader
  ? Reader extends { readonly kind: "pcsc" }
    ? Omit<Reader, "door" | "direction" | "profiles" | keyof CardModes> &
        CardModes & {
          readonly profiles: Config["cardProfiles"];
        }
    : Reader extends unknown
      ? Omit<Reader, "door" | "direction">
      : never
  : never;

type InputConfig = Config["inputs"][number];

export interface BoardWires {
  readonly relays: readonly { readonly id: string; readonly pin: number }[];
  readonly inputs: readonly (Omit<InputConfig, "actions" | "opens" | "enabled" | "pin" | "on"> & {
    readonly pin: number;
  })[];
  readonly readers: readonly ReaderWires[];
  readonly gpio: Config["gpio"];
  readonly rs485?: Config["rs485"];
  readonly readerRelays?: readonly ({ readonly id: string } & NonNullable<Config["relays"][number]["on"]>)[];
  readonly readerInputs?: readonly ({ readonly id: string } & Pick<InputConfig, "activeLevel"> &
    NonNullable<InputConfig["on"]>)[];
}

export function siteOf(written: Config): SiteSpec {
  const config = withoutDisabledInputs(written);
  return {
    name: config.site.name,
    timeZone: config.site.timeZone,
    doors: config.doors.map(doorOf),
    readers: config.readers.map(readerOf),
    areas: config.areas.map((area) => ({ ...area, id: area.id as AreaId })),
    interlocks: config.interlocks.map((group) => group.map((id) => id as DoorId)),
    fireInput: config.fire === null ? null : (config.fire.input as InputId),
    lockdownInput: config.lockdown === null ? null : (config.lockdown.input as InputId),
    supplyInputs: supplyOf(config.supply),
    inputActions: config.inputs.flatMap(({ id, actions }) =>
      actions.map((one) => ({ ...one, action: one.action as ActionId, input: id as InputId })),
    ),
    inputOpenings: config.inputs.flatMap(({ id, opens }) =>
      opens.map(({ allowUnauthenticated: _, ...one }) => ({
        ...one,
        input: id as InputId,
        door: one.door as DoorId,
        schedule: one.schedule as ScheduleId,
      })),
    ),
    receptions: config.receptions.map(({ input, doors, schedule }) => ({
      input: input as InputId,
      doors: doors.map((id) => id as DoorId),
      schedule: schedule as ScheduleId,
    })),
    features: featuresOf(config.features),
    keypad: config.keypad,
    guessing: config.guessing,
    factors: config.factors,
    codes: codesOf(config.codes),
    passes: passesOf(config.passes),
    cards: config.cards,
    enrolByCard: config.enrolByCard,
    recordDeadlineMs: config.recordDeadlineMs,
    keepEvents: config.journal.keepEvents,
    keepNamesDays: config.privacy.keepNamesDays,
    maxPeople: config.directory.maxPeople,
    cloud: config.cloud === null ? null : { maxDirectoryAgeMs: hoursToMs(config.cloud.maxDirectoryAgeHours) },
  };
}

const hoursToMs = (hours: number | null): number | null => (hours === null ? null : hours * 3_600_000);

/** An input that is off has no role, whatever names it. */
function withoutDisabledInputs(config: Config): Config {
  const off = new Set(config.inputs.flatMap(({ id, enabled }) => (enabled ? [] : [id])));
  if (off.size === 0) return config;
  const isOn = (id: string) => !off.has(id);
  return {
    ...config,
    inputs: config.inputs.filter(({ enabled }) => enabled),
    doors: config.doors.map((door) => ({
      ...door,
      contact: door.contact === null || off.has(door.contact) ? null : door.contact,
      exitButtons: door.exitButtons.filter(isOn),
      tampers: door.tampers.filter(isOn),
    })),
    fire: config.fire === null || off.has(config.fire.input) ? null : config.fire,
    lockdown: config.lockdown === null || off.has(config.lockdown.input) ? null : config.lockdown,
    supply: {
      mains: config.supply.mains === null || off.has(config.supply.mains) ? null : config.supply.mains,
      battery: config.supply.battery === null || off.has(config.supply.battery) ? null : config.supply.battery,
      enclosures: config.supply.enclosures.filter(isOn),
    },
    receptions: config.receptions.filter(({ input }) => isOn(input)),
  };
}

export function boardOf(config: Config): BoardWires {
  const readers = config.readers.map(
    ({ door: _, direction: __, ...wires }): ReaderWires =>
      wires.kind === "pcsc" ? { ...wires, ...cardModesOf(wires), profiles: profilesOf(wires.profiles, config) } : wires,
  );
  const inputs = config.inputs.flatMap(({ actions: _, opens: __, enabled, ...wires }) => (enabled ? [wires] : []));
  const { rs485, gpio } = config;
  return {
    relays: config.relays.flatMap(({ pin, on: _, ...wires }) => (pin === undefined ? [] : [{ ...wires, pin }])),
    inputs: inputs.flatMap(({ pin, on: _, ...wires }) => (pin === undefined ? [] : [{ ...wires, pin }])),
    readers,
    gpio,
    ...(rs485.length === 0 ? {} : { rs485 }),
    ...inReaders(config),
  };
}

/** Relays and inputs that sit in readers, where there are any. */
function inReaders({ relays, inputs }: Config): Pick<BoardWires, "readerRelays" | "readerInputs"> {
  const readerRelays = relays.flatMap(({ id, on }) => (on === undefined ? [] : [{ id, ...on }]));
  const readerInputs = inputs.flatMap(({ id, on, enabled, activeLevel }) =>
    on === undefined || !enabled ? [] : [{ id, ...on, activeLevel }],
  );
  return {
    ...(readerRelays.length === 0 ? {} : { readerRelays }),
    ...(readerInputs.length === 0 ? {} : { readerInputs }),
  };
}

/** In the reader's order, which is the one in which they are tried. */
const profilesOf = (ids: readonly string[], { cardProfiles }: Config): Config["cardProfiles"] =>
  ids.flatMap((id) => cardProfiles.filter((profile) => profile.id === id));

/** What the file for rescues says of the wires; null where the site wants none. */
export const rescueBoardOf = (config: Config): RescueBoard | null =>
  config.rescue.enabled ? { kind: config.board, wires: boardOf(config) } : null;

export function consoleOf(config: Config): ConsoleSpec {
  return config.console;
}

export function httpOpeningOf({ httpOpening, doors }: Config): HttpOpeningSpec {
  const numbered = httpOpening.doors.length === 0 ? doors.map(({ id }) => id) : httpOpening.doors;
  return { ...httpOpening, doors: numbered.map((id) => id as DoorId) };
}

export const actionsOf = ({ actions }: Config): readonly ActionSpec[] =>
  actions.map((action) => ({ ...action, id: action.id as ActionId, doors: action.doors.map((id) => id as DoorId) }));

const featuresOf = ({ callPermission: _, ...ways }: Config["features"]): Features => ways;

function doorOf(door: DoorConfig): DoorSpec {
  return {
    id: door.id as DoorId,
    name: door.name,
    lock: door.lock,
    relay: door.relay as RelayId,
    contact: door.contact as InputId | null,
    mode: door.mode,
    auxRelays: door.auxRelays.map((aux) => ({ ...aux, relay: aux.relay as RelayId })),
    exitButtons: door.exitButtons.map((id) => id as InputId),
    tampers: door.tampers.map((id) => id as InputId),
    methods: door.methods,
    factors: door.factors.map(({ schedule, need }) => ({ schedule: schedule as ScheduleId, need })),
    keypadMode: door.keypadMode,
    unit: door.unit,
    grantableBy: door.grantableBy,
    passCodeRequired: door.passCodeRequired || door.unit,
    timetable: door.timetable.map((rule) => ({ ...rule, schedule: rule.schedule as ScheduleId })),
    alarms: door.alarms,
    leadsTo: door.leadsTo as AreaId | null,
    leadsFrom: door.leadsFrom as AreaId | null,
    timing: {
      triggerDelayMs: door.triggerDelayMs,
      unlockMs: door.unlockMs,
      extendedUnlockMs: door.extendedUnlockMs,
      relockOnClose: door.relockOnClose,
      heldOpenMs: door.heldOpenMs,
      extendedHeldOpenMs: door.extendedHeldOpenMs,
      preAlarmMs: door.preAlarmMs,
      sameUserMs: door.sameUserMs,
      differentUserMs: door.differentUserMs,
      forcedGraceMs: door.forcedGraceMs,
      exitHoldMs: door.exitHoldMs,
    },
  };
}

function supplyOf({ mains, battery, enclosures }: Config["supply"]): readonly SupplyInputSpec[] {
  const found: SupplyInputSpec[] = [];
  if (mains !== null) found.push({ input: mains as InputId, what: "mains" });
  if (battery !== null) found.push({ input: battery as InputId, what: "battery" });
  return [...found, ...enclosures.map((id): SupplyInputSpec => ({ input: id as InputId, what: "enclosure" }))];
}

const hourMs = 3_600_000;

function codesOf({ coolDownDays, ...codes }: Config["codes"]): CodePolicy {
  return { ...codes, coolDownMs: coolDownDays * 24 * hourMs };
}

function passesOf(passes: Config["passes"]): PassPolicy {
  return {
    enabled: passes.enabled,
    activateOnFirstUse: passes.activateOnFirstUse,
    courier: {
      validMs: passes.courierHours * hourMs,
      usesPerDoor: passes.courierUses,
      digits: passes.courierDigits,
    },
    staffMaxMs: passes.staffMaxHours * hourMs,
    purgeAfterDays: passes.purgeAfterDays,
  };
}

function hasKeys(reader: ReaderConfig): boolean {
  if (reader.kind === "keyboard") return reader.types === "keys";
  return reader.kind === "keypad" || ("keypad" in reader && reader.keypad);
}

function formatOf(reader: ReaderConfig): FrameFormat | null {
  if (reader.kind === "osdp") return reader.format;
  if (reader.kind !== "wiegand") return null;
  return reader.format === "own" ? reader.layout : reader.format;
}

function framesOf(reader: Extract<ReaderConfig, { kind: "wiegand" | "keypad" }>): FrameOptions {
  const { keys, pinFrames } = reader;
  return { keys, pinFrames, byteOrder: reader.kind === "wiegand" ? reader.byteOrder : "normal" };
}

function readerOf(reader: ReaderConfig): ReaderSpec {
  return {
    id: reader.id as ReaderId,
    door: reader.door as DoorId,
    direction: reader.direction,
    format: formatOf(reader),
    keypad: hasKeys(reader),
    ...(reader.kind === "wiegand" || reader.kind === "keypad" ? { frames: framesOf(reader) } : {}),
    plates: reader.kind === "plate",
  };
}
