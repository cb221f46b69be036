// A directory.json from its text to the changed directory and the text with tokens in it; knows no file and no socket.

import type { LedgerPort, Progress } from "./apply.ts";
import { applySteps, compare, fetchDirectory, planWanted } from "./apply.ts";
import type { ReadingTerms } from "./directory-file.ts";
import { readDirectoryFile } from "./directory-file.ts";
import { qrToFind, withTokens } from "./keep-tokens.ts";
import type { Plan } from "./planned.ts";
import type { LineProblem } from "./wanted.ts";

export interface FileTerms extends ReadingTerms {
  readonly namedSchedules: ReadonlySet<string>;
}

export type FileOutcome =
  | {
      readonly ok: true;
      readonly plan: Plan;
      readonly warnings: readonly LineProblem[];
      /** The file as it should stand from now on. */
      readonly text: string;
    }
  | { readonly ok: false; readonly problems: readonly LineProblem[] };

/** By nobody it is only tried. */
export async function applyDirectoryText(
  text: string,
  terms: FileTerms,
  by: string | null,
  port: LedgerPort,
  progress: Progress,
): Promise<FileOutcome> {
  const reading = readDirectoryFile(text, terms);
  if (!reading.ok) return reading;
  const { wanted } = reading;
  const plan = await planWanted(wanted, port, terms.namedSchedules);
  const outcome = await applySteps(plan.steps, by, port, progress);
  if (!outcome.ok) return outcome;
  const warnings = [...reading.warnings, ...outcome.warnings];
  const hasPlain = wanted.holders.some(({ credentials }) =>
    credentials.some(({ secret, place }) => secret.kind === "plain" && place !== null),
  );
  if (by === null || !hasPlain) return { ok: true, plan, warnings, text };
  const { holders } = await fetchDirectory(port);
  const compared = await compare(qrToFind(wanted, holders), port);
  return { ok: true, plan, warnings, text: withTokens(text, wanted, holders, compared) };
}
