// Settings of what machines may ask over the network that are wrong alone or together.
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/load.ts";
import { httpOpeningOf } from "../../src/config/site.ts";
import { edited, exampleText } from "./example.ts";
import type { Row } from "./refusal.ts";
import { expectRefusal } from "./refusal.ts";

const withAction = (action: object, ...hosts: string[]): string =>
  edited((site) => {
    site.actions = [{ id: "gate", ...action }];
    site.actionHosts = hosts;
  });

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
  [
    "an action to a host that is not listed",
    withAction({ url: "http://192.168.1.30:8080/open" }),
    ["actions[0].url", /may not go to this host/, /Add "192\.168\.1\.30:8080" to "actionHosts"/],
  ],
  [
    "an action with a password in its address",
    withAction({ url: "http://admin:secret@relay.example/open" }, "relay.example"),
    ["actions[0].url", /would end up in logs/, /authorizationFile/],
  ],
  [
    "an action whose host is a variable",
    withAction({ url: "http://$door.example/open" }, "relay.example"),
    ["actions[0].url", /must not choose the host/, /one action for each/],
  ],
  [
    "an action that asks for a file",
    withAction({ url: "file:///etc/passwd" }),
    ["actions[0].url", /not a valid address/, /http:\/\//],
  ],
  [
    "a variable that nobody knows, a header that is ours, and a body with GET",
    withAction(
      { url: "http://relay.example/$cardsn", body: "x=$door", headers: [{ name: "Authorization", value: "x" }] },
      "relay.example",
    ),
    ["actions[0].url", /no variable "\$cardsn"/, /\$card_sn/],
    ["actions[0].body", /GET has no body/, /POST/],
    ["actions[0].headers[0].name", /not yours/, /authorizationFile/],
  ],
  [
    "an input that sets off an action that is not there",
    edited((site) => {
      site.inputs[0].actions = [{ action: "gat" }];
      site.actions = [{ id: "gate", url: "http://relay.example/" }];
      site.actionHosts = ["relay.example"];
    }),
    ["inputs[0].actions[0].action", /^No action has this id\.$/, /"gate"/],
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

test("a host is allowed with the port that its address implies, and only with that one", () => {
  const accepts = (url: string, host: string): boolean => readConfig(withAction({ url }, host)).ok;
  expect(accepts("https://relay.example/open?d=$door", "relay.example")).toBe(true);
  expect(accepts("https://relay.example/", "RELAY.example:443")).toBe(true);
  expect(accepts("http://[fd00::30]:81/", "[fd00::30]:81")).toBe(true);
  expect(accepts("http://relay.example/", "relay.example:443")).toBe(false);
  expect(accepts("http://relay.example.evil.test/", "relay.example")).toBe(false);
});
