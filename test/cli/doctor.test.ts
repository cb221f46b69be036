// What the doctor makes of a machine: planted faults, one at a time, each found and told how to mend.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { requestLines } from "../../hal/linux/gpio/chips.ts";
import { readChips } from "../../hal/linux/probe/chips.ts";
import { gatherFacts } from "../../hal/linux/probe/gather.ts";
import type { ChipFacts, MachineFacts } from "../../hal/linux/probe/machine-facts.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { cardFindings } from "../../src/cli/doctor/judge-cards.ts";
import { lineFindings } from "../../src/cli/doctor/judge-lines.ts";
import { machineFindings } from "../../src/cli/doctor/judge-machine.ts";
import { pathsOf, portFindings } from "../../src/cli/doctor/judge-ports.ts";
import { runningFindings } from "../../src/cli/doctor/judge-running.ts";
import { readConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { edited } from "../config/example.ts";
import { FakeKernel } from "../hal/linux/gpio/fake-kernel.ts";

function linuxSite(edit: Parameters<typeof edited>[0] = () => {}): Config {
  const reading = readConfig(
    edited((site) => {
      site.board = "linux";
      edit(site);
    }),
  );
  if (!reading.ok) throw new Error(reading.problems.map(({ problem }) => problem).join("\n"));
  return reading.config;
}

const chipWith = (held: Readonly<Record<number, string>> = {}, count = 54): ChipFacts => ({
  path: "/dev/gpiochip0",
  label: "pinctrl-bcm2711",
  lines: Array.from({ length: count }, (_, offset) => ({ offset, consumer: held[offset] ?? null })),
});

const well: MachineFacts = {
  kernel: "6.12.34+rpt-rpi-v8",
  chips: [chipWith()],
  forbiddenChips: [],
  persistSwitch: null,
  bootConfig: "",
  commandLine: "console=tty1 root=PARTUUID=1",
  paths: new Map([["/dev/ttyACM0", "ready"]]),
  modules: new Set(),
  missingPackages: new Map(),
  pcscd: null,
  isTimeSynchronised: true,
  hasClockChip: true,
  supply: { lowVoltage: null, throttled: null, milliCelsius: null, mainsOnline: null, batteryPercent: null },
  freeBytes: 4e9,
};

function diagnose(facts: Partial<MachineFacts> = {}, config = linuxSite(), chip: ChipFacts | null = chipWith()) {
  const all = { ...well, ...facts };
  const found = [...lineFindings(config, all, chip), ...portFindings(config, all), ...machineFindings(config, all)];
  return found.map(({ gravity, where, problem, remedy }) => `${gravity} ${where}: ${problem} ${remedy}`);
}

test("a machine that is as it should be has nothing to mend", () => {
  expect(diagnose()).toEqual([]);
});

const planted: readonly (readonly [string, () => readonly string[], RegExp])[] = [
  [
    "no line controller",
    () => diagnose({ chips: [] }, linuxSite(), null),
    /^broken lines: This machine has no line controller.*Run Postern on a board/,
  ],
  [
    "a controller that may not be opened",
    () => diagnose({ chips: [], forbiddenChips: ["/dev/gpiochip0"] }, linuxSite(), null),
    /^broken lines: \/dev\/gpiochip0 may not be opened\. Add Postern's user to the group gpio/,
  ],
  [
    "another controller only",
    () => diagnose({ chips: [{ ...chipWith(), label: "raspberrypi-exp-gpio" }] }, linuxSite(), null),
    /^broken lines: None of .* Name the right one as gpio\.chip; there are "raspberrypi-exp-gpio"/,
  ],
  [
    "a line that the chip does not have",
    () =>
      diagnose(
        {},
        linuxSite((site) => Object.assign(site.relays[0], { pin: 60 })),
      ),
    /^broken front-strike: There is no line 60: "pinctrl-bcm2711" has lines 0 to 53\. Free are 4 \(pin 7\)/,
  ],
  [
    "a line that another driver holds",
    () => diagnose({}, linuxSite(), chipWith({ 22: "w1-gpio" })),
    /^broken front-keypad: Line 22 is held by "w1-gpio"\. Take dtoverlay=w1-gpio out/,
  ],
  [
    "a line that another program holds",
    () => diagnose({}, linuxSite(), chipWith({ 5: "python3" })),
    /^broken front-exit: Line 5 is held by "python3"\. End what calls itself "python3"/,
  ],
  [
    "an overlay on a used pin",
    () =>
      diagnose(
        { bootConfig: "dtparam=audio=on\nenable_uart=1\n" },
        linuxSite((site) => Object.assign(site.inputs[0], { pin: 14 })),
      ),
    /^broken front-exit: The firmware uses line 14 for "enable_uart=1"\. In config\.txt, write enable_uart=0/,
  ],
  [
    "a relay on a pin that is pulled up while the board starts",
    () =>
      diagnose(
        {},
        linuxSite((site) => Object.assign(site.relays[0], { pin: 4 })),
      ),
    /^risky front-strike: While the board starts, line 4 is pulled up.*open Front door\. Wire it to a pin from GPIO 9 up/,
  ],
  [
    "outputs that outlive a crash",
    () => diagnose({ persistSwitch: "/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs" }),
    /^risky lines: This kernel keeps outputs.*stays open \(Front door\).*dtparam=strict_gpiod/,
  ],
  [
    "a port that is not there",
    () => diagnose({ paths: new Map() }),
    /^broken front-scanner: There is no \/dev\/ttyACM0\. Plug/,
  ],
  [
    "a port that may not be opened",
    () => diagnose({ paths: new Map([["/dev/ttyACM0", "forbidden"]]) }),
    /^broken front-scanner: \/dev\/ttyACM0 may not be opened\. Add Postern's user to the group dialout/,
  ],
  [
    "a console on a reader's port",
    () =>
      diagnose(
        { paths: new Map([["/dev/serial0", "ready"]]), commandLine: "console=ttyAMA0,115200" },
        linuxSite((site) => Object.assign(site.readers[2], { port: "serial0" })),
      ),
    /^broken front-scanner: The kernel's console runs on \/dev\/serial0\. Take its console=/,
  ],
  [
    "a package that was built for another Node",
    () => diagnose({ missingPackages: new Map([["serialport", "no native build was found"]]) }),
    /^broken serialport: The package serialport does not load: no native build was found\. Run scripts\/setup/,
  ],
  [
    "an old kernel",
    () => diagnose({ kernel: "5.4.0-rpi" }),
    /^broken kernel: Linux 5\.4\.0-rpi is too old.*Update it to 5\.10/,
  ],
  [
    "a clock that nobody holds",
    () => diagnose({ isTimeSynchronised: false }),
    /^risky time: No time daemon.*Install chrony/,
  ],
  [
    "a clock chip that is only in the configuration",
    () =>
      diagnose(
        { hasClockChip: false },
        linuxSite((site) => Object.assign(site, { time: { chip: true } })),
      ),
    /^broken time: time\.chip says.*dtoverlay=i2c-rtc,ds3231/,
  ],
  ["no clock chip", () => diagnose({ hasClockChip: false }), /^risky time: There is no clock chip.*DS3231/],
  [
    "a weak supply",
    () => diagnose({ supply: { ...well.supply, lowVoltage: true } }),
    /^risky power: The voltage is too low\. Use a supply/,
  ],
  ["a full disk", () => diagnose({ freeBytes: 50 * 1024 * 1024 }), /^risky disk: Only 50 MB are free.*Make room/],
];

test.each(planted)("%s is found, and nothing else", (_, found, words) => {
  const all = found();
  expect(all).toHaveLength(1);
  expect(all[0]).toMatch(words);
});

test("what a running controller is at fault with is told with how long and what to do", () => {
  const fact = {
    part: "front-reader",
    state: "fault",
    why: "answers no more; check its cable",
    sinceWallMs: 0,
  } as const;
  expect(runningFindings([fact, { ...fact, state: "ok" }], 3 * 60_000)).toEqual([
    {
      gravity: "broken",
      where: "front-reader",
      problem: "Answers no more, for 3 minutes.",
      remedy: "Check its cable.",
    },
  ]);
});

test("facts are gathered from the places where a board keeps them", async () => {
  const root = mkdtempSync(join(tmpdir(), "postern-probe-"));
  const say = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  say("boot/firmware/config.txt", "dtparam=spi=on\n");
  say("proc/cmdline", "console=serial0,115200\n");
  say("proc/modules", "pn533_usb 20480 0 - Live 0x0\nsnd 1 0 - Live 0x0\n");
  say("sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs", "Y\n");
  say("sys/class/rtc/rtc0/name", "ds3231\n");
  say("dev/ttyACM0", "");
  const facts = await gatherFacts({
    root,
    paths: [...pathsOf(linuxSite()), "/dev/nothing"],
    packages: ["koffi", "no-such-package"],
    chip: null,
    stateFolder: root,
    chips: () => ({ chips: [], forbidden: [] }),
    pcscd: async () => "silent",
    isTimeSynchronised: async () => true,
  });
  rmSync(root, { recursive: true });
  expect(facts).toMatchObject({
    bootConfig: "dtparam=spi=on\n",
    commandLine: "console=serial0,115200",
    persistSwitch: "/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs",
    hasClockChip: true,
    isTimeSynchronised: true,
  });
  expect([...facts.paths]).toEqual([
    ["/dev/ttyACM0", "ready"],
    ["/dev/nothing", "missing"],
  ]);
  expect([...facts.missingPackages.keys()]).toEqual(["no-such-package"]);
  expect(facts.modules.has("pn533_usb")).toBe(true);
  expect(facts.freeBytes).toBeGreaterThan(0);
});

test("chips are told with their lines and who holds them, and those that may not be opened by name", () => {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const kernel = new FakeKernel(clock, [{ name: "gpiochip0", label: "pinctrl-bcm2711", lines: 4 }]);
  const order = { offsets: [2], consumer: "python3", activeLow: false, direction: "out", value: false } as const;
  requestLines(kernel, null, order);
  const consumers = [null, null, "python3", null];
  const lines = consumers.map((consumer, offset) => ({ offset, consumer }));
  expect(readChips(kernel)).toEqual({
    chips: [{ path: "/dev/gpiochip0", label: "pinctrl-bcm2711", lines }],
    forbidden: [],
  });
  expect(kernel.openCount).toBe(1);
  kernel.isForbidden = true;
  expect(readChips(kernel)).toEqual({ chips: [], forbidden: ["/dev/gpiochip0"] });
});

const withCards = linuxSite((site) => {
  site.cardProfiles = [{ kind: "desfire", id: "staff", aid: "F51A2B", file: 1, keyNumber: 0 }];
  site.readers.push({ id: "lobby", door: "front", kind: "pcsc", desfire: "secured", profiles: ["staff"] });
});
const ofCards = (facts: Partial<MachineFacts>, config = withCards): string[] =>
  cardFindings(config, { ...well, pcscd: "answers", ...facts }, "/nowhere").map(
    ({ gravity, where, problem, remedy }) => `${gravity} ${where}: ${problem} ${remedy}`,
  );
const keyMissing = 'broken lobby: The card profile "staff" has no key. Set it with `postern cards key set staff`.';

test("what keeps readers at pcscd from working is found, with what mends it", () => {
  expect(ofCards({})).toEqual([keyMissing]);
  expect(ofCards({ pcscd: "absent" })[0]).toMatch(/^broken pcscd: pcscd does not run\. Start it with `systemctl start/);
  expect(ofCards({ pcscd: "refuses" })[0]).toMatch(/refuses this user\. Allow it the actions access_pcsc/);
  expect(ofCards({ modules: new Set(["pn533_usb", "snd"]) })[0]).toMatch(/driver pn533_usb is loaded.*blacklist nfc/);
  expect(ofCards({ pcscd: "absent", modules: new Set(["pn533"]) }, linuxSite())).toEqual([]);
});
