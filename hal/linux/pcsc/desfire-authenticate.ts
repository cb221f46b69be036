// Proves the site's key to a DESFire card and has it prove its own: AES and triple DES, EV1, EV2 and as the first card did. Pure.
import type { DesfireCrypto } from "../../card-profile.ts";
import type { BlockCipher } from "./block-cipher.ts";
import { aesCipher, cmac, desCipher, isSame, rotateLeft, xor, zeros } from "./block-cipher.ts";
import type { DesfireSession } from "./desfire-session.ts";
import { chainedSession, ev2Session, legacySession } from "./desfire-session.ts";
import type { Reading, UnreadProblem } from "./exchange.ts";
import { bodyOf, statusOf } from "./exchange.ts";

/** ISO-wrapped native command: 90 CMD 00 00 [Lc data] 00. */
export type Ask = (command: number, ...parts: readonly (Buffer | readonly number[])[]) => Reading<Buffer>;

const done = 0x9100;
const more = 0x91af;

export function* authenticate(
  ask: Ask,
  crypto: DesfireCrypto,
  keyNumber: number,
  key: Buffer,
  random: Buffer,
): Reading<DesfireSession | UnreadProblem> {
  if (crypto === "aesEv2") return yield* authenticateEv2(ask, keyNumber, key, random);
  if (crypto === "aes") return yield* authenticateChained(ask, 0xaa, aesCipher(key), keyNumber, key, random);
  const own = random.subarray(0, 8);
  if (crypto === "iso3des") return yield* authenticateChained(ask, 0x1a, desCipher(key), keyNumber, key, own);
  return yield* authenticateLegacy(ask, keyNumber, key, own);
}

/** AA and 1A: CBC, each message going on from the block before it. */
function* authenticateChained(
  ask: Ask,
  command: number,
  cipher: BlockCipher,
  keyNumber: number,
  key: Buffer,
  random: Buffer,
): Reading<DesfireSession | UnreadProblem> {
  const size = random.length;
  const challenge = yield* ask(command, [keyNumber]);
  if (statusOf(challenge) !== more || challenge.length !== size + 2) return refusalOf(challenge);
  const cardRandom = cipher.decrypt(zeros(cipher.blockBytes), bodyOf(challenge));
  const proof = cipher.encrypt(
    bodyOf(challenge).subarray(-cipher.blockBytes),
    Buffer.concat([random, rotateLeft(cardRandom)]),
  );
  const answer = yield* ask(0xaf, proof);
  if (statusOf(answer) !== done || answer.length !== size + 2) return refusalOf(answer);
  const returned = cipher.decrypt(proof.subarray(-cipher.blockBytes), bodyOf(answer));
  if (!isSame(returned, rotateLeft(random))) return "keyRefused";
  if (command === 0xaa) return chainedSession(aesCipher(aesSessionKey(random, cardRandom)));
  return chainedSession(desCipher(desSessionKey(key, random, cardRandom)));
}

export const aesSessionKey = (a: Buffer, b: Buffer): Buffer =>
  Buffer.concat([a.subarray(0, 4), b.subarray(0, 4), a.subarray(12, 16), b.subarray(12, 16)]);

/** A card takes a triple DES key of two equal halves for a DES key. The lowest bit of each byte is none of the key's. */
export function desSessionKey(key: Buffer, a: Buffer, b: Buffer): Buffer {
  const first = Buffer.concat([a.subarray(0, 4), b.subarray(0, 4)]);
  const bare = (half: Buffer): Buffer => Buffer.from(half.map((byte) => byte & 0xfe));
  const isDouble = key.length === 16 && !bare(key.subarray(0, 8)).equals(bare(key.subarray(8)));
  return isDouble ? Buffer.concat([first, a.subarray(4, 8), b.subarray(4, 8)]) : first;
}

function* authenticateEv2(
  ask: Ask,
  keyNumber: number,
  key: Buffer,
  random: Buffer,
): Reading<DesfireSession | UnreadProblem> {
  const cipher = aesCipher(key);
  const challenge = yield* ask(0x71, [keyNumber, 0x00]);
  if (statusOf(challenge) !== more || challenge.length !== 18) return refusalOf(challenge);
  const cardRandom = cipher.decrypt(zeros(16), bodyOf(challenge));
  const answer = yield* ask(0xaf, cipher.encrypt(zeros(16), Buffer.concat([random, rotateLeft(cardRandom)])));
  if (statusOf(answer) !== done || answer.length !== 34) return refusalOf(answer);
  const plain = cipher.decrypt(zeros(16), bodyOf(answer));
  if (!isSame(plain.subarray(4, 20), rotateLeft(random))) return "keyRefused";
  const keys = ev2SessionKeys(key, random, cardRandom);
  return ev2Session(keys.encryption, keys.mac, plain.subarray(0, 4));
}

export function ev2SessionKeys(
  key: Buffer,
  a: Buffer,
  b: Buffer,
): { readonly encryption: Buffer; readonly mac: Buffer } {
  const rest = Buffer.concat([
    Buffer.from("00010080", "hex"),
    a.subarray(0, 2),
    xor(a.subarray(2, 8), b.subarray(0, 6)),
    b.subarray(6),
    a.subarray(8),
  ]);
  const derive = (label: string): Buffer => cmac(aesCipher(key), Buffer.concat([Buffer.from(label, "hex"), rest]));
  return { encryption: derive("a55a"), mac: derive("5aa5") };
}

/** The card only ever enciphers, so whoever asks it deciphers, in sending too. */
function* authenticateLegacy(
  ask: Ask,
  keyNumber: number,
  key: Buffer,
  random: Buffer,
): Reading<DesfireSession | UnreadProblem> {
  const cipher = desCipher(key);
  const challenge = yield* ask(0x0a, [keyNumber]);
  if (statusOf(challenge) !== more || challenge.length !== 10) return refusalOf(challenge);
  const cardRandom = cipher.decrypt(zeros(8), bodyOf(challenge));
  const first = cipher.decrypt(zeros(8), random);
  const second = cipher.decrypt(zeros(8), xor(rotateLeft(cardRandom), first));
  const answer = yield* ask(0xaf, first, second);
  if (statusOf(answer) !== done || answer.length !== 10) return refusalOf(answer);
  if (!isSame(cipher.decrypt(zeros(8), bodyOf(answer)), rotateLeft(random))) return "keyRefused";
  return legacySession(desSessionKey(key, random, cardRandom));
}

/** What a card says instead of what was asked for. */
export function refusalOf(answer: Buffer): UnreadProblem {
  switch (statusOf(answer)) {
    case 0x91a0:
      return "applicationMissing";
    case 0x91f0:
      return "fileMissing";
    case 0x919d:
    case 0x91be:
      return "notAllowed";
    case 0x91ae:
    case 0x9140:
      return "keyRefused";
    case 0x911e:
      return "forgedAnswer";
    default:
      return "notReadable";
  }
}
