// Looks for a PIN, a card number or a QR text in a heap of bytes, in every shape in which a program might leave it there.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export interface Secret {
  readonly kind: "pin" | "card" | "qr";
  /** Digits; hex of a card as readers show it, with its length in bits if it is a raw one; or text. */
  readonly text: string;
}

export interface Needle {
  readonly shape: string;
  readonly bytes: Buffer;
}

export interface Heap {
  readonly name: string;
  readonly bytes: Buffer;
}

/** Two bytes are in any file; three are found by chance once in some hundred files of this size. */
const minNeedleBytes = 3;

/** Every ordinary file below a folder. */
export function heapsIn(folder: string): Heap[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { name: relative(folder, path), bytes: readFileSync(path) };
    });
}

/** All that is to be searched: first by three bytes at a time, which rules most needles out, then file by file. */
export class Pile {
  readonly #heaps: readonly Heap[];
  readonly #triples = new Uint8Array(2 ** 21);

  constructor(heaps: readonly Heap[]) {
    this.#heaps = heaps;
    for (const { bytes } of heaps) {
      for (const triple of triplesOf(bytes))
        this.#triples[triple >> 3] = (this.#triples[triple >> 3] ?? 0) | (1 << (triple & 7));
    }
  }

  /** The names of the files that hold it. */
  find({ bytes }: Needle): string[] {
    for (const triple of triplesOf(bytes)) {
      if (((this.#triples[triple >> 3] ?? 0) & (1 << (triple & 7))) === 0) return [];
    }
    return this.#heaps.filter((heap) => heap.bytes.includes(bytes)).map(({ name }) => name);
  }

  /** `<shape> in <file>` of each needle that is there. */
  findAll(needles: readonly Needle[]): string[] {
    return needles.flatMap((needle) => this.find(needle).map((name) => `${needle.shape} in ${name}`));
  }
}

function* triplesOf(bytes: Buffer): Generator<number> {
  for (let at = 0; at + 3 <= bytes.length; at += 1) yield bytes.readUIntBE(at, 3);
}

export function needlesOf(secret: Secret): Needle[] {
  const needles = [...textsOf(secret).flatMap(shapesOfText), ...valuesOf(secret).flatMap(shapesOfBytes)];
  const digits = digitsOf(secret);
  if (digits !== null) needles.push(...shapesOfDigits(digits));
  const distinct = new Map(needles.map((needle) => [needle.bytes.toString("hex"), needle]));
  return [...distinct.values()].filter(({ bytes }) => bytes.length >= minNeedleBytes);
}

/** A PIN is its digits, and so is many a QR text; a card is also a decimal number. */
function digitsOf({ kind, text }: Secret): string | null {
  if (kind === "card") return cardNumber(text).toString();
  return /^[0-9]{1,18}$/.test(text) ? text : null;
}

const cardNumber = (code: string): bigint => BigInt(`0x${code.split("/")[0]}`);

function textsOf({ kind, text }: Secret): string[] {
  const written = kind === "card" ? cardTexts(text) : [text, text.toLowerCase(), text.toUpperCase()];
  return written.flatMap((one) => [one, [...one].reverse().join("")]);
}

/** As hex, with and without leading zeros, as a decimal number, and as facility and number in the manner of 26 bits. */
function cardTexts(code: string): string[] {
  const [hex = "", bits] = code.split("/");
  const number = cardNumber(code);
  const [facility, id] = [(number >> 16n) & 0xffn, number & 0xffffn];
  const short = hex.replace(/^0+/, "");
  const pairs = (hex.match(/../g) ?? []).reverse().join("");
  return [
    ...[hex, short, pairs].flatMap((one) => [one.toUpperCase(), one.toLowerCase()]),
    number.toString(),
    number.toString().padStart(10, "0"),
    `${String(facility).padStart(3, "0")}${String(id).padStart(5, "0")}`,
    `${facility},${id}`,
    number.toString(2).padStart(bits === undefined ? 24 : Number(bits), "0"),
  ];
}

function valuesOf({ kind, text }: Secret): Buffer[] {
  if (kind !== "card") return [];
  const whole = Buffer.from(text.split("/")[0] ?? "", "hex");
  const firstByte = whole.findIndex((byte) => byte !== 0);
  return [whole, whole.subarray(firstByte)];
}

function shapesOfText(text: string): Needle[] {
  const ascii = Buffer.from(text, "latin1");
  const hex = ascii.toString("hex");
  return [
    { shape: `ASCII ${text}`, bytes: ascii },
    { shape: `UTF-16LE ${text}`, bytes: Buffer.from(text, "utf16le") },
    { shape: `UTF-16BE ${text}`, bytes: Buffer.from(text, "utf16le").swap16() },
    { shape: `hex of ASCII ${text}`, bytes: Buffer.from(hex) },
    { shape: `hex of ASCII ${text} in capitals`, bytes: Buffer.from(hex.toUpperCase()) },
    ...[0, 1, 2].flatMap((offset) => base64Shapes(ascii, offset, text)),
  ];
}

/** Only the characters that do not depend on what stands before and after. */
function base64Shapes(ascii: Buffer, offset: number, text: string): Needle[] {
  const whole = Buffer.concat([Buffer.alloc(offset), ascii]).toString("base64");
  const known = whole.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + ascii.length) * 8) / 6));
  const url = known.replaceAll("+", "-").replaceAll("/", "_");
  return [
    { shape: `base64 of ${text} after ${offset}`, bytes: Buffer.from(known) },
    { shape: `base64url of ${text} after ${offset}`, bytes: Buffer.from(url) },
  ];
}

function shapesOfBytes(bytes: Buffer): Needle[] {
  const name = bytes.toString("hex");
  const mapped = (change: (byte: number) => number) => Buffer.from(bytes.map(change));
  const forms: [string, Buffer][] = [
    ["bytes", bytes],
    ["bytes with nibbles swapped", mapped((byte) => ((byte & 15) << 4) | (byte >> 4))],
    ["bytes with bits reversed", mapped(reverseBits)],
  ];
  return forms.flatMap(([shape, form]) => [
    { shape: `${shape} ${name}`, bytes: form },
    { shape: `${shape} ${name} backwards`, bytes: Buffer.from(form).reverse() },
  ]);
}

const reverseBits = (byte: number): number =>
  Number.parseInt([...byte.toString(2).padStart(8, "0")].reverse().join(""), 2);

function shapesOfDigits(digits: string): Needle[] {
  const number = BigInt(digits);
  const evenFront = digits.length % 2 === 0 ? digits : `0${digits}`;
  const evenBack = digits.length % 2 === 0 ? digits : `${digits}f`;
  const swapped = (text: string) => text.replaceAll(/(.)(.)/g, "$2$1");
  const reversed = [...evenFront].reverse().join("");
  const packed = [evenFront, evenBack, reversed].flatMap((text) => [text, swapped(text)]);
  const wide = Buffer.alloc(8);
  wide.writeBigUInt64BE(number);
  const real = Buffer.alloc(8);
  real.writeDoubleBE(Number(number));
  const firstByte = wide.findIndex((byte) => byte !== 0);
  return [
    ...packed.map((text) => ({ shape: `packed BCD ${text}`, bytes: Buffer.from(text, "hex") })),
    { shape: `digit values ${digits}`, bytes: Buffer.from([...digits].map(Number)) },
    // SQLite keeps a number in as few of these bytes as hold it.
    ...[8, 6, 4, 8 - firstByte].flatMap((size) => [
      { shape: `number ${digits} in ${size} bytes, high first`, bytes: wide.subarray(8 - size) },
      { shape: `number ${digits} in ${size} bytes, low first`, bytes: Buffer.from(wide.subarray(8 - size)).reverse() },
    ]),
    { shape: `floating point ${digits}, high first`, bytes: real },
    { shape: `floating point ${digits}, low first`, bytes: Buffer.from(real).reverse() },
  ].filter(({ bytes }) => significantBytes(bytes) >= minNeedleBytes);
}

/** The zeros around a number are in every file. */
function significantBytes(bytes: Buffer): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  const last = bytes.findLastIndex((byte) => byte !== 0);
  return last - first + 1;
}
