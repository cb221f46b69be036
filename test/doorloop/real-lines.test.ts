// The door loop on the lines of a board, from a pulse to a relay, over the tests' kernel: what a lock's wire sees.
import { expect, test } from "vitest";
import type { BoardSpec } from "../../hal/board.ts";
import { createLinuxBoard } from "../../hal/linux/board.ts";
import { createHeldLines } from "../../hal/linux/gpio/held-lines.ts";
import { openGpio } from "../../hal/linux/gpio/part.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import type { Ask } from "../../src/domain/ask.ts";
import type { BootId, RunId } from "../../src/domain/ids.ts";
import { DoorLoop } from "../../src/doorloop/loop.ts";
import { cardPulses, FakeKernel } from "../hal/linux/gpio/fake-kernel.ts";
import { header } from "../hal/linux/gpio/machine-fixture.ts";
import { site, wires } from "../site-fixture.ts";
import { granted } from "./loop-bench.ts";

const strike = 17;
const magnet = 27;
const exitButton = 6;
const led = { pin: 4, activeLevel: "low" } as const;
const lines: BoardSpec = {
  ...wires,
  readers: [
    { id: "front-reader", kind: "wiegand", pins: { d0: 22, d1: 23 }, format: "w26", keypad: false, led },
    ...wires.readers.slice(1, 2),
  ],
};

function machine() {
  const clock = createVirtualClock({ startWallMs: Date.parse("2026-11-25T10:00:00Z"), trusted: true });
  const kernel = new FakeKernel(clock, [header]);
  let held = createHeldLines(() => {});
  const start = async () => {
    const open = () => openGpio(lines, clock, { kernel, held, sysRoot: "/nowhere" });
    const board = await createLinuxBoard([{ devices: [], open }], [], clock);
    const asks: Ask[] = [];
    const [run, boot] = ["run" as RunId, "boot" as BootId];
    const loop = new DoorLoop({ site, board, clock, run, boot, version: "test", onChange: () => {} });
    loop.link.connect((message) => {
      if (message.kind === "ask") asks.push(message.ask);
    });
    const restored = { forcedDoors: [], tampered: [], lockdowns: [], blocked: [], fire: false };
    loop.link.receive({ kind: "ready", restored });
    loop.start();
    return { loop, asks };
  };
  return {
    clock,
    kernel,
    start,
    levels: (pin: number) => kernel.history.get(pin) ?? [],
    /** The process is gone: the kernel closes all that it had open. */
    crash: () => {
      kernel.closeAll();
      held = createHeldLines(() => {});
    },
  };
}

test("a card's pulses open the door for its time, and light the reader", async () => {
  const { clock, kernel, start, levels } = machine();
  const { loop, asks } = await start();
  kernel.pulses(cardPulses("00110011100011110000111111", { d0: 22, d1: 23 }, 2_000));
  clock.advance(31);
  expect(asks).toHaveLength(1);
  for (const { id } of asks)
    loop.link.receive({ kind: "answer", answer: { ask: id, verdict: granted(), stage: "committed" } });
  expect([levels(strike), kernel.level(led.pin)]).toEqual([[false, true], false]);
  clock.advance(5_000);
  expect([levels(strike), kernel.level(led.pin)]).toEqual([[false, true, false], true]);
});

test("an exit button opens at the instant in which it is pressed", async () => {
  const { kernel, start, levels } = machine();
  await start();
  kernel.set(exitButton, false);
  expect(levels(strike)).toEqual([false, true]);
});

test("a change of the configuration lets neither kind of lock go, for not an instant", async () => {
  const { start, levels } = machine();
  const { loop } = await start();
  loop.stop();
  await start();
  expect([levels(strike), levels(magnet)]).toEqual([[false], [false, true]]);
});

test("a change of the configuration while somebody goes through locks the door, and nothing else moves", async () => {
  const { kernel, start, levels } = machine();
  const { loop } = await start();
  kernel.set(exitButton, false);
  kernel.set(exitButton, true);
  loop.stop();
  await start();
  expect([levels(strike), levels(magnet)]).toEqual([
    [false, true, false],
    [false, true],
  ]);
});

test("after a crash with the door open the strike is released with the process, and begins released again", async () => {
  const { kernel, start, levels, crash } = machine();
  await start();
  kernel.set(exitButton, false);
  crash();
  expect([levels(strike), levels(magnet)]).toEqual([
    [false, true, null],
    [false, true, null],
  ]);
  kernel.set(exitButton, true);
  await start();
  expect([levels(strike).slice(3), levels(magnet).slice(3)]).toEqual([[false], [false, true]]);
});
