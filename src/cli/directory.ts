// `postern directory`: shows what a file of people would change, applies it, and takes the directory out and in.
import { parseArgs } from "node:util";
import type { ApplyOutcome, LedgerPort } from "../exchange/apply.ts";
import { fetchDirectory } from "../exchange/apply.ts";
import { applyDirectoryText } from "../exchange/apply-file.ts";
import { maxDirectoryBytes } from "../exchange/directory-file.ts";
import { planCount, planLines, problemLines } from "../exchange/line-report.ts";
import { writeDirectory } from "../exchange/write-directory.ts";
import { readBounded, replaceFile } from "../ops/bounded-file.ts";
import { portTo, showStaging, siteIn, termsOf } from "./directory-site.ts";
import { noSuchVerb, onlyWord, stateOption } from "./options.ts";

const verbs: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  plan: (args) => planOrApply(args, null),
  apply: (args) => planOrApply(args, "directory file"),
  export: exportTo,
};

export async function directory(args: readonly string[]): Promise<number> {
  const [verb = "", ...rest] = args;
  const run = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
  if (run === undefined) throw noSuchVerb("directory", verb === "" ? undefined : verb, Object.keys(verbs));
  return run(rest);
}

async function planOrApply(args: readonly string[], by: string | null): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const path = onlyWord(positionals, "the file");
  const bytes = await readBounded(path, maxDirectoryBytes);
  const text = bytes.toString("utf8");
  const terms = termsOf(values);
  return withPort(values, async (port) => {
    const outcome = await applyDirectoryText(text, terms, by, port, showStaging);
    if (!outcome.ok) return refuse(path, outcome);
    for (const line of planLines(outcome.plan)) console.log(line);
    for (const line of problemLines(outcome.warnings)) console.error(`note: ${line}`);
    console.log(
      by === null ? `Nothing was changed; it would be ${planCount(outcome.plan)}.` : `${planCount(outcome.plan)}.`,
    );
    if (outcome.text !== text) {
      await replaceFile(path, outcome.text);
      console.log(`The codes in ${path} are replaced by tokens; note them elsewhere if somebody still has to be told.`);
    }
    return 0;
  });
}

async function exportTo(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const path = onlyWord(positionals, "the file to write");
  const site = siteIn(values);
  return withPort(values, async (port) => {
    const known = await fetchDirectory(port);
    await replaceFile(path, writeDirectory(known, site.cards, null));
    console.log(`${known.holders.length} people, passes and public codes are in ${path}, which holds card numbers.`);
    return 0;
  });
}

async function withPort(
  where: Parameters<typeof portTo>[0],
  work: (port: LedgerPort) => Promise<number>,
): Promise<number> {
  const port = portTo(where);
  try {
    return await work(port);
  } finally {
    port.close();
  }
}

function refuse(path: string, { problems }: Extract<ApplyOutcome, { ok: false }>): number {
  console.error(`${path} is refused, and nothing was changed:`);
  for (const line of problemLines(problems)) console.error(`  ${line}`);
  return 1;
}
