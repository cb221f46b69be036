// What sits in OSDP readers beside the reader: keys, lights, outputs as relays, inputs, tamper; and what becomes of them with it.
import { expect, test } from "vitest";
import { openBench, ownKey, seeded } from "./bench.ts";
import { SimulatedReader, type SimulatedReaderOptions } from "./reader-simulator.ts";

const reader = (n: number, more: Partial<SimulatedReaderOptions> = {}): SimulatedReader =>
  new SimulatedReader({ address: n, key: ownKey(n), random: seeded(n + 99), ...more });
const card = "10110011100011110000111110";
const relays = [{ id: "gate", reader: "r0", output: 1 }];

test("keys arrive one by one, the clear key as * and the enter key as #", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(1_000);
  one.press("47*#");
  one.press("0");
  await bench.run(500);
  expect(bench.said("key").map((event) => event.kind === "key" && event.key)).toEqual(["4", "7", "*", "#", "0"]);
});

test("a granted card shows green, beeps and greets; a denied one says nothing of why", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(1_000);
  one.lights = [];
  bench.part.signal("r0", "granted");
  await bench.run(500);
  expect(one.lights.map((light) => light[0])).toEqual([0x69, 0x6a, 0x6b]);
  expect(one.lights[0]?.subarray(3, 10).toString("hex")).toBe("020505020" + "21e00");
  expect(one.lights[2]?.subarray(7).toString()).toBe("Welcome");
});

test("cards in the deprecated text form are not acted upon, and it is said what to set", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(1_000);
  one.format("1234567");
  await bench.run(500);
  expect([bench.cards(), bench.said("faulty")]).toMatchObject([[], [{ device: "r0", why: /set it to report raw/ }]]);
});

test("an output stays on for as long as it is wanted, and falls when the panel dies", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one], relays });
  await bench.run(1_000);
  bench.part.drive("gate", true);
  for (let n = 0; n < 30; n += 1) {
    await bench.run(500);
    expect(one.isOn(1, bench.clock.mono())).toBe(true);
  }
  bench.part.stop();
  await bench.run(3_100);
  expect(one.isOn(1, bench.clock.mono())).toBe(false);
});

test("an output is switched off at once when it is to be", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one], relays });
  await bench.run(1_000);
  bench.part.drive("gate", true);
  await bench.run(400);
  bench.part.drive("gate", false);
  await bench.run(100);
  expect(one.outputs[1]).toBe(false);
});

test("with 5 percent of frames dropped an output that is wanted never falls", async () => {
  const random = seeded(77);
  const one = reader(0, { random });
  const bench = await openBench({ readers: [one], relays, noise: { drop: 0.05, flip: 0 }, random });
  await bench.run(2_000);
  bench.part.drive("gate", true);
  await bench.run(500);
  for (let n = 0; n < 200; n += 1) {
    await bench.run(500);
    expect(one.isOn(1, bench.clock.mono())).toBe(true);
  }
});

test("a relay whose reader does not answer is lost, refuses, and stands as it should when the reader is back", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one], relays });
  await bench.run(1_000);
  bench.part.drive("gate", true);
  await bench.run(500);
  one.muted = true;
  await bench.run(5_000);
  expect(one.isOn(1, bench.clock.mono())).toBe(false);
  expect(bench.said("lost")).toMatchObject([{ device: "r0" }, { device: "gate" }]);
  expect(() => bench.part.drive("gate", false)).toThrow(
    /relay "gate" did not take it: its reader "r0" does not answer/,
  );
  one.muted = false;
  await bench.run(6_000);
  expect(bench.said("found")).toMatchObject([{ device: "r0" }, { device: "gate" }]);
  expect(one.isOn(1, bench.clock.mono())).toBe(false);
});

test("what a lost relay refused is not done later on its own", async () => {
  const one = reader(0);
  one.muted = true;
  const bench = await openBench({ readers: [one], relays });
  await bench.run(3_000);
  expect(() => bench.part.drive("gate", true)).toThrow();
  one.muted = false;
  await bench.run(8_000);
  expect(one.isOn(1, bench.clock.mono())).toBe(false);
});

test("an output that the reader does not have is a lost relay", async () => {
  const bench = await openBench({ readers: [reader(0)], relays: [{ id: "gate", reader: "r0", output: 7 }] });
  await bench.run(3_000);
  expect(bench.part.health().find(({ device }) => device === "gate")).toMatchObject({
    state: "lost",
    why: 'the reader "r0" refuses to switch output 7',
  });
});

test("inputs report once, then each change; they are lost with their reader and report anew with it", async () => {
  const one = reader(0);
  const inputs = [
    { id: "exit", reader: "r0", point: 0 },
    { id: "contact", reader: "r0", point: 1, activeLevel: "high" },
    { id: "case", reader: "r0", point: "tamper" },
    { id: "ghost", reader: "r0", point: 5 },
  ] as const;
  const bench = await openBench({ readers: [one], inputs });
  await bench.run(1_000);
  const levels = () => bench.events.flatMap((event) => (event.kind === "input" ? [[event.input, event.active]] : []));
  expect(levels().toSorted()).toEqual([
    ["case", false],
    ["contact", true],
    ["exit", false],
  ]);
  one.inputs[0] = true;
  one.tamper = true;
  await bench.run(6_000);
  expect(levels().slice(3).toSorted()).toEqual([
    ["case", true],
    ["exit", true],
  ]);
  one.muted = true;
  await bench.run(2_000);
  one.muted = false;
  await bench.run(8_000);
  expect(bench.said("lost").map((event) => "device" in event && event.device)).toEqual([
    "ghost",
    "r0",
    "exit",
    "contact",
    "case",
  ]);
  expect(levels().slice(5).toSorted()).toEqual([
    ["case", true],
    ["contact", true],
    ["exit", true],
  ]);
  expect(bench.attacks()).toEqual([]);
});

test("dead readers hold nobody up: every card of the others within half a second", async () => {
  const readers = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => reader(n));
  const bench = await openBench({ readers, baud: 38_400 });
  await bench.run(2_000);
  for (const dead of readers.slice(2)) dead.muted = true;
  await bench.run(20_000);
  for (let n = 0; n < 30; n += 1) {
    const before = bench.cards().length;
    readers[n % 2]!.present(card);
    await bench.run(500);
    expect(bench.cards()).toHaveLength(before + 1);
  }
});

test("a silent reader is reported lost in about a second, and found soon after it answers again", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(2_000);
  one.muted = true;
  await bench.run(1_100);
  expect(bench.said("lost")).toMatchObject([{ device: "r0", why: "it does not answer" }]);
  one.muted = false;
  await bench.run(1_500);
  expect(bench.said("found")).toHaveLength(1);
});

test("a line that is unplugged loses its readers, and has them back when it is plugged in", async () => {
  const bench = await openBench({ readers: [reader(0), reader(1)] });
  await bench.run(2_000);
  bench.unplug();
  await bench.run(100);
  expect(bench.said("lost")).toMatchObject([{ device: "r0" }, { device: "r1" }, { device: "line" }]);
  await bench.run(3_000);
  expect(bench.said("found")).toHaveLength(3);
});

test("a reader in clear is served in clear, when the site says so", async () => {
  const one = reader(0, { key: null });
  const bench = await openBench({ readers: [one], security: "none" });
  await bench.run(1_000);
  one.present(card);
  one.press("5");
  await bench.run(500);
  expect([bench.cards(), bench.said("key").length, one.sessions]).toEqual([[card], 1, 0]);
});

test("readers that take their time, behind an adapter that lets the panel hear itself, are served without a repetition", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one], answerMs: 140, hasEcho: true });
  await bench.run(4_000);
  one.present(card);
  await bench.run(2_000);
  expect([bench.cards(), bench.said("lost"), bench.attacks()]).toEqual([[card], [], []]);
  expect(new Set(bench.sent.map((frame) => frame.toString("hex"))).size).toBe(bench.sent.length);
});

test.each([
  [true, 150],
  [false, 600],
])("a button at a reader that tells by itself: %s, is heard within %i ms", async (tellsInputs, ms) => {
  const one = reader(0, { tellsInputs });
  const bench = await openBench({ readers: [one], inputs: [{ id: "exit", reader: "r0", point: 0 }] });
  await bench.run(2_000);
  one.inputs[0] = true;
  await bench.run(ms);
  expect(bench.said("input").at(-1)).toMatchObject({ input: "exit", active: true });
});
