// What an OSDP reader says: each reply's data as a value, or as nothing where it makes no sense. Knows no frame or session.

export const replyCode = {
  ack: 0x40,
  nak: 0x41,
  identity: 0x45,
  capabilities: 0x46,
  localStatus: 0x48,
  inputs: 0x49,
  outputs: 0x4a,
  card: 0x50,
  formattedCard: 0x51,
  keys: 0x53,
  challenged: 0x76,
  proved: 0x78,
  busy: 0x79,
} as const;

/** Why a reader does not do what it was told. */
export const refusal = { check: 1, length: 2, unknown: 3, sequence: 4, noSecurity: 5, security: 6 } as const;

export interface Identity {
  /** The maker's number at the IEEE, hex. */
  readonly maker: string;
  readonly model: number;
  readonly serial: string;
}

export const isSameIdentity = (one: Identity, other: Identity): boolean =>
  one.maker === other.maker && one.model === other.model && one.serial === other.serial;

export function decodeIdentity(data: Buffer): Identity | null {
  if (data.length < 12) return null;
  return {
    maker: data.subarray(0, 3).toString("hex"),
    model: data.readUInt8(3),
    serial: data.readUInt32LE(5).toString(16).padStart(8, "0"),
  };
}

export interface Capabilities {
  readonly light: boolean;
  readonly buzzer: boolean;
  readonly text: boolean;
}

const capability = { light: 4, buzzer: 5, text: 6 } as const;

/** What it says of its security is not even looked at: whoever sits in between could say otherwise. */
export function decodeCapabilities(data: Buffer): Capabilities {
  const has = (wanted: number): boolean => {
    for (let at = 0; at + 3 <= data.length; at += 3) {
      if (data[at] === wanted) return (data[at + 1] ?? 0) > 0;
    }
    return false;
  };
  return { light: has(capability.light), buzzer: has(capability.buzzer), text: has(capability.text) };
}

/** More is noise: the longest card number has far fewer. */
const maxCardBits = 128;

/** The bits of a card, the first one first. */
export function decodeCard(data: Buffer): string | null {
  if (data.length < 4) return null;
  const count = data.readUInt16LE(2);
  const bytes = data.subarray(4);
  if (count === 0 || count > maxCardBits || bytes.length < Math.ceil(count / 8)) return null;
  return [...bytes]
    .map((byte) => byte.toString(2).padStart(8, "0"))
    .join("")
    .slice(0, count);
}

const maxKeysAtOnce = 32;
const clearKey = 0x7f;
const enterKey = 0x0d;

/** Keys that have no meaning here are left out. */
export function decodeKeys(data: Buffer): readonly string[] {
  const count = Math.min(data[1] ?? 0, maxKeysAtOnce);
  return [...data.subarray(2, 2 + count)].flatMap((byte) => {
    if (byte === clearKey) return ["*"];
    if (byte === enterKey) return ["#"];
    const key = String.fromCharCode(byte);
    return /^[0-9*#]$/.test(key) ? [key] : [];
  });
}

export interface LocalStatus {
  readonly tamper: boolean;
  readonly powerFailed: boolean;
}

export const decodeLocalStatus = (data: Buffer): LocalStatus | null =>
  data.length < 2 ? null : { tamper: data[0] !== 0, powerFailed: data[1] !== 0 };

/** One for each input or output, from number 0 on. */
export const decodeLevels = (data: Buffer): readonly boolean[] => [...data.subarray(0, 64)].map((byte) => byte !== 0);
