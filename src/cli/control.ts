// Subcommands that ask a running controller: status, login, clear, reload; and how any of them asks it.
import { parseArgs } from "node:util";
import { machineMono } from "../../hal/machine-time.ts";
import { printable } from "../config/problem.ts";
import { commandExpiry } from "../domain/command-life.ts";
import type { DoorStatus, HealthFact } from "../domain/status.ts";
import { monoMs } from "../domain/time.ts";
import { askSocket } from "../ops/line-client.ts";
import { Misuse } from "./misuse.ts";
import { modeWords } from "./mode-words.ts";
import type { StateValues } from "./options.ts";
import { pathsOf, stateOption } from "./options.ts";

const patienceMs = 10_000;
/** All processes end and start again. */
const reloadPatienceMs = 60_000;

interface Refusable {
  readonly problem?: string;
}

interface Standing extends Refusable {
  readonly doors: readonly DoorStatus[];
  readonly health: readonly HealthFact[];
}

export async function askController<Reply extends Refusable>(
  values: StateValues,
  question: unknown,
  waitMs = patienceMs,
): Promise<Reply> {
  const reply = await askSocket<Reply>(pathsOf(values).controlSocket, question, waitMs);
  if (reply.problem !== undefined) throw new Error(reply.problem);
  return reply;
}

/** Has the doors do something, soon or not at all. */
export async function commandController(values: StateValues, command: object): Promise<void> {
  await askController(values, { kind: "command", command, expiresAt: commandExpiry(monoMs(machineMono())) });
}

export async function status(args: readonly string[]): Promise<number> {
  const options = { json: { type: "boolean", default: false }, ...stateOption } as const;
  const { values } = parseArgs({ args: [...args], options });
  const reply = await askController<Standing>(values, { kind: "status" });
  const faults = reply.health.filter((fact) => fact.state === "fault");
  console.log(values.json ? JSON.stringify(reply) : standingText(reply, faults));
  return faults.length === 0 ? 0 : 1;
}

function standingText({ doors, health }: Standing, faults: readonly HealthFact[]): string {
  const width = Math.max(...doors.map((door) => door.name.length), ...faults.map((fact) => fact.part.length));
  const well = health.length - faults.length;
  return [
    ...doors.map((door) => `${door.name.padEnd(width)}  ${doorWords(door)}`),
    doors.length === 0 ? "The doors are being started." : "",
    ...faults.map(
      (fact) => `${fact.part.padEnd(width)}  FAULT since ${timeText(fact.sinceWallMs)}: ${printable(fact.why)}`,
    ),
    faults.length === 0 ? `All ${well} parts are well.` : `${well} other parts are well.`,
  ].join("\n");
}

function doorWords(door: DoorStatus): string {
  const words = [
    standingWords(door),
    door.contact === "unknown" ? "" : door.contact,
    door.fire ? "RELEASED BY FIRE" : "",
    door.forced ? "FORCED" : "",
    door.tampered ? "TAMPERED WITH" : "",
    door.heldOpen ? "HELD OPEN" : "",
    door.heldOpenSoon ? "open for long" : "",
    ...door.stuckExits.map((input) => `${input} STUCK`),
  ];
  return words.filter((word) => word !== "").join(", ");
}

/** A relay that did not take its level makes a door unlocked that should not be. */
function standingWords({ locked, mode, standing, fire }: DoorStatus): string {
  const lock = locked ? "locked" : "unlocked";
  if (fire || mode === "accessed") return standing === "locked" ? lock : `${lock} now, else ${modeWords[standing]}`;
  return mode === lock || mode === "unlocked" || mode === "locked" ? lock : modeWords[mode];
}

const timeText = (wallMs: number): string => `${new Date(wallMs).toISOString().slice(0, 19)}Z`;

export async function login(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const reply = await askController<Refusable & { link: string }>(values, { kind: "login" });
  console.log(`Good once, for 15 minutes:\n\n  ${reply.link}\n`);
  return 0;
}

export async function clear(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  await commandController(values, clearCommand(positionals));
  console.log("Cleared.");
  return 0;
}

function clearCommand([alarm, door, ...more]: readonly string[]): object {
  if (alarm === "fire" && door === undefined) return { kind: "clearFire" };
  if (alarm === "recovery" && door === undefined) return { kind: "clearRecovery" };
  if (alarm === "forced" && door !== undefined && more.length === 0) return { kind: "clearForced", door };
  if (alarm === "tamper" && door !== undefined && more.length === 0) return { kind: "clearTamper", door };
  throw new Misuse('Say what to clear: "fire", "recovery", or "forced" or "tamper" and the id of the door.');
}

export async function reload(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const reply = await askController<Refusable & { outcome: string }>(values, { kind: "reload" }, reloadPatienceMs);
  console.log(reply.outcome);
  return 0;
}
