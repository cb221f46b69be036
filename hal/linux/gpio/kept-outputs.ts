// Whether this kernel leaves outputs as they are when whoever drove them dies; asks the kernel's own settings only.
import { readFileSync } from "node:fs";
import { headerLabels } from "./chips.ts";

export const keptOutputsWhy =
  "this kernel leaves relays as they are when Postern dies, so a lock may stay open; write dtparam=strict_gpiod into /boot/firmware/config.txt and restart the board";

/**
 * The switch by which it does, below `root`, which is `/sys` but in tests; null where there is none, or it is off. `chip` is
 * the label that the configuration names.
 */
export function keptOutputsSwitch(root: string, chip: string | null): string | null {
  const modules = [...headerLabels, ...(chip === null ? [] : [chip])].map((label) => label.replaceAll("-", "_"));
  const switches = modules.map((module) => `module/${module}/parameters/persist_gpio_outputs`);
  return switches.find((path) => isOn(`${root}/${path}`)) ?? null;
}

/** What is not there is not a setting of this kernel: then it is as Linux has it, and lines are given back. */
function isOn(path: string): boolean {
  try {
    return /^[Yy1]/.test(readFileSync(path, "utf8"));
  } catch {
    return false;
  }
}
