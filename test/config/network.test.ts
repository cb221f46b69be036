// Settings of what machines may ask over the network that are wrong alone or together.
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/load.ts";
import { httpOpeningOf } from "../../src/config/site.ts";
import { edited, exampleText } from "./example.ts";
import type { Row } from "./refusal.ts";
import { expectRefusal } from "./refusal.ts";

const rows: readonly Row[] = [
  [
    "a password in the address from anywhere",
    edited((site) => {
      site.httpOpening = { modes: ["bearer", "legacyQuery"] };
    }),
    ["httpOpening.modes[1]", /names no address/, /"addresses"/, '"legacyQuery"'],
  ],
  [
    "an address and a network that are none",
    edited((site) => {
      site.httpOpening = { modes: ["legacyQuery"], addresses: ["10.0.0.0/8", "1.2.3", "10.0.0.0/33", "fe80::/64"] };
    }),
    ["httpOpening.addresses[1]", /no IP address/, /192\.168\.1\.20/],
    ["httpOpening.addresses[2]", /no IP address/, /192\.168\.1\.0\/24/],
  ],
  [
    "a number for a door that is not there",
    edited((site) => {
      site.httpOpening = { modes: ["httpAuth"], doors: ["front", "garag"] };
    }),
    ["httpOpening.doors[1]", /^No door has this id\.$/, /"garage"/],
  ],
  [
    "a form that nobody knows",
    edited((site) => {
      site.httpOpening = { modes: ["digest"] };
    }),
    ["httpOpening.modes[0]", /not one of the choices/, /"httpAuth"/],
  ],
];

for (const [title, text, ...expected] of rows) {
  test(`${title} is refused with exactly the sentences that name it`, () => {
    expectRefusal(text, expected);
  });
}

test("nothing opens over HTTP unless the site says so, and doors are numbered as they stand in the file", () => {
  const reading = readConfig(exampleText);
  if (!reading.ok) throw new Error("refused");
  expect(httpOpeningOf(reading.config)).toEqual({
    modes: [],
    addresses: [],
    sessionCheck: false,
    doors: ["front", "garage"],
  });
});
