// Whether the machine itself is fit: kernel, packages, time, power, room, watchdog.
import type { MachineFacts } from "../../../hal/linux/probe/machine-facts.ts";
import { supplyTrouble } from "../../../hal/linux/supply.ts";
import type { Config } from "../../config/schema.ts";
import type { Finding } from "./finding.ts";
import { broken, risky } from "./finding.ts";

const oldestKernel = [5, 10] as const;
const leastFreeBytes = 200 * 1024 * 1024;

export function machineFindings(config: Config, facts: MachineFacts): readonly Finding[] {
  return [
    ...kernelTrouble(facts),
    ...[...facts.missingPackages].map(([name, why]) =>
      broken(
        name,
        `The package ${name} does not load: ${why}.`,
        "Run scripts/setup on this machine, so that it is installed for it.",
      ),
    ),
    ...timeTrouble(config, facts),
    ...supplyFindings(facts),
    ...roomTrouble(facts),
  ];
}

function kernelTrouble({ kernel }: MachineFacts): readonly Finding[] {
  const [major = 0, minor = 0] = kernel.split(".").map((part) => Number.parseInt(part, 10));
  const isOld = major < oldestKernel[0] || (major === oldestKernel[0] && minor < oldestKernel[1]);
  if (!isOld) return [];
  return [
    broken(
      "kernel",
      `Linux ${kernel} is too old for lines with times.`,
      `Update it to ${oldestKernel.join(".")} or newer.`,
    ),
  ];
}

function timeTrouble({ time }: Config, { isTimeSynchronised, hasClockChip }: MachineFacts): readonly Finding[] {
  const found: Finding[] = [];
  if (time.network !== "ignored" && !isTimeSynchronised) {
    found.push(
      risky(
        "time",
        "No time daemon holds this machine's clock, so rights that are limited in time wait until somebody vouches for it.",
        "Install chrony or systemd-timesyncd and let it reach a time server; or set the time with `postern time set`.",
      ),
    );
  }
  if (time.chip && !hasClockChip) {
    found.push(
      broken(
        "time",
        "time.chip says that a clock chip is fitted, and there is no /dev/rtc0.",
        "Add its overlay to config.txt, such as dtoverlay=i2c-rtc,ds3231, and restart the board; or write false.",
      ),
    );
  }
  if (!time.chip && !hasClockChip) {
    found.push(
      risky(
        "time",
        "There is no clock chip, so after a power cut without network rights that are limited in time open nothing.",
        "Fit one with a battery (such as a DS3231), and write time.chip: true.",
      ),
    );
  }
  return found;
}

function supplyFindings({ supply }: MachineFacts): readonly Finding[] {
  const trouble = supplyTrouble(supply);
  if (trouble === null) return [];
  const [problem = "", remedy = ""] = trouble.split("; ");
  return [risky("power", `${upper(problem)}.`, `${upper(remedy)}.`)];
}

function roomTrouble({ freeBytes }: MachineFacts): readonly Finding[] {
  if (freeBytes === null || freeBytes >= leastFreeBytes) return [];
  const problem = `Only ${Math.floor(freeBytes / 1024 / 1024)} MB are free where the record is kept.`;
  return [risky("disk", problem, "Make room: below nothing, people with counted rights and PINs are not let in.")];
}

const upper = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
