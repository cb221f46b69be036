// What DESFire's three ways of authenticating leave behind: how commands are sealed and answers opened. Pure.
import { crc32 } from "node:zlib";
import type { BlockCipher } from "./block-cipher.ts";
import { aesCipher, cmac, desCipher, isSame, oddBytes, pad80, zeros } from "./block-cipher.ts";

/** As the card's file settings say. */
export type Protection = "plain" | "mac" | "full";

export interface DesfireSession {
  /** What goes behind a command's header; called once for each command, in order. */
  seal(command: number, header: Buffer): Buffer;
  /** Null when the answer is not the card's. `length` is of the data, where it is known. */
  open(answer: Buffer, protection: Protection, length: number | null): Buffer | null;
  /** Whether a plain answer carries a proof all the same. */
  readonly provesPlain: boolean;
  readonly readCommand: number;
}

const statusOk = Buffer.of(0x00);

/** After AA and 1A: one CMAC chain runs through commands and answers. */
export function chainedSession(cipher: BlockCipher): DesfireSession {
  let iv = zeros(cipher.blockBytes);
  return {
    provesPlain: true,
    readCommand: 0xbd,
    seal(command, header) {
      iv = cmac(cipher, Buffer.concat([Buffer.of(command), header]), iv);
      return zeros(0);
    },
    open(answer, protection, length) {
      if (protection === "full") {
        if (length === null || answer.length === 0 || answer.length % cipher.blockBytes !== 0) return null;
        const plain = cipher.decrypt(iv, answer);
        iv = Buffer.from(answer.subarray(-cipher.blockBytes));
        return dataBefore(plain, length, (data) => crc32Of(Buffer.concat([data, statusOk])));
      }
      if (answer.length < 8) return null;
      const data = answer.subarray(0, -8);
      iv = cmac(cipher, Buffer.concat([data, statusOk]), iv);
      return isSame(answer.subarray(-8), iv.subarray(0, 8)) ? data : null;
    },
  };
}

/** After 71: MACs over a counter of commands and a number of the transaction. Plain answers prove nothing. */
export function ev2Session(encryptionKey: Buffer, macKey: Buffer, transaction: Buffer): DesfireSession {
  const encryption = aesCipher(encryptionKey);
  const mac = aesCipher(macKey);
  let counter = 0;
  const count = (): Buffer => Buffer.of(counter & 0xff, counter >> 8);
  const macOf = (first: number, rest: Buffer): Buffer =>
    oddBytes(cmac(mac, Buffer.concat([Buffer.of(first), count(), transaction, rest])));
  return {
    provesPlain: false,
    readCommand: 0xad,
    seal: (command, header) => macOf(command, header),
    open(answer, protection, length) {
      counter += 1;
      if (protection === "plain") return answer;
      if (answer.length < 8) return null;
      const body = answer.subarray(0, -8);
      if (!isSame(answer.subarray(-8), macOf(0x00, body))) return null;
      if (protection === "mac") return body;
      if (length === null || body.length === 0 || body.length % 16 !== 0) return null;
      const iv = encryption.encrypt(zeros(16), Buffer.concat([Buffer.of(0x5a, 0xa5), transaction, count(), zeros(8)]));
      const plain = encryption.decrypt(iv, body);
      const data = plain.subarray(0, length);
      return isSame(plain, pad80(data, 16)) ? data : null;
    },
  };
}

/** After 0A, as the first DESFire had it. */
export function legacySession(sessionKey: Buffer): DesfireSession {
  const cipher = desCipher(sessionKey);
  const macBytes = 4;
  return {
    provesPlain: false,
    readCommand: 0xbd,
    seal: () => zeros(0),
    open(answer, protection, length) {
      if (protection === "plain") return answer;
      if (protection === "full") {
        if (length === null || answer.length === 0 || answer.length % 8 !== 0) return null;
        return dataBefore(cipher.decrypt(zeros(8), answer), length, crc16Of);
      }
      if (answer.length < macBytes) return null;
      const data = answer.subarray(0, -macBytes);
      const padded = Buffer.concat([data, zeros((8 - (data.length % 8)) % 8)]);
      const mac = cipher.encrypt(zeros(8), padded).subarray(-8).subarray(0, macBytes);
      return data.length > 0 && isSame(answer.subarray(-macBytes), mac) ? data : null;
    },
  };
}

/** The data, then its check value, then zeros to the end of the block. */
function dataBefore(plain: Buffer, length: number, check: (data: Buffer) => Buffer): Buffer | null {
  if (plain.length < length) return null;
  const data = plain.subarray(0, length);
  const sum = check(data);
  const rest = plain.subarray(length + sum.length);
  const isWhole = isSame(plain.subarray(length, length + sum.length), sum) && rest.every((byte) => byte === 0);
  return isWhole ? data : null;
}

/** Begins with ones and is not inverted at the end; the lowest byte goes first. */
export function crc32Of(data: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(~crc32(data) >>> 0);
  return sum;
}

/** ISO 14443-3, type A. */
export function crc16Of(data: Buffer): Buffer {
  let crc = 0x6363;
  for (const byte of data) {
    let mixed = byte ^ (crc & 0xff);
    mixed = (mixed ^ (mixed << 4)) & 0xff;
    crc = (crc >> 8) ^ (mixed << 8) ^ (mixed << 3) ^ (mixed >> 4);
  }
  return Buffer.of(crc & 0xff, (crc >> 8) & 0xff);
}
