// Subcommands that tell a running controller how its doors are to stand: door, lockdown.
import { parseArgs } from "node:util";
import { parseDuration } from "../../hal/sim/command.ts";
import type { DoorRequest, DoorStatus } from "../domain/status.ts";
import { askController, commandController } from "./control.ts";
import { Misuse } from "./misuse.ts";
import { modeWords } from "./mode-words.ts";
import type { StateValues } from "./options.ts";
import { noSuchVerb, onlyWord, stateOption } from "./options.ts";

const requests: Readonly<Record<string, DoorRequest>> = {
  lock: "lock",
  unlock: "unlock",
  block: "block",
  doublelock: "doubleLock",
  hold: "lockOpen",
};
const verbs = ["open", ...Object.keys(requests), "lockdown", "release"];

export async function door(args: readonly string[]): Promise<number> {
  const options = { for: { type: "string" }, ...stateOption } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [verb, ...rest] = positionals;
  if (verb === undefined || !verbs.includes(verb)) throw noSuchVerb("door", verb, verbs);
  if (values.for !== undefined && verb !== "lockdown") throw new Misuse("Only a lockdown takes --for.");
  const id = onlyWord(rest, "the door by its id");
  await commandController(values, await commandFor(values, verb, id));
  return tell(values, [id]);
}

async function commandFor(values: StateValues & { for?: string | undefined }, verb: string, id: string) {
  if (verb === "open") return { kind: "access", door: id, by: "operator" };
  if (verb === "lockdown") return { kind: "lockDown", doors: [id], forMs: forMsOf(values.for) };
  if (verb !== "release") return { kind: requests[verb], door: id };
  const mode = (await doorsOf(values)).find((one) => one.door === id)?.standing;
  return mode === "lockedDown" ? { kind: "lockDownRelease", doors: [id] } : { kind: "lockOpenRelease", door: id };
}

/** Of all doors, when none is named. */
export async function lockdown(args: readonly string[]): Promise<number> {
  const options = { for: { type: "string" }, release: { type: "boolean", default: false }, ...stateOption } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  if (values.release && values.for !== undefined) throw new Misuse("Give --for or --release, not both.");
  const command = values.release
    ? { kind: "lockDownRelease", doors: positionals }
    : { kind: "lockDown", doors: positionals, forMs: forMsOf(values.for) };
  await commandController(values, command);
  return tell(values, positionals);
}

function forMsOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new Misuse(`--for takes a time such as 30m or 2h, not "${text}".`);
  return ms;
}

const doorsOf = async (values: StateValues): Promise<readonly DoorStatus[]> =>
  (
    await askController<{ readonly doors: readonly DoorStatus[]; readonly problem?: string }>(values, {
      kind: "status",
    })
  ).doors;

/** How they stand now is the answer. */
async function tell(values: StateValues, ids: readonly string[]): Promise<number> {
  const doors = await doorsOf(values);
  const shown = ids.length === 0 ? doors : doors.filter((one) => ids.includes(one.door));
  for (const { name, mode } of shown) console.log(`${name} is ${modeWords[mode]}.`);
  return 0;
}
