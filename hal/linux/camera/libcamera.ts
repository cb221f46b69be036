// What rpicam-vid is told so that plain frames come on its output; starts no process itself.
import type { CameraWiring } from "../../board.ts";
import type { FrameFormat } from "./v4l2.ts";

/** The brightness comes first in each frame, then two planes of colour of a quarter each, which are let pass. */
export function planarFormat({ size }: CameraWiring): FrameFormat {
  // Rows of these sizes need no padding: their widths are multiples of 64, to which the camera system aligns.
  const [width = 0, height = 0] = size.split("x").map(Number);
  return { width, height, stride: width, step: 1, frameBytes: (width * height * 3) / 2 };
}

export function streamPlanes({ size, rate, exposureMs }: CameraWiring): readonly string[] {
  const [width = "", height = ""] = size.split("x");
  const shutter = exposureMs === null ? [] : ["--shutter", `${exposureMs * 1_000}`];
  return [
    ...["--nopreview", "--timeout", "0", "--codec", "yuv420", "--flush"],
    ...["--width", width, "--height", height, "--framerate", `${rate}`],
    ...shutter,
    ...["--output", "-"],
  ];
}
