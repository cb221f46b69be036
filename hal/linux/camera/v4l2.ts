// What v4l2-ctl is told, and what its answers mean: formats, controls, frames on its output. Starts no process itself.
import type { CameraWiring } from "../../board.ts";

/** How the bytes of a frame are laid out. */
export interface FrameFormat {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly step: 1 | 2;
  readonly frameBytes: number;
}

export type PixelFormat = "GREY" | "YUYV";

/** Larger than any size that may be configured, in either format, with rows padded. */
const maxFrameBytes = 16 * 1024 * 1024;
const deviceOf = ({ device }: CameraWiring): readonly string[] => ["--device", `/dev/${device}`];

export const listFormats = (wiring: CameraWiring): readonly string[] => [...deviceOf(wiring), "--list-formats"];
export const listControls = (wiring: CameraWiring): readonly string[] => [...deviceOf(wiring), "--list-ctrls"];
export const showFormat = (wiring: CameraWiring): readonly string[] => [...deviceOf(wiring), "--get-fmt-video"];
export const setRate = (wiring: CameraWiring): readonly string[] => [...deviceOf(wiring), `--set-parm=${wiring.rate}`];

export function setFormat(wiring: CameraWiring, pixels: PixelFormat): readonly string[] {
  const [width, height] = wiring.size.split("x");
  return [...deviceOf(wiring), `--set-fmt-video=width=${width},height=${height},pixelformat=${pixels}`];
}

export const streamFrames = (wiring: CameraWiring, pixels: PixelFormat): readonly string[] => [
  ...setFormat(wiring, pixels),
  "--stream-mmap=3",
  "--stream-to=-",
];

/** Gray needs half the bytes. Null: it offers neither. */
export function pixelFormatOf(formats: string): PixelFormat | null {
  if (formats.includes("'GREY'")) return "GREY";
  return formats.includes("'YUYV'") ? "YUYV" : null;
}

/** Null: the camera did not take what it was asked for, or something else cannot be read as a frame. */
export function frameFormatOf(shown: string): FrameFormat | null {
  const size = /Width\/Height\s*:\s*(\d{1,5})\/(\d{1,5})/.exec(shown);
  const pixels = /Pixel Format\s*:\s*'(\w{4})'/.exec(shown)?.[1];
  const width = Number(size?.[1]);
  const height = Number(size?.[2]);
  const step = pixels === "GREY" ? 1 : 2;
  const stride = Number(/Bytes per Line\s*:\s*(\d{1,6})/.exec(shown)?.[1] ?? 0) || width * step;
  const frameBytes = Number(/Size Image\s*:\s*(\d{1,9})/.exec(shown)?.[1]);
  if (pixels !== "GREY" && pixels !== "YUYV") return null;
  const isSound = width > 0 && height > 0 && stride >= width * step && frameBytes >= stride * height;
  return isSound && frameBytes <= maxFrameBytes ? { width, height, stride, step, frameBytes } : null;
}

/** Under their names of before and after Linux 5.18. */
const rateNames = ["exposure_dynamic_framerate", "exposure_auto_priority"];
const focusNames = ["focus_automatic_continuous", "focus_auto"];
const manualNames = ["auto_exposure", "exposure_auto"];
const exposureNames = ["exposure_time_absolute", "exposure_absolute"];
const manual = 1;
/** Of 100 microseconds each. */
const exposureSteps = 10;

/**
 * Whatever of these the camera has: it keeps its rate in the dark, since a dim picture reads better than a smeared one; it goes
 * on focusing; and it exposes for as long as the installer says. Null: it has none of them.
 */
export function setControls(wiring: CameraWiring, listed: string): readonly string[] | null {
  const has = new Set([...listed.matchAll(/^\s*(\w+) 0x/gm)].map(([, name]) => name));
  const found = (names: readonly string[], value: number): readonly string[] => {
    const name = names.find((one) => has.has(one));
    return name === undefined ? [] : [`${name}=${value}`];
  };
  const exposure =
    wiring.exposureMs === null
      ? []
      : [...found(manualNames, manual), ...found(exposureNames, wiring.exposureMs * exposureSteps)];
  const settings = [...found(rateNames, 0), ...found(focusNames, 1), ...exposure];
  return settings.length === 0 ? null : [...deviceOf(wiring), `--set-ctrl=${settings.join(",")}`];
}
