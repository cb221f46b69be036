// Readers that send text or keys: what they count as, how they are told, and what two of them cannot share.
import { expect, test } from "vitest";
import { explainConfig } from "../../src/config/explain.ts";
import { readConfig } from "../../src/config/load.ts";
import { edited } from "./example.ts";
import { expectRefusal } from "./refusal.ts";

const device = "input/by-id/usb-04d9_1203-event-kbd";

const withKeyboard = (types: "keys" | "text") =>
  edited((site) => {
    site.readers[0] = { id: "front-keypad", door: "front", kind: "keyboard", device, types };
  });

test.each([
  ["keys", /front-keypad: keypad that types, input\/by-id\/usb-04d9_1203-event-kbd/],
  ["text", /front-keypad: QR scanner that types/],
] as const)("a keyboard of %s is told as what it is", (types, words) => {
  const read = readConfig(withKeyboard(types));
  const text = read.ok ? explainConfig("site.json", read.config, []).replaceAll(/\s+/g, " ") : "";
  expect(text).toMatch(words);
});

test("two readers cannot be the same keyboard, and a keyboard is an input device", () => {
  expectRefusal(
    edited((site) => {
      site.readers[0] = { id: "front-keypad", door: "front", kind: "keyboard", device };
      site.readers.push({ id: "other-keypad", door: "front", kind: "keyboard", device });
    }),
    [[/^readers\[\d\]\.device$/, /already/, /other reader/]],
  );
  expectRefusal(
    edited((site) => {
      site.readers[0] = { id: "front-keypad", door: "front", kind: "keyboard", device: "ttyACM0" };
    }),
    [["readers[0].device", /./, /input device/, '"ttyACM0"']],
  );
});
