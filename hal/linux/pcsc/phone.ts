// A phone that carries a credential: Postern's own application on it (docs/readers.md, Phones). Pure.
import type { PhoneProfile } from "../../card-profile.ts";
import { aesCipher, cmac, isSame } from "./block-cipher.ts";
import { diversifyAes } from "./diversify.ts";
import type { BytesReading, Reading } from "./exchange.ts";
import { bodyOf, isOk, send, unread } from "./exchange.ts";

const minIdBytes = 4;
const maxIdBytes = 16;

/** Its answer to SELECT is the credential's number; then it proves the key that AN10922 makes of the site's for that number. */
export function* readPhone(profile: PhoneProfile, key: Buffer, random: Buffer): Reading<BytesReading> {
  const aid = Buffer.from(profile.aid, "hex");
  const selected = yield* send([0x00, 0xa4, 0x04, 0x00, aid.length], aid, [0x00]);
  if (!isOk(selected)) return unread("applicationMissing");
  const id = bodyOf(selected);
  if (id.length < minIdBytes || id.length > maxIdBytes) return unread("malformedCode");
  const proof = yield* send([0x80, 0x88, 0x00, 0x00, random.length], random, [0x00]);
  const expected = cmac(aesCipher(diversifyAes(key, id)), Buffer.concat([random, id]));
  return isOk(proof) && isSame(bodyOf(proof), expected) ? { ok: true, bytes: id } : unread("keyRefused");
}
