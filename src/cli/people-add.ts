// `postern people add`: somebody new, with what they show, where and when doors open for them, and what is different for them.
import { parseArgs } from "node:util";
import type { DirectoryChange, HolderRef, Person } from "../domain/directory.ts";
import { completePerson } from "../domain/directory.ts";
import type { CredentialId, DoorId, PersonId, ScheduleId } from "../domain/ids.ts";
import { always } from "../domain/schedule.ts";
import { askLedger, changeDirectory, holdersOf, problemOf } from "./ledger-client.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { onlyWord, stateOption } from "./options.ts";
import { particularOptions, withParticulars } from "./particulars.ts";
import { withTypedCards } from "./typed-card.ts";

/** A PIN is eight digits at most; whatever else comes over standard input is none. */
const maxPinBytes = 64;

const options = {
  id: { type: "string" },
  door: { type: "string", multiple: true },
  schedule: { type: "string", default: always.id },
  "new-pin": { type: "boolean", default: false },
  "pin-stdin": { type: "boolean", default: false },
  card: { type: "string", multiple: true },
  plate: { type: "string", multiple: true },
  ...particularOptions,
  ...stateOption,
} as const;

type AddValues = ReturnType<typeof read>["values"];

const read = (args: readonly string[]) =>
  parseArgs({ args: [...args], allowPositionals: true, allowNegative: true, options });

export async function addPerson(args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args);
  const name = onlyWord(positionals, "the person");
  if (values.door === undefined) throw new Misuse("Name at least one door that opens for them, with --door.");
  if (values["new-pin"] && values["pin-stdin"]) throw new Misuse("Use either --new-pin or --pin-stdin.");
  const id = values.id ?? idFrom(name);
  if (id === "") throw new Misuse("This name has no letters of which an id could be made; give one with --id.");
  const unbounded = { from: null, until: null };
  const plain = completePerson({ kind: "person", id: id as PersonId, name, state: "active", validity: unbounded });
  const person = withParticulars(plain, values);
  // Adding is never changing: somebody of the same name would take over the other's rights, and lose them the PIN.
  for (const kind of ["person", "pass"] as const) {
    if ((await holdersOf(values, kind)).some(({ holder }) => holder.id === id)) {
      throw new Error(`There is somebody with the id "${id}" already; give this person another one with --id.`);
    }
  }
  const holder: HolderRef = { kind: "person", id: person.id };
  const made = values["new-pin"] ? await makeUp(values, `${id}-pin` as CredentialId, holder) : null;
  const pin = values["pin-stdin"] ? await readPin() : (made?.secret ?? null);
  try {
    await changeDirectory(values, planPerson(person, holder, pin, values));
  } finally {
    if (made !== null) await askLedger(values, { kind: "discardProposed", proposal: made.proposal });
  }
  console.log(`${name} may enter now, under the id "${id}".`);
  if (made !== null) console.log(`The PIN is ${pin}. It is shown this once.`);
  const shows = (values.card ?? []).length + (values.plate ?? []).length;
  if (pin === null && shows === 0) console.log("They have neither PIN nor card, so no door opens for them yet.");
  return 0;
}

/** Reserved until the change has taken it, so that nobody else is shown the same one meanwhile. */
async function makeUp(where: StateValues, id: CredentialId, holder: HolderRef) {
  const reply = await askLedger(where, { kind: "propose", credential: { id, kind: "pin", holder, digits: null } });
  if (reply.kind !== "proposed") throw new Error(problemOf(reply));
  return reply;
}

function planPerson(person: Person, holder: HolderRef, pin: string | null, values: AddValues): DirectoryChange[] {
  const credential = (suffix: string, kind: "pin" | "card" | "plate", secret: string) => ({
    op: "putCredential" as const,
    id: `${person.id}-${suffix}` as CredentialId,
    kind,
    secret,
    holder,
  });
  return [
    { op: "putPerson", person },
    ...(pin === null ? [] : [credential("pin", "pin", pin)]),
    ...withTypedCards(
      values,
      (values.card ?? []).map((card, index) => credential(`card-${index + 1}`, "card", card)),
    ),
    ...(values.plate ?? []).map((plate, index) => credential(`plate-${index + 1}`, "plate", plate)),
    ...grantsFor(holder, values.door ?? [], values.schedule),
  ];
}

/** A door may say its own schedule: `garage=office-hours`. */
export const grantsFor = (holder: HolderRef, doors: readonly string[], usual: string): DirectoryChange[] =>
  doors.map((word) => {
    const [door = "", schedule = usual] = word.split("=");
    return { op: "putGrant", holder, door: door as DoorId, schedule: schedule as ScheduleId };
  });

export const idFrom = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/\p{M}+/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 60)
    .replace(/^-+|-+$/g, "");

export async function readPin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin) {
    text += String(chunk);
    if (text.length > maxPinBytes) break;
  }
  return text.trim().slice(0, maxPinBytes);
}
