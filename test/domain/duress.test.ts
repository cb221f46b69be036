// Duress codes: how they pair off with PINs.
import { expect, test } from "vitest";
import { duressTwin } from "../../src/domain/duress.ts";

test.each([
  ["4711", "4716"],
  ["4716", "4711"],
  ["00", "05"],
  ["99999999", "99999994"],
  ["0000", "0005"],
])("the twin of %s is %s", (pin, twin) => expect(duressTwin(pin)).toBe(twin));

test("all codes of four digits pair off, and none is its own twin or that of two others", () => {
  const codes = Array.from({ length: 10_000 }, (_, code) => String(code).padStart(4, "0"));
  const twins = codes.map(duressTwin);
  expect(new Set(twins)).toEqual(new Set(codes));
  expect(codes.filter((code, index) => twins[index] === code || duressTwin(twins[index]!) !== code)).toEqual([]);
});

test("a twin has the length of its PIN, begins like it, and a finger that slips to the next key does not make it", () => {
  const rows = ["123", "456", "789", " 0 "];
  const at = (digit: string) => {
    const row = rows.findIndex((keys) => keys.includes(digit));
    return { row, column: rows[row]!.indexOf(digit) };
  };
  for (const digit of "0123456789") {
    const twin = duressTwin(`17${digit}`);
    expect(twin).toHaveLength(3);
    expect(twin.startsWith("17")).toBe(true);
    const [a, b] = [at(digit), at(twin.slice(-1))];
    expect(Math.abs(a.row - b.row) + Math.abs(a.column - b.column), `${digit} and ${twin.slice(-1)}`).toBeGreaterThan(
      1,
    );
  }
});
