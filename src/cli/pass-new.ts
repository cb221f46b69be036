// `postern pass new`: a key for a while, with a code that Postern makes up.
import { parseArgs } from "node:util";
import type { DirectoryChange, HolderRef, PassGiven, Preset } from "../domain/directory.ts";
import { presets } from "../domain/directory.ts";
import type { CredentialId, PassId, PersonId } from "../domain/ids.ts";
import { always } from "../domain/schedule.ts";
import type { SiteSpec } from "../domain/site.ts";
import { changeDirectory, findHolder, holdersOf } from "./ledger-client.ts";
import { Misuse } from "./misuse.ts";
import { onlyWord, stateOption } from "./options.ts";
import { timesOf } from "./pass-recurrence.ts";
import { recurrenceText, usesText, validityText } from "./pass-words.ts";
import { grantsFor, idFrom } from "./people-add.ts";
import { refusePicture, writePicture } from "./picture-file.ts";
import type { Proposed } from "./proposal-dialog.ts";
import { discard, propose, showSecret } from "./proposal-dialog.ts";
import { siteAt } from "./site-view.ts";
import { momentOf, spanMs } from "./spoken-time.ts";

const options = {
  id: { type: "string" },
  door: { type: "string", multiple: true },
  schedule: { type: "string", default: always.id },
  courier: { type: "boolean", default: false },
  visitor: { type: "boolean", default: false },
  staff: { type: "boolean", default: false },
  host: { type: "string" },
  from: { type: "string" },
  until: { type: "string" },
  expires: { type: "string" },
  repeat: { type: "string" },
  days: { type: "string" },
  between: { type: "string" },
  count: { type: "string" },
  except: { type: "string", multiple: true },
  uses: { type: "string" },
  "uses-in-all": { type: "string" },
  "works-for": { type: "string" },
  floor: { type: "string", multiple: true },
  "floors-of-host": { type: "boolean", default: false },
  message: { type: "string" },
  "id-number": { type: "string" },
  "with-code": { type: "boolean", default: false },
  picture: { type: "string" },
  ...stateOption,
} as const;

type NewValues = ReturnType<typeof read>["values"];

const read = (args: readonly string[]) => parseArgs({ args: [...args], allowPositionals: true, options });

export async function newPass(args: readonly string[]): Promise<number> {
  const { values, positionals } = read(args);
  const preset = presetOf(values);
  const name = positionals.length === 0 && preset === "courier" ? "Courier" : onlyWord(positionals, "the visitor");
  if (values.door === undefined) throw new Misuse("Name at least one door that it opens, with --door.");
  if (values.picture !== undefined) refusePicture(values.picture);
  const site = siteAt(values);
  const id = values.id ?? (await freeIdFrom(name, values));
  const pass = passOf(id, name, preset, values, site);
  const holder: HolderRef = { kind: "pass", id: pass.id };
  const key = await propose(values, { id: `${id}-pin` as CredentialId, kind: "pin", holder, digits: null });
  const made: Proposed[] = [key];
  try {
    const code = needsCode(values, site)
      ? await propose(values, { id: `${id}-code` as CredentialId, kind: "code", holder, digits: null })
      : null;
    if (code !== null) made.push(code);
    await changeDirectory(values, planPass(pass, holder, key, code, values));
    await tell(pass.id, key, code, values, site);
  } finally {
    for (const one of made) await discard(values, one);
  }
  return values.picture === undefined || writePicture(values.picture, key.secret) ? 0 : 1;
}

function presetOf(values: NewValues): Preset | null {
  const said = presets.filter((preset) => values[preset]);
  if (said.length > 1) throw new Misuse(`Use one of ${presets.map((preset) => `--${preset}`).join(", ")}.`);
  return said[0] ?? null;
}

/** Passes come and go: another one of that name is nothing unusual. */
async function freeIdFrom(name: string, values: NewValues): Promise<string> {
  const id = idFrom(name);
  if (id === "") throw new Misuse("This name has no letters of which an id could be made; give one with --id.");
  const taken = new Set<string>(
    [...(await holdersOf(values, "pass")), ...(await holdersOf(values, "person"))].map(idOf),
  );
  let free = id;
  for (let n = 2; taken.has(free); n += 1) free = `${id.slice(0, 58)}-${n}`;
  return free;
}

const idOf = ({ holder }: { readonly holder: { readonly id: string } }): string => holder.id;

function passOf(id: string, name: string, preset: Preset | null, values: NewValues, site: SiteSpec): PassGiven {
  const clock = { nowWall: Date.now(), timeZone: site.timeZone };
  const { recurrence, validity } = timesOf(values, clock);
  const { expires, host } = values;
  const expiresAt = expires === undefined ? null : momentOf(expires, "--expires", clock, true);
  if (preset === null && recurrence.kind === "once" && validity.until === null && expiresAt === null) {
    throw new Misuse("Say when it ends, with --until, or choose --courier, --visitor or --staff.");
  }
  const uses = values.uses === undefined ? {} : { usesPerDoor: countOf(values.uses, "--uses") };
  return {
    kind: "pass",
    id: id as PassId,
    name,
    state: "active",
    validity,
    recurrence,
    expiresAt,
    preset,
    host: host === undefined ? null : (host as PersonId),
    ...uses,
    usesTotal: values["uses-in-all"] === undefined ? null : countOf(values["uses-in-all"], "--uses-in-all"),
    activationMs: values["works-for"] === undefined ? null : spanMs(values["works-for"], "--works-for"),
    floors: values["floors-of-host"] ? { kind: "host" } : { kind: "list", floors: values.floor ?? [] },
    message: values.message ?? null,
    idNumber: values["id-number"] ?? null,
  };
}

function countOf(text: string, option: string): number | null {
  if (text === "any") return null;
  if (!/^[1-9][0-9]{0,2}$/.test(text)) throw new Misuse(`${option} takes 1 to 999, or any.`);
  return Number(text);
}

/** Doors of homes, and whichever else ask for it, take a pass only together with a secret code. */
const needsCode = (values: NewValues, { doors }: SiteSpec): boolean =>
  values["with-code"] ||
  (values.door ?? []).some((word) => doors.find(({ id }) => id === word.split("=")[0])?.passCodeRequired === true);

function planPass(
  pass: PassGiven,
  holder: HolderRef,
  key: Proposed,
  code: Proposed | null,
  { door = [], schedule }: NewValues,
): DirectoryChange[] {
  const put = (suffix: "pin" | "code", { secret }: Proposed): DirectoryChange => ({
    op: "putCredential",
    id: `${pass.id}-${suffix}` as CredentialId,
    kind: suffix,
    secret,
    holder,
  });
  return [
    { op: "putPass", pass },
    put("pin", key),
    ...(code === null ? [] : [put("code", code)]),
    ...grantsFor(holder, door, schedule),
  ];
}

async function tell(id: PassId, key: Proposed, code: Proposed | null, values: NewValues, site: SiteSpec) {
  const found = await findHolder(values, `pass:${id}`);
  const { holder: pass } = found;
  if (pass.kind !== "pass") return;
  const when = pass.recurrence.kind === "once" ? validityText(pass, site.timeZone) : recurrenceText(pass.recurrence);
  const doors = found.grants.map(({ door }) => door).join(", ");
  console.log(`${pass.name} may enter ${when}, at ${doors}; uses: ${usesText(pass, found)}. The pass is "${id}".`);
  console.log("To be typed at a keypad, or held to a scanner as a QR:");
  showSecret(key.secret, true);
  if (code === null) console.log("It is shown this once.");
  else console.log(`The secret code is ${code.secret}; send it another way. Both are shown this once.`);
}
