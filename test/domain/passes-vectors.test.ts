// The bytes of carried passes and offline codes against vectors that neither Postern nor the Python reference computed.
import { execFileSync } from "node:child_process";
import { createHmac, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBody, encodeBody, readHeader } from "../../src/domain/carried-pass/pass-body.ts";
import type { PassClaims } from "../../src/domain/carried-pass/pass-claims.ts";
import { minuteOfUnix, unixOfMinute } from "../../src/domain/carried-pass/pass-claims.ts";
import type { CodeDigits, PassKey } from "../../src/domain/carried-pass/pass-key.ts";
import { bytesOfText, isCarriedText, textOfBytes } from "../../src/domain/carried-pass/pass-text.ts";
import type { PassCrypto } from "../../src/domain/carried-pass/read-pass.ts";
import { readPass } from "../../src/domain/carried-pass/read-pass.ts";
import type { PassKeyId, PersonId } from "../../src/domain/ids.ts";
import { weekdays } from "../../src/domain/local-time.ts";
import {
  codeMinutes,
  codeOfSerial,
  codeUnitMinutes,
  encodeCode,
  liveOfflineCodes,
  readCodes,
  serialOf,
} from "../../src/domain/offline-code.ts";
import type { UnixMs } from "../../src/domain/time.ts";
import { doorSecret } from "../../src/issuer/issuer-key.ts";
import { mintCode } from "../../src/issuer/mint-code.ts";
import { mintPass } from "../../src/issuer/mint-pass.ts";

interface PassVector {
  readonly name: string;
  readonly form: "mac" | "signed";
  readonly secret: string;
  readonly claims: Omit<PassClaims, "from" | "until"> & { key: number; from: number; until: number };
  readonly body: string;
  readonly code: string | null;
  readonly text: string;
}

interface CodeVector {
  readonly secret: string;
  readonly digits: CodeDigits;
  readonly start: number;
  readonly minutes: number;
  readonly once: boolean;
  readonly n: 0 | 1;
  readonly serial: number;
  readonly code: string;
}

interface Vectors {
  readonly passes: readonly PassVector[];
  readonly refused: readonly {
    readonly name: string;
    readonly number: number;
    readonly form: "mac" | "signed";
    readonly secret: string;
    readonly reason: string;
    readonly text: string;
  }[];
  readonly codes: readonly CodeVector[];
}

const folder = join(import.meta.dirname, "../vectors");
const vectors = JSON.parse(readFileSync(join(folder, "passes.json"), "utf8")) as Vectors;

const crypto: PassCrypto = {
  mac: (secret, message) => createHmac("sha256", secret).update(message).digest(),
  isSigned(key, message, signature) {
    const der = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key]);
    return verify(null, message, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
  },
};

const keyOf = (number: number, form: PassKey["form"], secret: string) => ({
  key: {
    id: "key" as PassKeyId,
    number,
    name: "Key",
    form,
    digits: null,
    state: "active",
    source: "local",
    places: [],
    floors: [],
    limits: { maxMinutes: null, maxUses: null },
    validity: { from: null, until: null },
    person: null,
  } satisfies PassKey,
  secret: Buffer.from(secret, "hex"),
});

test.each(vectors.passes)("the pass “$name” reads as the vector says, and is written as it was", (vector) => {
  const { key: number, from, until, ...rest } = vector.claims;
  const claims = { ...rest, from: unixOfMinute(from), until: unixOfMinute(until) };
  const held = keyOf(number, vector.form, vector.secret);
  const read = readPass(vector.text, (wanted) => (wanted === number ? held : null), crypto);
  expect(read).toEqual({ refused: null, key: held.key, claims, code: vector.code });
  const body = Buffer.from(vector.body, "hex");
  expect(readHeader(bytesOfText(vector.text) ?? body)).toEqual({ form: vector.form, key: number });
  expect(Buffer.from(encodeBody({ form: vector.form, key: number }, claims)).toString("hex")).toBe(vector.body);
  expect(decodeBody(body)).toEqual(claims);
  expect(textOfBytes(bytesOfText(vector.text) ?? body)).toBe(vector.text);
  expect(minuteOfUnix(claims.until)).toBe(until);
});

test.each(vectors.refused)("“$name” is refused as $reason", (vector) => {
  const held = keyOf(vector.number, vector.form, vector.secret);
  const read = readPass(vector.text, (wanted) => (wanted === vector.number ? held : null), crypto);
  expect(read.refused).toBe(vector.reason);
});

test.each(vectors.codes)("the code $code reads and is made as the vector says", (vector) => {
  const { digits, code, minutes, once, n, serial } = vector;
  const secret = Buffer.from(vector.secret, "hex");
  const from = unixOfMinute(vector.start * codeUnitMinutes(digits));
  expect(readCodes(code, digits, secret, from, crypto)[0]).toBe(serial);
  expect(codeOfSerial(serial, digits)).toEqual({ from, minutes, once, n });
  expect(serialOf({ from, minutes, once, n }, digits)).toBe(serial);
  expect(encodeCode({ from, minutes, once, n }, digits, secret, crypto)).toBe(code);
});

test("Python, from the page alone, reads all vectors", () => {
  const told = execFileSync("python3", [join(folder, "passes.py")], { encoding: "utf8" });
  expect(told).toBe("All vectors agree.\n");
});

test("Python reads what the mint makes of any claims, and the codes that go with it", () => {
  const made: unknown[] = [];
  const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
  const numbers = (most: number) =>
    fc.uniqueArray(fc.integer({ min: 1, max: most }), { minLength: 1 }).map((list) => list.toSorted((a, b) => a - b));
  const claims = fc.record({
    serial: fc.integer({ min: 10, max: 0xff_ffff }),
    from: fc.integer({ min: 0, max: 0xff_fffe }),
    minutes: fc.integer({ min: 1, max: 0xff_ffff }),
    places: some(numbers(32)),
    uses: some(fc.record({ count: fc.integer({ min: 1, max: 127 }), over: fc.constantFrom("door", "all") })),
    recurrence: some(
      fc.record({
        start: fc.integer({ min: 0, max: 1_439 }),
        minutes: fc.integer({ min: 1, max: 1_440 }),
        days: fc.subarray([...weekdays], { minLength: 1 }),
      }),
    ),
    floors: fc.oneof(fc.constant(null), fc.constant("person"), numbers(16)),
    code: fc.boolean(),
    revokes: some(
      fc.record({
        upTo: some(fc.integer({ min: 0, max: 9 })),
        serials: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 2 }),
      }),
    ),
  });
  const seed = Buffer.alloc(32, 3);
  fc.assert(
    fc.property(claims, fc.constantFrom("mac", "signed"), ({ minutes, from, ...rest }, form) => {
      const until = Math.min(0xff_ffff, from + minutes);
      const given = {
        ...rest,
        code: rest.code && form === "mac",
        from: unixOfMinute(from),
        until: unixOfMinute(until),
      };
      const { key } = keyOf(5, form, "00");
      const places = Array.from({ length: 32 }, (_, n) => ({ number: n + 1, doors: [] }));
      const floors = Array.from({ length: 16 }, (_, n) => `${n + 1}`);
      const issuer = { key: { ...key, places, floors, person: "ana" as PersonId }, secret: seed };
      const minted = mintPass(issuer, given as PassClaims);
      if (!minted.ok) {
        expect(minted.problem).toContain("too much for one QR code");
        return;
      }
      const pass = Buffer.from(bytesOfText(minted.text) ?? []);
      const body = pass.subarray(0, form === "mac" ? -8 : -64).toString("hex");
      const { code, text } = minted;
      made.push({
        ...{ name: text, form, secret: doorSecret(issuer), body, code, text },
        claims: { ...given, key: 5, from, until },
      });
    }),
    { seed: 5, numRuns: 300 },
  );
  expect(made.length).toBeGreaterThan(150);
  const codes = codeMinutes.flatMap((minutes, n) =>
    ([10, 12] as const).map((digits) => {
      const start = 70_000 + 31_337 * n;
      const key = { ...keyOf(5, "code", "00").key, digits };
      const wanted = { from: unixOfMinute(start * codeUnitMinutes(digits)), minutes, once: n % 2 === 0, n: 1 as const };
      const minted = mintCode({ key, secret: seed }, wanted);
      if (!minted.ok) throw new Error(minted.problem);
      const { once } = wanted;
      return {
        secret: seed.toString("hex"),
        digits,
        start,
        minutes,
        once,
        n: 1,
        serial: minted.serial,
        code: minted.digits,
      };
    }),
  );
  const input = JSON.stringify({ passes: made, refused: [], codes });
  const told = execFileSync("python3", [join(folder, "passes.py"), "-"], { encoding: "utf8", input });
  expect(told).toBe("All vectors agree.\n");
});

test("one bit altered anywhere in a pass leaves nothing of it", () => {
  for (const { form, secret, text, claims } of vectors.passes) {
    const held = keyOf(claims.key, form, secret);
    const pass = bytesOfText(text) ?? new Uint8Array();
    for (let bit = 0; bit < pass.length * 8; bit += 1) {
      const altered = Uint8Array.from(pass);
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7));
      const read = readPass(textOfBytes(altered), (wanted) => (wanted === claims.key ? held : null), crypto);
      const expected = bit < 8 ? "passUnreadable" : bit < 24 ? "issuerUnknown" : "passForged";
      expect(read.refused, `bit ${bit}`).toBe(expected);
    }
  }
});

test("of the codes that may be typed at most one in 100,000, or in a million with minutes, opens at a moment", () => {
  expect(liveOfflineCodes(10)).toBe(58_952);
  expect(liveOfflineCodes(12)).toBe(884_280);
  expect(liveOfflineCodes(10) / 10 ** 10).toBeLessThan(1e-5);
  expect(liveOfflineCodes(12) / 10 ** 12).toBeLessThan(1e-6);
  expect(codeMinutes).toHaveLength(32);
});

test("a horizon that has wrapped revives nothing", () => {
  const secret = Buffer.alloc(32, 7);
  const horizonMs = 1_048_576 * 60_000;
  const first = { from: unixOfMinute(500_000), minutes: 44_640, once: false, n: 0 } as const;
  const code = encodeCode(first, 12, secret, crypto);
  expect(readCodes(code, 12, secret, first.from, crypto)).toEqual([serialOf(first, 12)]);
  for (const wraps of [2, 3, 4]) {
    const later = (first.from + wraps * horizonMs) as UnixMs;
    expect(readCodes(code, 12, secret, later, crypto)).toEqual([]);
  }
  // The epoch before is still looked at, for codes that began in it; this one ended two years ago.
  const [afterOne] = readCodes(code, 12, secret, (first.from + horizonMs) as UnixMs, crypto);
  expect(afterOne).toBe(serialOf(first, 12));
  expect(codeOfSerial(afterOne ?? 0, 12).from).toBe(first.from);
});

test("a text of a plain code is never one of a pass", () => {
  expect(isCarriedText("12345678")).toBe(false);
  expect(isCarriedText("1".repeat(39))).toBe(false);
  expect(isCarriedText(`${"1".repeat(50)}A`)).toBe(false);
  expect(vectors.passes.every(({ text }) => isCarriedText(text) && text.length <= 212)).toBe(true);
});
