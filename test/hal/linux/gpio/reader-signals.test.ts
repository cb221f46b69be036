// What a reader shows and sounds, on the lines of its LED and its beeper.
import { expect, test } from "vitest";
import type { ReaderSignal } from "../../../../hal/board.ts";
import { readerSignals } from "../../../../hal/board.ts";
import { machine, pins, site } from "./machine-fixture.ts";

const led = { pin: 6, activeLevel: "low" } as const;
const beeper = { pin: 12, activeLevel: "high" } as const;
const loud = { ...site, readers: [{ id: "reader", kind: "keypad", pins, led, beeper } as const] };

async function shown(...signals: readonly (ReaderSignal | number)[]) {
  const { clock, kernel, open } = machine();
  const { part } = await open(loud);
  for (const signal of signals) {
    if (typeof signal === "number") clock.advance(signal);
    else part.signal("reader", signal);
  }
  return { lit: !kernel.level(led.pin), sounds: kernel.level(beeper.pin), kernel, part };
}

test("a reader begins dark and silent, whichever level that is", async () => {
  const { kernel } = await shown();
  expect([kernel.history.get(led.pin), kernel.history.get(beeper.pin)]).toEqual([[true], [false]]);
});

test("granted is a long light and one sound", async () => {
  expect(await shown("granted", 200)).toMatchObject({ lit: true, sounds: true });
  expect(await shown("granted", 2_900)).toMatchObject({ lit: true, sounds: false });
});

test.each(readerSignals)("%s is over after three seconds", async (signal) => {
  expect(await shown(signal)).toMatchObject({ lit: true, sounds: true });
  expect(await shown(signal, 3_000)).toMatchObject({ lit: false, sounds: false });
});

test("what comes next replaces what is shown", async () => {
  const { kernel } = await shown("granted", 100, "denied", 3_000);
  expect(kernel.history.get(beeper.pin)).toEqual([false, true, false, true, false, true, false]);
});

test("a reader that is signalled for ever falls silent with the board", async () => {
  const { kernel, part } = await shown("warning", 100);
  part.stop();
  expect([kernel.history.get(beeper.pin)?.slice(-2), kernel.openCount]).toEqual([[false, null], 1]);
});

test("a line that cannot be had keeps nobody outside", async () => {
  const { open } = machine();
  const { part, stateOf } = await open({
    ...site,
    readers: [{ id: "reader", kind: "keypad", pins, led: { pin: 99, activeLevel: "low" } }],
  });
  part.signal("reader", "granted");
  expect([stateOf("reader")?.state, stateOf("reader LED")?.state]).toEqual(["ok", "lost"]);
});
