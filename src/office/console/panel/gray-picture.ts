// Turns an image that a person chose, or took with this device's camera, into gray pixels; knows no reader.

export interface GrayPicture {
  readonly width: number;
  readonly height: number;
  readonly gray: Uint8Array<ArrayBuffer>;
}

/** What the console takes at most. */
const maxSide = 1_280;

/** Null for what is no image. */
export async function grayOf(file: Blob): Promise<GrayPicture | null> {
  const image = await createImageBitmap(file).catch(() => null);
  if (image === null) return null;
  const scale = Math.min(1, maxSide / Math.max(image.width, image.height));
  const [width, height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
  const drawing = new OffscreenCanvas(width, height).getContext("2d");
  if (drawing === null) return null;
  drawing.drawImage(image, 0, 0, width, height);
  const { data } = drawing.getImageData(0, 0, width, height);
  const gray = new Uint8Array(width * height);
  for (let at = 0; at < gray.length; at += 1) {
    const from = at * 4;
    gray[at] = ((data[from] ?? 0) * 77 + (data[from + 1] ?? 0) * 150 + (data[from + 2] ?? 0) * 29) >> 8;
  }
  return { width, height, gray };
}
