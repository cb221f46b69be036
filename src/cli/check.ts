// `postern check`: reads a configuration as the controller would and says all that is wrong with it; beside a running
// controller it also says what the codes that live there mean under this file's limits.
import { parseArgs } from "node:util";
import type { Config } from "../config/schema.ts";
import type { LedgerReply } from "../domain/ask.ts";
import { doubtfulCodes } from "../domain/code-partition.ts";
import { onlyWord, pathsOf } from "./options.ts";

const patienceMs = 30_000;
const options = { state: { type: "string" } } as const;

export async function check(args: readonly string[]): Promise<number> {
  const { positionals, values } = parseArgs({ args: [...args], allowPositionals: true, options });
  const file = onlyWord(positionals, "the file to check");
  const { readConfigFile } = await import("../config/load.ts");
  const { explainConfig, explainProblems } = await import("../config/explain.ts");
  const reading = readConfigFile(file);
  if (!reading.ok) {
    console.error(explainProblems(file, reading.problems));
    return 1;
  }
  console.log(explainConfig(file, reading.config, reading.warnings));
  if (values.state !== undefined) await showLiveCodes(values.state, reading.config);
  return 0;
}

async function showLiveCodes(state: string, { guessing, codes }: Config): Promise<void> {
  const { askSocket } = await import("../ops/line-client.ts");
  const { guessReport } = await import("./guess-report.ts");
  const reply = await askSocket<LedgerReply>(pathsOf({ state }).ledgerSocket, { kind: "liveCodes" }, patienceMs);
  if (reply.kind !== "liveCodes") throw new Error(reply.kind === "error" ? reply.problem : "The ledger said nothing.");
  const lines = guessReport(reply.liveCodes, guessing, codes.partition);
  console.log("Codes that live now");
  for (const line of lines.length === 0 ? ["There are none."] : lines) console.log(`  ${line}`);
  const doubtful = codes.partition ? doubtfulCodes(reply.unseen) : null;
  if (doubtful !== null) console.log(`  WARNING: ${doubtful}`);
}
