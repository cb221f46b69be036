// What the board says of its power and heat, read from files as its kernel lays them out.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BoardEvent } from "../../../hal/board.ts";
import { openSupply, readSupply, supplyTrouble } from "../../../hal/linux/supply.ts";
import { createVirtualClock } from "../../../hal/sim/clock.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "postern-sys-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function say(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), `${text}\n`);
}

const voltage = "class/hwmon/hwmon1/in0_lcrit_alarm";

async function board() {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const events: BoardEvent[] = [];
  const part = openSupply(clock, root);
  part.start((event) => events.push(event));
  const until = async (done: () => boolean) => {
    while (!done()) await new Promise<void>((resolve) => setImmediate(resolve));
  };
  await until(() => clock.nextDue() !== null);
  const look = async () => {
    clock.runNext();
    await until(() => clock.nextDue() !== null);
  };
  return { part, events, look };
}

test("a board that tells nothing of its power is not at fault", async () => {
  expect(supplyTrouble(await readSupply(root))).toBeNull();
});

test.each([
  ["low voltage by the sensor", { [voltage]: "1", "class/hwmon/hwmon1/name": "rpi_volt" }, /voltage is too low; use a/],
  ["low voltage by the firmware", { "devices/platform/soc/soc:firmware/get_throttled": "50005" }, /voltage is too low/],
  ["heat", { "class/thermal/thermal_zone0/temp": "84200" }, /84 °C hot and slowed down; give/],
  ["throttling", { "devices/platform/soc/soc:firmware/get_throttled": "0x4" }, /too hot and slowed down/],
  [
    "mains that failed",
    { "class/power_supply/ac/type": "Mains", "class/power_supply/ac/online": "0" },
    /mains has failed and the battery feeds/,
  ],
  [
    "an empty battery",
    { "class/power_supply/ups/type": "Battery", "class/power_supply/ups/capacity": "12" },
    /battery is at 12 %; restore/,
  ],
])("%s is found and says what mends it", async (_, files, words) => {
  for (const [path, text] of Object.entries(files)) say(path, text);
  expect(supplyTrouble(await readSupply(root))).toMatch(words);
});

test("what happened before, and other sensors, are no trouble of now", async () => {
  say("devices/platform/soc/soc:firmware/get_throttled", "50000");
  say("class/hwmon/hwmon0/name", "cpu_thermal");
  say("class/hwmon/hwmon0/in0_lcrit_alarm", "1");
  say("class/thermal/thermal_zone0/temp", "not a number");
  expect(supplyTrouble(await readSupply(root))).toBeNull();
});

test("a voltage that dips again and again is one fault, and mended once it was well for a minute", async () => {
  say("class/hwmon/hwmon1/name", "rpi_volt");
  say(voltage, "1");
  const { part, events, look } = await board();
  for (let n = 0; n < 6; n += 1) {
    say(voltage, n % 2 === 0 ? "0" : "1");
    await look();
  }
  expect([events.map(({ kind }) => kind), part.health()[0]?.state]).toEqual([["faulty"], "faulty"]);
  say(voltage, "0");
  for (let n = 0; n < 6; n += 1) await look();
  expect([events.map(({ kind }) => kind), part.health()[0]?.state]).toEqual([["faulty", "mended"], "ok"]);
  part.stop();
});
