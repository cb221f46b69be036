// `postern pass`: keys for a while, for visitors and couriers: made, listed with how they stand, taken back.
import { parseArgs } from "node:util";
import type { PassId } from "../domain/ids.ts";
import { occurrenceAt } from "../domain/recurrence.ts";
import { unixMs } from "../domain/time.ts";
import type { Listed } from "./ledger-client.ts";
import { changeDirectory, findHolder, holdersOf } from "./ledger-client.ts";
import type { StateValues } from "./options.ts";
import { noSuchVerb, onlyWord, stateOption } from "./options.ts";
import { newPass } from "./pass-new.ts";
import { isEndedPass, recurrenceText, standingText, tellEnded, usesText, validityText } from "./pass-words.ts";
import { showHolder } from "./people-show.ts";
import { siteAt } from "./site-view.ts";
import { momentOf, timeText } from "./spoken-time.ts";
import { printTable } from "./table.ts";

const verbs: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  new: newPass,
  list,
  show,
  revoke,
  activate,
};

export async function passes(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const run = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) throw noSuchVerb("pass", verb, Object.keys(verbs));
  return run(rest);
}

async function list(args: readonly string[]): Promise<number> {
  const options = { all: { type: "boolean", default: false }, ...stateOption } as const;
  const { values } = parseArgs({ args: [...args], options });
  const site = siteAt(values);
  const known = await holdersOf(values, "pass");
  const found = values.all ? known : known.filter((one) => !isEndedPass(one));
  const hosts = new Map((await holdersOf(values, "person")).map(({ holder }) => [holder.id, holder]));
  const rows = found.map((one) => {
    const { holder: pass, grants } = one;
    const host = pass.host === null ? null : (hosts.get(pass.host) ?? null);
    const { recurrence } = pass;
    const when = recurrence.kind === "once" ? validityText(pass, site.timeZone) : recurrenceText(recurrence);
    const doors = [...new Set(grants.map(({ door }) => door))].join(", ");
    return [pass.id, pass.name, standingText(one, host, site), when, usesText(pass, one), doors || "no doors"];
  });
  printTable(["ID", "NAME", "STATE", "WHEN", "USES", "DOORS"], rows);
  if (known.length === 0) console.log("There are no passes; `postern pass new` makes one.");
  tellEnded(known.length - found.length);
  return 0;
}

async function passNamed(where: StateValues, positionals: readonly string[]): Promise<Listed<"pass">> {
  const id = onlyWord(positionals, "the id of the pass");
  const found = (await holdersOf(where, "pass")).find(({ holder }) => holder.id === id);
  if (found === undefined) throw new Error(`There is no pass with the id "${id}"; see \`postern pass list\`.`);
  return found;
}

async function show(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const { holder } = await passNamed(values, positionals);
  await showHolder(values, await findHolder(values, `pass:${holder.id}`));
  return 0;
}

async function revoke(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const { holder } = await passNamed(values, positionals);
  await changeDirectory(values, [{ op: "setHolderState", holder: { kind: "pass", id: holder.id }, state: "revoked" }]);
  console.log(`The pass of ${holder.name} opens nothing any more, for good.`);
  return 0;
}

async function activate(args: readonly string[]): Promise<number> {
  const options = { at: { type: "string" }, ...stateOption } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const { holder: pass } = await passNamed(values, positionals);
  const { timeZone } = siteAt(values);
  const clock = { nowWall: Date.now(), timeZone };
  const at = values.at === undefined ? unixMs(clock.nowWall) : momentOf(values.at, "--at", clock, false);
  if (pass.activationMs === null) throw new Error(`The time of ${pass.name} does not begin with a first use.`);
  if (occurrenceAt(pass.recurrence, at, timeZone) === null) {
    throw new Error(`The pass is between its hours then: ${recurrenceText(pass.recurrence)}.`);
  }
  await changeDirectory(values, [{ op: "activatePass", id: pass.id as PassId, at }]);
  console.log(`The time of ${pass.name} runs since ${timeText(at, timeZone)}, unless it had begun before.`);
  return 0;
}
