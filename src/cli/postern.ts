#!/usr/bin/env node
// The `postern` command: picks the subcommand and turns any fault into one sentence and an exit code.
import { usageOf } from "./usage.ts";

type Command = (args: readonly string[]) => Promise<number>;

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run.ts")).run,
  check: async () => (await import("./check.ts")).check,
  status: async () => (await import("./control.ts")).status,
  login: async () => (await import("./control.ts")).login,
  clear: async () => (await import("./control.ts")).clear,
  reload: async () => (await import("./control.ts")).reload,
  people: async () => (await import("./people.ts")).people,
  log: async () => (await import("./log.ts")).journal,
  sim: async () => (await import("./sim.ts")).sim,
  replay: async () => (await import("./replay.ts")).replay,
};

const [name = "help", ...args] = process.argv.slice(2);
const load = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (load === undefined) {
  const asked = name === "help" || name === "--help" || name === "-h";
  if (!asked) console.error(`postern: there is no command "${name}".\n`);
  (asked ? console.log : console.error)(usageOf());
  process.exitCode = asked ? 0 : 2;
} else {
  try {
    const command = await load();
    process.exitCode = await command(args);
  } catch (error) {
    const usage = (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true;
    console.error(`postern ${name}: ${error instanceof Error ? error.message : String(error)}`);
    if (usage) console.error(usageOf(name));
    process.exitCode = usage ? 2 : 1;
  }
}
