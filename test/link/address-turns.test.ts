// A name with several addresses is tried from another one each time.
import type { LookupAddress, LookupOptions } from "node:dns";
import type { LookupFunction } from "node:net";
import { expect, test } from "vitest";
import { addressTurns } from "../../src/link/address-turns.ts";

const named = (...addresses: string[]): LookupAddress[] => addresses.map((address) => ({ address, family: 4 }));

const ask = (lookup: LookupFunction, options: LookupOptions): Promise<readonly string[] | string> =>
  new Promise((found, failed) => {
    lookup("broker.test", options, (error, address) => {
      if (error !== null) failed(error);
      else found(typeof address === "string" ? address : address.map((one) => one.address));
    });
  });

test("each connection begins with the next of the addresses and has all others behind it", async () => {
  const lookup = addressTurns(7, (_host, _options, done) => done(null, named("10.0.0.1", "10.0.0.2", "10.0.0.3")));
  expect(await ask(lookup, { all: true })).toEqual(["10.0.0.2", "10.0.0.3", "10.0.0.1"]);
  expect(await ask(lookup, { all: true })).toEqual(["10.0.0.3", "10.0.0.1", "10.0.0.2"]);
  expect(await ask(lookup, { all: true })).toEqual(["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
  expect(await ask(lookup, {})).toBe("10.0.0.2");
});

test("a name with one address has that one, and one that nobody knows is an error", async () => {
  const lookup = addressTurns(3, (_host, _options, done) => done(null, named("10.0.0.1")));
  expect(await ask(lookup, { all: true })).toEqual(["10.0.0.1"]);
  const unknown = addressTurns(0, (_host, _options, done) => done(new Error("nobody knows it"), []));
  await expect(ask(unknown, { all: true })).rejects.toThrow("nobody knows it");
});
