// Gathers what can be found out about the machine, without changing any of it.
import { constants } from "node:fs";
import { access, readdir, readFile, statfs } from "node:fs/promises";
import { createRequire } from "node:module";
import { release } from "node:os";
import { join } from "node:path";
import { keptOutputsSwitch } from "../gpio/kept-outputs.ts";
import type { DaemonState } from "../pcsc/daemon-probe.ts";
import { readSupply } from "../supply.ts";
import type { ChipsRead } from "./chips.ts";
import type { MachineFacts, PathState } from "./machine-facts.ts";

export interface ProbeParts {
  /** `/` but in tests. */
  readonly root: string;
  /** Paths of devices that somebody wants to open. */
  readonly paths: readonly string[];
  readonly packages: readonly string[];
  /** As the configuration names it; null is the header's. */
  readonly chip: string | null;
  readonly stateFolder: string | null;
  readonly chips: () => ChipsRead;
  readonly pcscd: () => Promise<DaemonState | null>;
  readonly isTimeSynchronised: () => Promise<boolean>;
}

/** Where the firmware's configuration lies, newer systems first. */
const bootConfigs = ["boot/firmware/config.txt", "boot/config.txt"];
export async function gatherFacts(parts: ProbeParts): Promise<MachineFacts> {
  const { root } = parts;
  const read = (path: string) => textOf(join(root, path));
  const { chips, forbidden } = parts.chips();
  const states = await Promise.all(parts.paths.map(async (path) => [path, await stateOf(join(root, path))] as const));
  return {
    kernel: release(),
    chips,
    forbiddenChips: forbidden,
    persistSwitch: persistSwitchOf(root, parts.chip),
    bootConfig: (await Promise.all(bootConfigs.map(read))).find((text) => text !== "") ?? "",
    commandLine: (await read("proc/cmdline")).trim(),
    paths: new Map(states),
    modules: new Set((await read("proc/modules")).split("\n").map((line) => line.split(" ", 1)[0] ?? "")),
    missingPackages: missingAmong(parts.packages),
    pcscd: await parts.pcscd(),
    isTimeSynchronised: await parts.isTimeSynchronised(),
    hasClockChip: (await entriesOf(join(root, "sys/class/rtc"))).length > 0,
    supply: await readSupply(join(root, "sys")),
    freeBytes: await freeBytesOf(parts.stateFolder),
  };
}

async function stateOf(path: string): Promise<PathState> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return "ready";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EACCES" || code === "EPERM") return "forbidden";
    return code === "EBUSY" ? "busy" : "missing";
  }
}

function persistSwitchOf(root: string, chip: string | null): string | null {
  const found = keptOutputsSwitch(join(root, "sys"), chip);
  return found === null ? null : `/sys/${found}`;
}

function missingAmong(packages: readonly string[]): ReadonlyMap<string, string> {
  const load = createRequire(import.meta.url);
  const missing = new Map<string, string>();
  for (const name of packages) {
    try {
      load(name);
    } catch (error) {
      const [first = ""] = String(error instanceof Error ? error.message : error).split("\n");
      missing.set(name, first);
    }
  }
  return missing;
}

async function freeBytesOf(folder: string | null): Promise<number | null> {
  if (folder === null) return null;
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** What cannot be read is empty. */
async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return "";
  }
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch {
    return [];
  }
}
