// A card's own UID, by the reader's pseudo-command (PC/SC part 3). Pure.
import type { Reading } from "./exchange.ts";
import { bodyOf, isOk, send } from "./exchange.ts";

const lengths = [4, 7, 8, 10];

/** FeliCa's IDm has eight bytes. Null for what is no UID. */
export function* readUid(): Reading<Buffer | null> {
  const answer = yield* send([0xff, 0xca, 0x00, 0x00, 0x00]);
  const uid = bodyOf(answer);
  return isOk(answer) && lengths.includes(uid.length) ? uid : null;
}

/** ISO 14443-3: four bytes that begin with 08 are made up at each showing. */
export const isRandomUid = (uid: Buffer): boolean => uid.length === 4 && uid[0] === 0x08;
