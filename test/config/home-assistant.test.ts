// What is said of Home Assistant in a configuration, wrong alone or together, and what deserves a second look.
import { expect, test } from "vitest";
import { explainConfig } from "../../src/config/explain.ts";
import { readConfig } from "../../src/config/load.ts";
import { edited, exampleText } from "./example.ts";
import type { Row } from "./refusal.ts";
import { expectRefusal } from "./refusal.ts";

const withHome = (home: object): string =>
  edited((site) => {
    site.homeAssistant = { broker: "mqtts://broker.example", ...home };
  });

const rows: readonly Row[] = [
  [
    "a broker with a name and password in its address",
    withHome({ broker: "mqtt://postern:secret@broker.example" }),
    ["homeAssistant.broker", /not a valid broker/, /mqtts:\/\/ or mqtt:\/\//],
  ],
  [
    "a broker whose port is none",
    withHome({ broker: "mqtts://broker.example:99999" }),
    ["homeAssistant.broker", /no address/, /mqtts:\/\/10\.0\.0\.2:8883/],
  ],
  [
    "a password without a name",
    withHome({ passwordFile: "/etc/postern/broker.secret" }),
    ["homeAssistant.passwordFile", /without a name/, /"username"/],
  ],
  [
    "an authority for a broker without a certificate",
    withHome({ broker: "mqtt://127.0.0.1", caFile: "/etc/postern/ca.crt" }),
    ["homeAssistant.caFile", /shows no certificate/, /mqtts/],
  ],
  [
    "a prefix that would hear everything",
    withHome({ discoveryPrefix: "homeassistant/#" }),
    ["homeAssistant.discoveryPrefix", /not a valid prefix/, /letters, digits/],
  ],
];

for (const [title, text, ...expected] of rows) {
  test(`${title} is refused with exactly the sentences that name it`, () => expectRefusal(text, expected));
}

function read(text: string) {
  const reading = readConfig(text);
  if (!reading.ok) throw new Error("refused");
  return reading;
}

test("nothing is told to Home Assistant unless the site says so, and then it may only look", () => {
  expect(read(exampleText).config.homeAssistant).toBeNull();
  expect(read(withHome({})).config.homeAssistant).toEqual({
    broker: "mqtts://broker.example",
    caFile: null,
    username: null,
    passwordFile: null,
    discoveryPrefix: "homeassistant",
    id: "postern",
    mayOpen: false,
    revealDetails: false,
  });
});

test("whoever lets it open is told whom they trust by that", () => {
  const said = read(withHome({ mayOpen: true })).warnings.map(({ problem }) => problem);
  expect(said).toContain("Letting it open means trusting that broker and everyone who may publish on it.");
  expect(explainConfig("site.json", read(withHome({ mayOpen: true })).config, [])).toMatch(
    /may open doors, as may\s+everyone who may publish there/,
  );
});

test("a password that goes through the network in the open is warned of, and one within this machine is not", () => {
  const warnings = (broker: string) =>
    read(withHome({ broker, username: "postern" })).warnings.filter(({ path }) => path === "homeAssistant.broker");
  expect(warnings("mqtt://broker.example")).toHaveLength(1);
  for (const broker of ["mqtt://127.0.0.1:1884", "mqtt://localhost", "mqtt://[::1]", "mqtts://broker.example"]) {
    expect(warnings(broker)).toEqual([]);
  }
});
