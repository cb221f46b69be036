// Subcommands that ask a running controller: status, login, clear, reload.
import { parseArgs } from "node:util";
import type { DoorStatus, HealthFact } from "../domain/status.ts";
import { askSocket } from "../ops/line-client.ts";
import { pathsOf, stateOption } from "./options.ts";
import { usageOf } from "./usage.ts";

const patienceMs = 5_000;

interface Refusable {
  readonly problem?: string;
}

async function askController<Reply extends Refusable>(
  values: { state: string; keys?: string | undefined },
  question: unknown,
): Promise<Reply> {
  const reply = await askSocket<Reply>(pathsOf(values).controlSocket, question, patienceMs);
  if (reply.problem !== undefined) throw new Error(reply.problem);
  return reply;
}

export async function status(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const reply = await askController<Refusable & { doors: DoorStatus[]; health: HealthFact[] }>(values, {
    kind: "status",
  });
  for (const door of reply.doors) console.log(doorLine(door));
  for (const fact of reply.health)
    console.log(`${fact.part.padEnd(24)} ${fact.state === "ok" ? "ok" : `FAULT: ${fact.why}`}`);
  return reply.health.every((fact) => fact.state === "ok") ? 0 : 1;
}

function doorLine(door: DoorStatus): string {
  const marks = [
    door.locked ? "locked" : "unlocked",
    door.contact === "unknown" ? "" : door.contact,
    door.fire ? "released by fire" : "",
    door.forced ? "FORCED" : "",
    door.heldOpen ? "HELD OPEN" : "",
    ...door.stuckExits.map((input) => `${input} stuck`),
  ];
  return `${door.name.padEnd(24)} ${marks.filter((mark) => mark !== "").join(", ")}`;
}

export async function login(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const reply = await askController<Refusable & { link: string }>(values, { kind: "login" });
  console.log(`Good once, for 15 minutes:\n\n  ${reply.link}\n`);
  return 0;
}

export async function clear(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const [alarm, door] = positionals;
  if (!(alarm === "fire" && positionals.length === 1) && !(alarm === "forced" && positionals.length === 2)) {
    console.error(usageOf("clear"));
    return 2;
  }
  const command = alarm === "fire" ? { kind: "clearFire" } : { kind: "clearForced", door };
  await askController(values, { kind: "command", command });
  console.log("Cleared.");
  return 0;
}

export async function reload(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const reply = await askController<Refusable & { outcome: string }>(values, { kind: "reload" });
  console.log(reply.outcome);
  return 0;
}
