// The process that gives a camera's frames: prepares the camera, starts it, and ends it. Knows nothing of what is in a frame.
import { execFile, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { promisify } from "node:util";
import type { CameraWiring } from "../../board.ts";
import { planarFormat, streamPlanes } from "./libcamera.ts";
import type { FrameFormat } from "./v4l2.ts";
import {
  frameFormatOf,
  listControls,
  listFormats,
  pixelFormatOf,
  setControls,
  setFormat,
  setRate,
  showFormat,
  streamFrames,
} from "./v4l2.ts";

export interface FrameCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly format: FrameFormat;
}

export interface FrameProcess {
  stop(): void;
}

export interface FrameListener {
  readonly onBytes: (chunk: Uint8Array) => void;
  readonly onEnd: (why: string) => void;
}

const toolMs = 5_000;
const maxToolBytes = 256 * 1024;
const setpriv = "/usr/bin/setpriv";
const maxWhyLength = 200;

/** Rejects with one sentence for the installer. */
export function prepareCamera(wiring: CameraWiring): Promise<FrameCommand> {
  return wiring.device === "libcamera" ? prepareLibcamera(wiring) : prepareV4l2(wiring);
}

async function prepareLibcamera(wiring: CameraWiring): Promise<FrameCommand> {
  for (const file of ["/usr/bin/rpicam-vid", "/usr/bin/libcamera-vid"]) {
    if (canRun(file)) return { file, args: streamPlanes(wiring), format: planarFormat(wiring) };
  }
  throw new Error("there is no rpicam-vid here; install the package rpicam-apps-lite");
}

async function prepareV4l2(wiring: CameraWiring): Promise<FrameCommand> {
  const pixels = pixelFormatOf(await ask(wiring, listFormats(wiring)));
  if (pixels === null) {
    throw new Error("it gives neither gray nor YUYV pictures; use another camera, or one of its other video devices");
  }
  await ask(wiring, setFormat(wiring, pixels));
  const controls = setControls(wiring, await ask(wiring, listControls(wiring)).catch(() => ""));
  // Not every camera takes these, and none needs them.
  for (const wish of [setRate(wiring), ...(controls === null ? [] : [controls])]) {
    await ask(wiring, wish).catch(() => "");
  }
  const format = frameFormatOf(await ask(wiring, showFormat(wiring)));
  if (format === null) throw new Error("what it says of its pictures makes no sense; use another size or camera");
  return { file: "v4l2-ctl", args: streamFrames(wiring, pixels), format };
}

async function ask({ device }: CameraWiring, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)("v4l2-ctl", [...args], { timeout: toolMs, maxBuffer: maxToolBytes });
    return stdout;
  } catch (error) {
    const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
    if (code === "ENOENT") throw new Error("v4l2-ctl is not installed; install the package v4l-utils");
    if (stderr.includes("Cannot open device")) {
      throw new Error(`/dev/${device} cannot be opened; plug the camera in, and see v4l2-ctl --list-devices`);
    }
    throw new Error(`the camera refuses (${lastLine(stderr) || "no answer"}); unplug it and plug it in again`);
  }
}

/** Where the kernel can, it ends with this process, which would otherwise find the camera taken at its next start. */
export function startFrames({ file, args }: FrameCommand, { onBytes, onEnd }: FrameListener): FrameProcess {
  const [command, words] = canRun(setpriv)
    ? [setpriv, ["--pdeathsig", "KILL", "--", file, ...args]]
    : [file, [...args]];
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  let isOver = false;
  const end = (why: string): void => {
    if (isOver) return;
    isOver = true;
    onEnd(why);
  };
  child.stdout.on("data", (chunk: Uint8Array) => {
    if (!isOver) onBytes(chunk);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("latin1")).slice(-maxWhyLength);
  });
  child.on("error", (error) => end(error.message));
  child.on("close", () =>
    end(`${file} ended (${lastLine(said) || "without a word"}); see that the camera is plugged in`),
  );
  return {
    stop: () => {
      isOver = true;
      child.kill("SIGKILL");
    },
  };
}

function lastLine(text: string): string {
  const lines = text.replace(/[^\x20-\x7e\n]/g, "").split("\n");
  return (lines.filter((line) => line.trim() !== "").at(-1) ?? "").trim().slice(0, maxWhyLength);
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
