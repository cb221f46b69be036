// `postern directory export` and `import`: the directory as JSON, as a door phone's list in CSV, XML or an archive, or sealed.
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { readConfigFile } from "../config/load.ts";
import { siteOf } from "../config/site.ts";
import { formatDate } from "../domain/calendar-day.ts";
import type { DoorId } from "../domain/ids.ts";
import { formatMinute, localTimeAt } from "../domain/local-time.ts";
import type { SiteSpec } from "../domain/site.ts";
import { unixMs } from "../domain/time.ts";
import { applySteps, fetchDirectory, planWanted } from "../exchange/apply.ts";
import { applyDirectoryText } from "../exchange/apply-file.ts";
import { exportForDevices } from "../exchange/device-export.ts";
import { writeDeviceCsv, writeDeviceXml } from "../exchange/device-table.ts";
import { planCount, planLines, problemLines } from "../exchange/line-report.ts";
import { writePeopleArchive } from "../exchange/people-archive.ts";
import type { KnownDirectory, Plan } from "../exchange/planned.ts";
import { readPeople } from "../exchange/read-list.ts";
import { isSealed, newPassphrase, seal, unseal } from "../exchange/sealed-export.ts";
import type { LineProblem } from "../exchange/wanted.ts";
import { writeDirectory } from "../exchange/write-directory.ts";
import { readSiteSecrets } from "../ledger/site-secrets.ts";
import { readBounded, replaceFile } from "../ops/bounded-file.ts";
import { fileTermsOf, refuse, showStaging, siteIn, withPort } from "./directory-site.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { onlyWord, pathsOf, stateOption } from "./options.ts";
import { adoptSite } from "./site-adoption.ts";

const maxImportBytes = 512 * 1024 * 1024;
const minPassphrase = 12;
const maxPassphraseBytes = 1_024;

const relayOptions = {
  relay: { type: "string", multiple: true },
  "security-relay": { type: "string", multiple: true },
} as const;

const exportOptions = {
  ...stateOption,
  relay: relayOptions.relay,
  sealed: { type: "boolean", default: false },
  "passphrase-stdin": { type: "boolean", default: false },
} as const;

export async function exportDirectory(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: exportOptions });
  const path = onlyWord(positionals, "the file to write");
  const site = siteIn(values);
  return withPort(values, async (port) => {
    const known = await fetchDirectory(port);
    if (values.sealed) return sealTo(path, known, site, values);
    const { bytes, left } = written(path, known, site, relaysOf(values.relay, site));
    await replaceFile(path, bytes);
    for (const line of left) console.error(`left out: ${line}`);
    console.log(
      `${path} holds ${known.holders.length - left.length > 0 ? "the directory" : "nobody"}, with card numbers in plain.`,
    );
    return 0;
  });
}

interface Written {
  readonly bytes: string | Buffer;
  readonly left: readonly string[];
}

function written(path: string, known: KnownDirectory, site: SiteSpec, relays: readonly DoorId[]): Written {
  if (/\.json$/i.test(path)) return { bytes: writeDirectory(known, site.cards, null), left: [] };
  const { table, left } = exportForDevices(known, { cards: site.cards, relays, wallText: wallTextOf(site) });
  if (/\.csv$/i.test(path)) return { bytes: writeDeviceCsv(table), left };
  if (/\.xml$/i.test(path)) return { bytes: writeDeviceXml(table), left };
  if (!/\.(tgz|tar\.gz)$/i.test(path)) {
    throw new Misuse("Let the file's name end in .json, .csv, .xml or .tgz; that says how it is written.");
  }
  const counts = { people: table.users.length, schedules: known.schedules.length };
  const [users, schedules] = [writeDeviceCsv(table, ["UserData"]), writeDeviceCsv(table, ["ScheduleData"])];
  return { bytes: writePeopleArchive(users, schedules, counts), left };
}

const wallTextOf = (site: SiteSpec) => (atMs: number) => {
  const { day, minuteOfDay } = localTimeAt(unixMs(atMs), site.timeZone);
  return `${formatDate(day)} ${formatMinute(minuteOfDay)}`;
};

async function sealTo(
  path: string,
  known: KnownDirectory,
  site: SiteSpec,
  values: StateValues & { readonly "passphrase-stdin": boolean },
): Promise<number> {
  const secrets = readSiteSecrets(pathsOf(values));
  if (secrets === null) throw new Error("There is no database in this state folder.");
  const passphrase = values["passphrase-stdin"] ? await readPassphrase() : newPassphrase();
  const content = { directory: writeDirectory(known, site.cards, null), site: secrets };
  await replaceFile(path, await seal(content, passphrase));
  console.log(`${path} holds the whole directory, codes and keys included; only its passphrase opens it.`);
  if (!values["passphrase-stdin"]) console.log(`The passphrase is ${passphrase}. It is shown this once.`);
  return 0;
}

const importOptions = {
  ...stateOption,
  ...relayOptions,
  config: { type: "string" },
  try: { type: "boolean", default: false },
} as const;

export async function importDirectory(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: importOptions });
  const path = onlyWord(positionals, "the file");
  const bytes = await readBounded(path, maxImportBytes);
  if (isSealed(bytes)) return importSealed(path, bytes, values);
  const site = siteIn(values);
  const relays = relaysOf(values.relay, site);
  const securityRelays = relaysOf(values["security-relay"] ?? [], { ...site, doors: [] }, site);
  const reading = await readPeople(bytes, { ...fileTermsOf(site), relays, securityRelays });
  if (!reading.ok) return refuse(path, reading.problems);
  return withPort(values, async (port) => {
    const plan = await planWanted(reading.wanted, port, fileTermsOf(site).namedSchedules);
    const outcome = await applySteps(plan.steps, values.try ? null : "import", port, showStaging);
    if (!outcome.ok) return refuse(path, outcome.problems);
    return report(plan, [...reading.warnings, ...outcome.warnings], values.try);
  });
}

function report(plan: Plan, warnings: readonly LineProblem[], isTried: boolean): number {
  for (const line of planLines(plan)) console.log(line);
  for (const line of problemLines(warnings)) console.error(`note: ${line}`);
  console.log(isTried ? `Nothing was changed; it would be ${planCount(plan)}.` : `${planCount(plan)}.`);
  return 0;
}

async function importSealed(
  path: string,
  bytes: Buffer,
  values: StateValues & { readonly config?: string | undefined; readonly try: boolean },
): Promise<number> {
  process.stderr.write("The passphrase, on standard input: ");
  const opened = await unseal(bytes, await readPassphrase());
  if (!opened.ok) return refuse(path, [{ line: 0, problem: opened.problem, remedy: "Try again." }]);
  const { content } = opened;
  const paths = pathsOf(values);
  if (!existsSync(paths.database)) {
    const site = values.config === undefined ? siteIn(values) : siteFrom(values.config);
    const outcome = await adoptSite(paths, site, content, showStaging);
    if (!outcome.ok) return refuse(path, outcome.problems);
    return report(outcome.plan, outcome.warnings, false);
  }
  const own = readSiteSecrets(paths);
  if (own === null || !own.key.equals(content.site.key) || !own.salt.equals(content.site.salt)) {
    const problem = "The export is of another site, whose codes would not work here.";
    return refuse(path, [{ line: 0, problem, remedy: "Stop the controller and import into an empty state folder." }]);
  }
  const site = siteIn(values);
  return withPort(values, async (port) => {
    const by = values.try ? null : "sealed import";
    const outcome = await applyDirectoryText(content.directory, fileTermsOf(site), by, port, showStaging);
    return outcome.ok ? report(outcome.plan, outcome.warnings, values.try) : refuse(path, outcome.problems);
  });
}

function siteFrom(file: string): SiteSpec {
  const reading = readConfigFile(file);
  if (!reading.ok) throw new Error(`${file} is no good configuration; "postern check ${file}" says why.`);
  return siteOf(reading.config);
}

/** `1=front` puts a door behind a relay digit; without any, the digits count the site's doors. */
function relaysOf(mapped: readonly string[] | undefined, usual: SiteSpec, site = usual): DoorId[] {
  const relays = usual.doors.map(({ id }) => id);
  for (const text of mapped ?? []) {
    const [, digit = "", door = ""] = /^([1-9])=([a-z0-9-]+)$/.exec(text) ?? [];
    const found = site.doors.find(({ id }) => id === door);
    if (found === undefined)
      throw new Misuse(`"${text}" is not a relay digit, "=" and the id of a door, such as 1=front.`);
    relays[Number(digit) - 1] = found.id;
  }
  return relays;
}

async function readPassphrase(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) {
    parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString("utf8");
    if (text.includes("\n") || text.length > maxPassphraseBytes) break;
  }
  const [passphrase = ""] = Buffer.concat(parts).toString("utf8").split(/\r?\n/);
  if (passphrase.length < minPassphrase) throw new Misuse(`A passphrase has ${minPassphrase} characters or more.`);
  return passphrase;
}
