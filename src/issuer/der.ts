// The few forms of ASN.1's distinguished encoding that a certificate is made of. Pure.

const tlv = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
};

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, "0"), "hex");
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

export const sequence = (...parts: readonly Buffer[]): Buffer => tlv(0x30, ...parts);
export const setOf = (part: Buffer): Buffer => tlv(0x31, part);
export const explicit = (n: number, part: Buffer): Buffer => tlv(0xa0 | n, part);
export const implicit = (n: number, bytes: Buffer): Buffer => tlv(0x80 | n, bytes);
export const octets = (bytes: Buffer): Buffer => tlv(0x04, bytes);
export const yes: Buffer = tlv(0x01, Buffer.from([0xff]));
export const text = (value: string): Buffer => tlv(0x0c, Buffer.from(value));
export const bits = (bytes: Buffer, unused = 0): Buffer => tlv(0x03, Buffer.from([unused]), bytes);

/** Of a number that is not negative, by its bytes. */
export function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const least = first < 0 ? Buffer.from([0]) : bytes.subarray(first);
  return tlv(0x02, (least[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), least]) : least);
}

export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return tlv(0x06, Buffer.from([40 * first + second, ...rest.flatMap(base128)]));
}

function base128(value: number): readonly number[] {
  const digits = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
  return digits;
}

/** Up to 2049 by two digits of the year, beyond by four, as RFC 5280 wants it. */
export function time(wallMs: number): Buffer {
  const digits = new Date(wallMs).toISOString().replace(/[-:T]|\.\d+/g, "");
  const isNear = Number(digits.slice(0, 4)) < 2050;
  return isNear ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}
