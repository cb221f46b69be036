// Reads the installer's file: into a configuration, or into every problem at once; knows no door and no wire.
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { crossCheck } from "./cross-check.ts";
import { decodeJson } from "./json.ts";
import type { ConfigProblem, Finding, Step } from "./problem.ts";
import { pathText, printable, shorten, shortValue, wholeFile } from "./problem.ts";
import { salvage } from "./salvage.ts";
import type { Config } from "./schema.ts";
import { configSchema } from "./schema.ts";
import { schemaFindings } from "./schema-findings.ts";
import { warningsOf } from "./warnings.ts";

export const maxConfigBytes = 1_048_576;
const maxProblems = 1000;

export type ConfigReading =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export type ConfigFileReading =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigProblem[]; readonly text: string }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export function readConfig(text: string): ConfigReading {
  const size = Buffer.byteLength(text);
  if (size > maxConfigBytes) return refused(tooLarge(size));
  const json = decodeJson(text.replace(/^\ufeff/, ""));
  if (!json.ok) return json;
  const parsed = configSchema.safeParse(json.value);
  const found = [
    ...(parsed.success ? [] : schemaFindings(parsed.error.issues, json.value)),
    ...crossCheck(salvage(json.value)),
  ];
  const problems = [
    ...json.problems,
    ...found.map((finding) => placed(finding, json.lines)).filter(({ path }) => !json.spoiled.has(path)),
  ];
  if (parsed.success && problems.length === 0) {
    const warnings = warningsOf(parsed.data).map((finding) => placed(finding, json.lines));
    return { ok: true, config: parsed.data, warnings };
  }
  return { ok: false, problems: limited(problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0))) };
}

export function readConfigFile(path: string): ConfigFileReading {
  const read = readBounded(path);
  if ("problem" in read) return refused(read.problem);
  const text = decodeUtf8(read.bytes);
  if (text === null) return refused(notUtf8(read.bytes));
  const reading = readConfig(text);
  return reading.ok ? { ...reading, text } : reading;
}

function refused(problem: ConfigProblem): { readonly ok: false; readonly problems: readonly ConfigProblem[] } {
  return { ok: false, problems: [problem] };
}

function placed({ steps, value, problem, remedy }: Finding, lines: ReadonlyMap<string, number>): ConfigProblem {
  return { path: pathText(steps), line: lineOf(steps, lines), value: shortValue(value), problem, remedy };
}

/** What is absent stands, in a sense, where the object begins that it belongs to. */
function lineOf(steps: readonly Step[], lines: ReadonlyMap<string, number>): number | null {
  if (steps.length === 0) return null;
  return lines.get(pathText(steps)) ?? lineOf(steps.slice(0, -1), lines);
}

function limited(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  if (problems.length <= maxProblems) return problems;
  const more = problems.length - maxProblems;
  return [...problems.slice(0, maxProblems), fileProblem("...", `${more} more problems follow.`, "Mend these first.")];
}

/** The size is checked again while reading: a file may grow, and a device has none. */
function readBounded(path: string): { readonly bytes: Buffer } | { readonly problem: ConfigProblem } {
  let file: number | null = null;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(file);
    if (!stat.isFile()) return { problem: unreadable(path, stat.isDirectory() ? "EISDIR" : "notAFile") };
    if (stat.size > maxConfigBytes) return { problem: tooLarge(stat.size) };
    const bytes = Buffer.alloc(maxConfigBytes + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < bytes.length; length += got) {
      got = readSync(file, bytes, length, bytes.length - length, null);
    }
    return length > maxConfigBytes ? { problem: tooLarge(length) } : { bytes: bytes.subarray(0, length) };
  } catch (error) {
    return { problem: unreadable(path, (error as NodeJS.ErrnoException).code ?? "unknown") };
  } finally {
    if (file !== null) closeSync(file);
  }
}

function decodeUtf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function fileProblem(value: string, problem: string, remedy: string): ConfigProblem {
  return { path: wholeFile, line: null, value, problem, remedy };
}

function tooLarge(bytes: number): ConfigProblem {
  const problem = `The file is larger than ${maxConfigBytes} bytes.`;
  return fileProblem(`${bytes} bytes`, problem, "Check that it is the right file: a site with 64 doors needs 40,000.");
}

function notUtf8(bytes: Buffer): ConfigProblem {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const problem = utf16 ? "The file is saved as UTF-16." : "The file is not UTF-8 text.";
  return fileProblem(`bytes ${bytes.subarray(0, 4).toString("hex")}...`, problem, "Save it again as UTF-8.");
}

function unreadable(path: string, code: string): ConfigProblem {
  const [problem, remedy] = unreadableWords[code] ?? [
    `The file cannot be read (${code}).`,
    "Check the path and the disk.",
  ];
  return fileProblem(shorten(printable(path)), problem, remedy);
}

const unreadableWords: Readonly<Record<string, readonly [problem: string, remedy: string]>> = {
  ENOENT: ["There is no such file.", "Check the path, or copy config.example.json there."],
  ENOTDIR: ["There is no such file.", "Check the path, or copy config.example.json there."],
  EISDIR: ["This is a folder.", "Name the file in it."],
  notAFile: ["This is not an ordinary file.", "Name a file."],
  ENXIO: ["This is not an ordinary file.", "Name a file."],
  EACCES: ["This user may not read the file.", "Give the service's user the right to read it."],
  EPERM: ["This user may not read the file.", "Give the service's user the right to read it."],
};
