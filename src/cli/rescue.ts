// `postern rescue`: opens for exit buttons, fire and administrators' cards when the controller cannot start. Loads neither the
// database nor the configuration's schema, save where rescue's own file is of no use.
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { BoardSpec } from "../../hal/board.ts";
import type { BoardKind } from "../../hal/open-board.ts";
import { openBoard } from "../../hal/open-board.ts";
import { createLiveClock } from "../../hal/sim/clock.ts";
import { serveBoard } from "../../hal/sim/socket.ts";
import { acceptedFile } from "../config/accepted.ts";
import { boardOf, siteOf } from "../config/site.ts";
import { recallUnderstood } from "../config/understood.ts";
import { Fault } from "../domain/fault.ts";
import type { CardTokens, RescueOpening, RescuePlan } from "../domain/rescue.ts";
import { maxRescueLogBytes, rescuePlanOf } from "../domain/rescue.ts";
import { deriveKeys, readMasterKey, readSubKey } from "../ledger/keys.ts";
import { maxRescueBytes, openRescue, rescuePurpose } from "../ledger/rescue-seal.ts";
import { createTokens, lookUpOf } from "../ledger/tokens.ts";
import { buildStamp } from "../ops/build.ts";
import type { ControlSocket } from "../ops/control-socket.ts";
import { serveControl } from "../ops/control-socket.ts";
import { openFireLatch } from "../ops/fire-latch.ts";
import { log } from "../ops/log.ts";
import { endRescueQuestion } from "../ops/rescue-turn.ts";
import type { StatePaths } from "../ops/state-paths.ts";
import { RescueLoop } from "../rescue/rescue-loop.ts";
import { pathsOf, stateOption } from "./options.ts";

/** For the answer to whoever asked it to end. */
const partingMs = 50;

export async function rescue(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const paths = pathsOf(values);
  process.umask(0o077);
  const ending = new Ending();
  const control = await openControl(paths, () => ending.begin(0));
  try {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ending.begin(0));
    process.on("uncaughtException", (error) => {
      tell(error);
      ending.begin(1);
    });
    return await workDoors(paths, ending);
  } finally {
    await control?.close();
  }
}

/** Whatever asks for it, the doors are locked at once. */
class Ending {
  readonly #ended = Promise.withResolvers<number>();
  lock: () => void = () => {};

  begin(code: number): void {
    this.#ended.resolve(code);
    this.lock();
  }

  async wait(): Promise<number> {
    const code = await this.#ended.promise;
    this.lock();
    await setTimeout(partingMs);
    return code;
  }
}

async function workDoors(paths: StatePaths, ending: Ending): Promise<number> {
  const { plan, said } = await choosePlan(paths);
  const clock = createLiveClock({ trusted: false });
  const wires = plan.board.wires as BoardSpec;
  const { board, simulated } = await openBoard(plan.board.kind as BoardKind, wires, clock, paths.keysDir);
  const fire = openFireLatch(paths.fireFile);
  const loop = new RescueLoop({
    plan,
    board,
    clock,
    tokensOf: createLookUp(paths, plan),
    fireLatched: fire.latchedBefore,
    opened: createKeeper(paths.rescueLog, () => clock.wall()),
    fireRaised: () => fire.note(true),
    trouble: (sentence) => log("error", "rescue", sentence),
  });
  ending.lock = () => loop.stop();
  loop.start();
  log("warn", "rescue", said);
  const boardServer = simulated === null ? null : await serveBoard(simulated, clock, paths.boardSocket).catch(tell);
  const code = await ending.wait();
  await boardServer?.close();
  return code;
}

const tell = (error: unknown): null => {
  log("error", "rescue", error instanceof Error ? error.message : String(error));
  return null;
};

/** Nobody else may work these doors; a folder that takes no socket must not keep them from working. */
async function openControl(paths: StatePaths, end: () => void): Promise<ControlSocket | null> {
  const answer = (question: unknown): object => {
    if ((question as { kind?: unknown } | null)?.kind !== endRescueQuestion) {
      return { problem: "Only a rescue works the doors here; start `postern run`, and it gives way." };
    }
    end();
    return { ended: true };
  };
  try {
    return await serveControl(paths.controlSocket, answer);
  } catch (error) {
    if (error instanceof Fault) throw error;
    return tell(error);
  }
}

interface Choice {
  readonly plan: RescuePlan;
  readonly said: string;
}

/** Cards open by the file that the ledger sealed, and by nothing else. */
async function choosePlan(paths: StatePaths): Promise<Choice> {
  const read = readPlan(paths);
  if (typeof read !== "string") {
    const { cards } = read;
    const what = `exit buttons, fire, and ${cards.length} ${cards.length === 1 ? "card" : "cards"} of administrators`;
    return { plan: read, said: `The doors open for ${what}, until \`postern run\` starts.` };
  }
  const file = acceptedFile(paths.folder);
  const known = recallUnderstood(file, paths.folder, buildStamp);
  const config = known?.config ?? (await readAccepted(paths.folder));
  if (config === null) {
    throw new Error(`${read}, nor can ${file} be read; put a configuration back and start \`postern run\`.`);
  }
  const plan = rescuePlanOf(siteOf(config), { kind: config.board, wires: boardOf(config) }, []);
  return { plan, said: `${read}, so that the doors open for exit buttons and fire only; mend it by \`postern run\`.` };
}

async function readAccepted(folder: string) {
  const { loadAccepted } = await import("../config/choose.ts");
  const reading = loadAccepted(folder);
  return reading.ok ? reading.config : null;
}

/** The plan, or the beginning of a sentence on why there is none. */
function readPlan(paths: StatePaths): RescuePlan | string {
  const { rescueFile } = paths;
  try {
    if (!existsSync(rescueFile)) return `There is no ${rescueFile}`;
    if (statSync(rescueFile).size > maxRescueBytes) return `${rescueFile} is too large`;
    const key = readSubKey(paths, rescuePurpose);
    if (key === null) return `The key that ${rescueFile} is sealed with is missing`;
    return openRescue(key, readFileSync(rescueFile, "utf8")) ?? `${rescueFile} is not what this site's key has sealed`;
  } catch (error) {
    return `${rescueFile} cannot be used (${error instanceof Error ? error.message : String(error)})`;
  }
}

function createLookUp(paths: StatePaths, plan: RescuePlan): (card: Parameters<typeof lookUpOf>[1]) => CardTokens {
  const master = plan.cards.length === 0 ? null : readMasterKey(paths);
  if (master === null) return () => ({ tokens: [], low: null });
  const tokens = createTokens(deriveKeys(master), randomBytes);
  return (card) => {
    const { tokens: found, short } = lookUpOf(tokens, card, null, plan.longUid);
    return { tokens: found.map((token) => token.toString("hex")), low: short?.toString("hex") ?? null };
  };
}

/** Appends behind the doors' back, for the ledger to take. Exit buttons leave half of the room to cards. */
function createKeeper(file: string, wallMs: () => number): (opening: RescueOpening) => void {
  const run = randomBytes(9).toString("base64url");
  let n = 0;
  let bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  let last: Promise<unknown> = Promise.resolve();
  return (opening) => {
    n += 1;
    // Begins a line of its own, whatever a power cut left of the one before.
    const line = `\n${JSON.stringify({ ...opening, openedAt: Math.round(wallMs()), rescue: run, n })}`;
    if (bytes + line.length > maxRescueLogBytes / (opening.by === "card" ? 1 : 2)) return;
    bytes += line.length;
    last = last.then(() => appendFile(file, line, { mode: 0o600, flush: true })).catch(tell);
  };
}
