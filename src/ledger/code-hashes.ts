// The slow hashes of the codes in a change, made before its transaction begins, duress twins included.
import type { Credential, DirectoryChange } from "../domain/directory.ts";
import { duressTwin } from "../domain/duress.ts";
import { isDigitText } from "../domain/presentation.ts";
import type { HashPin } from "./pin-hash.ts";

export interface CodeHash {
  readonly own: Buffer;
  /** The duress code's; null where there is none. */
  readonly twin: Buffer | null;
}

/** By step of the change. */
export type CodeHashes = ReadonlyMap<number, CodeHash>;

/** What can be typed at a keypad or held to a camera as digits shares one space of codes, hashed slowly. */
export const isCodeKind = (kind: Credential["kind"], secret: string): boolean =>
  kind === "pin" || kind === "code" || kind === "qrPin" || (kind === "qr" && isDigitText(secret));

/** A code that could not be hashed, or whose twin could not, is left out. A hash may call back at once. */
export function hashCodes(
  changes: readonly DirectoryChange[],
  duress: boolean,
  hash: HashPin,
  done: (hashes: CodeHashes) => void,
): void {
  const own = new Map<number, Buffer>();
  const twins = new Map<number, Buffer>();
  const wanted = changes.flatMap((change, step) => codesOf(change, duress, step));
  let missing = wanted.length;
  const twinned = new Set(wanted.filter(({ isTwin }) => isTwin).map(({ step }) => step));
  const hasAll = ([step]: [number, Buffer]) => twins.has(step) || !twinned.has(step);
  const finish = () =>
    done(
      new Map([...own].filter(hasAll).map(([step, found]) => [step, { own: found, twin: twins.get(step) ?? null }])),
    );
  if (missing === 0) finish();
  for (const { step, digits, isTwin } of wanted) {
    hash(digits, (found) => {
      if (found !== null) (isTwin ? twins : own).set(step, found);
      missing -= 1;
      if (missing === 0) finish();
    });
  }
}

function codesOf(change: DirectoryChange, duress: boolean, step: number) {
  if (change.op !== "putCredential" || !isCodeKind(change.kind, change.secret)) return [];
  const own = { step, digits: change.secret, isTwin: false };
  const hasTwin = duress && change.kind === "pin" && change.holder.kind === "person";
  return hasTwin ? [own, { step, digits: duressTwin(change.secret), isTwin: true }] : [own];
}
