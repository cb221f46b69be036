// Reads strict JSON and keeps where each value stands, for reports by line and for replacing a secret in its place; knows no
// setting. Pure.

export type Path = readonly (string | number)[];

export interface LocatedJson {
  readonly value: unknown;
  /** Where the value at a path begins, or the nearest thing around it that is there. */
  offsetOf(path: Path): number;
  lineOf(path: Path): number;
}

export type JsonReading =
  | { readonly ok: true; readonly json: LocatedJson }
  | { readonly ok: false; readonly line: number; readonly problem: string };

const maxDepth = 32;
const maxValues = 4_000_000;

type Places = Map<object, Map<string | number, number>>;

/** Unwinds the reader at the first place that is not JSON; never leaves this file. */
class Flaw extends Error {
  readonly at: number;

  constructor(at: number, problem: string) {
    super(problem);
    this.at = at;
  }
}

export function readLocatedJson(text: string): JsonReading {
  const reader = new Reader(text);
  try {
    const value = reader.readAll();
    const begins = reader.start;
    const offsetOf = (path: Path) => placeOf(reader.places, value, path, begins);
    const lineOf = linesOf(text);
    return { ok: true, json: { value, offsetOf, lineOf: (path) => lineOf(offsetOf(path)) } };
  } catch (error) {
    if (error instanceof Flaw) return { ok: false, line: linesOf(text)(error.at), problem: error.message };
    throw error;
  }
}

/** The end of the string literal that begins at an offset. */
export function literalEnd(text: string, offset: number): number {
  stringLiteral.lastIndex = offset;
  return stringLiteral.test(text) ? stringLiteral.lastIndex : offset;
}

function placeOf(places: Places, root: unknown, path: Path, begins: number): number {
  let value = root;
  let offset = begins;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return offset;
    const found = places.get(value)?.get(step);
    if (found === undefined) return offset;
    offset = found;
    value = (value as Record<string | number, unknown>)[step];
  }
  return offset;
}

/** Which line an offset is on. */
function linesOf(text: string): (offset: number) => number {
  const ends: number[] = [];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) ends.push(at);
  return (offset) => {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((ends[middle] ?? 0) < offset) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  };
}

/** Everything from the space on may stand in it, save for the quote and the backslash. */
const stringLiteral = /"(?:[ !#-[\]-\u{10ffff}]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const numberLiteral = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const space = /[ \t\r\n]*/y;
const words: readonly (readonly [string, unknown])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

class Reader {
  readonly places: Places = new Map();
  start = 0;
  readonly #text: string;
  #at = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readAll(): unknown {
    if (this.#text.startsWith("\ufeff")) this.#at = 1;
    this.#skipSpace();
    this.start = this.#at;
    const value = this.#readValue(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#flaw("Something follows the end of the file's object");
    return value;
  }

  #readValue(depth: number): unknown {
    this.#values += 1;
    if (this.#values > maxValues) throw this.#flaw(`The file holds more than ${maxValues} values`);
    if (depth > maxDepth) throw this.#flaw(`The file is nested deeper than ${maxDepth} levels`);
    const next = this.#text[this.#at];
    if (next === "{") return this.#readObject(depth);
    if (next === "[") return this.#readList(depth);
    if (next === '"') return this.#readString();
    for (const [word, value] of words) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return value;
      }
    }
    const number = this.#match(numberLiteral);
    if (number === "") throw this.#flaw("A value is missing or is no JSON");
    return Number(number);
  }

  #readObject(depth: number): unknown {
    const object: Record<string, unknown> = {};
    const places = new Map<string | number, number>();
    this.places.set(object, places);
    this.#readMembers("}", () => {
      if (this.#text[this.#at] !== '"') throw this.#flaw("A name in double quotes is missing");
      const key = this.#readString();
      if (places.has(key)) throw this.#flaw("A name stands twice in one object");
      if (key === "__proto__") throw this.#flaw("Nothing may be called __proto__");
      this.#skipSpace();
      this.#expect(":");
      this.#skipSpace();
      places.set(key, this.#at);
      object[key] = this.#readValue(depth + 1);
    });
    return object;
  }

  #readList(depth: number): unknown {
    const list: unknown[] = [];
    const places = new Map<string | number, number>();
    this.places.set(list, places);
    this.#readMembers("]", () => {
      places.set(list.length, this.#at);
      list.push(this.#readValue(depth + 1));
    });
    return list;
  }

  #readMembers(end: string, readOne: () => void): void {
    this.#at += 1;
    this.#skipSpace();
    if (this.#text[this.#at] === end) {
      this.#at += 1;
      return;
    }
    for (;;) {
      readOne();
      this.#skipSpace();
      if (this.#text[this.#at] === end) break;
      this.#expect(",");
      this.#skipSpace();
    }
    this.#at += 1;
  }

  #readString(): string {
    const literal = this.#match(stringLiteral);
    if (literal === "") throw this.#flaw("A text does not end, or holds a character that must be escaped");
    return JSON.parse(literal) as string;
  }

  #expect(sign: string): void {
    if (this.#text[this.#at] !== sign) throw this.#flaw(`A "${sign}" is missing`);
    this.#at += 1;
  }

  #skipSpace(): void {
    this.#match(space);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    return found;
  }

  #flaw = (problem: string): Flaw => new Flaw(this.#at, `${problem}.`);
}
