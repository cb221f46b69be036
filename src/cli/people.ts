// `postern people`: lists, shows, suspends and removes people through the running ledger, the only writer.
import { parseArgs } from "node:util";
import { askLedger, by, changeDirectory, findHolder, problemOf, refOf } from "./ledger-client.ts";
import { Misuse } from "./misuse.ts";
import { noSuchVerb, onlyWord, stateOption } from "./options.ts";
import { addPerson } from "./people-add.ts";
import { changePerson } from "./people-change.ts";
import { listPeople } from "./people-list.ts";
import { showHolder } from "./people-show.ts";

const verbs: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  list: listPeople,
  add: addPerson,
  change: changePerson,
  show,
  suspend: (args) => setState(args, "suspended"),
  resume: (args) => setState(args, "active"),
  remove,
  forgive,
};

export async function people(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const run = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) throw noSuchVerb("people", verb, Object.keys(verbs));
  return run(rest);
}

async function show(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  await showHolder(values, await findHolder(values, onlyWord(positionals, "the id of the person")));
  return 0;
}

async function setState(args: readonly string[], state: "active" | "suspended"): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const { holder } = await findHolder(values, onlyWord(positionals, "the id of the person"));
  await changeDirectory(values, [{ op: "setHolderState", holder: refOf(holder), state }]);
  const said = state === "active" ? "may enter again" : "may not enter until `postern people resume`";
  console.log(`${holder.name} ${said}.`);
  return 0;
}

async function remove(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const { holder } = await findHolder(values, onlyWord(positionals, "the id of the person"));
  await changeDirectory(values, [{ op: "removeHolder", holder: refOf(holder) }]);
  console.log(`${holder.name} is gone; what the record says of them stays.`);
  return 0;
}

async function forgive(args: readonly string[]): Promise<number> {
  const options = { everybody: { type: "boolean", default: false }, ...stateOption } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  if (values.everybody && positionals.length > 0) throw new Misuse("Name one person or say --everybody, not both.");
  if (!values.everybody && positionals.length === 0) throw new Misuse("Name the id of the person, or say --everybody.");
  const found = values.everybody ? null : await findHolder(values, onlyWord(positionals, "the id of the person"));
  const holder = found === null ? null : refOf(found.holder);
  const reply = await askLedger(values, { kind: "forgive", by, holder });
  if (reply.kind !== "forgiven") throw new Error(problemOf(reply));
  const who = found === null ? `${reply.count} of those inside` : found.holder.name;
  const isNew = reply.count > 0;
  console.log(isNew ? `${who} may enter again, wherever they are.` : "Nobody of them was held to be inside.");
  return 0;
}
