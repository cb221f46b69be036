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
import type { LineProblem } from "../../hal/sim/scenario.ts";
import { parseScenario, playScenario } from "../../hal/sim/scenario.ts";
import { recordBoard } from "../../hal/trace.ts";
import { explainProblems } from "../config/explain.ts";
import { readConfigFile } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { boardOf, siteOf } from "../config/site.ts";
import type { SiteSpec } from "../domain/site.ts";
import { pageSize } from "../ledger/journal-reader.ts";
import { samplePeople } from "../ops/sample-people.ts";
import { createEventLine } from "./event-line.ts";
import { InProcess } from "./in-process.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { noSuchVerb, onlyWord, pathsOf } from "./options.ts";
import { scenarioController } from "./scenario-controller.ts";

/** A Monday at 09:00 in Madrid, so that a scenario means the same on every day. */
const startWallMs = Date.UTC(2027, 0, 11, 8);
/** Scenarios know the sample people's codes, so these are not secret: they exist only in this process's memory. */
const scenarioKey = Buffer.alloc(32);
const usualState = "var";
const exampleSite = fileURLToPath(new URL("../../config.example.json", import.meta.url));

export async function sim(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === "play") return play(rest);
  if (verb === "codes") return codes(rest);
  if (verb === "send") return send(rest);
  throw noSuchVerb("sim", verb, ["play", "codes", "send"]);
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
  const file = onlyWord(positionals, "the scenario");
  const scenario = parseScenario(readText(file));
  if (!scenario.ok) return fail(file, scenario.problems);
  const config = readSite(values.config);
  const { controller, board, clock } = openScenario(config, values.trace);
  const played = playScenario(scenario.steps, { board, clock, controller: scenarioController(controller) });
  const eventLine = createEventLine(siteOf(config));
  for (let seq = 0; ; ) {
    const page = controller.journal.after(seq, pageSize);
    for (const event of page) console.log(eventLine(event));
    if (page.length < pageSize) break;
    seq = page.at(-1)?.seq ?? seq;
  }
  if (!played.ok) return fail(file, played.failures);
  console.log(`${file}: as told.`);
  return 0;
}

function fail(file: string, problems: readonly LineProblem[]): number {
  for (const { line, problem } of problems) console.error(`${file}:${line}: ${problem}`);
  return 1;
}

export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(code === "ENOENT" ? `There is no file ${file}.` : `${file} cannot be read: ${message}.`);
  }
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

async function codes(args: readonly string[]): Promise<number> {
  const options = { config: { type: "string" }, state: { type: "string" }, keys: { type: "string" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.config !== undefined && values.state !== undefined) throw new Misuse("Use either --config or --state.");
  const key = await keyFor(values);
  const { samples } = samplePeople(siteOf(readSite(values.config)), key, startWallMs);
  const width = Math.max(...samples.map(({ label }) => label.length));
  for (const { label, kind, secret } of samples) console.log(`${label.padEnd(width)}  ${kind.padEnd(4)}  ${secret}`);
  return 0;
}

interface CodesOf {
  readonly config?: string | undefined;
  readonly state?: string | undefined;
  readonly keys?: string | undefined;
}

/** The sample people of a site that runs have codes of their own, which only its key tells; those of scenarios are always the same. */
async function keyFor({ config, state, keys }: CodesOf): Promise<Buffer> {
  if (config !== undefined) return scenarioKey;
  const { readSubKey } = await import("../ledger/keys.ts");
  const paths = pathsOf({ state: state ?? usualState, keys });
  const key = readSubKey(paths, "sample people");
  if (key !== null) {
    if (state === undefined) console.error(`Those of the site in ${usualState}; of scenarios: --config FILE.`);
    return key;
  }
  if (state === undefined) return scenarioKey;
  throw new Error(`There is no site in ${paths.folder} yet; start it with \`postern run\`.`);
}

async function send(args: readonly string[]): Promise<number> {
  const { words, values } = splitState(args);
  if (words.length === 0) throw new Misuse("Give the board a command, such as: press front-exit.");
  const answer = await sendCommand(pathsOf(values).boardSocket, words.join(" "));
  if (answer !== null) throw new Error(answer);
  return 0;
}

/** By hand, because a command of the board may hold words such as `-1h`. */
function splitState(args: readonly string[]): { readonly words: readonly string[]; readonly values: StateValues } {
  const words: string[] = [];
  let state = usualState;
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? "";
    if (word.startsWith("--state=")) state = word.slice("--state=".length);
    else if (word !== "--state") words.push(word);
    else {
      at += 1;
      state = args[at] ?? "";
      if (state === "") throw new Misuse("--state takes the state folder.");
    }
  }
  return { words, values: { state } };
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
