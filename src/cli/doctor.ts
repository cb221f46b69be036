// `postern doctor`: checks the machine against the configuration and says how to mend what it finds.
import { parseArgs } from "node:util";
import { headerLabels } from "../../hal/linux/gpio/chips.ts";
import { openLinuxKernel } from "../../hal/linux/gpio/linux-kernel.ts";
import type { ChipsRead } from "../../hal/linux/probe/chips.ts";
import { readChips } from "../../hal/linux/probe/chips.ts";
import { gatherFacts } from "../../hal/linux/probe/gather.ts";
import type { ChipFacts, MachineFacts } from "../../hal/linux/probe/machine-facts.ts";
import { explainProblems } from "../config/explain.ts";
import { readConfigFile } from "../config/load.ts";
import { printable } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import type { HealthFact } from "../domain/status.ts";
import { askSocket } from "../ops/line-client.ts";
import type { Finding } from "./doctor/finding.ts";
import { cardFindings } from "./doctor/judge-cards.ts";
import { lineFindings } from "./doctor/judge-lines.ts";
import { machineFindings } from "./doctor/judge-machine.ts";
import { pathsOf as devicePathsOf, portFindings } from "./doctor/judge-ports.ts";
import { runningFindings } from "./doctor/judge-running.ts";
import { onlyWord, pathsOf, stateOption } from "./options.ts";

const patienceMs = 5_000;

export async function doctor(args: readonly string[]): Promise<number> {
  const options = { json: { type: "boolean", default: false }, ...stateOption } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const file = onlyWord(positionals, "the configuration");
  const reading = readConfigFile(file);
  if (!reading.ok) {
    console.error(explainProblems(file, reading.problems));
    return 1;
  }
  const { config } = reading;
  const { folder, controlSocket, keysDir } = pathsOf(values);
  const running = await healthOf(controlSocket);
  const findings = [
    ...(config.board === "simulated"
      ? []
      : boardFindings(config, await factsFor(config, running === null ? null : folder), keysDir)),
    ...(running === null ? [] : runningFindings(running, Date.now())),
  ];
  if (values.json) console.log(JSON.stringify({ running: running !== null, findings }));
  else show(config, findings, running !== null);
  return findings.some(({ gravity }) => gravity === "broken") ? 1 : 0;
}

const factsFor = (config: Config, stateFolder: string | null): Promise<MachineFacts> =>
  gatherFacts({
    root: "/",
    paths: devicePathsOf(config),
    packages: packagesOf(config),
    chip: config.gpio.chip,
    stateFolder,
    chips: readMachineChips,
    pcscd: async () => {
      if (!config.readers.some(({ kind }) => kind === "pcsc")) return null;
      const { daemonSocket, probeDaemon } = await import("../../hal/linux/pcsc/daemon-probe.ts");
      return probeDaemon(daemonSocket(), patienceMs);
    },
    isTimeSynchronised: async () => {
      const { openTimeKernel } = await import("../../hal/linux/kernel-time.ts");
      return (await openTimeKernel()).synchronised();
    },
  });

function readMachineChips(): ChipsRead {
  const kernel = openLinuxKernel();
  try {
    return readChips(kernel);
  } finally {
    kernel.stop();
  }
}

/** Native packages that this configuration needs. */
function packagesOf({ readers }: Config): readonly string[] {
  const ports = readers.some((reader) => "port" in reader) ? ["serialport"] : [];
  const drivers = readers.flatMap((reader) => (reader.kind === "pcsc" ? [reader.driver] : []));
  return ["koffi", "better-sqlite3", ...ports, ...new Set(drivers)];
}

function boardFindings(config: Config, facts: MachineFacts, keysDir: string): readonly Finding[] {
  return [
    ...lineFindings(config, facts, chipFor(config, facts)),
    ...portFindings(config, facts),
    ...cardFindings(config, facts, keysDir),
    ...machineFindings(config, facts),
  ];
}

/** The one that the configuration names, or the header's; of chips with more names than one, the first. */
function chipFor({ gpio }: Config, { chips }: MachineFacts): ChipFacts | null {
  const labels: readonly string[] = gpio.chip === null ? headerLabels : [gpio.chip];
  const isNamed = (path: string) => path === `/dev/${gpio.chip}`;
  return chips.find(({ label, path }) => labels.includes(label) || isNamed(path)) ?? null;
}

/** Null when no controller runs on the state folder. */
async function healthOf(socket: string): Promise<readonly HealthFact[] | null> {
  try {
    return (await askSocket<{ health: readonly HealthFact[] }>(socket, { kind: "status" }, patienceMs)).health;
  } catch {
    return null;
  }
}

function show(config: Config, findings: readonly Finding[], isRunning: boolean): void {
  if (config.board === "simulated") console.log("The board is simulated, so there are no wires to look at.");
  for (const { gravity, where, problem, remedy } of findings) {
    console.log(printable(`${gravity === "broken" ? "✗" : "!"} ${where}: ${problem}`));
    console.log(printable(`    ${remedy}`));
  }
  const broken = findings.filter(({ gravity }) => gravity === "broken").length;
  const verdict = findings.length === 0 ? "Nothing was found." : `${broken} broken, ${findings.length - broken} risky.`;
  console.log(isRunning ? verdict : `${verdict} No controller runs here, so its readers were not asked.`);
}
