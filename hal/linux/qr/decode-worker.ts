// The thread in which pictures are looked at, so that no door waits for it; started by name, and replaced when it hangs.
import { setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import type { Look } from "./decoder.ts";
import { QrDecoder } from "./decoder.ts";
import { openJsqr, openZxing } from "./engines.ts";
import type { RawFrame, Region } from "./picture.ts";
import { pictureOf } from "./picture.ts";
import { stagesOf } from "./stages.ts";

export interface FrameOrder {
  readonly frame: RawFrame;
  readonly region: Region | null;
}

/** The frame's bytes come back to be filled again. */
export interface FrameAnswer {
  readonly look: Look;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** On Linux this is of the calling thread alone (setpriority(2), "C library/kernel differences"). */
const niceness = 10;

try {
  setPriority(niceness);
} catch {
  // A sandbox forbids it: pictures are looked at all the same.
}
const stages = stagesOf(await openZxing(), await openJsqr());
const decoder = new QrDecoder({ stages, nowMs: () => performance.now() });

parentPort?.on("message", async ({ frame, region }: FrameOrder) => {
  const look = await decoder.look(pictureOf(frame, region));
  const answer: FrameAnswer = { look, bytes: frame.bytes };
  parentPort?.postMessage(answer, [frame.bytes.buffer]);
});
