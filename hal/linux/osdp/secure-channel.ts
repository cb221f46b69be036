// OSDP's secure channel: the keys of a session, the proofs that begin it, and the chain of seals over its frames. Knows no
// reader, and no time.
import { createCipheriv, createDecipheriv, timingSafeEqual } from "node:crypto";
import type { Frame, FrameParts } from "./frame.ts";
import { closeFrame, encodeHead } from "./frame.ts";

export const keyBytes = 16;
export const nonceBytes = 8;
export const sealBytes = 4;
const blockBytes = 16;

/** Security block types: the four steps of a handshake, then frames without and with data, from the panel and to it. */
export const securityType = {
  challenge: 0x11,
  challenged: 0x12,
  proof: 0x13,
  proved: 0x14,
  plainCommand: 0x15,
  plainReply: 0x16,
  dataCommand: 0x17,
  dataReply: 0x18,
} as const;

/** The one that every reader comes with: whoever listens knows it. */
export const defaultKey = Buffer.from("303132333435363738393A3B3C3D3E3F", "hex");

export interface Session {
  readonly cipher: Buffer;
  readonly firstSeal: Buffer;
  readonly lastSeal: Buffer;
  /** The last whole seal of each side: the other side's next one is chained to it. */
  readonly commandSeal: Buffer;
  readonly replySeal: Buffer;
}

export interface Handshake {
  readonly session: Session;
  readonly readerProof: Buffer;
  readonly panelProof: Buffer;
  /** What the reader must answer to the panel's proof, and the chain begins with. */
  readonly firstReplySeal: Buffer;
}

export function beginSession(key: Buffer, panelNonce: Buffer, readerNonce: Buffer): Handshake {
  const derive = (tag: number): Buffer =>
    ecb(key, Buffer.concat([Buffer.from([0x01, tag]), panelNonce.subarray(0, 6), Buffer.alloc(8)]));
  const cipher = derive(0x82);
  const firstSeal = derive(0x01);
  const lastSeal = derive(0x02);
  const readerProof = ecb(cipher, Buffer.concat([panelNonce, readerNonce]));
  const panelProof = ecb(cipher, Buffer.concat([readerNonce, panelNonce]));
  const firstReplySeal = ecb(lastSeal, ecb(firstSeal, panelProof));
  const session = { cipher, firstSeal, lastSeal, commandSeal: Buffer.alloc(blockBytes), replySeal: firstReplySeal };
  return { session, readerProof, panelProof, firstReplySeal };
}

export const isSame = (one: Buffer, other: Buffer): boolean =>
  one.length === other.length && timingSafeEqual(one, other);

/** `code` stays in clear, `data` does not; both are sealed. */
export function sealCommand(
  session: Session,
  parts: Omit<FrameParts, "security" | "body" | "isReply">,
  code: number,
  data: Buffer,
): { readonly session: Session; readonly bytes: Buffer } {
  const hidden = data.length === 0 ? data : cbc(session.cipher, inverted(session.replySeal), padded(data, true));
  const type = data.length === 0 ? securityType.plainCommand : securityType.dataCommand;
  const body = Buffer.concat([Buffer.from([code]), hidden]);
  const head = encodeHead({ ...parts, isReply: false, security: { type, data: Buffer.alloc(0) }, body }, sealBytes);
  const seal = sealOf(session, session.replySeal, head);
  const bytes = closeFrame(Buffer.concat([head, seal.subarray(0, sealBytes)]), parts.hasCrc);
  return { session: { ...session, commandSeal: seal }, bytes };
}

export interface OpenedReply {
  readonly session: Session;
  readonly code: number;
  readonly data: Buffer;
}

/** Null where the seal is not the one that this reader would have made now, or nothing sensible is behind it. */
export function openReply(session: Session, frame: Frame): OpenedReply | null {
  const type = frame.security?.type;
  if (type !== securityType.plainReply && type !== securityType.dataReply) return null;
  if (frame.body.length < 1 + sealBytes) return null;
  const covered = frame.sealed.subarray(0, -sealBytes);
  const seal = sealOf(session, session.commandSeal, covered);
  if (!isSame(seal.subarray(0, sealBytes), frame.sealed.subarray(-sealBytes))) return null;
  const hidden = frame.body.subarray(1, -sealBytes);
  const data = type === securityType.plainReply ? hidden : reveal(session, hidden);
  return data === null ? null : { session: { ...session, replySeal: seal }, code: frame.body.readUInt8(0), data };
}

function reveal(session: Session, hidden: Buffer): Buffer | null {
  if (hidden.length === 0) return hidden;
  if (hidden.length % blockBytes !== 0) return null;
  const decipher = createDecipheriv("aes-128-cbc", session.cipher, inverted(session.commandSeal)).setAutoPadding(false);
  const shown = Buffer.concat([decipher.update(hidden), decipher.final()]);
  const end = shown.lastIndexOf(0x80);
  const isPadded = end >= 0 && shown.length - end <= blockBytes && shown.subarray(end + 1).every((byte) => byte === 0);
  return isPadded ? shown.subarray(0, end) : null;
}

/** All blocks but the last with one key, the last with the other. */
function sealOf({ firstSeal, lastSeal }: Session, before: Buffer, covered: Buffer): Buffer {
  const whole = padded(covered, false);
  const last = whole.subarray(-blockBytes);
  const others = whole.subarray(0, -blockBytes);
  const chained = others.length === 0 ? before : cbc(firstSeal, before, others).subarray(-blockBytes);
  return cbc(lastSeal, chained, last);
}

/** Data is always padded, by a whole block where it fills its last one; what is only sealed where it does not. */
function padded(bytes: Buffer, isData: boolean): Buffer {
  if (!isData && bytes.length % blockBytes === 0) return bytes;
  const length = (Math.floor(bytes.length / blockBytes) + 1) * blockBytes;
  const out = Buffer.alloc(length);
  bytes.copy(out);
  out[bytes.length] = 0x80;
  return out;
}

const inverted = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte) => ~byte & 0xff));

function ecb(key: Buffer, block: Buffer): Buffer {
  const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

function cbc(key: Buffer, iv: Buffer, bytes: Buffer): Buffer {
  const cipher = createCipheriv("aes-128-cbc", key, iv).setAutoPadding(false);
  return Buffer.concat([cipher.update(bytes), cipher.final()]);
}
