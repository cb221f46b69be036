// Finds what the lines of a real board cannot be asked for; knows no pin's owner.
import type { Finding } from "./problem.ts";
import type { Salvage } from "./salvage.ts";

export function gpioFindings({ board, gpio, inputs, readers }: Salvage): readonly Finding[] {
  const slow = readers.flatMap((reader, n): readonly Finding[] => {
    if (gpio.driver !== "sysfs" || (reader.kind !== "wiegand" && reader.kind !== "keypad")) return [];
    const problem = "Wiegand pulses are too short for the driver sysfs, which would miss most of them.";
    const remedy = 'Write "chardev" as driver at gpio, or give this door a reader on another wire.';
    return [{ steps: ["readers", n, "kind"], value: reader.kind, problem, remedy }];
  });
  const supervised = inputs.flatMap((input, n): readonly Finding[] => {
    if (board !== "linux" || input.supervised !== true || input.on !== undefined) return [];
    const problem = "A board's line knows two levels only and cannot tell a cut wire from an open contact.";
    return [{ steps: ["inputs", n, "supervised"], value: true, problem, remedy: 'Leave "supervised" out.' }];
  });
  const pulls = inputs.flatMap((input, n): readonly Finding[] => {
    if (gpio.driver !== "sysfs" || input.pin === undefined || input.pull === undefined || input.pull === "up")
      return [];
    const problem = "The driver sysfs cannot set the board's resistors.";
    const remedy = `Leave "pull" out, and write gpio=${input.pin}=p${input.pull.charAt(0)} into the firmware's config.txt.`;
    return [{ steps: ["inputs", n, "pull"], value: input.pull, problem, remedy }];
  });
  return [...slow, ...supervised, ...pulls];
}
