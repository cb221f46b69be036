// Whether the lines that a configuration names are there, free, and safe while the board starts.
import type { ChipFacts, MachineFacts } from "../../../hal/linux/probe/machine-facts.ts";
import type { Config } from "../../config/schema.ts";
import { freePins, headerPinOf } from "../../config/wiring/header.ts";
import { planWiring } from "../../config/wiring/plan.ts";
import type { Finding } from "./finding.ts";
import { broken, risky } from "./finding.ts";

interface NamedLine {
  readonly device: string;
  readonly gpio: number;
}

/** As the kernel calls us when it says who holds a line. */
const ownConsumer = "postern";
/** What other holders are called, and how they are made to let go. */
const otherHolders: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [/i2c|sda|scl/i, "write dtparam=i2c_arm=off into config.txt and restart, or wire it to another pin"],
  [/spi|ce0|ce1|mosi|miso|sclk/i, "write dtparam=spi=off into config.txt and restart, or wire it to another pin"],
  [/w1|1-wire|onewire/i, "take dtoverlay=w1-gpio out of config.txt and restart, or wire it to another pin"],
  [/sysfs/i, "somebody exported it by hand: write its number into /sys/class/gpio/unexport"],
];

export function lineFindings(config: Config, facts: MachineFacts, chip: ChipFacts | null): readonly Finding[] {
  const lines = linesOf(config);
  if (lines.length === 0) return [];
  if (chip === null) return [noChip(config, facts)];
  return [
    ...lines.flatMap((line) => lineTrouble(line, chip, config)),
    ...bootTrouble(lines, facts),
    ...config.relays.flatMap((relay) => startTrouble(relay, config)),
    ...persistTrouble(config, facts),
  ];
}

export const linesOf = (config: Config): readonly NamedLine[] =>
  planWiring(config).flatMap(({ id, wires }) =>
    wires.flatMap(({ to }) => (typeof to === "object" && "gpio" in to ? [{ device: id, gpio: to.gpio }] : [])),
  );

function noChip(config: Config, { chips, forbiddenChips }: MachineFacts): Finding {
  if (chips.length > 0) {
    return broken(
      "lines",
      config.gpio.chip === null
        ? "None of this machine's line controllers is the header's."
        : `This machine has no line controller "${config.gpio.chip}".`,
      `Name the right one as gpio.chip; there are ${chips.map(({ label }) => `"${label}"`).join(", ")}.`,
    );
  }
  return forbiddenChips.length > 0
    ? broken(
        "lines",
        `${forbiddenChips[0]} may not be opened.`,
        "Add Postern's user to the group gpio, or install Postern's udev rule, and start again.",
      )
    : broken(
        "lines",
        "This machine has no line controller: there is no /dev/gpiochip*.",
        "Run Postern on a board with a header, with a kernel of 5.10 or newer.",
      );
}

function lineTrouble({ device, gpio }: NamedLine, chip: ChipFacts, config: Config): readonly Finding[] {
  const line = chip.lines[gpio];
  if (line === undefined) {
    const problem = `There is no line ${gpio}: "${chip.label}" has lines 0 to ${chip.lines.length - 1}.`;
    return [broken(device, problem, freeWords(config))];
  }
  const { consumer } = line;
  if (consumer === null || consumer.startsWith(ownConsumer)) return [];
  const remedy = otherHolders.find(([pattern]) => pattern.test(consumer))?.[1] ?? `end what calls itself "${consumer}"`;
  return [broken(device, `Line ${gpio} is held by "${consumer}".`, `${sentence(remedy)} ${freeWords(config)}`)];
}

function freeWords(config: Config): string {
  const free = freePins(new Set(linesOf(config).map(({ gpio }) => gpio)));
  if (free.length === 0) return "No pin of the header is free.";
  const named = free.slice(0, 4).map((gpio) => `${gpio} (pin ${headerPinOf(gpio)})`);
  return `Free ${free.length === 1 ? "is" : "are"} ${named.join(", ")}.`;
}

/** What the firmware switches on at pins that the configuration uses as lines. */
const overlays: readonly (readonly [pattern: RegExp, gpios: readonly number[], remedy: string])[] = [
  [/^dtparam=i2c_arm=on|^dtparam=i2c1=on/m, [2, 3], "write dtparam=i2c_arm=off"],
  [/^dtparam=spi=on/m, [7, 8, 9, 10, 11], "write dtparam=spi=off"],
  [/^enable_uart=1|^dtoverlay=uart0/m, [14, 15], "write enable_uart=0"],
  [/^dtoverlay=w1-gpio(?!.*gpiopin)/m, [4], "take dtoverlay=w1-gpio out"],
  [/^dtparam=i2s=on/m, [18, 19, 20, 21], "write dtparam=i2s=off"],
];

function bootTrouble(lines: readonly NamedLine[], { bootConfig }: MachineFacts): readonly Finding[] {
  return overlays.flatMap(([pattern, gpios, remedy]) => {
    const found = pattern.exec(bootConfig);
    if (found === null) return [];
    return lines
      .filter(({ gpio }) => gpios.includes(gpio))
      .map(({ device, gpio }) =>
        broken(
          device,
          `The firmware uses line ${gpio} for "${found[0]}".`,
          `In config.txt, ${remedy}, and restart the board.`,
        ),
      );
  });
}

/** Until a program takes them, lines 0 to 8 are pulled up and the others down. */
const isPulledUpAtStart = (gpio: number): boolean => gpio <= 8;

function startTrouble({ id, pin }: Config["relays"][number], { doors }: Config): readonly Finding[] {
  const door = doors.find(({ relay }) => relay === id);
  if (pin === undefined || door === undefined || door.lock === "failSafe") return [];
  if (!isPulledUpAtStart(pin) || headerPinOf(pin) === null) return [];
  return [
    risky(
      id,
      `While the board starts, line ${pin} is pulled up, which may energize the relay and open ${door.name}.`,
      "Wire it to a pin from GPIO 9 up, which are pulled down.",
    ),
  ];
}

function persistTrouble({ relays, doors }: Config, { persistSwitch }: MachineFacts): readonly Finding[] {
  if (persistSwitch === null || relays.every(({ pin }) => pin === undefined)) return [];
  const open = doors.filter(({ lock }) => lock === "failSecure").map(({ name }) => name);
  const what = open.length === 0 ? "relays keep their level" : `an open relay stays open (${open.join(", ")})`;
  return [
    risky(
      "lines",
      `This kernel keeps outputs when a program dies: after a crash ${what} until Postern is back.`,
      `Write dtparam=strict_gpiod into config.txt and restart the board, or write N to ${persistSwitch}.`,
    ),
  ];
}

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
