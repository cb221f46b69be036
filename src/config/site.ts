// Hands each part of Postern its share of the configuration; decides nothing.
import type { DoorId, InputId, ReaderId, RelayId } from "../domain/ids.ts";
import type { DoorSpec, ReaderSpec, SiteSpec } from "../domain/site.ts";
import type { ConsoleSpec } from "../domain/status.ts";
import type { Config, DoorConfig, ReaderConfig } from "./schema.ts";

/** A reader as the board needs it: its door is none of the board's business. */
export type ReaderWires = ReaderConfig extends infer Reader
  ? Reader extends unknown
    ? Omit<Reader, "door">
    : never
  : never;

export interface BoardWires {
  readonly relays: Config["relays"];
  readonly inputs: Config["inputs"];
  readonly readers: readonly ReaderWires[];
}

export function siteOf(config: Config): SiteSpec {
  return {
    name: config.site.name,
    timeZone: config.site.timeZone,
    doors: config.doors.map(doorOf),
    readers: config.readers.map(readerOf),
    fireInput: config.fire === null ? null : (config.fire.input as InputId),
    keypad: config.keypad,
    guessing: config.guessing,
    recordDeadlineMs: config.recordDeadlineMs,
    keepEvents: config.journal.keepEvents,
  };
}

export function boardOf(config: Config): BoardWires {
  const readers = config.readers.map(({ door: _, ...wires }): ReaderWires => wires);
  return { relays: config.relays, inputs: config.inputs, readers };
}

export function consoleOf(config: Config): ConsoleSpec {
  return config.console;
}

function doorOf(door: DoorConfig): DoorSpec {
  return {
    id: door.id as DoorId,
    name: door.name,
    lock: door.lock,
    relay: door.relay as RelayId,
    contact: door.contact as InputId | null,
    exitButtons: door.exitButtons.map((id) => id as InputId),
    methods: door.methods,
    timing: {
      unlockMs: door.unlockMs,
      relockOnClose: door.relockOnClose,
      heldOpenMs: door.heldOpenMs,
      forcedGraceMs: door.forcedGraceMs,
      exitHoldMs: door.exitHoldMs,
    },
  };
}

function readerOf(reader: ReaderConfig): ReaderSpec {
  return {
    id: reader.id as ReaderId,
    door: reader.door as DoorId,
    format: reader.kind === "wiegand" ? reader.format : null,
    keypad: reader.kind === "keypad" || (reader.kind === "wiegand" && reader.keypad),
  };
}
