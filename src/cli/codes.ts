// `postern codes`: makes up codes for people and passes, and sets the site's public ones.
import { parseArgs } from "node:util";
import type { ProposedCredential } from "../domain/ask.ts";
import type { CredentialKind, DirectoryChange, HolderRef } from "../domain/directory.ts";
import { publicIds } from "../domain/directory.ts";
import type { ExportedHolder } from "../domain/directory-export.ts";
import type { CredentialId, PublicId } from "../domain/ids.ts";
import { always } from "../domain/schedule.ts";
import { changeDirectory, findHolder, holdersOf, refOf } from "./ledger-client.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { noSuchVerb, onlyWord, stateOption } from "./options.ts";
import { grantsFor, readPin } from "./people-add.ts";
import { refusePicture, writePicture } from "./picture-file.ts";
import { discard, propose, settleProposal, showSecret } from "./proposal-dialog.ts";

export async function codes(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === "new") return newCode(rest);
  if (verb === "public") return publicCode(rest);
  throw noSuchVerb("codes", verb, ["new", "public"]);
}

async function newCode(args: readonly string[]): Promise<number> {
  const options = {
    qr: { type: "boolean", default: false },
    secret: { type: "boolean", default: false },
    digits: { type: "string" },
    picture: { type: "string" },
    yes: { type: "boolean", default: false },
    ...stateOption,
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const word = onlyWord(positionals, "the id of the person or pass");
  if (values.qr && values.secret) throw new Misuse("Use either --qr or --secret.");
  const kind = values.qr ? "qrPin" : values.secret ? "code" : "pin";
  if (values.picture !== undefined) refusePicture(values.picture);
  const found = await findHolder(values, word);
  const digits = values.digits === undefined ? null : digitsOf(values.digits);
  const credential = { id: credentialIdFor(found, kind), kind, holder: refOf(found.holder), digits } as const;
  const secret = await settleProposal(values, credential, values.yes);
  if (secret === null) {
    console.log("Discarded; nothing has changed.");
    return 0;
  }
  console.log(`Saved for ${found.holder.name}. It is shown this once.`);
  return values.picture === undefined || writePicture(values.picture, secret) ? 0 : 1;
}

function digitsOf(text: string): number {
  if (!/^[2-8]$/.test(text)) throw new Misuse("--digits takes 2 to 8.");
  return Number(text);
}

const suffixOf: Readonly<Record<ProposedCredential["kind"], string>> = { pin: "pin", code: "code", qrPin: "qr" };

/** A holder has one of each kind: the new one takes the old one's place. */
function credentialIdFor({ holder, credentials }: ExportedHolder, kind: ProposedCredential["kind"]): CredentialId {
  const known = credentials.find((one) => one.kind === (kind as CredentialKind));
  return known?.id ?? (`${holder.id}-${suffixOf[kind]}` as CredentialId);
}

const publicOptions = {
  new: { type: "boolean", default: false },
  "pin-stdin": { type: "boolean", default: false },
  off: { type: "boolean", default: false },
  door: { type: "string", multiple: true },
  schedule: { type: "string", default: always.id },
  name: { type: "string" },
  ...stateOption,
} as const;

async function publicCode(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: publicOptions });
  const id = publicIdOf(onlyWord(positionals, "which of the public codes it is, 1 to 3"));
  if ([values.new, values["pin-stdin"], values.off].filter(Boolean).length !== 1) {
    throw new Misuse("Say one of --new, --pin-stdin and --off.");
  }
  const holder: HolderRef = { kind: "public", id };
  if (values.off) {
    await changeDirectory(values, [{ op: "setHolderState", holder, state: "suspended" }]);
    console.log(`The public code ${id.at(-1)} opens nothing until it is set again.`);
    return 0;
  }
  const known = (await holdersOf(values, "public")).find((one) => one.holder.id === id);
  if (known === undefined && values.door === undefined) {
    throw new Misuse("This code has no doors yet; name at least one with --door.");
  }
  const name = values.name ?? known?.holder.name ?? `Public code ${id.at(-1)}`;
  const credential = `${id}-pin` as CredentialId;
  const made = values.new
    ? await propose(values, { id: credential, kind: "pin", holder, digits: null })
    : { secret: await readPin(), proposal: null };
  try {
    await changeDirectory(values, [
      { op: "putPublic", public: { kind: "public", id, name, state: "active" } },
      { op: "putCredential", id: credential, kind: "pin", secret: made.secret, holder },
      ...regrant(holder, known, values),
    ]);
  } finally {
    if (made.proposal !== null) await discard(values, made);
  }
  if (values.new) showSecret(made.secret, false);
  console.log(`${name} is set. Whoever uses it stays unknown to the record.`);
  return 0;
}

function publicIdOf(word: string): PublicId {
  const id = `public-${word}`;
  if (!(publicIds as readonly string[]).includes(id)) throw new Misuse("There are three public codes: 1, 2 and 3.");
  return id as PublicId;
}

/** Doors that are named take the place of those that it had. */
function regrant(
  holder: HolderRef,
  known: ExportedHolder | undefined,
  { door, schedule }: { readonly door?: readonly string[] | undefined; readonly schedule: string } & StateValues,
): DirectoryChange[] {
  if (door === undefined) return [];
  const old = known?.grants ?? [];
  return [
    ...old.map((grant): DirectoryChange => ({ op: "removeGrant", holder, door: grant.door, schedule: grant.schedule })),
    ...grantsFor(holder, door, schedule),
  ];
}
