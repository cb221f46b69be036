// Whoever is at an OSDP line learns no key, opens no door, and is noticed; and when he leaves, the reader works again.
import { expect, test } from "vitest";
import { defaultKey } from "../../../hal/linux/osdp/secure-channel.ts";
import { type Bench, openBench, ownKey, seeded } from "./bench.ts";
import { clearReply, SimulatedReader, type SimulatedReaderOptions } from "./reader-simulator.ts";

const reader = (n: number, more: Partial<SimulatedReaderOptions> = {}): SimulatedReader =>
  new SimulatedReader({ address: n, key: ownKey(n), random: seeded(n + 99), ...more });
const pinned = (n: number) => ({ current: { key: ownKey(n), identity: null, chip: null }, next: null });

const card = "10110011100011110000111110";
const other = "10110011100011110000111101";
const rawOf = (bits: string): Buffer =>
  Buffer.concat([
    Buffer.from([0x50, 0, 1, bits.length, 0]),
    Buffer.from(
      BigInt(`0b${bits.padEnd(32, "0")}`)
        .toString(16)
        .padStart(8, "0"),
      "hex",
    ),
  ]);

/** Every frame that the panel sent had a security block, and none challenged with the default key. */
function expectNothingInClear(bench: Bench): void {
  for (const frame of bench.sent) expect(frame[5]! & 8).toBe(8);
  const challenges = bench.sent.filter((frame) => frame[7] === 0x11);
  expect(challenges.every((frame) => frame[8] === 1)).toBe(true);
}

test("a reader with another key than its own is refused, alarmed, and served again when it has its key", async () => {
  const one = reader(0, { key: ownKey(5) });
  const bench = await openBench({ readers: [one], records: [pinned(0)] });
  one.present(card);
  await bench.run(20_000);
  expect([bench.cards(), bench.attacks(), bench.part.health()[1]]).toMatchObject([
    [],
    ["it does not know its key"],
    { state: "lost", why: "it does not know its key; pair it again if it was exchanged" },
  ]);
  expectNothingInClear(bench);
  one.key = ownKey(0);
  await bench.run(10_000);
  one.present(other);
  await bench.run(500);
  expect([bench.cards(), bench.said("found")]).toMatchObject([[other], [{ device: "r0" }]]);
});

test("a card that is played back from an earlier answer is not taken, and the reader is served on", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(1_000);
  const taped: Buffer[] = [];
  bench.intercept((reply) => {
    taped.push(reply);
    return [reply];
  });
  one.present(card);
  await bench.run(1_000);
  const longest = taped.toSorted((a, b) => b.length - a.length)[0]!;
  bench.intercept((reply) => ((reply[5]! & 3) === (longest[5]! & 3) ? [longest, reply] : [reply]));
  await bench.run(2_000);
  bench.intercept(null);
  one.present(other);
  await bench.run(1_000);
  expect(bench.cards()).toEqual([card, other]);
  expect(bench.attacks()).toEqual(["an answer with a wrong seal: forged, or played back"]);
  expect(one.sessions).toBe(1);
});

test("a reader that claims to have no secure channel gets not one command in clear", async () => {
  const bench = await openBench({ readers: [reader(0, { noSecurity: true })], records: [pinned(0)] });
  await bench.run(20_000);
  expect(bench.attacks()).toEqual(["it claims to have no secure channel"]);
  expect(bench.part.health()[1]).toMatchObject({ state: "lost" });
  expectNothingInClear(bench);
});

test("a capability list that denies security changes nothing", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(1_000);
  one.present(card);
  await bench.run(3_000);
  expect([one.isSecure, bench.cards(), bench.attacks()]).toEqual([true, [card], []]);
  expectNothingInClear(bench);
});

test("a reader in install mode is not given a key, nor taken at its word, outside of an installer's window", async () => {
  const one = reader(0, { key: null, installMode: true });
  const bench = await openBench({ readers: [one], records: [pinned(0)] });
  one.present(card);
  await bench.run(30_000);
  expect([bench.cards(), one.key, bench.attacks()]).toEqual([
    [],
    null,
    ["it does not begin a secure channel with its key any more"],
  ]);
  expectNothingInClear(bench);
  one.key = ownKey(0);
  await bench.run(10_000);
  expect(one.isSecure).toBe(true);
});

test("whoever makes the panel believe that the reader wants the default key is refused", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  bench.intercept((reply) => {
    if (reply[7] !== 0x12) return [reply];
    const fake = new SimulatedReader({ address: 0, key: null, random: seeded(3) });
    const answer = fake.hear(Buffer.from("ff530013000c03110076b0b1b2b3b4b5b6b75232", "hex"), 0);
    return answer === null ? [] : [answer];
  });
  await bench.run(10_000);
  expect([one.isSecure, bench.attacks()]).toEqual([false, ["it wants to use the default key"]]);
  bench.intercept(null);
  await bench.run(10_000);
  expect([one.isSecure, bench.said("found")]).toMatchObject([true, [{ device: "r0" }]]);
});

test("a card in clear within a session opens nothing, and the session goes on", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(1_000);
  bench.intercept((reply) => [clearReply(0, reply[5]! & 3, rawOf(card)), reply]);
  await bench.run(3_000);
  bench.intercept(null);
  one.present(other);
  await bench.run(1_000);
  expect([bench.cards(), bench.attacks(), one.sessions]).toEqual([
    [other],
    ["it answered in clear within a secure channel"],
    1,
  ]);
});

test("a device that talks without end is alarmed once; when it stops all readers are back at once", async () => {
  const readers = [reader(0), reader(1), reader(2)];
  const bench = await openBench({ readers });
  await bench.run(1_000);
  const random = seeded(4);
  bench.intercept(() => []);
  for (let n = 0; n < 500; n += 1) {
    bench.inject(Buffer.from(Array.from({ length: 19 }, () => Math.floor(random() * 256))));
    await bench.run(20);
  }
  expect(bench.attacks()).toEqual(["something on its line talks out of turn"]);
  expect(
    bench
      .said("lost")
      .map((event) => "device" in event && event.device)
      .toSorted(),
  ).toEqual(["r0", "r1", "r2"]);
  bench.intercept(null);
  await bench.run(6_000);
  expect(bench.said("found")).toHaveLength(3);
  for (const one of readers) one.present(card);
  await bench.run(1_000);
  expect(bench.cards()).toEqual([card, card, card]);
});

test("a reader that is busy for ever is lost and holds nobody up", async () => {
  const [stuck, well] = [reader(0), reader(1)];
  const bench = await openBench({ readers: [stuck, well] });
  await bench.run(1_000);
  stuck.busy = 1_000_000;
  await bench.run(10_000);
  well.present(card);
  await bench.run(600);
  expect([bench.cards(), bench.said("lost")]).toMatchObject([[card], [{ device: "r0" }]]);
  stuck.busy = 0;
  await bench.run(6_000);
  expect(bench.said("found")).toHaveLength(1);
});

test("sessions that are broken off again and again are begun again each time, and alarmed once", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(1_000);
  for (let n = 0; n < 20; n += 1) {
    one.reboot();
    await bench.run(700);
    expect(one.isSecure).toBe(true);
  }
  expect(bench.attacks()).toEqual([
    "its secure channel is broken off again and again: noise on the line, or somebody jams it",
  ]);
  expect(bench.said("lost")).toEqual([]);
});

test("another device that answers with the same key is told apart", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(1_000);
  const { current } = bench.saved.get("r0")!;
  const clone = reader(0, { serial: 8 });
  const later = await openBench({ readers: [clone], records: [{ current, next: null }] });
  await later.run(2_000);
  expect(later.attacks()).toEqual(["another device answers with its key"]);
  expect(later.part.health()[1]).toMatchObject({ state: "faulty" });
});

test("an opened case is an alarm, once", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(1_000);
  one.tamper = true;
  await bench.run(30_000);
  expect(bench.attacks()).toEqual(["its case was opened, or it was taken off the wall"]);
});

test("a reader without a key of its own is not spoken to, least of all with the default one", async () => {
  const one = reader(0, { key: defaultKey });
  const bench = await openBench({ readers: [one], records: [{ current: null, next: null }] });
  await bench.run(20_000);
  expect([bench.sent, bench.part.health()[1]?.why]).toEqual([
    [],
    "it has no key yet; pair it with `postern osdp pair r0`",
  ]);
});

test("what a reader has kept while nobody asked it opens nothing", async () => {
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(1_000);
  one.muted = true;
  one.present(card);
  await bench.run(5_000);
  one.muted = false;
  await bench.run(6_000);
  one.present(other);
  await bench.run(500);
  expect(bench.cards()).toEqual([other]);
});

test("whatever stands on the line, the panel neither stumbles nor reports a card", async () => {
  const random = seeded(11);
  const one = reader(0);
  const bench = await openBench({ readers: [one] });
  await bench.run(1_000);
  bench.intercept((reply) => {
    const forged = Buffer.from(reply);
    const at = 5 + Math.floor(random() * (forged.length - 5));
    forged[at] = Math.floor(random() * 256);
    const body = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 40) }, () => Math.floor(random() * 256)));
    return random() < 0.5 ? [forged] : [clearReply(0, Math.floor(random() * 4), body), forged];
  });
  await bench.run(60_000);
  expect(bench.cards()).toEqual([]);
  bench.intercept(null);
  await bench.run(10_000);
  one.present(card);
  await bench.run(500);
  expect(bench.cards()).toEqual([card]);
});
