// The code that is read out from a controller and typed at the issuer.
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { makeJoinCode, readJoinCode, scalarOf, shownCode } from "../../../src/link/pairing/join-code.ts";

test("a code is read back from how it is shown, and from what people make of it", () => {
  const code = { channel: "0A1B", secret: "C0D1EFGH" };
  expect(shownCode(code)).toBe("0A1B-C0D1-EFGH");
  for (const typed of ["0A1B-C0D1-EFGH", "0a1bc0d1efgh", " oAlB cOdI eFgH ", "0A1B–C0D1–EFGH".replaceAll("–", "-")])
    expect(readJoinCode(typed)).toEqual(code);
});

test("what is too short, too long or has letters that no code has is none", () => {
  for (const typed of ["", "0A1B", "0A1B-C0D1-EFGHJ", "0A1B-C0D1-EFGU", "0A1B/C0D1/EFGH", "#+1B-C0D1-EFGH"])
    expect(readJoinCode(typed)).toBeNull();
});

test("codes are made of all 32 letters and differ", () => {
  const codes = Array.from({ length: 200 }, () => makeJoinCode(randomBytes));
  expect(new Set(codes.map(shownCode)).size).toBe(200);
  expect(new Set(codes.map(({ channel, secret }) => channel + secret).join("")).size).toBe(32);
  for (const code of codes) expect(readJoinCode(shownCode(code))).toEqual(code);
});

test("the same secret on another channel is another number", () => {
  expect(scalarOf({ channel: "AAAA", secret: "00000000" })).not.toBe(scalarOf({ channel: "AAAB", secret: "00000000" }));
});
