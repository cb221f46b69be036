// Settings that are fine alone and wrong together.
import { test } from "vitest";
import { edited, swap } from "./example.ts";
import type { Row } from "./refusal.ts";
import { expectRefusal } from "./refusal.ts";

const rows: readonly Row[] = [
  [
    "a dangling relay",
    swap('"relay": "front-strike"', '"relay": "front-strke"'),
    ["doors[0].relay", /^No relay has this id\.$/, /^Did you mean "front-strike"\?$/, '"front-strke"'],
  ],
  [
    "a dangling contact",
    swap('"contact": "front-contact"', '"contact": "zzz"'),
    ["doors[0].contact", /^No input has this id\.$/, /^Add it to "inputs", or name one of: front-exit/],
  ],
  [
    "a dangling exit button",
    swap('["front-exit"]', '["front-exit", "front-exid"]'),
    ["doors[0].exitButtons[1]", /^No input has this id\.$/, /"front-exit"/],
  ],
  [
    "a dangling door",
    swap('"door": "garage"', '"door": "garag"'),
    ["readers[3].door", /^No door has this id\.$/, /"garage"/],
  ],
  [
    "a dangling fire input",
    swap('"input": "fire-panel"', '"input": "firepanel"'),
    ["fire.input", /^No input has this id\.$/, /"fire-panel"/],
  ],
  [
    "a relay for a contact",
    swap('"contact": "front-contact"', '"contact": "front-strike"'),
    ["doors[0].contact", /^This is the id of a relay, not of an input\.$/, /./],
  ],
  [
    "one id for two inputs",
    edited((site) => {
      site.inputs.push({ id: "front-exit", pin: 9 });
    }),
    ["inputs[5].id", /^The id "front-exit" already names inputs\[0\]\.$/, /another id/],
  ],
  [
    "one id for a relay and a reader",
    edited((site) => {
      site.readers[2].id = "front-strike";
    }),
    ["readers[2].id", /already names relays\[0\]/, /another id/],
  ],
  [
    "one id for two doors",
    edited((site) => {
      site.doors.push({ ...site.doors[1], relay: "spare", contact: null });
      site.relays.push({ id: "spare", pin: 2 });
    }),
    ["doors[2].id", /already names doors\[1\]/, /./],
  ],
  [
    "one pin for a relay and an input",
    swap('"pin": 13', '"pin": 17'),
    ["inputs[2].pin", /^Pin 17 already belongs to relays\[0\] \("front-strike"\)\.$/, /another pin/, "17"],
  ],
  [
    "one pin for both data lines",
    swap('"d0": 22, "d1": 23', '"d0": 22, "d1": 22'),
    ["readers[0].pins.d1", /^Pin 22 already belongs to d0 of readers\[0\] \("front-keypad"\)\.$/, /./],
  ],
  [
    "one port for two scanners",
    edited((site) => {
      site.readers.push({ ...site.readers[2], id: "second" });
    }),
    ["readers[4].port", /^Port "ttyACM0" already belongs to readers\[2\]/, /./],
  ],
  [
    "one relay for two doors",
    swap('"relay": "garage-magnet"', '"relay": "front-strike"'),
    ["doors[1].relay", /^Relay "front-strike" already drives doors\[0\] \("front"\)\.$/, /of its own/],
  ],
  [
    "one input as exit button and contact",
    swap('"contact": "front-contact"', '"contact": "front-exit"'),
    ["doors[0].exitButtons[0]", /^This input is already the contact of doors\[0\] \("front"\)\.$/, /of its own/],
  ],
  [
    "one contact for two doors",
    swap('"contact": "garage-contact"', '"contact": "front-contact"'),
    ["doors[1].contact", /already the contact of doors\[0\]/, /./],
  ],
  [
    "the fire input as an exit button",
    swap('"input": "fire-panel"', '"input": "garage-exit"'),
    ["fire.input", /already an exit button of doors\[1\]/, /./],
  ],
  [
    "an exit button named twice",
    swap('["front-exit"]', '["front-exit", "front-exit"]'),
    ["doors[0].exitButtons[1]", /already an exit button/, /^Name it once\.$/],
  ],
  ["a method named twice", swap('["pin", "card"]', '["pin", "pin"]'), ["doors[1].methods[1]", /twice/, /Remove/]],
  [
    "a door that nothing opens",
    edited((site) => {
      site.doors[1].exitButtons = [];
      site.readers.pop();
    }),
    [
      "doors[1]",
      /^Nothing can open this door: it has no reader, and it has no exit button\.$/,
      /Add a reader/,
      '"garage"',
    ],
  ],
  [
    "a door whose only reader is switched off",
    edited((site) => {
      site.doors[1].exitButtons = [];
      site.doors[1].methods = ["qr"];
    }),
    ["doors[1]", /leave out what its readers read/, /./],
  ],
  [
    "an alarm before the door locks",
    swap('"heldOpenMs": 60000', '"heldOpenMs": 5000'),
    ["doors[0].heldOpenMs", /still unlocked, for 5000 ms/, /more than 5000/],
  ],
  [
    "an entry longer than the longest",
    swap('"maxKeys": 16, "autoSubmitLength": null', '"maxKeys": 6, "autoSubmitLength": 8'),
    ["keypad.autoSubmitLength", /maxKeys is 6/, /at most 6/],
  ],
  [
    "a longest block that is shorter than the first",
    swap('"maxBlockMs": 900000', '"maxBlockMs": 1000'),
    ["guessing.maxBlockMs", /shorter than the first/, /at least 30000/],
  ],
  [
    "a misspelled zone",
    swap("Europe/Madrid", "Europe/Madird"),
    ["site.timeZone", /^No time zone has this name\.$/, /^Did you mean "Europe\/Madrid"\?$/],
  ],
  ["every address without TLS", swap("127.0.0.1", "0.0.0.0"), ["console.host", /no encryption/, /tls/]],
  ["a LAN address without TLS", swap("127.0.0.1", "192.168.1.20"), ["console.host", /no encryption/, /tls/]],
  ["every IPv6 address without TLS", swap("127.0.0.1", "::"), ["console.host", /no encryption/, /tls/]],
  ["a host by name", swap("127.0.0.1", "door.example"), ["console.host", /neither an IP address/, /127\.0\.0\.1/]],
];

for (const [title, text, ...expected] of rows) {
  test(`${title} is refused with exactly the sentences that name it`, () => {
    expectRefusal(text, expected);
  });
}
