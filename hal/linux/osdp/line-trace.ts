// Writes what crosses an OSDP line into a file that Wireshark opens (pcap, link type USER15, one frame a packet), for a while and
// up to a size. No key is in it; cards of readers that speak in clear are.
import type { WriteStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Clock } from "../../clock.ts";
import { Fault } from "../../fault.ts";
import { gatherFrames, maxFrameBytes } from "./frame.ts";
import type { TracedBytes } from "./line.ts";

export interface TracedLine {
  tap(hear: ((traced: TracedBytes) => void) | null): void;
}

export interface LineTrace {
  readonly sink: WriteStream;
  readonly forMs: number;
  readonly clock: Clock;
}

/** LINKTYPE_USER15, for which libosdp has a dissector. */
const linkType = 162;
const maxFileBytes = 64 * 1024 * 1024;
/** Of a frame that gives a key all from its security block on is left out, save the command's code. */
const shownOfKeyFrame = 9;

/** A file that is there already is not touched. */
export async function openTraceFile(file: string): Promise<WriteStream> {
  try {
    return (await open(file, "wx", 0o600)).createWriteStream();
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === "EEXIST";
    const why = isThere
      ? "it is there already; give another name"
      : `${error instanceof Error ? error.message : error}`;
    throw new Fault("trace.refused", `${file} cannot be written: ${why}.`);
  }
}

/** Returns what ends it. */
export function startLineTrace(line: TracedLine, { sink: stream, forMs, clock }: LineTrace): () => void {
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
