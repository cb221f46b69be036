// How a flaw in a configuration is put into words; knows no setting and no file.

export interface ConfigProblem {
  /** Like `doors[0].unlockMs`. */
  readonly path: string;
  /** Counted from 1; null where no single line is to blame. */
  readonly line: number | null;
  /** What stands there, as short JSON that is safe to print. */
  readonly value: string;
  /** One sentence. */
  readonly problem: string;
  readonly remedy: string;
}

export type Step = string | number;

/** A problem whose place is still a list of steps: checks find these, the reader adds the lines. */
export interface Finding {
  readonly steps: readonly Step[];
  readonly value: unknown;
  readonly problem: string;
  readonly remedy: string;
}

/** The path of a problem with the file as a whole. */
export const wholeFile = "(file)";

const valueLimit = 60;
const keyLimit = 40;

/** Controls, halves of characters, line separators and the marks that turn the reading direction of what follows. */
const hidden = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;
const allHidden = new RegExp(hidden, "gu");

/** The first character that a person cannot see in a text, as `U+0007`; null when there is none. */
export function hiddenCharacter(text: string): string | null {
  const found = hidden.exec(text);
  return found === null ? null : `U+${hexOf(found[0]).toUpperCase()}`;
}

/** Text that cannot steer a terminal: what is hidden becomes an escape. */
export function printable(text: string): string {
  return text.replace(allHidden, (char) => `\\u${hexOf(char)}`);
}

export function shorten(text: string, limit = valueLimit): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit - 3);
  return `${cut.isWellFormed() ? cut : cut.slice(0, -1)}...`;
}

/** A value as JSON of at most 60 characters. */
export function shortValue(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number" && !Number.isFinite(value)) return "a number past 1.8e308";
  if (typeof value === "string") return shortText(value);
  return shorten(printable(JSON.stringify(value)));
}

export function pathText(steps: readonly Step[]): string {
  let path = "";
  for (const step of steps) {
    if (typeof step === "number") path += `[${step}]`;
    else if (/^[$A-Za-z_][\w$]*$/.test(step) && step.length <= keyLimit) path += path === "" ? step : `.${step}`;
    else path += `[${shorten(printable(JSON.stringify(step)), keyLimit)}]`;
  }
  return path === "" ? wholeFile : path;
}

/** The whole problem in one line, for a log or an event. */
export function problemLine({ path, line, value, problem, remedy }: ConfigProblem): string {
  const place = line === null ? path : `${path}, line ${line}`;
  return `${place}: ${value}: ${problem} ${remedy}`;
}

function shortText(text: string): string {
  const quoted = printable(JSON.stringify(text.slice(0, valueLimit)));
  if (text.length <= valueLimit && quoted.length <= valueLimit) return quoted;
  return `${shorten(quoted.slice(0, -1), valueLimit - 1)}"`;
}

function hexOf(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).padStart(4, "0");
}
