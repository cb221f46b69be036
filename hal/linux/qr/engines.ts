// The two libraries that find QR codes in a gray picture, behind one call each; knows nothing of stages or time.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Picture } from "./picture.ts";
import type { Outline } from "./straighten.ts";

/** The text of each code that was found. */
export type Engine = (picture: Picture) => Promise<readonly string[]>;

/** What was found and could not be read. */
export interface Sighting {
  readonly outlines: readonly Outline[];
  /** Finder patterns that form no square by any reckoning: a code at a sharp angle. */
  readonly isSlanted: boolean;
}

export interface SightingEngine extends Engine {
  readonly sight: (picture: Picture) => Promise<Sighting>;
}

/** Somebody may hold a code up in front of a poster with another one. */
const maxCodes = 3;
/** Of version 1. */
const minModules = 21;

/** Null where this machine has no WebAssembly. Left alone, the library would fetch its code from the network. */
export async function openZxing(): Promise<SightingEngine | null> {
  if (!("WebAssembly" in globalThis)) return null;
  const path = createRequire(import.meta.url).resolve("zxing-wasm/reader/zxing_reader.wasm");
  const [{ prepareZXingModule, readBarcodes }, binary] = await Promise.all([
    import("zxing-wasm/reader"),
    readFile(path),
  ]);
  const wasmBinary = binary.buffer.slice(binary.byteOffset, binary.byteOffset + binary.byteLength) as ArrayBuffer;
  await prepareZXingModule({ overrides: { wasmBinary, locateFile: () => path }, fireImmediately: true });
  const find = (picture: Picture, returnErrors: boolean) =>
    readBarcodes(pgmOf(picture), {
      // The name without the model would have it look for Micro QR too, whose smallest codes no checksum worth the name protects.
      formats: ["QRCodeModel2"],
      tryInvert: true,
      maxNumberOfSymbols: maxCodes,
      textMode: "Plain",
      returnErrors,
    });
  const read: Engine = async (picture) =>
    (await find(picture, false)).filter(({ isValid }) => isValid).map(({ text }) => text);
  const sight = async (picture: Picture): Promise<Sighting> => {
    const unread = (await find(picture, true)).filter(({ isValid }) => !isValid);
    const outlines = unread
      .filter(({ symbol }) => symbol.width >= minModules)
      .map(({ symbol, position: { topLeft, topRight, bottomRight, bottomLeft } }): Outline => {
        return { corners: [topLeft, topRight, bottomRight, bottomLeft], modules: symbol.width };
      });
    return { outlines, isSlanted: unread.length > outlines.length };
  };
  return Object.assign(read, { sight });
}

export async function openJsqr(): Promise<Engine> {
  const loaded = (await import("jsqr")).default as unknown as { default?: JsQr } & JsQr;
  const jsQr = loaded.default ?? loaded;
  return async ({ width, height, gray }) => {
    const rgba = new Uint8ClampedArray(width * height * 4);
    const words = new Uint32Array(rgba.buffer);
    for (let at = 0; at < words.length; at += 1) words[at] = 0xff000000 + (gray[at] ?? 0) * 0x010101;
    const found = jsQr(rgba, width, height, { inversionAttempts: "attemptBoth" });
    return found === null ? [] : [found.data];
  };
}

type JsQr = (
  data: Uint8ClampedArray,
  width: number,
  height: number,
  options: { readonly inversionAttempts: "attemptBoth" | "dontInvert" },
) => { readonly data: string } | null;

/** A portable gray map: the smallest form in which the library takes a picture, and twice as fast as one in colours. */
function pgmOf({ width, height, gray }: Picture): Uint8Array {
  const head = Buffer.from(`P5\n${width} ${height}\n255\n`, "latin1");
  const file = new Uint8Array(head.length + gray.length);
  file.set(head);
  file.set(gray, head.length);
  return file;
}
