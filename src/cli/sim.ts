// `postern sim`: plays a scenario in virtual time, or sends a command to a running simulated board.
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Board } from "../../hal/board.ts";
import type { SimBoard } from "../../hal/sim/board.ts";
import { createSimBoard } from "../../hal/sim/board.ts";
import type { VirtualClock } from "../../hal/sim/clock.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { parseScenario, playScenario } from "../../hal/sim/scenario.ts";
import { recordBoard } from "../../hal/trace.ts";
import { explainProblems } from "../config/explain.ts";
import { readConfigFile } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { boardOf, siteOf } from "../config/site.ts";
import type { SiteSpec } from "../domain/site.ts";
import { samplePeople } from "../ops/sample-people.ts";
import { InProcess } from "./in-process.ts";
import { pathsOf, stateOption } from "./options.ts";
import { usageOf } from "./usage.ts";

/** A Monday at 09:00 in Madrid, so that a scenario means the same on every day. */
const startWallMs = Date.UTC(2027, 0, 11, 8);
/** Scenarios know the sample people's codes, so these are not secret: they exist only in this process's memory. */
const scenarioKey = Buffer.alloc(32);
const exampleSite = fileURLToPath(new URL("../../config.example.json", import.meta.url));

export async function sim(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === "play") return play(rest);
  if (verb === "codes") return codes(rest);
  if (verb === "send") return send(rest);
  console.error(usageOf("sim"));
  return 2;
}

export function readSite(file: string | undefined): Config {
  const path = file === undefined ? exampleSite : resolve(file);
  const reading = readConfigFile(path);
  if (!reading.ok) throw new Error(explainProblems(path, reading.problems));
  return reading.config;
}

function play(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { config: { type: "string" }, trace: { type: "string" } },
  });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1) {
    console.error(usageOf("sim"));
    return 2;
  }
  const scenario = parseScenario(readFileSync(file, "utf8"));
  if (!scenario.ok) {
    for (const { line, problem } of scenario.problems) console.error(`${file}:${line}: ${problem}`);
    return 1;
  }
  const { controller, board, clock } = openScenario(readSite(values.config), values.trace);
  const played = playScenario(scenario.steps, { board, clock });
  for (const { event, at } of controller.journal.tail(500)) {
    console.log(`${new Date(at.wall).toISOString()} ${JSON.stringify(event)}`);
  }
  if (played.ok) {
    console.log(`${file}: as told.`);
    return 0;
  }
  for (const { line, problem } of played.failures) console.error(`${file}:${line}: ${problem}`);
  return 1;
}

function openScenario(
  config: Config,
  trace: string | undefined,
): { controller: InProcess; board: SimBoard; clock: VirtualClock } {
  const clock = createVirtualClock({ startWallMs, trusted: true });
  const board = createSimBoard(boardOf(config), clock);
  const site = siteOf(config);
  const controller = new InProcess({ site, board: traced(board, clock, trace), clock, seed: "scenario" });
  controller.start();
  clock.advance(0);
  addSamplePeople(controller, site);
  return { controller, board, clock };
}

export function addSamplePeople(controller: InProcess, site: SiteSpec): void {
  const problems = controller.change(samplePeople(site, scenarioKey, startWallMs).changes);
  if (problems.length > 0) throw new Error(problems.map((one) => one.problem).join(" "));
}

function traced(board: SimBoard, clock: VirtualClock, file: string | undefined): Board {
  if (file === undefined) return board;
  writeFileSync(file, "", { mode: 0o600 });
  const recording = recordBoard(board, clock, (line) => appendFileSync(file, `${line}\n`), { people: "sample" });
  clock.onChange((change) => recording.clockChanged(change));
  return recording;
}

function codes(args: readonly string[]): number {
  const { values } = parseArgs({ args: [...args], options: { config: { type: "string" } } });
  const { samples } = samplePeople(siteOf(readSite(values.config)), scenarioKey, startWallMs);
  for (const { label, secret } of samples) console.log(`${label.padEnd(40)} ${secret}`);
  return 0;
}

async function send(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  if (positionals.length === 0) {
    console.error(usageOf("sim"));
    return 2;
  }
  const answer = await sendCommand(pathsOf(values).boardSocket, positionals.join(" "));
  if (answer !== null) throw new Error(answer);
  return 0;
}

/** Null when the board did it, otherwise why not. */
function sendCommand(path: string, command: string): Promise<string | null> {
  return new Promise((resolvePromise, reject) => {
    const socket = createConnection(path, () => socket.write(`${command}\n`));
    let text = "";
    socket.setEncoding("utf8");
    socket.on("error", () => reject(new Error("No simulated board runs on this state folder.")));
    socket.on("close", () => reject(new Error("The board closed the connection.")));
    socket.on("data", (chunk: string) => {
      const lines = (text + chunk).split("\n");
      text = lines.pop() ?? "";
      for (const line of lines) {
        const message = JSON.parse(line) as { kind: string; problem?: string };
        if (message.kind !== "done" && message.kind !== "refused") continue;
        resolvePromise(message.kind === "done" ? null : (message.problem ?? "The board refused it."));
        socket.destroy();
      }
    });
  });
}
