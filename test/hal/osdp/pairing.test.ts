// An installer's window: one reader, a key of its own, kept before it is given, and closed again by itself.
import { expect, test } from "vitest";
import { openBench, ownKey, seeded } from "./bench.ts";
import { SimulatedReader, type SimulatedReaderOptions } from "./reader-simulator.ts";

const fresh = (n: number, more: Partial<SimulatedReaderOptions> = {}): SimulatedReader =>
  new SimulatedReader({ address: n, key: null, random: seeded(n + 5), ...more });
const card = "10110011100011110000111110";
const minutes = 60_000;

test("a reader gets a key of its own in the window, and is served with it at once", async () => {
  const one = fresh(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(2_000);
  expect(bench.sent).toEqual([]);
  bench.part.care?.pair("r0", 10 * minutes);
  await bench.run(2_000);
  expect(bench.said("pairing")).toMatchObject([{ device: "r0", paired: true }]);
  expect(bench.saved.get("r0")).toMatchObject({
    current: { key: one.key, identity: { maker: "5c2623", serial: "00000007" }, chip: "0700000000000000" },
    next: null,
  });
  one.present(card);
  await bench.run(500);
  expect([bench.cards(), one.isSecure]).toEqual([[card], true]);
});

test("a reader that answers the new key in clear is taken at its word for that one answer", async () => {
  const one = fresh(0, { answersKeySetInClear: true });
  const bench = await openBench({ readers: [one] });
  bench.part.care?.pair("r0", minutes);
  await bench.run(2_000);
  expect([bench.said("pairing"), one.isSecure, bench.attacks()]).toMatchObject([[{ paired: true }], true, []]);
});

test("nothing that a reader reports under the default key counts", async () => {
  const one = fresh(0);
  const bench = await openBench({ readers: [one], saving: () => new Promise(() => {}) });
  one.present(card);
  bench.part.care?.pair("r0", minutes);
  await bench.run(5_000);
  expect([bench.cards(), one.heardCodes.includes(0x60), one.key]).toEqual([[], false, null]);
});

test("the key is kept before the reader gets it; one that cannot be kept is not given", async () => {
  const one = fresh(0);
  const bench = await openBench({ readers: [one], saving: () => Promise.reject(new Error("disk full")) });
  bench.part.care?.pair("r0", minutes);
  await bench.run(5_000);
  expect([one.key, bench.said("pairing")]).toMatchObject([
    null,
    [{ paired: false, why: "its key could not be kept: disk full" }],
  ]);
});

test("the window closes by itself, and a reader that comes later gets nothing", async () => {
  const one = fresh(0);
  one.muted = true;
  const bench = await openBench({ readers: [one] });
  bench.part.care?.pair("r0", minutes);
  await bench.run(minutes + 1_000);
  one.muted = false;
  const sentBefore = bench.sent.length;
  await bench.run(20_000);
  expect([bench.said("pairing"), bench.sent.length, one.key]).toMatchObject([
    [{ paired: false, why: "its time is over" }],
    sentBefore,
    null,
  ]);
});

test("one window at a time, ten minutes at most, and for readers that there are", async () => {
  const bench = await openBench({ readers: [fresh(0), fresh(1)] });
  const { care } = bench.part;
  expect(() => care?.pair("r9", minutes)).toThrow('There is no OSDP reader "r9".');
  expect(() => care?.pair("r0", 11 * minutes)).toThrow("ten minutes at most");
  care?.pair("r0", minutes);
  expect(() => care?.pair("r1", minutes)).toThrow('Reader "r0" is being paired');
  care?.endPairing("r0");
  expect(() => care?.endPairing("r0")).toThrow("is not being paired");
  care?.pair("r1", minutes);
});

test("the other readers are served while one is paired, and the default key goes to that one only", async () => {
  const known = new SimulatedReader({ address: 1, key: ownKey(1), random: seeded(1) });
  const bench = await openBench({ readers: [fresh(0), known] });
  await bench.run(1_000);
  bench.part.care?.pair("r0", minutes);
  known.present(card);
  await bench.run(500);
  expect(bench.cards()).toEqual([card]);
  const defaults = bench.sent.filter((frame) => frame[7] === 0x11 && frame[8] === 0);
  expect(defaults.every((frame) => frame[2] === 0)).toBe(true);
});

test("a reader that was exchanged is paired again, and its former key is worth nothing", async () => {
  const one = fresh(0, { serial: 12 });
  const former = { current: { key: ownKey(0), identity: null, chip: null }, next: null };
  const bench = await openBench({ readers: [one], records: [former] });
  await bench.run(5_000);
  expect(one.isSecure).toBe(false);
  bench.part.care?.pair("r0", minutes);
  await bench.run(4_000);
  expect(one.isSecure).toBe(true);
  expect(bench.saved.get("r0")?.current?.key).toEqual(one.key);
  expect(one.key).not.toEqual(ownKey(0));
});

test("a key that the reader took as the power failed is found to be its own afterwards", async () => {
  const one = fresh(0, { key: ownKey(3) });
  const halfway = { current: null, next: { key: ownKey(3), identity: null, chip: null } };
  const bench = await openBench({ readers: [one], records: [halfway] });
  await bench.run(2_000);
  expect([one.isSecure, bench.saved.get("r0")?.current?.key]).toEqual([true, ownKey(3)]);
});
