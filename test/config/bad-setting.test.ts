// Settings that are wrong by themselves: of another type, out of range, unknown or missing.
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/load.ts";
import { edited, swap } from "./example.ts";
import type { Row } from "./refusal.ts";
import { expectRefusal } from "./refusal.ts";

const rows: readonly Row[] = [
  [
    "a list on top",
    "[]",
    ["(file)", /^This is a list where an object belongs\.$/, /"site", "board", "relays", "doors"/],
  ],
  ["null on top", "null", ["(file)", /^This is null where an object belongs\.$/, /an object/]],
  ["a number on top", "17", ["(file)", /^This is a number where an object belongs\.$/, /an object/]],
  [
    "1e999",
    swap('"pin": 17', '"pin": 1e999'),
    ["relays[0].pin", /^This number is too large\.$/, /from 0 to 1023/, "a number past 1.8e308"],
  ],
  [
    "a negative time",
    swap('"unlockMs": 5000', '"unlockMs": -5'),
    ["doors[0].unlockMs", /^This number is too small\.$/, /from 100 to 3600000, such as 5000/, "-5"],
  ],
  [
    "half a millisecond",
    swap('"unlockMs": 5000', '"unlockMs": 500.5'),
    ["doors[0].unlockMs", /^This is not a whole number\.$/, /whole number/, "500.5"],
  ],
  [
    "a number as text",
    swap('"unlockMs": 5000', '"unlockMs": "5000"'),
    ["doors[0].unlockMs", /^This is text where a whole number belongs\.$/, /^Write it without quotes\./, '"5000"'],
  ],
  [
    "a truth as text",
    swap('"relockOnClose": true', '"relockOnClose": "true"'),
    ["doors[0].relockOnClose", /^This is text where true or false belongs\.$/, /without quotes/],
  ],
  [
    "null for a time",
    swap('"unlockMs": 5000', '"unlockMs": null'),
    ["doors[0].unlockMs", /^This is null where a whole number belongs\.$/, /whole number/, "null"],
  ],
  ["a pin past the last", swap('"pin": 17', '"pin": 1024'), ["relays[0].pin", /too large/, /0 to 1023/]],
  [
    "a wrong lock",
    swap('"failSecure"', '"failsecure"'),
    ["doors[0].lock", /^This is not one of the choices\.$/, /^Did you mean "failSecure"\?/],
  ],
  [
    "no lock type",
    edited((site) => delete site.doors[0].lock),
    ["doors[0].lock", /^"lock" is missing\.$/, /^Add it\. Write "failSecure" or "failSafe"\.$/, "nothing"],
  ],
  [
    "another board",
    swap('"simulated"', '"arduino"'),
    ["board", /not one of the choices/, /^Write "simulated" or "linux"\.$/],
  ],
  [
    "an unknown kind of reader",
    swap('"kind": "scanner"', '"kind": "scaner"'),
    ["readers[2].kind", /not one of the choices/, /^Did you mean "scanner"\?/],
  ],
  [
    "a reader without a kind",
    edited((site) => delete site.readers[2].kind),
    ["readers[2].kind", /^"kind" is missing/, /"wiegand" or "keypad" or "scanner"/],
  ],
  [
    "a reader that is a text",
    edited((site) => {
      site.readers[2] = "front";
    }),
    ["readers[2]", /^This is text where an object belongs\.$/, /"kind" is "wiegand"/],
  ],
  [
    "doors as an object",
    edited((site) => {
      site.doors = { front: site.doors[0] };
    }),
    ["doors", /^This is an object where a list belongs\.$/, /1 to 64/],
  ],
  [
    "no doors",
    edited((site) => {
      site.doors = [];
      site.readers = [];
    }),
    ["doors", /has 0 entries; at least 1/, /1 to 64/],
  ],
  [
    "65 doors",
    edited((site) => {
      const many = (base: object) =>
        Array.from({ length: 65 }, (_, n) => ({ ...base, id: `x${n}`, relay: `r${n}`, pin: 100 + n }));
      site.relays.push(...many({}).map(({ relay, pin }) => ({ id: relay, pin })));
      site.doors.push(
        ...many(site.doors[0])
          .slice(0, 63)
          .map(({ pin: _, ...door }) => ({ ...door, contact: null })),
      );
    }),
    ["doors", /^This list has 65 entries; at most 64 fit\.$/, /1 to 64/],
  ],
  [
    "an unknown key on top",
    edited((site) => {
      site.wallpaper = "blue";
    }),
    [
      "wallpaper",
      /^Postern knows no setting "wallpaper" here\.$/,
      /^Remove it; known here: .*site, board, gpio, relays/,
      '"blue"',
    ],
  ],
  [
    "a mistyped key",
    swap('"unlockMs": 8000', '"unlockms": 8000'),
    ["doors[1].unlockms", /knows no setting "unlockms"/, /^Did you mean "unlockMs"\?$/],
  ],
  [
    "a mistyped key that must be there",
    swap('"relay": "front', '"relais": "front'),
    ["doors[0].relais", /knows no setting/, /^Did you mean "relay"\?$/],
  ],
  ["a mistyped list", swap('"inputs"', '"imputs"'), ["imputs", /knows no setting/, /"inputs"/]],
  [
    "a comment as a key",
    edited((site) => {
      site["//"] = "wires";
    }),
    ['["//"]', /knows no setting/, /^Remove it/],
  ],
  [
    "the setting of another kind of reader",
    edited((site) => {
      site.readers[2].keypad = true;
    }),
    ["readers[2].keypad", /knows no setting "keypad"/, /id, door, direction, kind, port/],
  ],
  [
    "toString",
    edited((site) => {
      site.site.toString = 1;
    }),
    ["site.toString", /knows no setting "toString"/, /Remove it/],
  ],
  [
    "a port that leaves /dev",
    swap('"ttyACM0"', '"../etc/shadow"'),
    ["readers[2].port", /^This is not a valid port\.$/, /under \/dev/],
  ],
  ["an unknown method", swap('["pin", "card"]', '["pin", "crad"]'), ["doors[1].methods[1]", /choices/, /"card"/]],
  ["no method", swap('["pin", "card"]', "[]"), ["doors[1].methods", /has 0 entries/, /1 to 4/]],
  [
    "too short a record",
    swap('"keepEvents": 200000', '"keepEvents": 99999'),
    ["journal.keepEvents", /too small/, /100000/],
  ],
  [
    "names kept for ever",
    swap('"keepNamesDays": 90', '"keepNamesDays": 0'),
    ["privacy.keepNamesDays", /too small/, /1 /],
  ],
  [
    "passes kept for eleven years",
    swap('"purgeAfterDays": 30', '"purgeAfterDays": 4015'),
    ["passes.purgeAfterDays", /too large/, /3650/],
  ],
  [
    "an offset for a zone",
    swap("Europe/Madrid", "+02:00"),
    ["site.timeZone", /^This is not a valid time zone\.$/, /IANA/],
  ],
  [
    "TLS without a key",
    edited((site) => {
      site.console = { host: "0.0.0.0", tls: { certFile: "/a.crt" } };
    }),
    ["console.tls.keyFile", /^"keyFile" is missing/, /full path/],
  ],
  [
    "a relative path",
    edited((site) => {
      site.console.tls = { certFile: "a.crt", keyFile: "/a.key" };
    }),
    ["console.tls.certFile", /not a valid full path/, /first slash/],
  ],
  ["a port past the last", swap("8480", "84800"), ["console.port", /too large/, /65535/]],
  [
    "an id in capitals",
    swap('{ "id": "fire-panel"', '{ "id": "Fire panel"'),
    ["inputs[4].id", /^This is not a valid id\.$/, /small letters/],
  ],
  ["an empty name", swap('"Front door"', '""'), ["doors[0].name", /not a valid name/, /1 to 64/]],
  ["a name of blanks", swap('"Front door"', '"  "'), ["doors[0].name", /not a valid name/, /1 to 64/]],
  [
    "a long name",
    swap('"Front door"', JSON.stringify("ä".repeat(65))),
    ["doors[0].name", /has 65 characters; at most 64 fit/, /1 to 64/],
  ],
  [
    "a long emoji as a wrong value",
    swap('"simulated"', JSON.stringify("🚪".repeat(100))),
    ["board", /choices/, /simulated/],
  ],
];

for (const [title, text, ...expected] of rows) {
  test(`${title} is refused with exactly the sentences that name it`, () => {
    expectRefusal(text, expected);
  });
}

test("every problem of a file is told at once, in the order of the file", () => {
  const text = edited((site) => {
    site.site.timeZone = "Mars/Olympus";
    site.relays[1].pin = "27";
    site.doors[0].unlockMs = -1;
    site.doors[0].relay = "nowhere";
    delete site.doors[1].lock;
    site.console.host = "10.0.0.1";
  });
  expectRefusal(text, [
    ["site.timeZone", /No time zone/, /IANA/],
    ["relays[1].pin", /text where a whole number/, /without quotes/],
    ["doors[0].relay", /No relay/, /relays/],
    ["doors[0].unlockMs", /too small/, /from 100/],
    ["doors[1].lock", /missing/, /Add it/],
    ["console.host", /no encryption/, /tls/],
  ]);
});

test("each problem carries the line on which its value stands, and a missing one that of its object", () => {
  const reading = readConfig(
    edited((site) => {
      site.relays[0].pin = -1;
      delete site.doors[1].name;
    }),
  );
  if (reading.ok) throw new Error("accepted");
  const lines = edited((site) => {
    site.relays[0].pin = -1;
    delete site.doors[1].name;
  }).split("\n");
  const [pin, name] = reading.problems;
  expect(lines[(pin?.line ?? 0) - 1]).toContain('"pin": -1');
  expect(lines[(name?.line ?? 0) - 1]?.trim()).toBe("{");
  expect(lines[name?.line ?? 0]).toContain('"id": "garage"');
});
