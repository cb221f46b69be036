// Relays that sit in OSDP readers: what each was told, whether its reader took it, and when it is told again. Knows no line.
import type { DeviceHealth } from "../../board.ts";
import type { Clock, MonoMs, Timer } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import type { Report } from "../part.ts";
import type { Command } from "./commands.ts";
import { driveOutput, outputRepeatMs } from "./commands.ts";

export interface OutputWiring {
  readonly id: string;
  readonly reader: string;
  readonly output: number;
}

interface Output {
  readonly wiring: OutputWiring;
  energized: boolean;
  /** Why the reader does not do as it was told; null while it does, or has not said otherwise yet. */
  why: string | null;
  since: MonoMs;
}

export interface Outputs {
  drive(relay: string, energized: boolean): void;
  /** The reader is served again: whatever its outputs did meanwhile, they are told anew. */
  found(reader: string): void;
  lost(reader: string): void;
  driven(reader: string, output: number, energized: boolean, isDone: boolean): void;
  health(): readonly DeviceHealth[];
  stop(): void;
}

export interface OutputParts {
  readonly wirings: readonly OutputWiring[];
  readonly clock: Clock;
  readonly report: Report;
  readonly order: (reader: string, command: Command) => void;
}

export function createOutputs({ wirings, clock, report, order }: OutputParts): Outputs {
  const outputs: readonly Output[] = wirings.map((wiring) => ({
    wiring,
    energized: false,
    why: null,
    since: clock.mono(),
  }));
  const silent = new Set<string>();
  let timer: Timer | null = null;

  const tell = ({ wiring, energized }: Output): void => {
    order(wiring.reader, driveOutput(wiring.output, energized));
  };
  const arm = (): void => {
    if (timer !== null || !outputs.some(({ energized, why }) => energized || why !== null)) return;
    timer = clock.after(outputRepeatMs, "outputs of readers", () => {
      timer = null;
      for (const output of outputs) {
        const isTold = !silent.has(output.wiring.reader) && (output.energized || output.why !== null);
        if (isTold) tell(output);
      }
      arm();
    });
  };
  const fail = (output: Output, why: string): void => {
    if (output.why !== null) return;
    output.why = why;
    output.since = clock.mono();
    report({ kind: "lost", device: output.wiring.id, why, at: output.since });
    arm();
  };
  const mend = (output: Output): void => {
    if (output.why === null) return;
    output.why = null;
    output.since = clock.mono();
    report({ kind: "found", device: output.wiring.id, at: output.since });
  };

  return {
    drive(relay, energized) {
      const output = outputs.find(({ wiring }) => wiring.id === relay);
      // What is to fall falls as soon as it can; what was refused is not done later on its own.
      if (output !== undefined && !energized) output.energized = false;
      const why = output === undefined ? "there is no such relay" : output.why;
      if (output === undefined || why !== null) {
        throw new Fault("relay.failed", `relay "${relay}" did not take it: ${why}`, { relay, energized, why });
      }
      output.energized = energized;
      tell(output);
      arm();
    },
    found(reader) {
      silent.delete(reader);
      for (const output of outputs) if (output.wiring.reader === reader) tell(output);
    },
    lost(reader) {
      silent.add(reader);
      for (const output of outputs) {
        if (output.wiring.reader === reader) fail(output, `its reader "${reader}" does not answer`);
      }
    },
    driven(reader, number, energized, isDone) {
      const output = outputs.find(({ wiring }) => wiring.reader === reader && wiring.output === number);
      if (output === undefined) return;
      if (!isDone) fail(output, `the reader "${reader}" refuses to switch output ${number}`);
      else if (energized === output.energized) mend(output);
    },
    health: () =>
      outputs.map(({ wiring, why, since }) => ({
        device: wiring.id,
        state: why === null ? "ok" : "lost",
        why: why ?? "",
        since,
      })),
    stop: () => timer?.cancel(),
  };
}
