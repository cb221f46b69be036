// Takes a picture that a page holds before a simulated camera: its size, its gray pixels, and the code that is in it.
import type { IncomingMessage } from "node:http";

/** The codes of a gray picture, by the same stages as those of a real camera. */
export type ReadPicture = (picture: {
  readonly width: number;
  readonly height: number;
  readonly gray: Uint8Array;
}) => Promise<readonly string[]>;

export type PictureText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

const maxSide = 1_280;
const minSide = 16;

const wrong = (problem: string): PictureText => ({ ok: false, problem });

export async function textOfPicture(
  request: IncomingMessage,
  query: URLSearchParams,
  read: ReadPicture,
): Promise<PictureText> {
  const [width, height] = [sideOf(query.get("width")), sideOf(query.get("height"))];
  if (width === null || height === null) return wrong(`A picture is ${minSide} to ${maxSide} pixels wide and high.`);
  const gray = await readBytes(request, width * height);
  if (gray === null) return wrong("The picture's bytes do not fit its size.");
  const [text] = await read({ width, height, gray });
  return text === undefined ? wrong("No QR code was found in the picture.") : { ok: true, text };
}

function sideOf(text: string | null): number | null {
  const side = /^[0-9]{2,4}$/.test(text ?? "") ? Number(text) : 0;
  return side >= minSide && side <= maxSide ? side : null;
}

/** Null as soon as it is clear that there are more or fewer. */
async function readBytes(request: IncomingMessage, wanted: number): Promise<Uint8Array | null> {
  if (Number(request.headers["content-length"] ?? wanted) !== wanted) return null;
  const bytes = new Uint8Array(wanted);
  let filled = 0;
  // Destroying the request would take the answer with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    if (filled + chunk.length > wanted) return null;
    bytes.set(chunk, filled);
    filled += chunk.length;
  }
  return filled === wanted ? bytes : null;
}
