// OSDP readers as a part of a Linux board: their lines, what they report and show, the outputs and inputs that sit in them, and
// an installer's window for giving one of them a key. Knows no door.
import type { DeviceHealth, ReaderCare, ReaderSignal } from "../../board.ts";
import type { Clock, MonoMs } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import type { Part, Report } from "../part.ts";
import type { OpenSerial } from "../serial-line.ts";
import type { BusSettings } from "./bus.ts";
import type { Command } from "./commands.ts";
import { restingLight, signalCommands } from "./commands.ts";
import type { Inputs, PointWiring } from "./inputs.ts";
import { createInputs } from "./inputs.ts";
import type { KeyStore, LoadedRecord } from "./key-store.ts";
import { OsdpLine } from "./line.ts";
import { openTraceFile, startLineTrace } from "./line-trace.ts";
import type { Outputs, OutputWiring } from "./outputs.ts";
import { createOutputs } from "./outputs.ts";
import type { ReaderEffect } from "./reader-state.ts";

export interface OsdpSpec {
  readonly lines: readonly { readonly id: string; readonly port: string; readonly baud: number }[];
  readonly readers: readonly OsdpReaderWiring[];
  readonly relays: readonly OutputWiring[];
  readonly inputs: readonly PointWiring[];
}

export interface OsdpReaderWiring {
  readonly id: string;
  readonly line: string;
  readonly address: number;
  readonly security: "required" | "none";
}

export interface OsdpDrivers {
  readonly clock: Clock;
  readonly keys: KeyStore;
  readonly random: (size: number) => Buffer;
  readonly openSerial: OpenSerial;
}

const maxPairMs = 10 * 60_000;

interface ReaderHealth {
  lost: string | null;
  faulty: string | null;
  since: MonoMs;
}

export async function openOsdp(spec: OsdpSpec, drivers: OsdpDrivers): Promise<Part> {
  const loaded = new Map<string, LoadedRecord>();
  for (const { id } of spec.readers) loaded.set(id, await drivers.keys.load(id));
  return new OsdpPart(spec, drivers, loaded);
}

class OsdpPart implements Part {
  readonly relays: readonly string[];
  readonly readers: readonly string[];
  readonly care: ReaderCare;
  readonly #spec: OsdpSpec;
  readonly #drivers: OsdpDrivers;
  readonly #loaded: ReadonlyMap<string, LoadedRecord>;
  readonly #lines = new Map<string, OsdpLine>();
  /** Which line a reader is on, and its place there. */
  readonly #places = new Map<string, { readonly line: string; readonly place: number }>();
  readonly #healths = new Map<string, ReaderHealth>();
  readonly #outputs: Outputs;
  readonly #inputs: Inputs;
  readonly #openCases = new Set<string>();
  #report: Report | null = null;
  #pairing: string | null = null;
  #endTrace: (() => void) | null = null;

  constructor(spec: OsdpSpec, drivers: OsdpDrivers, loaded: ReadonlyMap<string, LoadedRecord>) {
    this.#spec = spec;
    this.#drivers = drivers;
    this.#loaded = loaded;
    this.relays = spec.relays.map(({ id }) => id);
    this.readers = spec.readers.map(({ id }) => id);
    const { clock } = drivers;
    const report: Report = (event) => this.#report?.(event);
    this.#outputs = createOutputs({
      wirings: spec.relays,
      clock,
      report,
      order: (reader, order) => this.#order(reader, order),
    });
    this.#inputs = createInputs(spec.inputs, clock, report);
    for (const { id } of spec.readers) this.#healths.set(id, { lost: null, faulty: null, since: clock.mono() });
    this.care = {
      pair: (reader, forMs) => this.#pair(reader, forMs),
      endPairing: (reader) => this.#endPairing(reader, "it was ended"),
      trace: (line, file, forMs) => this.#trace(line, file, forMs),
    };
  }

  start(report: Report): void {
    this.#report = report;
    for (const line of this.#spec.lines) this.#openLine(line);
  }

  drive(relay: string, energized: boolean): void {
    this.#outputs.drive(relay, energized);
  }

  signal(reader: string, signal: ReaderSignal): void {
    const abilities = this.#stateOf(reader)?.abilities ?? null;
    if (abilities === null || this.#healths.get(reader)?.lost !== null) return;
    for (const order of signalCommands(signal, abilities)) this.#order(reader, order);
  }

  health(): readonly DeviceHealth[] {
    const readers = [...this.#healths].map(([device, { lost, faulty, since }]): DeviceHealth => {
      if (lost !== null) return { device, state: "lost", why: lost, since };
      return { device, state: faulty === null ? "ok" : "faulty", why: faulty ?? "", since };
    });
    const lines = [...this.#lines.values()].flatMap((line) => line.health());
    return [...lines, ...readers, ...this.#outputs.health(), ...this.#inputs.health()];
  }

  stop(): void {
    this.#report = null;
    this.#endTrace?.();
    for (const line of this.#lines.values()) line.stop();
    this.#outputs.stop();
  }

  #openLine({ id, port, baud }: OsdpSpec["lines"][number]): void {
    const { clock, random, openSerial } = this.#drivers;
    const readers = this.#spec.readers.filter(({ line }) => line === id);
    if (readers.length === 0) return;
    readers.forEach((reader, place) => {
      this.#places.set(reader.id, { line: id, place });
    });
    const bus: BusSettings = {
      baud,
      readers: readers.map(({ id: reader, address, security }) => ({
        reader,
        address,
        security,
        hasInputs: this.#spec.inputs.some((input) => input.reader === reader && typeof input.point === "number"),
        keyProblem: this.#loaded.get(reader)?.problem ?? null,
        random,
      })),
    };
    const records = readers.map(({ id: reader }) => this.#loaded.get(reader)?.record ?? { current: null, next: null });
    const line = new OsdpLine({
      id,
      port,
      bus,
      records,
      clock,
      openSerial,
      report: (event) => this.#report?.(event),
      onEffect: (place, effect) => this.#hear(readers[place]?.id ?? "", effect),
    });
    this.#lines.set(id, line);
    line.open();
  }

  #order(reader: string, order: Command): void {
    const place = this.#places.get(reader);
    if (place !== undefined) this.#lines.get(place.line)?.feed({ kind: "order", reader: place.place, order });
  }

  #stateOf(reader: string) {
    const place = this.#places.get(reader);
    return place === undefined ? undefined : this.#lines.get(place.line)?.state.readers[place.place];
  }

  #hear(reader: string, effect: ReaderEffect): void {
    const at = this.#drivers.clock.mono();
    switch (effect.kind) {
      case "card":
        this.#report?.({ kind: "frame", reader, bits: effect.bits, at });
        return;
      case "key":
        this.#report?.({ kind: "key", reader, key: effect.key, at });
        return;
      case "attack":
        this.#report?.({ kind: "attack", device: reader, what: effect.what, at });
        return;
      case "lost":
      case "found":
      case "faulty":
      case "mended":
        this.#hearStanding(reader, effect, at);
        return;
      case "status":
        this.#inputs.status(reader, effect);
        this.#hearCase(reader, effect.tamper, at);
        return;
      case "inputs":
        this.#inputs.levels(reader, effect.levels);
        return;
      case "driven":
      case "notDriven":
        this.#outputs.driven(reader, effect.output, effect.energized, effect.kind === "driven");
        return;
      case "keep":
        void this.#keep(reader, effect.record);
        return;
      case "paired":
      case "pairingClosed":
        this.#pairing = null;
        this.#report?.({
          kind: "pairing",
          device: reader,
          paired: effect.kind === "paired",
          why: effect.kind === "paired" ? "" : effect.why,
          at,
        });
        return;
    }
  }

  #hearStanding(
    reader: string,
    effect: Extract<ReaderEffect, { kind: "lost" | "found" | "faulty" | "mended" }>,
    at: MonoMs,
  ): void {
    const health = this.#healths.get(reader);
    if (health === undefined) return;
    health.since = at;
    if (effect.kind === "faulty" || effect.kind === "mended") {
      health.faulty = effect.kind === "faulty" ? effect.why : null;
      this.#report?.(
        effect.kind === "faulty"
          ? { kind: "faulty", device: reader, why: effect.why, at }
          : { kind: "mended", device: reader, at },
      );
      return;
    }
    const wasLost = health.lost !== null;
    health.lost = effect.kind === "lost" ? effect.why : null;
    if (effect.kind === "lost") {
      this.#report?.({ kind: "lost", device: reader, why: effect.why, at });
      this.#outputs.lost(reader);
      this.#inputs.lost(reader);
      return;
    }
    if (wasLost) this.#report?.({ kind: "found", device: reader, at });
    this.#inputs.found(reader);
    this.#outputs.found(reader);
    this.#order(reader, restingLight);
  }

  /** An opened case is never overlooked, whether or not a door's tamper input hangs on it. */
  #hearCase(reader: string, isOpen: boolean, at: MonoMs): void {
    const wasOpen = this.#openCases.has(reader);
    if (isOpen) this.#openCases.add(reader);
    else this.#openCases.delete(reader);
    if (!isOpen || wasOpen || this.#inputs.has(reader, "tamper")) return;
    this.#report?.({ kind: "attack", device: reader, what: "its case was opened, or it was taken off the wall", at });
  }

  async #keep(reader: string, record: Extract<ReaderEffect, { kind: "keep" }>["record"]): Promise<void> {
    const place = this.#places.get(reader);
    const line = place === undefined ? undefined : this.#lines.get(place.line);
    if (place === undefined || line === undefined) return;
    try {
      await this.#drivers.keys.save(reader, record);
      line.feed({ kind: "kept", reader: place.place });
    } catch (error) {
      const why = `its key could not be kept: ${error instanceof Error ? error.message : String(error)}`;
      line.feed({ kind: "endPairing", reader: place.place, why });
    }
  }

  #pair(reader: string, forMs: number): void {
    const place = this.#places.get(reader);
    if (place === undefined) throw new Fault("pairing.refused", `There is no OSDP reader "${reader}".`);
    if (this.#spec.readers.some(({ id, security }) => id === reader && security === "none")) {
      throw new Fault("pairing.refused", `Reader "${reader}" is configured to speak in clear, so it takes no key.`);
    }
    if (this.#pairing !== null) {
      throw new Fault("pairing.refused", `Reader "${this.#pairing}" is being paired; end that first, or wait.`);
    }
    if (!(forMs > 0 && forMs <= maxPairMs)) throw new Fault("pairing.refused", "Pairing lasts ten minutes at most.");
    this.#pairing = reader;
    this.#lines.get(place.line)?.feed({ kind: "pair", reader: place.place, forMs });
  }

  #endPairing(reader: string, why: string): void {
    const place = this.#places.get(reader);
    if (place === undefined || this.#pairing !== reader) {
      throw new Fault("pairing.refused", `Reader "${reader}" is not being paired.`);
    }
    this.#lines.get(place.line)?.feed({ kind: "endPairing", reader: place.place, why });
  }

  async #trace(id: string, file: string, forMs: number): Promise<void> {
    const line = this.#lines.get(id);
    if (line === undefined) throw new Fault("trace.refused", `There is no RS-485 line "${id}" with readers on it.`);
    const sink = await openTraceFile(file);
    this.#endTrace?.();
    this.#endTrace = startLineTrace(line, { sink, forMs, clock: this.#drivers.clock });
  }
}
