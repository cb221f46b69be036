// Which first digit a code may have where passes' codes are kept apart from everybody else's; knows no store.
import type { UnseenCodes } from "./ask.ts";
import type { CredentialKind, HolderKind } from "./directory.ts";

/** What the codes of passes begin with, and no others. A duress twin begins as its PIN does. */
export const passLead = "9";

/** The others are texts of a QR, which nobody types. */
export const typedKinds: readonly CredentialKind[] = ["pin", "code", "qrPin"];

export const keepsPartition = (kind: CredentialKind, holder: HolderKind, secret: string): boolean =>
  !typedKinds.includes(kind) || secret.startsWith(passLead) === (holder === "pass");

/** Of all codes of a length the part among which such a holder's are. */
export const shareOf = (holder: HolderKind, partition: boolean): number => {
  if (!partition) return 1;
  return holder === "pass" ? 0.1 : 0.9;
};

/** Tokens do not tell how a code begins: what was put without the partition is neither right nor wrong. Null where all were seen. */
export function doubtfulCodes({ ofPasses, ofOthers }: UnseenCodes): string | null {
  const told = [
    ...(ofPasses === 0 ? [] : [`${ofPasses} of passes`]),
    ...(ofOthers === 0 ? [] : [`${ofOthers} of people and the public`]),
  ];
  if (told.length === 0) return null;
  const count = ofPasses + ofOthers === 1 ? "1 code" : `${ofPasses + ofOthers} codes`;
  return `Whether ${count} (${told.join(", ")}) keep to "codes.partition" nobody can tell, because only tokens are stored: they were set without it, or came from another controller; set them anew.`;
}
