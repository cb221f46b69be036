// `postern check`: reads a configuration as the controller would and says all that is wrong with it.
import { parseArgs } from "node:util";
import { onlyWord } from "./options.ts";

export async function check(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
  const file = onlyWord(positionals, "the file to check");
  const { readConfigFile } = await import("../config/load.ts");
  const { explainConfig, explainProblems } = await import("../config/explain.ts");
  const reading = readConfigFile(file);
  if (!reading.ok) {
    console.error(explainProblems(file, reading.problems));
    return 1;
  }
  console.log(explainConfig(file, reading.config, reading.warnings));
  return 0;
}
