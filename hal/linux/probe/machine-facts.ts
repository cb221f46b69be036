// What can be found out about the machine that the wires hang on; says nothing of what it is worth.
import type { DaemonState } from "../pcsc/daemon-probe.ts";
import type { SupplyReadings } from "../supply.ts";

/** `busy`: somebody else holds it. */
export type PathState = "ready" | "missing" | "forbidden" | "busy";

export interface LineFacts {
  readonly offset: number;
  /** Who uses it, by the kernel's account; null is nobody. */
  readonly consumer: string | null;
}

export interface ChipFacts {
  readonly path: string;
  readonly label: string;
  readonly lines: readonly LineFacts[];
}

export interface MachineFacts {
  /** Like `6.12.34+rpt-rpi-v8`. */
  readonly kernel: string;
  readonly chips: readonly ChipFacts[];
  /** Chips that may not be opened. */
  readonly forbiddenChips: readonly string[];
  /** The kernel's switch by which a line keeps its level after its holder has died; null where there is none, or it is off. */
  readonly persistSwitch: string | null;
  /** config.txt of the firmware, and the kernel's command line; empty where there is none. */
  readonly bootConfig: string;
  readonly commandLine: string;
  /** Of every path that was asked about. */
  readonly paths: ReadonlyMap<string, PathState>;
  readonly modules: ReadonlySet<string>;
  /** Native packages that do not load, with why. */
  readonly missingPackages: ReadonlyMap<string, string>;
  /** Null where nobody needs it. */
  readonly pcscd: DaemonState | null;
  readonly isTimeSynchronised: boolean;
  readonly hasClockChip: boolean;
  readonly supply: SupplyReadings;
  readonly freeBytes: number | null;
}
