// OSDP on the wire: bytes to frames and frames to bytes, with their check values; knows no key and what no frame means.

/** Idle marks before a frame are neither counted in its length nor in its check. */
const mark = 0xff;
const startOfMessage = 0x53;
const replyBit = 0x80;
const sequenceBits = 0x03;
const crcBit = 0x04;
const securityBit = 0x08;
/** Start, address, two of length, control. */
const headBytes = 5;
const minFrameBytes = headBytes + 2;
export const maxFrameBytes = 1_440;

export interface Frame {
  /** 0x00 to 0x7e; 0x7f is everybody. */
  readonly address: number;
  readonly isReply: boolean;
  readonly sequence: number;
  readonly hasCrc: boolean;
  /** Type and data of the security block; null without one. */
  readonly security: { readonly type: number; readonly data: Buffer } | null;
  /** From the command or reply code on, the seal included where the block says that there is one. */
  readonly body: Buffer;
  /** From the start of the message up to the check, which a seal is made over. */
  readonly sealed: Buffer;
  readonly bytes: Buffer;
}

export type FrameParts = Pick<Frame, "address" | "isReply" | "sequence" | "hasCrc" | "security" | "body">;

/** Everything before the check, with the length as it will be once `seal` bytes and the check are added. */
export function encodeHead(parts: FrameParts, sealBytes = 0): Buffer {
  const { security, body } = parts;
  const block = security === null ? [] : [security.data.length + 2, security.type, ...security.data];
  const length = headBytes + block.length + body.length + sealBytes + (parts.hasCrc ? 2 : 1);
  const control = (parts.sequence & sequenceBits) | (parts.hasCrc ? crcBit : 0) | (security === null ? 0 : securityBit);
  const address = parts.address | (parts.isReply ? replyBit : 0);
  const head = [startOfMessage, address, length & 0xff, length >> 8, control];
  return Buffer.concat([Buffer.from([...head, ...block]), body]);
}

export function closeFrame(sealed: Buffer, hasCrc: boolean): Buffer {
  const check = Buffer.alloc(hasCrc ? 2 : 1);
  if (hasCrc) check.writeUInt16LE(crcOf(sealed));
  else check.writeUInt8(checksumOf(sealed));
  return Buffer.concat([Buffer.from([mark]), sealed, check]);
}

export const encodeFrame = (parts: FrameParts): Buffer => closeFrame(encodeHead(parts), parts.hasCrc);

/** Polynomial 0x1021, begun with 0x1d0f, nothing reflected. */
export function crcOf(bytes: Uint8Array): number {
  let crc = 0x1d0f;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}

export function checksumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}

export interface Gathered {
  readonly frames: readonly Frame[];
  /** What may still become a frame. */
  readonly rest: Buffer;
  /** Bytes that belong to no frame, marks left out. */
  readonly stray: number;
}

/** `isOver`: nothing more will come, so what looks like the beginning of a frame hides none any longer. */
export function gatherFrames(bytes: Buffer, isOver = false): Gathered {
  const frames: Frame[] = [];
  let stray = 0;
  let at = 0;
  while (at < bytes.length) {
    const reading = readFrame(bytes.subarray(at));
    if (reading === "more" && !isOver) break;
    if (reading === "more" || reading === null) {
      if (bytes[at] !== mark) stray += 1;
      at += 1;
      continue;
    }
    frames.push(reading);
    at += reading.sealed.length + (reading.hasCrc ? 2 : 1);
  }
  return { frames, rest: bytes.subarray(at), stray };
}

function readFrame(bytes: Buffer): Frame | "more" | null {
  if (bytes[0] !== startOfMessage) return null;
  if (bytes.length < headBytes) return "more";
  const length = bytes.readUInt16LE(2);
  if (length < minFrameBytes || length > maxFrameBytes) return null;
  if (bytes.length < length) return "more";
  const control = bytes.readUInt8(4);
  const hasCrc = (control & crcBit) !== 0;
  const sealed = bytes.subarray(0, length - (hasCrc ? 2 : 1));
  const isSound = hasCrc
    ? bytes.readUInt16LE(sealed.length) === crcOf(sealed)
    : bytes.readUInt8(sealed.length) === checksumOf(sealed);
  if (!isSound) return null;
  const blockBytes = (control & securityBit) === 0 ? 0 : (bytes[headBytes] ?? 0);
  const isBlockSound = (control & securityBit) === 0 || blockBytes >= 2;
  const body = sealed.subarray(headBytes + blockBytes);
  if (!isBlockSound || body.length === 0) return null;
  const address = bytes.readUInt8(1);
  return {
    address: address & ~replyBit,
    isReply: (address & replyBit) !== 0,
    sequence: control & sequenceBits,
    hasCrc,
    security:
      blockBytes === 0
        ? null
        : { type: sealed.readUInt8(headBytes + 1), data: sealed.subarray(headBytes + 2, headBytes + blockBytes) },
    body,
    sealed,
    bytes: bytes.subarray(0, length),
  };
}
