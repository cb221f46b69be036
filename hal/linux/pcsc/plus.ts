// Sectors of MIFARE Plus in security level 3: AES authentication, then a read with MACs both ways (REQUIREMENTS F.3). Pure.
import type { PlusProfile } from "../../card-profile.ts";
import { aesCipher, cmac, isSame, oddBytes, rotateLeft, xor, zeros } from "./block-cipher.ts";
import { blockBytes, blockNumber } from "./classic.ts";
import type { BytesReading, Reading, UnreadProblem } from "./exchange.ts";
import { isOk, send, unread } from "./exchange.ts";

/** Native frames: the first byte of an answer is its status. */
const ok = 0x90;
const problems: Readonly<Record<number, UnreadProblem>> = { 6: "keyRefused", 9: "notAllowed", 10: "notAllowed" };
const macBytes = 8;
const readMacked = 0x33;

interface Session {
  readonly mac: ReturnType<typeof aesCipher>;
  readonly transaction: Buffer;
}

/** Null is a reader that hands such frames to nobody. */
type Transceive = (frame: Buffer) => Reading<Buffer | null>;

export function* readPlus(profile: PlusProfile, key: Buffer, random: Buffer): Reading<BytesReading> {
  const transceive = createTransceive();
  const session = yield* authenticate(transceive, keyNumber(profile), key, random);
  if (typeof session === "string") return unread(session);
  const blocks: Buffer[] = [];
  for (const [reads, block] of profile.blocks.entries()) {
    const data = yield* readBlock(transceive, session, blockNumber(profile.sector, block), reads);
    if (typeof data === "string") return unread(data);
    blocks.push(data);
  }
  return { ok: true, bytes: Buffer.concat(blocks) };
}

const keyNumber = ({ sector, keyType }: PlusProfile): number => 0x4000 + 2 * sector + (keyType === "A" ? 0 : 1);

/**
 * Most readers pass a frame on as it is. Those with a PN532 inside take it within their own InDataExchange (D4 40 01), in
 * the pseudo-command of the ACR122.
 */
function createTransceive(): Transceive {
  let wrapped = false;
  const inside = function* (frame: Buffer): Reading<Buffer | null> {
    const answer = yield* send([0xff, 0x00, 0x00, 0x00, frame.length + 3, 0xd4, 0x40, 0x01], frame);
    const isAnswer = isOk(answer) && answer[0] === 0xd5 && answer[1] === 0x41 && answer[2] === 0x00;
    return isAnswer ? answer.subarray(3, -2) : null;
  };
  return function* (frame) {
    if (wrapped) return yield* inside(frame);
    const answer = yield* send(frame);
    const isRefusal = answer.length === 2 && (answer[0] ?? 0) >> 4 === 6;
    if (!isRefusal) return answer;
    wrapped = true;
    return yield* inside(frame);
  };
}

function* authenticate(
  transceive: Transceive,
  keyNo: number,
  key: Buffer,
  random: Buffer,
): Reading<Session | UnreadProblem> {
  const aes = aesCipher(key);
  const challenge = yield* transceive(Buffer.of(0x70, keyNo & 0xff, keyNo >> 8, 0x00));
  if (challenge === null) return "unsupportedByReader";
  if (challenge[0] !== ok) return problems[challenge[0] ?? 0] ?? "notReadable";
  if (challenge.length !== 17) return "notReadable";
  const cardRandom = aes.decrypt(zeros(16), challenge.subarray(1));
  const proof = aes.encrypt(zeros(16), Buffer.concat([random, rotateLeft(cardRandom)]));
  const answer = yield* transceive(Buffer.concat([Buffer.of(0x72), proof]));
  if (answer === null || answer[0] !== ok || answer.length !== 33) return "keyRefused";
  const plain = aes.decrypt(zeros(16), answer.subarray(1));
  if (!isSame(plain.subarray(4, 20), rotateLeft(random))) return "keyRefused";
  return { mac: aesCipher(plusMacKey(key, random, cardRandom)), transaction: plain.subarray(0, 4) };
}

export function plusMacKey(key: Buffer, random: Buffer, cardRandom: Buffer): Buffer {
  const mixed = xor(random.subarray(0, 5), cardRandom.subarray(0, 5));
  const input = Buffer.concat([random.subarray(7, 12), cardRandom.subarray(7, 12), mixed, Buffer.of(0x22)]);
  return aesCipher(key).encrypt(zeros(16), input);
}

/** The counter of reads goes into the command's MAC as it is and into the answer's one higher. */
function* readBlock(
  transceive: Transceive,
  session: Session,
  block: number,
  reads: number,
): Reading<Buffer | UnreadProblem> {
  const place = Buffer.of(block, 0x00, 0x01);
  const macOf = (first: number, counter: number, data: Buffer): Buffer => {
    const count = Buffer.of(counter & 0xff, counter >> 8);
    return oddBytes(cmac(session.mac, Buffer.concat([Buffer.of(first), count, session.transaction, place, data])));
  };
  const command = Buffer.concat([Buffer.of(readMacked), place, macOf(readMacked, reads, zeros(0))]);
  const answer = yield* transceive(command);
  if (answer === null) return "unsupportedByReader";
  if (answer[0] !== ok) return problems[answer[0] ?? 0] ?? "notReadable";
  if (answer.length !== 1 + blockBytes + macBytes) return "forgedAnswer";
  const data = answer.subarray(1, 1 + blockBytes);
  return isSame(answer.subarray(1 + blockBytes), macOf(ok, reads + 1, data)) ? data : "forgedAnswer";
}
