// Writes what crosses an OSDP line into a file that Wireshark opens (pcap, link type USER15, one frame a packet), for a while and
// up to a size. No key is in it; cards of readers that speak in clear are.
import { createWriteStream } from "node:fs";
import type { Clock } from "../../clock.ts";
import { gatherFrames, maxFrameBytes } from "./frame.ts";
import type { TracedBytes } from "./line.ts";

export interface TracedLine {
  tap(hear: ((traced: TracedBytes) => void) | null): void;
}

export interface LineTrace {
  readonly file: string;
  readonly forMs: number;
  readonly clock: Clock;
}

/** LINKTYPE_USER15, for which libosdp has a dissector. */
const linkType = 162;
const maxFileBytes = 64 * 1024 * 1024;
/** Of a frame that gives a key all from its security block on is left out, save the command's code. */
const shownOfKeyFrame = 9;

/** Returns what ends it. A file that is there already is not touched: then nothing is traced. */
export function startLineTrace(line: TracedLine, { file, forMs, clock }: LineTrace): () => void {
  const stream = createWriteStream(file, { flags: "wx", mode: 0o600 });
  let left = maxFileBytes;
  let received: Buffer = Buffer.alloc(0);
  const end = (): void => {
    line.tap(null);
    timer.cancel();
    stream.end();
  };
  const timer = clock.after(forMs, "line trace", end);
  stream.on("error", end);
  const write = (bytes: Buffer): void => {
    left -= bytes.length;
    if (left < 0) end();
    else stream.write(bytes);
  };
  write(fileHead());
  line.tap(({ bytes, isSent, holdsKey }) => {
    const at = clock.wall();
    if (isSent) {
      write(packet(holdsKey ? hiddenKey(bytes) : bytes, at));
      return;
    }
    const { frames, rest, stray } = gatherFrames(Buffer.concat([received, bytes]));
    received = rest.subarray(-maxFrameBytes);
    if (stray > 0 && frames.length === 0) write(packet(bytes, at));
    for (const frame of frames) write(packet(frame.bytes, at));
  });
  return end;
}

function fileHead(): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65_535, 16);
  head.writeUInt32LE(linkType, 20);
  return head;
}

function packet(bytes: Buffer, wallMs: number): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(Math.floor(wallMs / 1_000), 0);
  head.writeUInt32LE((wallMs % 1_000) * 1_000, 4);
  head.writeUInt32LE(bytes.length, 8);
  head.writeUInt32LE(bytes.length, 12);
  return Buffer.concat([head, bytes]);
}

/** The session in which a reader gets its key began with a key that everybody knows. */
function hiddenKey(bytes: Buffer): Buffer {
  const hidden = Buffer.alloc(bytes.length);
  bytes.copy(hidden, 0, 0, shownOfKeyFrame);
  return hidden;
}
