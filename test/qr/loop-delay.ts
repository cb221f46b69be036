// How long an event waits for this process's loop: another process sends the time, and this one looks at the clock.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Clock } from "../../hal/clock.ts";
import { DecodeDesk, startDecodeThread } from "../../hal/linux/qr/decode-desk.ts";
import type { Picture } from "../../hal/linux/qr/picture.ts";
import { machineMono, startTimer } from "../../hal/machine-time.ts";

const runMs = 6_000;
const frameMs = 100;
const sender = `
  const send = () => {
    process.stdout.write(process.hrtime.bigint() + "\\n");
    setTimeout(send, 11 + Math.random() * 36);
  };
  send();`;

/** Milliseconds of each event, while these frames go to a decoding thread ten times a second; none at all starts no thread. */
export async function measureLoop(frames: readonly Picture[]): Promise<readonly number[]> {
  const camera = frames.length === 0 ? null : await startCamera(frames);
  const child = spawn(process.execPath, ["--eval", sender], { stdio: ["ignore", "pipe", "ignore"] });
  const delays: number[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    const now = process.hrtime.bigint();
    for (const line of chunk.toString().trim().split("\n")) delays.push(Number(now - BigInt(line)) / 1e6);
  });
  await new Promise((resolve) => setTimeout(resolve, runMs));
  child.kill();
  await once(child, "exit");
  camera?.stop();
  // The first events meet code that was never run before.
  return delays.slice(20);
}

async function startCamera(frames: readonly Picture[]): Promise<{ stop(): void }> {
  let looked: () => void = () => {};
  const first = new Promise<void>((resolve) => {
    looked = resolve;
  });
  const clock: Pick<Clock, "after"> = { after: (ms, name, run) => startTimer(ms, name, run, false) };
  const desk = new DecodeDesk({
    clock: { ...clock, wall: unasked, mono: unasked, trusted: () => true, proven: () => true },
    region: null,
    startThread: startDecodeThread,
    onLook: () => looked(),
    onTrouble: (why) => {
      if (why !== null) throw new Error(why);
    },
  });
  let sent = 0;
  const send = (): void => {
    const picture = frames[sent % frames.length];
    sent += 1;
    if (picture === undefined || !desk.isReady) return;
    const { width, height, gray } = picture;
    const bytes = desk.buffer(gray.length);
    bytes.set(gray);
    desk.offer({ width, height, stride: width, step: 1, bytes });
  };
  const pace = setInterval(send, frameMs);
  await first;
  return {
    stop: () => {
      clearInterval(pace);
      desk.stop();
    },
  };
}

function unasked(): never {
  throw new Error(`the desk asked for the time at ${machineMono()}`);
}
