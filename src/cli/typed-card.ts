// Reads card numbers as they are typed at the command line: in the site's own format, or with another one named in front.
import { parseCard } from "../domain/card-format.ts";
import type { DirectoryChange } from "../domain/directory.ts";
import { siteIn } from "./directory-site.ts";
import type { StateValues } from "./options.ts";

type PutCredential = Extract<DirectoryChange, { op: "putCredential" }>;

export function withTypedCards(where: StateValues, changes: readonly PutCredential[]): PutCredential[] {
  if (changes.length === 0) return [];
  const { icFormat } = siteIn(where).cards;
  return changes.map((change) => {
    const reading = parseCard(change.secret, icFormat);
    if (!reading.ok) throw new Error(`${reading.problem} ${reading.remedy}`);
    const { code: secret, known } = reading;
    return { ...change, secret, ...(known === null ? {} : { known }) };
  });
}
