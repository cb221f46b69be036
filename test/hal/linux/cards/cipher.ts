// The cards' side of the cryptography, written from the standards and not with the product's: CMAC by RFC 4493's own steps.
import { createCipheriv, createDecipheriv } from "node:crypto";

export type Mode = "aes" | "des";
const names = { aes: "aes-128-cbc", des: "des-ede-cbc" } as const;
export const sizeOf = (mode: Mode): number => (mode === "aes" ? 16 : 8);
const wide = (mode: Mode, key: Buffer): Buffer =>
  mode === "des" && key.length === 8 ? Buffer.concat([key, key]) : key;

export function seal(mode: Mode, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const cipher = createCipheriv(names[mode], wide(mode, key), iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

export function unseal(mode: Mode, key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const cipher = createDecipheriv(names[mode], wide(mode, key), iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

/** As one large number, the way RFC 4493 draws it. */
function shift(block: Buffer): Buffer {
  const bits = BigInt(8 * block.length);
  const value = BigInt(`0x${block.toString("hex")}`);
  const folded = (value << 1n) & ((1n << bits) - 1n);
  const rest = block.length === 16 ? 0x87n : 0x1bn;
  const result = value >> (bits - 1n) === 1n ? folded ^ rest : folded;
  return Buffer.from(result.toString(16).padStart(2 * block.length, "0"), "hex");
}

export function macOf(mode: Mode, key: Buffer, message: Buffer, start: Buffer = Buffer.alloc(sizeOf(mode))): Buffer {
  const size = sizeOf(mode);
  const zero = Buffer.alloc(size);
  const k1 = shift(seal(mode, key, zero, zero));
  const count = Math.max(1, Math.ceil(message.length / size));
  const complete = message.length === count * size;
  const last = Buffer.alloc(size);
  message.copy(last, 0, (count - 1) * size);
  if (!complete) last[message.length - (count - 1) * size] = 0x80;
  const mask = complete ? k1 : shift(k1);
  let x: Buffer = start;
  for (let n = 0; n < count; n += 1) {
    const block = n === count - 1 ? mix(last, mask) : message.subarray(n * size, (n + 1) * size);
    x = seal(mode, key, zero, mix(x, block));
  }
  return x;
}

export const mix = (a: Buffer, b: Buffer): Buffer => Buffer.from([...a].map((byte, n) => byte ^ Number(b[n])));
export const turn = (bytes: Buffer): Buffer => Buffer.concat([bytes.subarray(1), bytes.subarray(0, 1)]);
export const everySecond = (mac: Buffer): Buffer => Buffer.from([...mac].filter((_, n) => n & 1));
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");

/** AN10922 for AES, of inputs that do not fill two blocks. */
export function ownKey(site: Buffer, input: Buffer): Buffer {
  const zero = Buffer.alloc(16);
  const k2 = shift(shift(seal("aes", site, zero, zero)));
  const message = Buffer.alloc(32);
  Buffer.concat([Buffer.of(0x01), input, Buffer.of(0x80)]).copy(message);
  const masked = Buffer.concat([message.subarray(0, 16), mix(message.subarray(16), k2)]);
  return seal("aes", site, zero, masked).subarray(16);
}
