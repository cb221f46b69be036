// QR codes as they are drawn and written, read back by a decoder.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import decodeQr from "qr/decode.js";
import { expect, test } from "vitest";
import { qrLines, writeQr } from "../../src/cli/qr-picture.ts";
import { temporaryFolder } from "../ledger/ledger-fixture.ts";

const scale = 4;

/** Modules as gray pixels, large enough for a decoder. */
function read(dark: readonly (readonly boolean[])[], size = scale): string {
  const [height, width] = [dark.length * size, (dark[0] ?? []).length * size];
  const data = new Uint8Array(width * height * 4).fill(255);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (dark[Math.floor(y / size)]?.[Math.floor(x / size)] === true)
        data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return decodeQr({ width, height, data });
}

const rowsOf = (line: string): boolean[][] => {
  const characters = [...line];
  return [characters.map((one) => one === "█" || one === "▀"), characters.map((one) => one === "█" || one === "▄")];
};

test.each(["04711022", "POSTERN-5fa09c21d3", `https://example.org/${"x".repeat(200)}`])(
  "what a terminal shows says what it should: %s",
  (text) => {
    expect(read(qrLines(text, false).flatMap(rowsOf))).toBe(text);
  },
);

test("on a terminal it is black on white, whatever its colors are", () => {
  for (const line of qrLines("04711022", true)) {
    expect(line.startsWith("\u001b[30;107m")).toBe(true);
    expect(line.endsWith("\u001b[0m")).toBe(true);
  }
});

test("a picture is for its owner only, takes no other file's place, and says what it should", () => {
  const file = join(temporaryFolder(), "key.png");
  writeQr(file, "04711022");
  expect((statSync(file).mode & 0o777).toString(8)).toBe("600");
  expect(() => writeQr(file, "04711022")).toThrow("EEXIST");
  const png = readFileSync(file);
  const size = png.readUInt32BE(16);
  const data = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
  const rows = Array.from({ length: size }, (_, y) => [...data.subarray(y * (size + 1) + 1, (y + 1) * (size + 1))]);
  expect(
    read(
      rows.map((row) => row.map((gray) => gray === 0)),
      1,
    ),
  ).toBe("04711022");
});

test("as SVG it is the same drawing", () => {
  const file = join(temporaryFolder(), "key.svg");
  writeQr(file, "04711022");
  const svg = readFileSync(file, "utf8");
  const size = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
  const dark = Array.from({ length: size }, () => Array<boolean>(size).fill(false));
  for (const [, x, y] of svg.matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
    const row = dark[Number(y)];
    if (row !== undefined) row[Number(x)] = true;
  }
  expect(read(dark)).toBe("04711022");
});

test.each([
  ["a plain code", 8, 2],
  ["a pass of 21 bytes", 51, 2],
  ["a pass of 31 bytes", 75, 2],
  ["the longest pass of the mac form", 99, 3],
  ["the shortest signed pass", 186, 4],
  ["the longest signed pass", 212, 5],
])("%s of %i digits is drawn in version %i, as docs/passes.md says", (_, digits, version) => {
  const [line = ""] = qrLines("7".repeat(digits), false);
  expect(line.length).toBe(17 + 4 * version + 8);
});
