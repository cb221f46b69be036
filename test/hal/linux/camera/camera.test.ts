// A camera whose frames come from a real process and are looked at in a real thread, on a clock that the test moves.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { BoardEvent, CameraWiring } from "../../../../hal/board.ts";
import type { CameraTools } from "../../../../hal/linux/camera/camera.ts";
import { openCamera } from "../../../../hal/linux/camera/camera.ts";
import { startFrames } from "../../../../hal/linux/camera/camera-process.ts";
import type { DecodeThread, ThreadListener } from "../../../../hal/linux/qr/decode-desk.ts";
import { startDecodeThread } from "../../../../hal/linux/qr/decode-desk.ts";
import type { FrameOrder } from "../../../../hal/linux/qr/decode-worker.ts";
import { createVirtualClock } from "../../../../hal/sim/clock.ts";
import { codeOf, drawScene } from "../../../qr/scene.ts";

const wiring: CameraWiring = {
  id: "front-camera",
  kind: "camera",
  device: "video0",
  size: "640x480",
  rate: 10,
  exposureMs: null,
  region: null,
};
const folder = mkdtempSync(join(tmpdir(), "postern-camera-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(name: string, text: string | null, frames = 1): string {
  const path = join(folder, name);
  const { gray } = drawScene({ kind: "plain", grade: 1, seed: 11, code: text === null ? null : codeOf(text) });
  writeFileSync(path, Buffer.concat(Array.from({ length: frames }, () => gray)));
  return path;
}

const format = { width: 640, height: 480, stride: 640, step: 1, frameBytes: 307_200 } as const;
/** Gives a file's bytes again and again, as v4l2-ctl does with those of a camera. */
const forever = (path: string) => ({ file: "sh", args: ["-c", 'while cat "$0"; do sleep 0.02; done', path], format });

function started(tools: Partial<CameraTools>) {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const events: BoardEvent[] = [];
  const heard: (() => void)[] = [];
  const camera = openCamera(wiring, clock, {
    prepare: async () => forever(fileOf("code", "12345678")),
    startFrames,
    startThread: startDecodeThread,
    ...tools,
  });
  const until = (kind: BoardEvent["kind"]): Promise<BoardEvent> =>
    new Promise((resolve) => {
      const look = (): void => {
        const found = events.find((event) => event.kind === kind);
        if (found !== undefined) resolve(found);
      };
      heard.push(look);
      look();
    });
  camera.start((event) => {
    events.push(event);
    for (const look of heard) look();
  });
  return { clock, events, camera, until };
}

/** Time goes by while something real is awaited. */
async function passing<T>(clock: { advance(ms: number): void }, stepMs: number, wanted: Promise<T>): Promise<T> {
  const pace = setInterval(() => clock.advance(stepMs), 5);
  try {
    return await wanted;
  } finally {
    clearInterval(pace);
  }
}

test("a code before a camera whose process streams frames is read once, and its process ends with the camera", async () => {
  const { clock, events, camera, until } = started({});
  expect(await passing(clock, 20, until("text"))).toMatchObject({ reader: "front-camera", text: "12345678" });
  clock.advance(100);
  expect(camera.health()).toMatchObject([{ device: "front-camera", state: "ok" }]);
  camera.stop();
  expect(events.filter(({ kind }) => kind === "text").length).toBe(1);
});

test("a process that ends is started again, and the camera was lost meanwhile", async () => {
  let starts = 0;
  const { clock, camera, events, until } = started({
    prepare: async () => {
      starts += 1;
      const path = fileOf("once", "12345678", 2);
      return starts === 1 ? { file: "cat", args: [path], format } : forever(path);
    },
  });
  expect(await passing(clock, 20, until("lost"))).toMatchObject({ device: "front-camera" });
  await passing(clock, 20, until("found"));
  camera.stop();
  expect(events.find(({ kind }) => kind === "lost")).toMatchObject({ why: expect.stringContaining("cat ended") });
});

test("a camera that gives no more frames is given up and opened anew", async () => {
  const { clock, camera, until } = started({
    prepare: async () => ({ file: "sh", args: ["-c", 'cat "$0"; sleep 60', fileOf("still", null)], format }),
  });
  expect(await passing(clock, 200, until("lost"))).toMatchObject({ why: expect.stringContaining("no picture comes") });
  camera.stop();
});

test("a camera that is missing says what mends it", async () => {
  const prepare = () => Promise.reject(new Error("/dev/video0 cannot be opened; plug the camera in"));
  const { camera, until } = started({ prepare });
  expect(await until("lost")).toMatchObject({ why: "/dev/video0 cannot be opened; plug the camera in" });
  camera.stop();
});

/** A thread that does only what the test tells it. */
function heldThreads() {
  const threads: { listener: ThreadListener; orders: FrameOrder[]; stopped: boolean }[] = [];
  const startThread = (listener: ThreadListener): DecodeThread => {
    const thread = { listener, orders: [] as FrameOrder[], stopped: false };
    threads.push(thread);
    return {
      post: (order) => thread.orders.push(order),
      stop: () => {
        thread.stopped = true;
      },
    };
  };
  return { threads, startThread };
}

const sees = (texts: readonly string[]) => ({ moved: true, mean: 90, spread: 30, same: false, by: null, texts });

/** Frames whenever the test wants one. */
function heldFrames() {
  const bytes = new Uint8Array(format.frameBytes);
  let give: () => void = () => {};
  return {
    give: () => give(),
    startFrames: ((_, { onBytes }) => {
      give = () => onBytes(bytes);
      return { stop: () => {} };
    }) satisfies CameraTools["startFrames"],
  };
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test("frames that come while one is looked at are let pass, so none ever waits", async () => {
  const frames = heldFrames();
  const { threads, startThread } = heldThreads();
  const { clock, camera } = started({ ...frames, startThread });
  await settle();
  for (let n = 0; n < 20; n += 1) {
    frames.give();
    clock.advance(100);
  }
  expect(threads[0]?.orders.length).toBe(1);
  const order = threads[0]?.orders[0];
  threads[0]?.listener.answered({ look: sees([]), bytes: order?.frame.bytes ?? new Uint8Array(0) });
  frames.give();
  expect(threads[0]?.orders.length).toBe(2);
  expect(threads[0]?.orders[1]?.frame.bytes).toBe(order?.frame.bytes);
  camera.stop();
});

test("a decoder that hangs is ended and replaced; the camera is faulty until the new one answers", async () => {
  const frames = heldFrames();
  const { threads, startThread } = heldThreads();
  const { clock, camera, events } = started({ ...frames, startThread });
  await settle();
  frames.give();
  await settle();
  for (let n = 0; n < 44; n += 1) {
    clock.advance(250);
    frames.give();
  }
  expect([threads[0]?.stopped, threads.length, camera.health()[0]?.state]).toEqual([true, 2, "faulty"]);
  clock.advance(100);
  frames.give();
  const bytes = threads[1]?.orders[0]?.frame.bytes ?? new Uint8Array(0);
  threads[1]?.listener.answered({ look: sees(["4711"]), bytes });
  threads[0]?.listener.answered({ look: sees(["too late"]), bytes });
  expect(camera.health()[0]?.state).toBe("ok");
  expect(events.map(({ kind }) => kind)).toEqual(["faulty", "mended", "text"]);
  camera.stop();
});

test("what is no printable text, or too long to be anybody's, is not reported", async () => {
  const frames = heldFrames();
  const { threads, startThread } = heldThreads();
  const { camera, events } = started({ ...frames, startThread });
  await settle();
  frames.give();
  const bytes = threads[0]?.orders[0]?.frame.bytes ?? new Uint8Array(0);
  const bad = ["", "two\nlines", "\u001b[2J", "x".repeat(301), "caf\u00e9"];
  threads[0]?.listener.answered({ look: sees([...bad, "good 1"]), bytes });
  expect(events.flatMap((event) => (event.kind === "text" ? [event.text] : []))).toEqual(["good 1"]);
  camera.stop();
});
