import { expect, test } from "vitest";
import { PacketGauge } from "../../src/link/packet-gauge.ts";

/** A PUBLISH, however long it may be. */
function packet(rest: number): Buffer {
  const length: number[] = [];
  for (let left = rest; ; left = Math.floor(left / 128)) {
    const isLast = left < 128;
    length.push((left % 128) + (isLast ? 0 : 128));
    if (isLast) break;
  }
  return Buffer.concat([Buffer.of(0x30, ...length), Buffer.alloc(rest, 0xff)]);
}

const bytewise = (gauge: PacketGauge, bytes: Buffer) => [...bytes].every((byte) => gauge.admits(Buffer.of(byte)));

test("packets up to the limit pass, however they are cut, and one byte more does not", () => {
  const fits = [0, 2, 127, 128, 4_093].map(packet);
  for (const weigh of [bytewise, (gauge: PacketGauge, bytes: Buffer) => gauge.admits(bytes)]) {
    const gauge = new PacketGauge(4_096);
    expect(weigh(gauge, Buffer.concat([...fits, ...fits]))).toBe(true);
    expect(weigh(gauge, packet(4_094))).toBe(false);
  }
});

test("the first bytes of one that is too long are enough, and nothing passes after it", () => {
  const gauge = new PacketGauge(300_000);
  expect(gauge.admits(packet(1_000_000).subarray(0, 4))).toBe(false);
  expect(gauge.admits(packet(2))).toBe(false);
});

test("a length that goes on for more than four bytes is none", () => {
  expect(bytewise(new PacketGauge(300_000), Buffer.of(0x30, 0x80, 0x80, 0x80))).toBe(true);
  expect(bytewise(new PacketGauge(300_000), Buffer.of(0x30, 0x80, 0x80, 0x80, 0x80))).toBe(false);
});
