// `postern directory`: shows what a file of people would change, and applies it.
import { parseArgs } from "node:util";
import { applyDirectoryText } from "../exchange/apply-file.ts";
import { maxDirectoryBytes } from "../exchange/directory-file.ts";
import { planCount, planLines, problemLines } from "../exchange/line-report.ts";
import { readBounded, replaceFile } from "../ops/bounded-file.ts";
import { refuse, showStaging, termsOf, withPort } from "./directory-site.ts";
import { noSuchVerb, onlyWord, stateOption } from "./options.ts";

const verbs: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  plan: (args) => planOrApply(args, null),
  apply: (args) => planOrApply(args, "directory file"),
  export: async (args) => (await import("./directory-transfer.ts")).exportDirectory(args),
  import: async (args) => (await import("./directory-transfer.ts")).importDirectory(args),
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
  const text = (await readBounded(path, maxDirectoryBytes)).toString("utf8");
  const terms = termsOf(values);
  return withPort(values, async (port) => {
    const outcome = await applyDirectoryText(text, terms, by, port, showStaging);
    if (!outcome.ok) return refuse(path, outcome.problems);
    for (const line of planLines(outcome.plan)) console.log(line);
    for (const line of problemLines(outcome.warnings)) console.error(`note: ${line}`);
    const count = planCount(outcome.plan);
    console.log(by === null ? `Nothing was changed; it would be ${count}.` : `${count}.`);
    if (outcome.text !== text) {
      await replaceFile(path, outcome.text, { keepMode: true });
      console.log(`The codes in ${path} are replaced by tokens; note them elsewhere if somebody still has to be told.`);
    }
    return 0;
  });
}
