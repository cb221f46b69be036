// How often machines may be wrong, by address and by account.
import { expect, test } from "vitest";
import { GuessGuard, sourceOf } from "../../src/office/api/guess-guard.ts";

test("addresses of one IPv6 network of 64 bits are one source, and those of version 4 are their own", () => {
  expect(sourceOf("2001:db8:1:2:3:4:5:6")).toBe(sourceOf("2001:db8:1:2::9"));
  expect(sourceOf("2001:db8:1:3::9")).not.toBe(sourceOf("2001:db8:1:2::9"));
  expect(sourceOf("fe80::1%eth0")).toBe(sourceOf("fe80::2"));
  expect(sourceOf("::ffff:192.168.1.9")).toBe("192.168.1.9");
  expect(sourceOf("192.168.1.8")).not.toBe(sourceOf("192.168.1.9"));
});

test("a tireless guesser gets about a hundred tries a day, and blocks of his address grow to a quarter of an hour", () => {
  let now = 0;
  const guard = new GuessGuard(() => now);
  let tries = 0;
  let longest = 0;
  while (now < 24 * 3_600_000) {
    const blockedMs = guard.blockedMs("source", "192.168.1.9");
    if (blockedMs === null) {
      guard.fail("source", "192.168.1.9");
      tries += 1;
    } else {
      longest = Math.max(longest, blockedMs);
      now += blockedMs;
    }
  }
  expect(longest).toBe(15 * 60_000);
  expect(tries).toBeGreaterThan(90);
  expect(tries).toBeLessThan(130);
});
