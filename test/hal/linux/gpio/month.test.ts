// A month of lines that fail, chatter, flood and lie: what is well is read once, nothing else is read, and nothing is kept.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { BoardEvent } from "../../../../hal/board.ts";
import { createHeldLines } from "../../../../hal/linux/gpio/held-lines.ts";
import { openGpio } from "../../../../hal/linux/gpio/part.ts";
import { createVirtualClock } from "../../../../hal/sim/clock.ts";
import { cardPulses, FakeKernel } from "./fake-kernel.ts";
import { header, pins, site } from "./machine-fixture.ts";

const card = "10110011100011110000111110";
const stepMs = 3_600_000;
const steps = 30 * 24;

function chance(start: number): () => number {
  let seed = start;
  return () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed / 2_147_483_648;
  };
}

function heapAfterCollection(): number {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  return process.memoryUsage().heapUsed;
}

test("each good card of a month is one frame, no noise is one, and neither memory nor descriptors grow", async () => {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const kernel = new FakeKernel(clock, [header]);
  const part = await openGpio(site, clock, { kernel, held: createHeldLines(), sysRoot: "/nowhere" });
  const random = chance(11);
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  let [good, wrong, faults, losses] = [0, 0, 0, 0];
  part.start((event: BoardEvent) => {
    if (event.kind === "frame" && event.bits === card) good += 1;
    else if (event.kind === "frame" && event.bits.length > 8) wrong += 1;
    else if (event.kind === "faulty") faults += 1;
    else if (event.kind === "lost") losses += 1;
  });
  const noise = (count: number, meanUs: number): void => {
    let afterUs = 0;
    const train = Array.from({ length: count }, () => {
      afterUs += Math.ceil(-Math.log(1 - random()) * meanUs);
      return { offset: random() < 0.5 ? pins.d0 : pins.d1, afterUs };
    });
    kernel.pulses(train);
  };
  const troubles: readonly (() => void | Promise<void>)[] = [
    () => noise(26, 2_000),
    () => noise(40 + Math.floor(random() * 60), 500),
    () => noise(6_000, 100),
    () => {
      kernel.pause();
      for (let n = 0; n < 60; n += 1) noise(26, 1_000);
      kernel.resume();
    },
    () => {
      for (let n = 0; n < 1_100; n += 1) kernel.set(5, n % 2 === 0);
    },
    async () => {
      kernel.unplug();
      clock.advance(Math.floor(60_000 * random()));
      await settle();
      kernel.replug();
    },
  ];
  let [shown, early] = [0, 0];
  for (let step = 0; step < steps; step += 1) {
    await troubles[Math.floor(random() * troubles.length)]?.();
    // Longer than any backoff: what was given up has been had again.
    for (let n = 0; n < 8; n += 1) {
      clock.advance(5_000);
      await settle();
    }
    kernel.pulses(cardPulses(card, pins, 1_000));
    shown += 1;
    clock.advance(stepMs);
    if (step === steps / 10) early = heapAfterCollection();
  }
  expect({ good, wrong }).toEqual({ good: shown, wrong: 0 });
  expect([faults > 50, losses > 50, kernel.openCount]).toEqual([true, true, 3]);
  expect((heapAfterCollection() - early) / 2 ** 20).toBeLessThan(2);
  part.stop();
});
