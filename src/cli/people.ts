// `postern people`: lists, adds and removes people through the running ledger, the only writer.
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import type { LedgerReply, LedgerRequest } from "../domain/ask.ts";
import type { DirectoryChange, HolderRef } from "../domain/directory.ts";
import type { CredentialId, DoorId, PersonId, ScheduleId } from "../domain/ids.ts";
import { askSocket } from "../ops/line-client.ts";
import { pathsOf, stateOption } from "./options.ts";
import { usageOf } from "./usage.ts";

const patienceMs = 30_000;
const newPinDigits = 6;

type Where = { readonly state: string; readonly keys?: string | undefined };

export async function people(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === "list") return list(rest);
  if (verb === "add") return add(rest);
  if (verb === "remove") return remove(rest);
  console.error(usageOf("people"));
  return 2;
}

const askLedger = (where: Where, request: LedgerRequest): Promise<LedgerReply> =>
  askSocket<LedgerReply>(pathsOf(where).ledgerSocket, request, patienceMs);

async function list(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: stateOption });
  const reply = await askLedger(values, { kind: "directory" });
  if (reply.kind !== "directory") throw new Error(problemOf(reply));
  for (const holder of reply.listing.holders) {
    const credentials = holder.credentials
      .map((one) => `${one.kind}${one.hint === "" ? "" : ` …${one.hint}`}`)
      .join(", ");
    const grants = holder.grants.map((one) => `${one.door} (${one.schedule})`).join(", ");
    console.log(`${holder.id.padEnd(20)} ${holder.name.padEnd(24)} ${holder.kind}, ${holder.state}`);
    console.log(`${" ".repeat(20)} ${credentials || "no credentials"}; ${grants || "no grants"}`);
  }
  return 0;
}

async function add(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      id: { type: "string" },
      door: { type: "string", multiple: true },
      schedule: { type: "string", default: "always" },
      "new-pin": { type: "boolean", default: false },
      "pin-stdin": { type: "boolean", default: false },
      card: { type: "string", multiple: true },
      ...stateOption,
    },
  });
  const [name] = positionals;
  if (name === undefined || positionals.length > 1 || values.door === undefined) {
    console.error(usageOf("people"));
    return 2;
  }
  const id = (values.id ?? idFrom(name)) as PersonId;
  const pin = values["new-pin"] ? newPin() : values["pin-stdin"] ? await readStandardInput() : null;
  const holder: HolderRef = { kind: "person", id };
  const credential = (suffix: string, kind: "pin" | "card", secret: string): DirectoryChange => ({
    op: "putCredential",
    id: `${id}-${suffix}` as CredentialId,
    kind,
    secret,
    holder,
  });
  const changes: DirectoryChange[] = [
    { op: "putPerson", person: { kind: "person", id, name, state: "active", validity: { from: null, until: null } } },
    ...(pin === null ? [] : [credential("pin", "pin", pin)]),
    ...(values.card ?? []).map((card, index) => credential(`card-${index + 1}`, "card", card.toUpperCase())),
    ...values.door.map((door): DirectoryChange => {
      return { op: "putGrant", holder, door: door as DoorId, schedule: values.schedule as ScheduleId };
    }),
  ];
  const reply = await askLedger(values, { kind: "change", by: "command line", changes });
  if (reply.kind !== "changed") throw new Error(problemOf(reply));
  console.log(`${name} is ${id}, directory version ${reply.version}.`);
  if (values["new-pin"]) console.log(`The PIN is ${pin}. It is shown this once.`);
  return 0;
}

async function remove(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const [id] = positionals;
  if (id === undefined || positionals.length > 1) {
    console.error(usageOf("people"));
    return 2;
  }
  const known = await askLedger(values, { kind: "directory" });
  if (known.kind !== "directory") throw new Error(problemOf(known));
  const found = known.listing.holders.find((one) => one.id === id);
  if (found === undefined) throw new Error(`There is nobody with the id "${id}"; see \`postern people list\`.`);
  const changes = [{ op: "removeHolder", holder: { kind: found.kind, id } as HolderRef }] as const;
  const reply = await askLedger(values, { kind: "change", by: "command line", changes });
  if (reply.kind !== "changed") throw new Error(problemOf(reply));
  console.log(`${found.name} is gone; what the record says of them stays.`);
  return 0;
}

function problemOf(reply: LedgerReply): string {
  if (reply.kind === "refused") return reply.problems.map((one) => `${one.problem} ${one.remedy}`).join("\n");
  return reply.kind === "error" ? reply.problem : `the ledger answered ${reply.kind}`;
}

const newPin = (): string => String(randomInt(10 ** newPinDigits)).padStart(newPinDigits, "0");

const idFrom = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 60);

async function readStandardInput(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) text += String(chunk);
  return text.trim();
}
