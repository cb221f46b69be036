// Runs the built `postern` command as a person would, and tells what it said and how it ended.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { examplePath } from "../config/example.ts";
import { type Product, type ProductOptions, postern, removeFolder, startProduct, temporaryFolder } from "./product.ts";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface CommandOptions {
  readonly input?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

const patienceMs = 60_000;

export const runPostern = (args: readonly string[], options: CommandOptions = {}): Promise<Ended> =>
  runCommand(process.execPath, [postern, ...args], options);

/** Rejects when the command has not ended by itself after a minute. */
export function runCommand(file: string, args: readonly string[], options: CommandOptions = {}): Promise<Ended> {
  const child = spawn(file, args, { cwd: options.cwd, env: { ...process.env, ...options.env } });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  return new Promise((resolve, reject) => {
    const patience = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`${args.join(" ")} did not end:\n${out}\n${err}`));
    }, patienceMs);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(patience);
      resolve({ code, signal, out, err });
    });
  });
}

// biome-ignore lint/suspicious/noExplicitAny: tests put wrong types on purpose.
type Raw = any;

/** The example site with its console on any free port, and one thing done to it. */
export function exampleSite(edit: (site: Raw) => void = () => {}): object {
  const site = JSON.parse(readFileSync(examplePath, "utf8"));
  delete site.$schema;
  site.console.port = 0;
  edit(site);
  return site;
}

/** A state folder, and room beside it, that are gone after the test. */
export function temporarySite(config: object = exampleSite()): {
  readonly folder: string;
  readonly state: string;
  readonly file: string;
} {
  const folder = temporaryFolder();
  onTestFinished(() => removeFolder(folder));
  const file = join(folder, "site.json");
  writeFileSync(file, JSON.stringify(config, null, 2));
  return { folder, state: join(folder, "state"), file };
}

/** Ends with the test, whatever becomes of it. */
export async function startForTest(options: ProductOptions): Promise<Product> {
  const product = await startProduct(options);
  onTestFinished(async () => {
    await product.stop();
  });
  return product;
}

/** One sentence of the command, and nothing that only a programmer would read. */
export const stackOf = (text: string): string | null =>
  /\n\s+at .+:\d+:\d+\)?|node:internal|Error:/.exec(text)?.[0] ?? null;

/** A mistake in how a command was typed: one sentence, then how it goes. */
export function expectMisuse({ code, out, err }: Ended, says: string): void {
  expect({ code, out }).toEqual({ code: 2, out: "" });
  const [sentence = "", usage] = err.split("\n");
  expect(sentence).toContain(says);
  expect(sentence).toMatch(/^postern( \w+)?: .+\.$/);
  expect(usage).toBe("usage:");
  expect(stackOf(err)).toBeNull();
}

/** A command that could not be done: one sentence and nothing else. */
export function expectRefusal({ code, out, err }: Ended, sentence: string): void {
  expect({ code, out, err }).toEqual({ code: 1, out: "", err: `${sentence}\n` });
}

/** Every process whose environment holds this, by id: also those that have lost their parent. */
export function processesMarked(mark: string): number[] {
  return readdirSync("/proc").flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      return readFileSync(`/proc/${entry}/environ`, "utf8").includes(mark) ? [Number(entry)] : [];
    } catch {
      return [];
    }
  });
}
