// Reads strict JSON and keeps what JSON.parse drops: lines, repeated keys, the place of a mistake; knows no setting.
import type { ConfigProblem, Step } from "./problem.ts";
import { hiddenCharacter, pathText, printable, shorten, shortValue } from "./problem.ts";

const maxDepth = 32;
const maxValues = 20_000;
/** Keys that reach into every object of the program when copied carelessly. */
const forbiddenKeys: readonly string[] = ["__proto__", "constructor", "prototype"];

export type JsonReading =
  | {
      readonly ok: true;
      readonly value: unknown;
      readonly lines: ReadonlyMap<string, number>;
      /** Paths of texts with a hidden character: nothing more needs saying about them. */
      readonly spoiled: ReadonlySet<string>;
      readonly problems: readonly ConfigProblem[];
    }
  /** Not JSON: what comes after the first mistake cannot be judged. */
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

interface Cursor {
  readonly text: string;
  at: number;
  line: number;
  lineStart: number;
  values: number;
  /** Lines of values by path. */
  readonly lines: Map<string, number>;
  readonly spoiled: Set<string>;
  readonly problems: ConfigProblem[];
}

/** Unwinds the reader at the first place that is not JSON; never leaves this file. */
class Flaw extends Error {
  readonly problem: ConfigProblem;

  constructor(problem: ConfigProblem) {
    super(problem.problem);
    this.problem = problem;
  }
}

export function decodeJson(text: string): JsonReading {
  const cursor: Cursor = {
    text,
    at: 0,
    line: 1,
    lineStart: 0,
    values: 0,
    lines: new Map(),
    spoiled: new Set(),
    problems: [],
  };
  try {
    skipSpace(cursor);
    if (cursor.at === text.length) throw flawAt(cursor, [], "The file is empty.", "Start from config.example.json.");
    const value = readValue(cursor, []);
    skipSpace(cursor);
    if (cursor.at < text.length) {
      throw misfit(cursor, [], "Something follows the end of the configuration", "Keep one object { } in the file.");
    }
    const { lines, spoiled, problems } = cursor;
    return { ok: true, value, lines, spoiled, problems };
  } catch (error) {
    if (error instanceof Flaw) return { ok: false, problems: [...cursor.problems, error.problem] };
    throw error;
  }
}

function readValue(cursor: Cursor, steps: readonly Step[]): unknown {
  skipSpace(cursor);
  cursor.values += 1;
  if (cursor.values > maxValues) {
    throw flawAt(
      cursor,
      steps,
      `The file holds more than ${maxValues} values.`,
      "Split the site over more controllers.",
    );
  }
  cursor.lines.set(pathText(steps), cursor.line);
  const char = cursor.text.charAt(cursor.at);
  if (char === "{" || char === "[") {
    if (steps.length >= maxDepth) {
      throw flawAt(
        cursor,
        steps,
        `Brackets are nested deeper than ${maxDepth}.`,
        "No setting lies that deep: remove it.",
      );
    }
    return char === "{" ? readObject(cursor, steps) : readList(cursor, steps);
  }
  if (char === '"') return readCleanText(cursor, steps);
  return /[-0-9]/.test(char) ? readNumber(cursor, steps) : readWord(cursor, steps);
}

function readObject(cursor: Cursor, steps: readonly Step[]): unknown {
  const object: Record<string, unknown> = {};
  const seenOn = new Map<string, number>();
  cursor.at += 1;
  skipSpace(cursor);
  if (take(cursor, "}")) return object;
  for (;;) {
    skipSpace(cursor);
    const line = cursor.line;
    const key = readKey(cursor, steps);
    const path = [...steps, key];
    const value = readValue(cursor, path);
    const first = seenOn.get(key);
    if (first !== undefined) cursor.problems.push(repeatedKey(path, line, first, value));
    seenOn.set(key, first ?? line);
    if (forbiddenKeys.includes(key)) cursor.problems.push(forbiddenKey(path, line, value));
    else object[key] = value;
    if (endOrComma(cursor, path, "}")) return object;
  }
}

function readList(cursor: Cursor, steps: readonly Step[]): unknown {
  const list: unknown[] = [];
  cursor.at += 1;
  skipSpace(cursor);
  if (take(cursor, "]")) return list;
  for (;;) {
    const path = [...steps, list.length];
    list.push(readValue(cursor, path));
    if (endOrComma(cursor, path, "]")) return list;
  }
}

function readKey(cursor: Cursor, steps: readonly Step[]): string {
  if (cursor.text[cursor.at] !== '"')
    throw misfit(
      cursor,
      steps,
      "A name in double quotes is missing",
      "Write the name of a setting, or remove what stands here.",
    );
  const key = readText(cursor, steps);
  skipSpace(cursor);
  if (!take(cursor, ":")) throw misfit(cursor, [...steps, key], "A colon is missing", "Put a colon after the name.");
  return key;
}

/** True at the closing bracket, false after a comma. */
function endOrComma(cursor: Cursor, steps: readonly Step[], close: "}" | "]"): boolean {
  skipSpace(cursor);
  if (take(cursor, close)) return true;
  if (!take(cursor, ","))
    throw misfit(
      cursor,
      steps,
      `A comma or ${close} is missing`,
      'Put a comma between entries; write a quote inside a text as \\".',
    );
  skipSpace(cursor);
  if (cursor.text[cursor.at] === close) {
    throw misfit(cursor, steps, `A comma stands before the closing ${close}`, "Remove that comma.");
  }
  return false;
}

function readCleanText(cursor: Cursor, steps: readonly Step[]): string {
  const { line } = cursor;
  const text = readText(cursor, steps);
  const hidden = hiddenCharacter(text);
  if (hidden !== null) {
    cursor.spoiled.add(pathText(steps));
    const problem = `This text holds a character that nobody can see, ${hidden}.`;
    cursor.problems.push({
      path: pathText(steps),
      line,
      value: shortValue(text),
      problem,
      remedy: "Type the text anew.",
    });
  }
  return text;
}

function readText(cursor: Cursor, steps: readonly Step[]): string {
  const { text } = cursor;
  let end = cursor.at + 1;
  for (; text[end] !== '"'; end += 1) {
    if (end >= text.length || text.charCodeAt(end) < 0x20) {
      throw misfit(cursor, steps, "A text is not closed on its line", "Close it with a double quote.");
    }
    if (text[end] !== "\\") continue;
    if (!/^(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})/.test(text.slice(end + 1, end + 6))) {
      cursor.at = end;
      throw misfit(cursor, steps, "This backslash means nothing in JSON", "Write two backslashes for one.");
    }
    end += 1;
  }
  const raw = text.slice(cursor.at, end + 1);
  cursor.at = end + 1;
  return JSON.parse(raw) as string;
}

function readNumber(cursor: Cursor, steps: readonly Step[]): number {
  const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![\w.+-])/y;
  number.lastIndex = cursor.at;
  const found = number.exec(cursor.text);
  if (found === null) throw misfit(cursor, steps, "This is not a number", "Write plain digits, such as 5000.");
  cursor.at += found[0].length;
  return Number(found[0]);
}

const words: readonly (readonly [string, unknown])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];

function readWord(cursor: Cursor, steps: readonly Step[]): unknown {
  const word = /[\w$]*/y;
  word.lastIndex = cursor.at;
  const found = word.exec(cursor.text)?.[0] ?? "";
  const known = words.find(([name]) => name === found);
  if (known === undefined) {
    const problem = found === "" ? "A value is missing" : "A word without quotes means nothing in JSON";
    throw misfit(cursor, steps, problem, "Put a value here, text in double quotes.");
  }
  cursor.at += found.length;
  return known[1];
}

function skipSpace(cursor: Cursor): void {
  for (; ; cursor.at += 1) {
    const char = cursor.text[cursor.at];
    if (char === "\n") {
      cursor.line += 1;
      cursor.lineStart = cursor.at + 1;
    } else if (char !== " " && char !== "\t" && char !== "\r") return;
  }
}

function take(cursor: Cursor, char: string): boolean {
  if (cursor.text[cursor.at] !== char) return false;
  cursor.at += 1;
  return true;
}

/** A known habit at the cursor explains more than what was expected there. */
function misfit(cursor: Cursor, steps: readonly Step[], expected: string, remedy: string): Flaw {
  const rest = cursor.text.slice(cursor.at, cursor.at + 20);
  const where = `at line ${cursor.line}, column ${cursor.at - cursor.lineStart + 1}`;
  if (rest === "") {
    return flawAt(
      cursor,
      steps,
      `The file ends too early, ${where}.`,
      'Close every {, [ and ", or copy the file again.',
    );
  }
  for (const [pattern, problem, advice] of habits) {
    if (pattern.test(rest)) return flawAt(cursor, steps, `${problem}, ${where}.`, advice);
  }
  return flawAt(cursor, steps, `${expected} ${where}.`, remedy);
}

const habits: readonly (readonly [RegExp, string, string])[] = [
  [/^(?:\/\/|\/\*|#)/, "JSON has no comments", "Remove the comment."],
  [/^['‘’‚`]/, "Single quotes mean nothing in JSON", 'Use double quotes: ".'],
  [/^[“”„«»]/, "These curly quotes mean nothing in JSON", 'Use straight double quotes: ".'],
  [/^[-+]?(?:NaN|Infinity)\b/, "This is not a number", "Write plain digits, such as 5000."],
  [/^(?:undefined|None|nil|NULL|Null)\b/, "JSON does not know this word", "Write null."],
  [/^(?:True|TRUE|yes|Yes|on|On)\b/, "JSON does not know this word", "Write true."],
  [/^(?:False|FALSE|no|No|off|Off)\b/, "JSON does not know this word", "Write false."],
  [/^[+.]/, "This is not a number", "Write plain digits, such as 5000."],
];

function flawAt(cursor: Cursor, steps: readonly Step[], problem: string, remedy: string): Flaw {
  const line = cursor.text.slice(cursor.at, cursor.at + 80).split(/[\r\n]/, 1)[0] ?? "";
  const value = line.trim() === "" ? "nothing" : shorten(printable(line));
  return new Flaw({ path: pathText(steps), line: cursor.line, value, problem, remedy });
}

function repeatedKey(steps: readonly Step[], line: number, first: number, value: unknown): ConfigProblem {
  const name = shortValue(steps.at(-1));
  const problem = `${name} is written twice in the same object, first on line ${first}.`;
  return { path: pathText(steps), line, value: shortValue(value), problem, remedy: "Keep one of the two." };
}

function forbiddenKey(steps: readonly Step[], line: number, value: unknown): ConfigProblem {
  const problem = `No setting may be called ${shortValue(steps.at(-1))}.`;
  return { path: pathText(steps), line, value: shortValue(value), problem, remedy: "Remove it." };
}
