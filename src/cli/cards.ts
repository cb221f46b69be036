// `postern cards`: says of a card that it is lost, stolen or found again, and gives cards that were offered at a door.
import { parseArgs } from "node:util";
import type { CredentialState } from "../domain/directory.ts";
import type { CredentialId } from "../domain/ids.ts";
import { askLedger, by, changeDirectory, findHolder, problemOf, refOf, sayChanged } from "./ledger-client.ts";
import { Misuse } from "./misuse.ts";
import { noSuchVerb, onlyWord, stateOption } from "./options.ts";
import { siteAt } from "./site-view.ts";
import { timeText } from "./spoken-time.ts";
import { printTable } from "./table.ts";

const verbs: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  lost: (args) => mark(args, "lost", "is lost: it opens nothing, and whoever shows it is denied"),
  stolen: (args) => mark(args, "stolen", "is stolen: it opens nothing, and showing it raises an alarm"),
  found: (args) => mark(args, "active", "opens again what it opened before"),
  offers,
  take,
  refuse,
  key: async (args) => (await import("./card-keys.ts")).cardKeys(args),
};

export async function cards(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const run = verb !== undefined && Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) throw noSuchVerb("cards", verb, Object.keys(verbs));
  return run(rest);
}

async function mark(args: readonly string[], state: CredentialState, said: string): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const id = onlyWord(positionals, "the id of the card, as `postern people show` has it");
  await changeDirectory(values, [{ op: "setCredentialState", id: id as CredentialId, state }]);
  console.log(`${id} ${said}.`);
  return 0;
}

async function offers(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const reply = await askLedger(values, { kind: "offers" });
  if (reply.kind !== "offers") throw new Error(problemOf(reply));
  const { timeZone, enrolByCard } = siteAt(values);
  const rows = reply.offers.map((one) => [one.offer, `…${one.hint}`, one.reader, one.by, timeText(one.at, timeZone)]);
  printTable(["OFFER", "CARD", "READER", "BY", "AT"], rows);
  if (rows.length > 0) return 0;
  console.log(
    enrolByCard
      ? "No card waits. Show an administrator's card at a reader and then the new one, within 20 seconds."
      : 'No card waits, and readers take none: "enrolByCard" is off in the configuration.',
  );
  return 0;
}

async function take(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const [offer, whom, ...more] = positionals;
  if (offer === undefined || whom === undefined || more.length > 0) {
    throw new Misuse("Name the offer and the id of its owner, such as card-1f2e3d4c ana.");
  }
  const { holder } = await findHolder(values, whom);
  sayChanged(await askLedger(values, { kind: "takeOffer", by, offer, holder: refOf(holder) }));
  console.log(`The card is ${holder.name}'s now.`);
  return 0;
}

async function refuse(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const offer = onlyWord(positionals, "the offer");
  const reply = await askLedger(values, { kind: "takeOffer", by, offer, holder: null });
  if (reply.kind !== "discarded") throw new Error(problemOf(reply));
  console.log("The card is forgotten.");
  return 0;
}
