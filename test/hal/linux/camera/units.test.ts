// What is said to the tools and understood of their answers; one showing of a code, one report; what a bad picture is called.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import type { CameraWiring } from "../../../../hal/board.ts";
import type { MonoMs } from "../../../../hal/clock.ts";
import { FrameStream } from "../../../../hal/linux/camera/frame-stream.ts";
import { planarFormat, streamPlanes } from "../../../../hal/linux/camera/libcamera.ts";
import { PictureWatch } from "../../../../hal/linux/camera/picture-watch.ts";
import { Showings } from "../../../../hal/linux/camera/showing.ts";
import {
  frameFormatOf,
  listControls,
  listFormats,
  pixelFormatOf,
  setControls,
  setRate,
  showFormat,
  streamFrames,
} from "../../../../hal/linux/camera/v4l2.ts";
import { pictureOf } from "../../../../hal/linux/qr/picture.ts";

const wiring: CameraWiring = {
  id: "front-camera",
  kind: "camera",
  device: "video63",
  size: "640x480",
  rate: 10,
  exposureMs: null,
  region: null,
};
const at = (ms: number): MonoMs => ms as MonoMs;

const shownFormat = (pixels: string, stride: number, size: number) => `Format Video Capture:
\tWidth/Height      : 640/480
\tPixel Format      : '${pixels}' (some words)
\tField             : None
\tBytes per Line    : ${stride}
\tSize Image        : ${size}
\tColorspace        : sRGB`;

test("a gray camera's frames are one byte a pixel, a YUYV one's two, padding included", () => {
  expect(frameFormatOf(shownFormat("GREY", 640, 307_200))).toEqual({
    ...{ width: 640, height: 480, stride: 640, step: 1, frameBytes: 307_200 },
  });
  expect(frameFormatOf(shownFormat("YUYV", 1_344, 645_120))).toMatchObject({ stride: 1_344, step: 2 });
});

test.each([
  ["a compressed format", shownFormat("MJPG", 0, 614_400)],
  ["a frame that is shorter than its rows", shownFormat("GREY", 640, 1_000)],
  ["a frame of a gigabyte", shownFormat("GREY", 640, 999_999_999)],
  ["nothing", ""],
])("%s is no frame", (_, shown) => expect(frameFormatOf(shown)).toBeNull());

test("gray is taken where it is offered, because it is half the bytes", () => {
  expect(pixelFormatOf("[0]: 'YUYV' (YUYV 4:2:2)\n[1]: 'GREY' (8-bit Greyscale)")).toBe("GREY");
  expect(pixelFormatOf("[0]: 'MJPG' (Motion-JPEG, compressed)\n[1]: 'YUYV' (YUYV 4:2:2)")).toBe("YUYV");
  expect(pixelFormatOf("[0]: 'MJPG' (Motion-JPEG, compressed)")).toBeNull();
});

test("only controls that the camera has are set, under the names that its kernel gives them", () => {
  const old = "  exposure_auto 0x009a0901 (menu)   : min=0 max=3\n  exposure_absolute 0x009a0902 (int)    : min=3\n";
  const now =
    "  auto_exposure 0x009a0901 (menu)\n  exposure_time_absolute 0x009a0902 (int)\n exposure_dynamic_framerate 0x009a0903 (bool)\n focus_automatic_continuous 0x009a090c (bool)\n";
  expect(setControls(wiring, "")).toBeNull();
  expect(setControls(wiring, now)?.at(-1)).toBe("--set-ctrl=exposure_dynamic_framerate=0,focus_automatic_continuous=1");
  expect(setControls({ ...wiring, exposureMs: 8 }, old)?.at(-1)).toBe(
    "--set-ctrl=exposure_auto=1,exposure_absolute=80",
  );
});

test.runIf(existsSync("/usr/bin/v4l2-ctl"))("v4l2-ctl knows each argument and stops only at the missing device", () => {
  const controls = setControls({ ...wiring, exposureMs: 8 }, "  auto_exposure 0x1 (menu)\n") ?? [];
  const calls = [listFormats, listControls, setRate, showFormat].map((make) => make(wiring));
  for (const args of [...calls, controls, streamFrames(wiring, "YUYV")]) {
    let said = "";
    try {
      execFileSync("v4l2-ctl", [...args], { stdio: "pipe" });
    } catch (error) {
      said = String((error as { stderr?: unknown }).stderr);
    }
    expect(said).toContain("Cannot open device /dev/video63");
  }
});

test("libcamera's frames are a plane of brightness and half as much of colour", () => {
  expect(planarFormat({ ...wiring, size: "1280x720" })).toMatchObject({
    stride: 1_280,
    step: 1,
    frameBytes: 1_382_400,
  });
  expect(streamPlanes({ ...wiring, exposureMs: 8 }).join(" ")).toContain("--framerate 10 --shutter 8000 --output -");
});

test("of padded YUYV rows only the brightness of the region is taken", () => {
  const bytes = Uint8Array.from([1, 0, 2, 0, 3, 0, 9, 9, 4, 0, 5, 0, 6, 0, 9, 9]);
  const frame = { width: 3, height: 2, stride: 8, step: 2, bytes } as const;
  expect([...pictureOf(frame, null).gray]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(pictureOf(frame, { x: 1, y: 1, width: 80, height: 80 })).toMatchObject({ width: 2, height: 1 });
  expect([...pictureOf(frame, { x: 1, y: 1, width: 80, height: 80 }).gray]).toEqual([5, 6]);
});

test("frames are cut however the stream is chopped, and one that nobody wants is let pass whole", () => {
  const frames: (string | null)[] = [];
  let wanted = true;
  const stream = new FrameStream({
    frameBytes: 4,
    buffer: () => (wanted ? new Uint8Array(4) : null),
    onFrame: (filled) => frames.push(filled === null ? null : filled.join("")),
  });
  for (const chunk of [[1], [1, 1, 1, 2, 2], [2]]) stream.take(Uint8Array.from(chunk));
  wanted = false;
  stream.take(Uint8Array.from([2, 3, 3, 3, 3]));
  wanted = true;
  stream.take(Uint8Array.from([4, 4, 4, 4]));
  expect(frames).toEqual(["1111", "2222", null, "4444"]);
});

test("a code that is held up is shown once, however often it is read and missed, until it was gone for two seconds", () => {
  const showings = new Showings();
  const looks = [["A"], ["A"], [], ["A"], [], [], ["A", "B"], [], [], []].map((texts, n) =>
    showings.take(texts, at(n * 300)),
  );
  expect(looks.flat()).toEqual(["A", "B"]);
  showings.take([], at(4_500));
  expect(showings.take(["A"], at(4_600))).toEqual(["A"]);
});

test("a code out of sight for long, but in one look only, was not taken away", () => {
  const showings = new Showings();
  showings.take(["A"], at(0));
  showings.take([], at(100));
  expect(showings.take(["A"], at(60_000))).toEqual([]);
});

test("a wall full of codes is not remembered without end", () => {
  const showings = new Showings();
  const many = Array.from({ length: 500 }, (_, n) => `code ${n}`);
  expect(showings.take(many, at(0)).length).toBe(16);
});

test("a covered lens, a frozen picture and a slow camera are each called by name and remedy, and forgotten when mended", () => {
  const sound = { moved: false, mean: 90, spread: 30, same: false };
  const watch = new PictureWatch(10, at(0));
  watch.look({ ...sound, mean: 2, spread: 1 }, at(0));
  expect(watch.trouble(at(10_000))).toBeNull();
  expect(watch.trouble(at(20_000))).toContain("take the cover off");
  watch.look(sound, at(21_000));
  expect(watch.trouble(at(60_000))).toBeNull();
  watch.look({ ...sound, same: true }, at(61_000));
  expect(watch.trouble(at(95_000))).toContain("frozen");
  watch.look(sound, at(96_000));
  for (let n = 0; n < 10; n += 1) watch.frame(at(96_000 + n * 500));
  watch.frame(at(107_000));
  for (let n = 0; n <= 20; n += 1) watch.frame(at(107_000 + n * 500));
  expect(watch.trouble(at(118_000))).toContain("2.1 frames come in a second instead of 10");
});
