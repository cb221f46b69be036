// Which codes of a change are on the wrong side of the partition between passes and everybody else; knows no database. Names no code.
import { keepsPartition, passLead } from "../domain/code-partition.ts";
import type { DirectoryChange } from "../domain/directory.ts";
import type { CredentialId } from "../domain/ids.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Problem } from "./directory-rules.ts";

export interface Misplaced extends Problem {
  readonly step: number;
  readonly credential: CredentialId;
}

export function misplacedCodes(changes: readonly DirectoryChange[], { codes }: SiteSpec): readonly Misplaced[] {
  if (!codes.partition) return [];
  return changes.flatMap((change, step) => {
    if (change.op !== "putCredential" || keepsPartition(change.kind, change.holder.kind, change.secret)) return [];
    const fault = change.holder.kind === "pass" ? mustLead : mustNotLead;
    return [{ step, credential: change.id, ...fault }];
  });
}

const mustLead: Problem = {
  problem: `A pass's code begins with ${passLead} here, because "codes.partition" is on.`,
  remedy: `Choose one that begins with ${passLead}.`,
};
const mustNotLead: Problem = {
  problem: `Only codes of passes begin with ${passLead} here, because "codes.partition" is on.`,
  remedy: "Choose one that begins with another digit.",
};
