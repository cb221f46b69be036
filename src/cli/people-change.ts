// `postern people change`: gives somebody who is known other doors, cards or particulars; what is not named stays as it is.
import { parseArgs } from "node:util";
import type { DirectoryChange, HolderRef } from "../domain/directory.ts";
import type { ExportedHolder } from "../domain/directory-export.ts";
import type { CredentialId } from "../domain/ids.ts";
import { always } from "../domain/schedule.ts";
import { changeDirectory, findHolder, refOf } from "./ledger-client.ts";
import { Misuse } from "./misuse.ts";
import { onlyWord, stateOption } from "./options.ts";
import { particularOptions, withParticulars } from "./particulars.ts";
import { grantsFor } from "./people-add.ts";
import { withTypedCards } from "./typed-card.ts";

const options = {
  name: { type: "string" },
  door: { type: "string", multiple: true },
  schedule: { type: "string", default: always.id },
  without: { type: "string", multiple: true },
  card: { type: "string", multiple: true },
  plate: { type: "string", multiple: true },
  remove: { type: "string", multiple: true },
  ...particularOptions,
  ...stateOption,
} as const;

const read = (args: readonly string[]) =>
  parseArgs({ args: [...args], allowPositionals: true, allowNegative: true, options });

type ChangeValues = ReturnType<typeof read>["values"];

export async function changePerson(args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args);
  const found = await findHolder(values, onlyWord(positionals, "the id of the person"));
  const { holder } = found;
  if (holder.kind !== "person") throw new Misuse(`${holder.name} is no person but a ${holder.kind}.`);
  const person = withParticulars({ ...holder, name: values.name ?? holder.name }, values);
  const ref = refOf(holder);
  await changeDirectory(values, [
    { op: "putPerson", person },
    ...doorChanges(ref, found, values),
    ...(values.remove ?? []).map((id): DirectoryChange => ({ op: "removeCredential", id: ownId(id, found) })),
    ...withTypedCards(values, newCredentials("card", values.card ?? [], ref, found)),
    ...newCredentials("plate", values.plate ?? [], ref, found),
  ]);
  console.log(`${person.name} is changed; see \`postern people show ${holder.id}\`.`);
  return 0;
}

/** A door that is named again takes its new schedule instead of the old one. */
function doorChanges(holder: HolderRef, { grants }: ExportedHolder, values: ChangeValues): DirectoryChange[] {
  const { door = [], without = [], schedule } = values;
  const unknown = without.find((one) => !grants.some((grant) => grant.door === one));
  if (unknown !== undefined) throw new Error(`The door "${unknown}" does not open for them anyway.`);
  const anew = new Set([...door.map((word) => word.split("=")[0]), ...without]);
  const old = grants.filter((grant) => anew.has(grant.door));
  return [
    ...old.map((grant): DirectoryChange => ({ op: "removeGrant", holder, door: grant.door, schedule: grant.schedule })),
    ...grantsFor(holder, door, schedule),
  ];
}

function ownId(id: string, { holder, credentials }: ExportedHolder): CredentialId {
  const found = credentials.find((one) => one.id === id);
  if (found === undefined) throw new Error(`${holder.name} has nothing called "${id}".`);
  return found.id;
}

function newCredentials(
  kind: "card" | "plate",
  secrets: readonly string[],
  holder: HolderRef,
  { credentials }: ExportedHolder,
): Extract<DirectoryChange, { op: "putCredential" }>[] {
  const taken = new Set<string>(credentials.map(({ id }) => id));
  return secrets.map((secret) => {
    let n = 1;
    while (taken.has(`${holder.id}-${kind}-${n}`)) n += 1;
    const id = `${holder.id}-${kind}-${n}` as CredentialId;
    taken.add(id);
    return { op: "putCredential", id, kind, secret, holder };
  });
}
