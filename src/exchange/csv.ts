// Comma-separated text, both ways: quoted cells, padded cells, and cells that a spreadsheet would run as formulas. Pure.

export interface CsvRow {
  /** Of its first character. */
  readonly line: number;
  readonly cells: readonly string[];
}

export type CsvReading =
  | { readonly ok: true; readonly rows: readonly CsvRow[] }
  | { readonly ok: false; readonly line: number; readonly problem: string };

const maxRows = 200_000;
const maxCells = 64;
const maxCellLength = 4_096;

/** What a spreadsheet takes for a formula is text with an apostrophe before it; one is taken off again. */
const formula = /^'*[=+\-@\t\r]/;
const guarded = /^'+[=+\-@\t\r]/;

export function readCsv(text: string): CsvReading {
  const reader = new CsvReader(text.replace(/^\ufeff/, ""));
  return reader.read();
}

export const writeCsv = (rows: readonly (readonly string[])[]): string =>
  rows.map((cells) => `${cells.map(writeCell).join(",")}\r\n`).join("");

function writeCell(cell: string): string {
  const safe = formula.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function readCell(raw: string, isQuoted: boolean): string {
  const cell = isQuoted ? raw : raw.trim();
  return guarded.test(cell) ? cell.slice(1) : cell;
}

class CsvReader {
  readonly #text: string;
  readonly #rows: CsvRow[] = [];
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  read(): CsvReading {
    while (this.#at < this.#text.length) {
      const line = this.#line;
      const cells: string[] = [];
      const problem = this.#readRow(cells);
      if (problem !== null) return { ok: false, line: this.#line, problem };
      if (cells.some((cell) => cell !== "")) this.#rows.push({ line, cells });
      if (this.#rows.length > maxRows) return { ok: false, line, problem: `The file has more than ${maxRows} rows.` };
    }
    return { ok: true, rows: this.#rows };
  }

  #readRow(cells: string[]): string | null {
    for (;;) {
      if (cells.length >= maxCells) return `A row has more than ${maxCells} columns.`;
      const problem = this.#readOne(cells);
      if (problem !== null) return problem;
      const end = this.#text[this.#at];
      this.#at += 1;
      if (end === ",") continue;
      if (end === "\r" && this.#text[this.#at] === "\n") this.#at += 1;
      this.#line += 1;
      return null;
    }
  }

  #readOne(cells: string[]): string | null {
    const rest = /[ \t]*"/y;
    rest.lastIndex = this.#at;
    if (rest.test(this.#text)) return this.#readQuoted(cells, rest.lastIndex);
    const plain = /[^,\r\n]*/y;
    plain.lastIndex = this.#at;
    const raw = plain.exec(this.#text)?.[0] ?? "";
    this.#at += raw.length;
    return keep(cells, readCell(raw, false));
  }

  #readQuoted(cells: string[], from: number): string | null {
    let raw = "";
    let at = from;
    for (;;) {
      const end = this.#text.indexOf('"', at);
      if (end < 0) return "A quoted cell does not end.";
      raw += this.#text.slice(at, end);
      if (raw.length > maxCellLength) return cellTooLong;
      at = end + 1;
      if (this.#text[at] !== '"') break;
      raw += '"';
      at += 1;
    }
    this.#line += raw.split("\n").length - 1;
    const after = /[ \t]*(?=[,\r\n]|$)/y;
    after.lastIndex = at;
    if (!after.test(this.#text)) return "Something follows the quotes of a cell.";
    this.#at = after.lastIndex;
    return keep(cells, readCell(raw, true));
  }
}

const cellTooLong = `A cell has more than ${maxCellLength} characters.`;

function keep(cells: string[], cell: string): string | null {
  if (cell.length > maxCellLength) return cellTooLong;
  // Hidden characters would make two rows look alike that are not.
  if (/[^\P{Cc}\t\r\n]/u.test(cell)) return "A cell holds a character that cannot be printed.";
  cells.push(cell);
  return null;
}
