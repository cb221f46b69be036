// A name that is allowed must not be turned into this machine itself by whoever answers for it.
import type { LookupAddress } from "node:dns";
import { expect, test } from "vitest";
import { guardLookup } from "../../src/office/actions/send-request.ts";

function resolved(name: string, ...addresses: string[]): Promise<readonly string[] | "refused"> {
  const found = addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  const guarded = guardLookup((_name, _options, done) => done(null, found));
  return new Promise((done) => {
    guarded(name, { all: true }, (error, all) => {
      done(error === null ? (all as LookupAddress[]).map(({ address }) => address) : "refused");
    });
  });
}

test.each([
  "127.0.0.1",
  "127.9.9.9",
  "0.0.0.0",
  "169.254.169.254",
  "224.0.0.1",
  "::1",
  "::",
  "fe80::1",
  "::ffff:127.0.0.1",
])("a name that stands for %s is refused", async (address) => {
  expect(await resolved("relay.example", address)).toBe("refused");
});

test("addresses of other machines are taken, private ones included, and this machine by its own name only", async () => {
  expect(await resolved("relay.example", "192.168.1.30", "127.0.0.1", "fd00::30")).toEqual([
    "192.168.1.30",
    "fd00::30",
  ]);
  expect(await resolved("localhost", "127.0.0.1")).toEqual(["127.0.0.1"]);
});
