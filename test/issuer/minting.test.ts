import { expect, test } from "vitest";
import type { PassClaims } from "../../src/domain/carried-pass/pass-claims.ts";
import { unixMs } from "../../src/domain/time.ts";
import { mintCode } from "../../src/issuer/mint-code.ts";
import { mintPass } from "../../src/issuer/mint-pass.ts";
import { claimsOf, hourMs, issuerOf } from "../ledger/issuer-fixture.ts";
import { noon } from "../ledger/ledger-fixture.ts";

const problemOf = (made: { readonly ok: boolean; readonly problem?: string }) => (made.ok ? null : made.problem);

test.each<readonly [string, Partial<PassClaims>, string]>([
  ["no serial", { serial: 0 }, "no serials left"],
  ["an end that comes first", { until: unixMs(noon) }, "must end after it begins"],
  ["half a minute", { from: unixMs(noon - 30_000) }, "a whole minute"],
  ["a time before 2025", { from: unixMs(0) }, "between 2025 and 2056"],
  ["128 uses", { uses: { count: 128, over: "door" } }, "1 to 127 times"],
  ["no places", { places: [] }, "at least one"],
  ["a place of another key", { places: [3] }, "may not give so much"],
  ["floors that the key does not have", { floors: [1] }, "may not give so much"],
  ["floors of nobody", { floors: "person" }, "may not give so much"],
  ["a day too long", { recurrence: { start: 0, minutes: 1_441, days: ["mon"] } }, "up to a day"],
  ["a newer pass to revoke", { revokes: { upTo: null, serials: [2] } }, "only revoke older ones"],
  ["seven passes to revoke", { serial: 9, revokes: { upTo: 1, serials: [2, 3, 4, 5, 6, 7] } }, "up to 6 others"],
])("a pass with %s is not made", (_, more, problem) => {
  expect(problemOf(mintPass(issuerOf("mac"), claimsOf(more)))).toContain(problem);
});

test("a signed pass has no code, and neither kind of key makes what is the other's", () => {
  expect(problemOf(mintPass(issuerOf("signed"), claimsOf({ code: true })))).toContain("no code");
  expect(problemOf(mintPass(issuerOf("code"), claimsOf()))).toContain("makes codes for keypads");
  const code = { from: unixMs(noon), minutes: 60, once: false, n: 0 } as const;
  expect(problemOf(mintCode(issuerOf("mac"), code))).toContain("makes passes");
  expect(problemOf(mintCode(issuerOf("code"), { ...code, minutes: 61 }))).toContain("next longer");
  expect(problemOf(mintCode(issuerOf("code", { digits: 10 }), { ...code, from: unixMs(noon + 60_000) }))).toContain(
    "quarter of an hour",
  );
  const limited = issuerOf("code", { limits: { maxMinutes: 30, maxUses: null } });
  expect(problemOf(mintCode(limited, code))).toContain("may not give so much");
});

test("a signed pass that would need a larger code is not made", () => {
  const issuer = issuerOf("signed", { places: [{ number: 32, doors: issuerOf("mac").key.places[0]?.doors ?? [] }] });
  const claims = claimsOf({
    serial: 9,
    places: [32],
    recurrence: { start: 0, minutes: 60, days: ["mon"] },
    revokes: { upTo: null, serials: [1, 2] },
    until: unixMs(noon + hourMs),
  });
  expect(problemOf(mintPass(issuer, claims))).toContain("too much for one QR code");
});
