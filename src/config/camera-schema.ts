// The settings of a camera before which people hold QR codes; knows no other setting.
import { z } from "zod";
import { readerCommon } from "./reader-common.ts";
import { text } from "./setting.ts";

const place = (what: string) => z.int().min(0).max(1_200).describe(what);
const extent = (what: string) => z.int().min(80).max(1_280).describe(what);

export const cameraReaderSchema = z
  .strictObject({
    ...readerCommon,
    kind: z.literal("camera").describe("A camera before which people hold QR codes."),
    device: text(
      /^[A-Za-z0-9][\w.:+-]{0,127}(\/[A-Za-z0-9][\w.:+-]{0,127}){0,3}$/,
      'Write the name of the video device under /dev, without /dev itself, or "libcamera".',
      "camera",
      "v4l/by-id/usb-046d_0825-video-index0",
    ).describe(
      "The video device, named as under /dev; those in v4l/by-id survive replugging. libcamera is a camera on the board's own connector.",
    ),
    size: z
      .enum(["640x480", "1280x720"])
      .default("640x480")
      .describe(
        "How large the pictures are. The larger reads smaller codes from farther away, at three times the work.",
      ),
    rate: z.int().min(2).max(30).default(10).describe("How many pictures a second are looked at, at most."),
    exposureMs: z
      .int()
      .min(1)
      .max(100)
      .nullable()
      .default(null)
      .describe("How long each picture is exposed, in milliseconds; null leaves it to the camera."),
    region: z
      .strictObject({
        x: place("Pixels from the left edge to the region."),
        y: place("Pixels from the upper edge to the region."),
        width: extent("The region's width in pixels."),
        height: extent("The region's height in pixels."),
      })
      .nullable()
      .default(null)
      .describe("The part of the picture in which codes count; null is all of it."),
  })
  .describe("A camera before which people hold QR codes.");
