// RS-485 lines, the readers on them, and relays and inputs in readers: what the installer may write, and what contradicts itself.
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/load.ts";
import { boardOf, siteOf } from "../../src/config/site.ts";
import { warningsOf } from "../../src/config/warnings.ts";
import { edited } from "./example.ts";
import type { Expected } from "./refusal.ts";
import { expectRefusal } from "./refusal.ts";

/** Untyped, for tests put wrong things on purpose. */
type Raw = ReturnType<typeof JSON.parse>;

const withOsdp = (edit: (site: Raw) => void = () => {}): string =>
  edited((site) => {
    site.rs485 = [{ id: "line-1", port: "ttyUSB0", baud: 38_400 }];
    site.readers.push({
      id: "gate-osdp",
      door: "front",
      kind: "osdp",
      line: "line-1",
      address: 5,
      format: "w26",
      keypad: true,
    });
    site.relays.push({ id: "gate", on: { reader: "gate-osdp", output: 0 } });
    site.inputs.push({ id: "gate-case", on: { reader: "gate-osdp", point: "tamper" } });
    site.inputs.push({ id: "gate-exit", on: { reader: "gate-osdp", point: 2 }, activeLevel: "high" });
    edit(site);
  });

test("the wires of an OSDP reader and of what sits in it reach the board, and its door the site", () => {
  const reading = readConfig(withOsdp());
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const wires = boardOf(reading.config);
  expect(wires.rs485).toEqual([{ id: "line-1", port: "ttyUSB0", baud: 38_400 }]);
  expect(wires.readers.at(-1)).toEqual({
    id: "gate-osdp",
    kind: "osdp",
    line: "line-1",
    address: 5,
    format: "w26",
    keypad: true,
    security: "required",
  });
  expect(wires.readerRelays).toEqual([{ id: "gate", reader: "gate-osdp", output: 0 }]);
  expect(wires.readerInputs).toEqual([
    { id: "gate-case", reader: "gate-osdp", point: "tamper", activeLevel: "low" },
    { id: "gate-exit", reader: "gate-osdp", point: 2, activeLevel: "high" },
  ]);
  expect(wires.relays.every(({ pin }) => pin !== undefined)).toBe(true);
  expect(siteOf(reading.config).readers.at(-1)).toMatchObject({ id: "gate-osdp", format: "w26", keypad: true });
});

const refused: readonly [string, (site: Raw) => void, ...Expected[]][] = [
  [
    "a line that is not there",
    (site) => Object.assign(site.readers.at(-1), { line: "line-2" }),
    [/^readers\[\d+\]\.line$/, /^No RS-485 line has this id\.$/, /Did you mean "line-1"\?/],
  ],
  [
    "an address twice on one line",
    (site) => site.readers.push({ ...site.readers.at(-1), id: "other" }),
    [/^readers\[\d+\]\.address$/, /^This already belongs to readers\[\d+\] on the same line\.$/, /./],
  ],
  [
    "a relay nowhere",
    (site) => {
      site.relays.at(-1).on = undefined;
    },
    [
      /^relays\[\d+\]$/,
      /^Nothing says where this relay is\.$/,
      /^Add "pin", or "on" for an output of an OSDP reader\.$/,
    ],
  ],
  [
    "a relay in two places",
    (site) => Object.assign(site.relays.at(-1), { pin: 99 }),
    [/^relays\[\d+\]\.on$/, /^This relay is on a pin and in a reader\.$/, /^Remove "pin" or "on"\.$/],
  ],
  [
    "an output of a Wiegand reader",
    (site) => {
      site.relays.at(-1).on.reader = site.readers[0].id;
    },
    [/^relays\[\d+\]\.on\.reader$/, /reader, not one with OSDP\.$/, /gate-osdp/],
  ],
  [
    "an input of no reader",
    (site) => {
      site.inputs.at(-1).on.reader = "nowhere";
    },
    [/^inputs\[\d+\]\.on\.reader$/, /^No reader has this id\.$/, /gate-osdp/],
  ],
  [
    "one output for two relays",
    (site) => site.relays.push({ id: "gate-2", on: { reader: "gate-osdp", output: 0 } }),
    [/^relays\[\d+\]\.on\.output$/, /^This already belongs to relays/, /^Name another output\.$/],
  ],
  [
    "what only a pin has",
    (site) => Object.assign(site.inputs.at(-1), { supervised: true, debounceMs: 20 }),
    [/^inputs\[\d+\]\.supervised$/, /watches its own wires/, /^Remove it\.$/],
    [/^inputs\[\d+\]\.debounceMs$/, /debounces/, /^Remove it\.$/],
  ],
  [
    "a line on another device's port",
    (site) => {
      site.rs485[0].port = site.readers.find(({ kind }: Raw) => kind === "scanner").port;
    },
    [/^readers\[\d+\]\.port$/, /^Port ".*" already belongs to rs485\[0\]/, /./],
  ],
  [
    "a speed that OSDP does not have",
    (site) => Object.assign(site.rs485[0], { baud: 4_800 }),
    ["rs485[0].baud", /^This is not one of the choices\.$/, /9600.*115200/],
  ],
  [
    "a point that no reader has",
    (site) => {
      site.inputs.at(-1).on.point = "tampr";
    },
    [/^inputs\[\d+\]\.on\.point$/, /^This is not one of the choices\.$/, /^Did you mean "tamper"\?/],
  ],
];

test.each(refused)("%s is refused with exactly the sentences that name it", (_title, edit, ...expected) => {
  expectRefusal(withOsdp(edit), expected);
});

test("speaking in clear, and what leads inside and sits in a reader, deserve a second look", () => {
  const reading = readConfig(
    withOsdp((site) => {
      site.readers.at(-1).security = "none";
      site.relays[0] = { id: site.relays[0].id, on: { reader: "gate-osdp", output: 1 } };
      site.rs485.push({ id: "spare", port: "ttyUSB1" });
      site.doors[0].exitButtons.push("gate-exit");
    }),
  );
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const problems = warningsOf(reading.config).map(({ problem }) => problem);
  expect(problems).toContainEqual(expect.stringMatching(/^Whoever reaches this reader's cable/));
  expect(problems).toContainEqual(expect.stringMatching(/^Whoever opens this reader reaches the wires of the lock/));
  expect(problems).toContainEqual(expect.stringMatching(/^Whoever opens this reader outside can do as if the exit/));
  expect(problems).toContain("Nothing uses this.");
});
