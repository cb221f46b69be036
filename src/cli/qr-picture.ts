// A QR code as something to look at: in a terminal, as SVG, as PNG. Knows not what it says.
import { writeFileSync } from "node:fs";
import { crc32, deflateSync } from "node:zlib";
import encodeQr from "qr";

/** The smallest with an alignment pattern: cameras find it more often than the one below. */
const leastVersion = 2;
const mostVersion = 40;
/** The most correction first. */
const corrections = ["high", "quartile", "medium", "low"] as const;
/** In modules; the standard asks for four. */
const quietZone = 4;
const pixelsPerModule = 12;

type Modules = readonly (readonly boolean[])[];

/** Dark modules are true. */
function modulesOf(text: string): Modules {
  // Fewer modules are read more often than more correction is, as docs/measurements.md has it.
  for (let version = leastVersion; version <= mostVersion; version += 1) {
    for (const ecc of corrections) {
      const modules = drawn(text, version, ecc);
      if (modules !== null) return modules;
    }
  }
  throw new Error("The text is too long for a QR code.");
}

/** Null where it does not fit. */
function drawn(text: string, version: number, ecc: (typeof corrections)[number]): Modules | null {
  try {
    return encodeQr(text, "raw", { border: quietZone, version, ecc });
  } catch (error) {
    if (error instanceof Error && error.message === "Capacity overflow") return null;
    throw error;
  }
}

/** Two modules a character, black on white whatever the terminal's colors are. */
export function qrLines(text: string, inColor: boolean): string[] {
  const modules = modulesOf(text);
  const lines: string[] = [];
  for (let y = 0; y < modules.length; y += 2) {
    const [upper = [], lower = []] = [modules[y], modules[y + 1]];
    const line = upper.map((dark, x) => half(dark, lower[x] === true)).join("");
    lines.push(inColor ? `\u001b[30;107m${line}\u001b[0m` : line);
  }
  return lines;
}

const half = (upper: boolean, lower: boolean): string => {
  if (upper) return lower ? "█" : "▀";
  return lower ? "▄" : " ";
};

/** The file is for its owner only: whoever has it has the key. */
export function writeQr(file: string, text: string): void {
  const content = file.toLowerCase().endsWith(".svg") ? svgOf(text) : pngOf(modulesOf(text));
  writeFileSync(file, content, { mode: 0o600, flag: "wx" });
}

const svgOf = (text: string): string => {
  const modules = modulesOf(text);
  const size = modules.length;
  const path = modules.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h${size}v${size}H0z"/><path d="${path}"/></svg>\n`;
};

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Eight bits of gray a pixel, no filter. */
function pngOf(modules: Modules): Buffer {
  const size = modules.length * pixelsPerModule;
  const rows = modules.map((row) => {
    const pixels = row.flatMap((dark) => Array<number>(pixelsPerModule).fill(dark ? 0 : 255));
    return Buffer.from([0, ...pixels]);
  });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header[8] = 8;
  const image = Buffer.concat(rows.flatMap((row) => Array<Buffer>(pixelsPerModule).fill(row)));
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflateSync(image)), chunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([signature, ...chunks]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
