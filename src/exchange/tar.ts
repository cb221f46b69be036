// Tar archives, both ways: ordinary files under relative names, each and all within limits; links and devices are refused. A
// name is only ever looked at, nothing is written where it points. Of what nobody asked for only the sum is kept.
import type { Hash } from "node:crypto";
import { createHash } from "node:crypto";

export interface TarFile {
  readonly name: string;
  readonly bytes: Buffer;
}

export interface ReadFile {
  readonly name: string;
  readonly size: number;
  /** SHA-256, hex. */
  readonly sum: string;
  /** Null unless it was asked for. */
  readonly bytes: Buffer | null;
}

export interface TarLimits {
  readonly fileBytes: number;
  readonly files: number;
}

const block = 512;
const maxNameBytes = 100;
/** Ustar's types: an ordinary file in its two spellings, a folder, and headers that only carry longer names or times. */
const ordinary: readonly string[] = ["0", "\0"];
const folder = "5";
const headers: readonly string[] = ["x", "g", "L", "K"];

interface Current {
  /** Null for what is skipped. */
  readonly name: string | null;
  readonly size: number;
  readonly hash: Hash;
  readonly kept: Buffer[] | null;
  /** Of the file, and of what fills its last block up. */
  left: number;
  fill: number;
}

/** Takes an archive in pieces as they come. */
export class TarReader {
  readonly files: ReadFile[] = [];
  readonly #limits: TarLimits;
  readonly #isWanted: (name: string) => boolean;
  #header: Buffer = Buffer.alloc(0);
  #current: Current | null = null;
  #isOver = false;

  constructor(limits: TarLimits, isWanted: (name: string) => boolean) {
    this.#limits = limits;
    this.#isWanted = isWanted;
  }

  /** What is wrong with the archive, in a sentence; null so far. */
  push(piece: Buffer): string | null {
    let rest = piece;
    while (rest.length > 0 && !this.#isOver) {
      if (this.#current !== null) {
        rest = this.#readFile(this.#current, rest);
        continue;
      }
      const taken = rest.subarray(0, block - this.#header.length);
      this.#header = Buffer.concat([this.#header, taken]);
      rest = rest.subarray(taken.length);
      if (this.#header.length < block) return null;
      const problem = this.#begin(this.#header);
      if (problem !== null) return problem;
      this.#header = Buffer.alloc(0);
    }
    return null;
  }

  finish(): string | null {
    return this.#isOver ? null : "The archive is cut short.";
  }

  #begin(header: Buffer): string | null {
    if (header.every((byte) => byte === 0)) {
      this.#isOver = true;
      return null;
    }
    if (!hasChecksum(header)) return "The archive is damaged, or no tar archive.";
    const size = numberAt(header, 124, 12);
    const { fileBytes, files } = this.#limits;
    if (size === null || size > fileBytes) return `A file in the archive is larger than ${fileBytes} bytes.`;
    const type = String.fromCharCode(header[156] ?? 0);
    const isFile = ordinary.includes(type);
    if (!isFile && type !== folder && !headers.includes(type)) {
      return "There is something in the archive that is no ordinary file, such as a link.";
    }
    const name = isFile ? nameOf(header) : null;
    if (name !== null && !isSafeName(name)) return "A file in the archive has a name that leads out of it.";
    if (this.files.length >= files) return `The archive has more than ${files} files.`;
    const kept = name !== null && this.#isWanted(name) ? [] : null;
    const fill = (block - (size % block)) % block;
    this.#current = { name, size, hash: createHash("sha256"), kept, left: size, fill };
    if (size === 0) this.#end(this.#current);
    return null;
  }

  #readFile(current: Current, piece: Buffer): Buffer {
    const content = piece.subarray(0, current.left);
    current.left -= content.length;
    current.hash.update(content);
    // A copy: the piece may be the last look at a large buffer.
    current.kept?.push(Buffer.from(content));
    const filling = Math.min(current.fill, piece.length - content.length);
    current.fill -= filling;
    if (current.left === 0 && current.fill === 0) this.#end(current);
    return piece.subarray(content.length + filling);
  }

  #end({ name, size, hash, kept }: Current): void {
    this.#current = null;
    if (name === null) return;
    this.files.push({ name, size, sum: hash.digest("hex"), bytes: kept === null ? null : Buffer.concat(kept) });
  }
}

/** The eight bytes of the sum itself count as blanks. */
function checksumOf(header: Buffer): number {
  let sum = 0;
  for (const [n, byte] of header.entries()) sum += n >= 148 && n < 156 ? 0x20 : byte;
  return sum;
}

const hasChecksum = (header: Buffer): boolean => numberAt(header, 148, 8) === checksumOf(header);

/** Octal digits, ended by a blank or a zero. */
function numberAt(header: Buffer, at: number, length: number): number | null {
  const text = header
    .toString("latin1", at, at + length)
    .replace(/[\0 ]+$/, "")
    .trimStart();
  return /^[0-7]{1,11}$/.test(text) ? Number.parseInt(text, 8) : null;
}

const textAt = (header: Buffer, at: number, length: number): string => {
  const bytes = header.subarray(at, at + length);
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? length : end);
};

function nameOf(header: Buffer): string {
  const name = textAt(header, 0, maxNameBytes);
  const prefix = textAt(header, 257, 6) === "ustar" ? textAt(header, 345, 155) : "";
  return (prefix === "" ? name : `${prefix}/${name}`).replace(/^(\.\/)+/, "");
}

const isSafeName = (name: string): boolean =>
  name !== "" && !name.startsWith("/") && !/[\\\p{Cc}]|^[A-Za-z]:/u.test(name) && !name.split("/").includes("..");

export function writeTar(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(({ name, bytes }) => [headerOf(name, bytes.length), bytes, padding(bytes.length)]);
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

const padding = (size: number): Buffer => Buffer.alloc((block - (size % block)) % block);

/** Without a time and an owner, so that the same people make the same archive. */
function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(block);
  const octal = (value: number, at: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, "0")}\0`, at, "latin1");
  header.write(name, 0, maxNameBytes, "utf8");
  octal(0o600, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  header.write("0", 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  header.write(`${checksumOf(header).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}
