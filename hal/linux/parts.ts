// Which parts the wires of a site need, each by its own import; knows no part's inside.
import { randomBytes } from "node:crypto";
import type { Board, BoardSpec, KeyboardWiring, ReaderWiring } from "../board.ts";
import type { PcscWiring } from "../card-profile.ts";
import { pcscDrivers } from "../card-profile.ts";
import type { Clock } from "../clock.ts";
import type { PartChoice } from "./board.ts";
import { createLinuxBoard } from "./board.ts";

/** Of the relays and inputs, before anything moves. */
function linesOf(spec: BoardSpec, clock: Clock, keysDir: string): readonly PartChoice[] {
  return [...pinsOf(spec, clock), ...(drivesDoors(spec) ? osdpOf(spec, clock, keysDir) : [])];
}

function pinsOf(spec: BoardSpec, clock: Clock): readonly PartChoice[] {
  const { relays, inputs, readers } = spec;
  const devices = [...relays, ...inputs, ...readers.filter((reader) => "pins" in reader)].map(({ id }) => id);
  if (devices.length === 0) return [];
  const open =
    spec.gpio?.driver === "sysfs"
      ? async () => (await import("./gpio/sysfs-part.ts")).openSysfs(spec, clock)
      : async () => (await import("./gpio/part.ts")).openGpio(spec, clock);
  return [{ devices, open }];
}

/** Of readers on buses and ports, once the doors work. */
function readersOf(spec: BoardSpec, clock: Clock, keysDir: string): readonly PartChoice[] {
  return [
    { devices: ["board supply"], open: async () => (await import("./supply.ts")).openSupply(clock) },
    ...pcscOf(spec, clock, keysDir),
    ...(drivesDoors(spec) ? [] : osdpOf(spec, clock, keysDir)),
    ...camerasOf(spec, clock),
    ...serialsOf(spec, clock),
    ...keyboardsOf(spec, clock),
  ];
}

/** One process for all readers that go by the same package. */
function pcscOf({ readers }: BoardSpec, clock: Clock, keysDir: string): readonly PartChoice[] {
  return pcscDrivers.flatMap((driver) => {
    const own = readers.filter((reader) => reader.kind === "pcsc" && reader.driver === driver) as readonly PcscWiring[];
    const open = async () =>
      (await import("./pcsc/pcsc-part.ts")).openPcscPart({ driver, readers: own, keysDir }, clock);
    return own.length === 0 ? [] : [{ devices: own.map(({ id }) => id), open }];
  });
}

/** Relays and inputs in OSDP readers are there before anything moves, as those on pins are. */
const drivesDoors = ({ readerRelays = [], readerInputs = [] }: BoardSpec): boolean =>
  readerRelays.length + readerInputs.length > 0;

type OsdpReader = Extract<ReaderWiring, { kind: "osdp" }>;

function osdpOf(spec: BoardSpec, clock: Clock, keysDir: string): readonly PartChoice[] {
  const { rs485: lines = [], readerRelays: relays = [], readerInputs: inputs = [] } = spec;
  const readers = spec.readers.filter((reader): reader is OsdpReader => reader.kind === "osdp");
  if (readers.length === 0) return [];
  const open = async () => {
    const { openOsdp } = await import("./osdp/part.ts");
    const { openKeyStore } = await import("./osdp/key-store.ts");
    const { openSerialLine: openSerial } = await import("./serial-line.ts");
    const drivers = { clock, keys: openKeyStore(keysDir), random: randomBytes, openSerial };
    return openOsdp({ lines, readers, relays, inputs }, drivers);
  };
  return [{ devices: [...lines, ...readers, ...relays, ...inputs].map(({ id }) => id), open }];
}

const camerasOf = ({ readers }: BoardSpec, clock: Clock): readonly PartChoice[] =>
  readers.flatMap((reader) => {
    if (reader.kind !== "camera") return [];
    return [{ devices: [reader.id], open: async () => (await import("./camera/camera.ts")).openCamera(reader, clock) }];
  });

function serialsOf({ readers }: BoardSpec, clock: Clock): readonly PartChoice[] {
  return readers.flatMap((reader) => {
    if (reader.kind !== "scanner" && reader.kind !== "plate" && reader.kind !== "tag") return [];
    const open = async () => {
      const { openSerialReader } = await import("./text/serial-reader.ts");
      const { openSerialLine } = await import("./serial-line.ts");
      return openSerialReader(reader, clock, openSerialLine);
    };
    return [{ devices: [reader.id], open }];
  });
}

/** One thread waits for the keys of all of them. */
function keyboardsOf({ readers }: BoardSpec, clock: Clock): readonly PartChoice[] {
  const own = readers.filter((reader): reader is KeyboardWiring => reader.kind === "keyboard");
  if (own.length === 0) return [];
  const open = async () => {
    const { openKeyboards } = await import("./text/keyboard-reader.ts");
    const { openLinuxKernel } = await import("./gpio/linux-kernel.ts");
    return openKeyboards(own, clock, openLinuxKernel());
  };
  return [{ devices: own.map(({ id }) => id), open }];
}

export const openLinuxBoard = (spec: BoardSpec, clock: Clock, keysDir: string): Promise<Board> =>
  createLinuxBoard(linesOf(spec, clock, keysDir), readersOf(spec, clock, keysDir), clock);
