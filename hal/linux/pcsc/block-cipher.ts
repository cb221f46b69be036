// AES and DES in the modes that cards use, and the CMAC over them. Knows no card.
import { createCipheriv, createDecipheriv, timingSafeEqual } from "node:crypto";

export interface BlockCipher {
  readonly blockBytes: number;
  /** CBC without padding. */
  encrypt(iv: Buffer, data: Buffer): Buffer;
  decrypt(iv: Buffer, data: Buffer): Buffer;
}

export const aesCipher = (key: Buffer): BlockCipher => createCipher("aes-128-cbc", key, 16);

/** Eight bytes are DES, which is two-key triple DES with one key twice; sixteen are two-key triple DES. */
export const desCipher = (key: Buffer): BlockCipher =>
  createCipher("des-ede-cbc", key.length === 8 ? Buffer.concat([key, key]) : key, 8);

function createCipher(name: string, key: Buffer, blockBytes: number): BlockCipher {
  const run = (cipher: ReturnType<typeof createCipheriv>, data: Buffer): Buffer => {
    cipher.setAutoPadding(false);
    return Buffer.concat([cipher.update(data), cipher.final()]);
  };
  return {
    blockBytes,
    encrypt: (iv, data) => run(createCipheriv(name, key, iv), data),
    decrypt: (iv, data) => run(createDecipheriv(name, key, iv) as ReturnType<typeof createCipheriv>, data),
  };
}

export const zeros = (bytes: number): Buffer => Buffer.alloc(bytes);
export const rotateLeft = (bytes: Buffer): Buffer => Buffer.concat([bytes.subarray(1), bytes.subarray(0, 1)]);
export const xor = (a: Buffer, b: Buffer): Buffer => Buffer.from(a.map((byte, n) => byte ^ (b[n] ?? 0)));

/** The first byte of the padding is 80, the others are zero. */
export function pad80(data: Buffer, to: number): Buffer {
  const rest = to - ((data.length + 1) % to || to);
  return Buffer.concat([data, Buffer.of(0x80), zeros(rest)]);
}

/** NIST SP 800-38B; `iv` is not zero where a protocol chains its MACs. */
export function cmac(cipher: BlockCipher, message: Buffer, iv: Buffer = zeros(cipher.blockBytes)): Buffer {
  const { blockBytes } = cipher;
  const isWhole = message.length > 0 && message.length % blockBytes === 0;
  return finishCmac(cipher, isWhole ? message : pad80(message, blockBytes), isWhole, iv);
}

/** Of a message that is whole blocks already, padded or not. */
export function finishCmac(cipher: BlockCipher, blocks: Buffer, isWhole: boolean, iv: Buffer): Buffer {
  const { blockBytes } = cipher;
  const first = doubled(cipher.encrypt(zeros(blockBytes), zeros(blockBytes)));
  const subkey = isWhole ? first : doubled(first);
  const last = blocks.length - blockBytes;
  const masked = Buffer.concat([blocks.subarray(0, last), xor(blocks.subarray(last), subkey)]);
  return cipher.encrypt(iv, masked).subarray(last);
}

/** Multiplication by x in the field of the block's size: 87 and 1B are what is left of its polynomials. */
function doubled(block: Buffer): Buffer {
  const shifted = Buffer.from(block.map((byte, n) => ((byte << 1) & 0xff) | ((block[n + 1] ?? 0) >> 7)));
  const last = block.length - 1;
  if (((block[0] ?? 0) & 0x80) !== 0) shifted[last] = (shifted[last] ?? 0) ^ (block.length === 16 ? 0x87 : 0x1b);
  return shifted;
}

/** NXP's truncation: the bytes at odd places. */
export const oddBytes = (mac: Buffer): Buffer => Buffer.from(mac.filter((_, n) => n % 2 === 1));

export const isSame = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);
