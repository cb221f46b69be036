#!/usr/bin/env node
// The `postern` command: picks the subcommand and turns any fault into one sentence and an exit code.
import { readFileSync } from "node:fs";
import { misuseOf } from "./misuse.ts";
import { nodeBar } from "./node-version.ts";
import { shortUsageOf, usageOf } from "./usage.ts";

type Command = (args: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run.ts")).run,
  release: async () => (await import("./release.ts")).release,
  rescue: async () => (await import("./rescue.ts")).rescue,
  check: async () => (await import("./check.ts")).check,
  status: async () => (await import("./control.ts")).status,
  login: async () => (await import("./control.ts")).login,
  clear: async () => (await import("./control.ts")).clear,
  door: async () => (await import("./doors.ts")).door,
  lockdown: async () => (await import("./doors.ts")).lockdown,
  reload: async () => (await import("./control.ts")).reload,
  people: async () => (await import("./people.ts")).people,
  http: async () => (await import("./http.ts")).http,
  directory: async () => (await import("./directory.ts")).directory,
  cards: async () => (await import("./cards.ts")).cards,
  codes: async () => (await import("./codes.ts")).codes,
  pass: async () => (await import("./passes.ts")).passes,
  "pass-keys": async () => (await import("./pass-keys.ts")).passKeys,
  issuer: async () => (await import("./issuer.ts")).issuer,
  schedules: async () => (await import("./calendar.ts")).schedules,
  holidays: async () => (await import("./calendar.ts")).holidays,
  doctor: async () => (await import("./doctor.ts")).doctor,
  wiring: async () => (await import("./wiring.ts")).wiring,
  watch: async () => (await import("./watch.ts")).watch,
  time: async () => (await import("./time.ts")).time,
  osdp: async () => (await import("./osdp.ts")).osdp,
  log: async () => (await import("./log.ts")).journal,
  explain: async () => (await import("./explain.ts")).explainDecision,
  "who-can": async () => (await import("./who-can.ts")).whoCan,
  "where-can": async () => (await import("./who-can.ts")).whereCan,
  "dry-run": async () => (await import("./dry-run.ts")).dryRun,
  join: async () => (await import("./join.ts")).join,
  broker: async () => (await import("./broker.ts")).broker,
  sim: async () => (await import("./sim.ts")).sim,
  replay: async () => (await import("./replay.ts")).replay,
};

const isHelp = (word: string): boolean => word === "--help" || word === "-h";
const loaderOf = (name: string) => (Object.hasOwn(commands, name) ? commands[name] : undefined);

async function runCommand(name: string, args: readonly string[]): Promise<number> {
  if (name === "--version") return print(versionText());
  if (name === "help" || isHelp(name)) return help(args[0]);
  const load = loaderOf(name);
  if (load === undefined) return unknownCommand(name);
  const bar = nodeBar(process.versions.node);
  if (bar !== null) {
    console.error(`postern ${name}: ${bar}`);
    return 1;
  }
  if (args.some(isHelp)) return help(name);
  try {
    const command = await load();
    return await command(args);
  } catch (error) {
    const misuse = misuseOf(error);
    console.error(sentence(name, misuse ?? error));
    if (misuse !== null) console.error(shortUsageOf(name, args[0]));
    return misuse === null ? 1 : 2;
  }
}

function help(name: string | undefined): number {
  if (name !== undefined && loaderOf(name) === undefined) return unknownCommand(name);
  return print(usageOf(name));
}

function unknownCommand(name: string): number {
  console.error(`postern: There is no command ${JSON.stringify(name)}.\n${usageOf()}`);
  return 2;
}

/** What has several lines of its own begins on a new one. */
function sentence(name: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.includes("\n") ? `postern ${name}:\n${text.trimEnd()}` : `postern ${name}: ${text}`;
}

function print(text: string): number {
  console.log(text);
  return 0;
}

function versionText(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return `postern ${(JSON.parse(text) as { version: string }).version}`;
}

const [name = "help", ...args] = process.argv.slice(2);
// Whoever read a pipe may leave: a listing then has no more to do, but a controller must not die of it.
process.stdout.on("error", () => name === "run" || process.exit(0));
process.stderr.on("error", () => {});
process.exitCode = await runCommand(name, args);
