// What OSDP leaves on the disk: keys that nobody else may read, and traces of a line without any.
import { chmodSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isWeakKey, openKeyStore } from "../../../hal/linux/osdp/key-store.ts";
import { defaultKey } from "../../../hal/linux/osdp/secure-channel.ts";
import { openBench, ownKey, seeded } from "./bench.ts";
import { SimulatedReader } from "./reader-simulator.ts";

const folder = () => mkdtempSync(join(tmpdir(), "postern-osdp-"));
const record = {
  current: { key: ownKey(1), identity: { maker: "5c2623", model: 1, serial: "7" }, chip: "00" },
  next: null,
};

test("a key comes back as it was kept, in a file of its own that only its user may read", async () => {
  const keys = folder();
  const store = openKeyStore(keys);
  expect(await store.load("front")).toEqual({ record: { current: null, next: null }, problem: null });
  await store.save("front", record);
  expect(await store.load("front")).toEqual({ record, problem: null });
  expect(statSync(join(keys, "osdp", "front.json")).mode & 0o777).toBe(0o600);
  expect(statSync(join(keys, "osdp")).mode & 0o777).toBe(0o700);
});

test("a key that others may read, a damaged one and a weak one are not used", async () => {
  const keys = folder();
  const store = openKeyStore(keys);
  const file = join(keys, "osdp", "front.json");
  await store.save("front", record);
  chmodSync(file, 0o640);
  expect((await store.load("front")).problem).toMatch(/others may read/);
  chmodSync(file, 0o600);
  for (const text of ["{", "{}", '{"current":{"key":"00"},"next":null}', "null", "[]"]) {
    writeFileSync(file, text);
    expect(await store.load("front")).toMatchObject({ record: { current: null }, problem: /damaged/ });
  }
  await store.save("front", { current: { key: defaultKey, identity: null, chip: null }, next: null });
  expect(await store.load("front")).toMatchObject({ record: { current: null }, problem: /easily guessed/ });
});

test("default, sample and typed keys are weak; chance ones are not", () => {
  const weak = [
    "303132333435363738393a3b3c3d3e3f",
    "00000000000000000000000000000000",
    "ffffffffffffffffffffffffffffffff",
    "00112233445566778899aabbccddeeff",
    "0f0e0d0c0b0a09080706050403020100",
    "deadbeefdeadbeefdeadbeefdeadbeef",
    "0123456789abcdef0123456789abcdef",
  ];
  for (const key of weak) expect(isWeakKey(Buffer.from(key, "hex")), key).toBe(true);
  const random = seeded(1);
  for (let n = 0; n < 1_000; n += 1) {
    expect(isWeakKey(Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256))))).toBe(false);
  }
});

test("a trace has every frame and no key, not even the one that a reader is given", async () => {
  const file = join(folder(), "line.pcap");
  const one = new SimulatedReader({ address: 3, key: null, random: seeded(3) });
  const bench = await openBench({ readers: [one] });
  await bench.part.care?.trace("line", file, 60_000);
  bench.part.care?.pair("r0", 60_000);
  await bench.run(3_000);
  bench.part.stop();
  const isSent = (packet: Buffer) => packet[1] === 0x53 && packet[2] === 3;
  await expect.poll(() => packetsOf(readFileSync(file)).filter(isSent).length).toBe(bench.sent.length);
  const bytes = readFileSync(file);
  const packets = packetsOf(bytes);
  expect([bytes.readUInt32LE(0), bytes.readUInt32LE(20)]).toEqual([0xa1b2c3d4, 162]);
  expect(packets.some((packet) => packet[0] === 0x53 && packet[1] === 0x83)).toBe(true);
  const keySet = packets.filter((packet) => packet[0] === 0xff && packet[8] === 0x75);
  expect(keySet.length).toBe(1);
  expect(keySet[0]?.subarray(9).every((byte) => byte === 0)).toBe(true);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("a trace never writes over a file that is there", async () => {
  const file = join(folder(), "precious");
  writeFileSync(file, "kept");
  const bench = await openBench({ readers: [new SimulatedReader({ address: 0, key: ownKey(0), random: seeded(3) })] });
  await expect(bench.part.care?.trace("line", file, 60_000)).rejects.toThrow(/is there already; give another name/);
  await bench.run(1_000);
  expect(readFileSync(file, "utf8")).toBe("kept");
});

function packetsOf(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  // The last one may not be written to its end yet.
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at + 8);
    packets.push(bytes.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return packets;
}
