// One change of the directory inside its transaction, and how it came out. Knows no process and no message.
import type { ChangeProblem, ChangeWarning, DirectoryChange } from "../domain/directory.ts";
import type { Batch } from "./batch.ts";
import type { CodeHashes } from "./code-hashes.ts";
import type { Applied, ChangeContext, DirectoryWriter } from "./directory-writer.ts";

export type ChangeOutcome =
  | { readonly applied: true; readonly version: number; readonly warnings: readonly ChangeWarning[] }
  | { readonly applied: false; readonly problems: readonly ChangeProblem[] };

export interface ChangeTerms extends Partial<Pick<ChangeContext, "origin" | "isPromised">> {
  /** Written together with the change. */
  readonly also?: () => void;
}

export interface ChangeOrder {
  readonly changes: readonly DirectoryChange[];
  readonly hashes: CodeHashes;
  readonly context: ChangeContext;
  readonly by: string;
  readonly also?: (() => void) | undefined;
}

/** With problems, the caller gives the transaction up. */
export function writeChange(writer: DirectoryWriter, batch: Batch, order: ChangeOrder): Applied {
  const { changes, hashes, context, by, also } = order;
  const applied = writer.apply(changes, hashes, context);
  if (applied.problems.length > 0) return applied;
  also?.();
  batch.changeDirectory(by, context.origin, changes.length, context.at);
  for (const { door, credential } of applied.collisions) {
    if (door !== null) batch.append({ type: "code.collided", door, credential }, context.at);
  }
  for (const credential of applied.misplaced) batch.append({ type: "code.misplaced", credential }, context.at);
  return applied;
}

export const outcomeOf = ({ problems, warnings }: Applied, version: number): ChangeOutcome =>
  problems.length > 0 ? { applied: false, problems } : { applied: true, version, warnings };
