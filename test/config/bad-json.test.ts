// What is no strict JSON, or JSON that means to harm.
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/load.ts";
import { edited, exampleText, swap } from "./example.ts";
import type { Row } from "./refusal.ts";
import { expectRefusal } from "./refusal.ts";

const rows: readonly Row[] = [
  ["an empty file", "", ["(file)", /^The file is empty\.$/, /config\.example\.json/, "nothing"]],
  ["a file of blanks", " \n\t\r\n ", ["(file)", /is empty/, /config\.example\.json/]],
  ["prose", "open the door please", ["(file)", /^A word without quotes .* line 1, column 1\.$/, /quotes/]],
  ["two files in one", `${exampleText}{}`, ["(file)", /^Something follows the end/, /one object/]],
  [
    "half a file",
    exampleText.slice(0, exampleText.indexOf('"doors"')),
    ["(file)", /^The file ends too early, at line \d+, column 3\.$/, /copy the file again/],
  ],
  [
    "a missing comma",
    swap('"pin": 17 }', '"pin": 17 "x": 1 }'),
    ["relays[0].pin", /comma or } is missing at line \d+, column \d+\.$/, /comma/],
  ],
  ["a missing colon", swap('"board":', '"board"'), ["board", /^A colon is missing at line 4, column 11\.$/, /colon/]],
  [
    "a missing value",
    swap('"pin": 17', '"pin": '),
    ["relays[0].pin", /^A value is missing at line \d+/, /Put a value/],
  ],
  [
    "a name without quotes",
    swap('"pin": 17', "pin: 17"),
    ["relays[0]", /^A name in double quotes is missing/, /name of a setting/],
  ],
  [
    "a trailing comma",
    swap('"pin": 27 }', '"pin": 27 },'),
    ["relays[1]", /^A comma stands before the closing ]/, /Remove/],
  ],
  [
    "a comment",
    swap('"board"', '// wires\n  "board"'),
    ["(file)", /^JSON has no comments, at line 4, column 3\.$/, /Remove/, "// wires"],
  ],
  ["single quotes", swap('"simulated"', "'simulated'"), ["board", /^Single quotes mean nothing/, /double quotes/]],
  ["curly quotes", swap('"simulated"', "“simulated”"), ["board", /^These curly quotes/, /straight/]],
  [
    "a name with bare quotes in it",
    swap('"Front door"', '"The "Álamo" door"'),
    ["doors[0].name", /^A comma or } is missing at line \d+/, /write a quote inside a text as \\"/],
  ],
  [
    "a text over two lines",
    swap('"Front door"', '"Front\ndoor"'),
    ["doors[0].name", /^A text is not closed on its line/, /double quote/],
  ],
  [
    "a lone backslash",
    swap('"Front door"', '"Front\\door\\"'),
    ["doors[0].name", /^This backslash means nothing/, /two backslashes/, '\\door\\",'],
  ],
  [
    "a Python word",
    swap('"relockOnClose": true', '"relockOnClose": True'),
    ["doors[0].relockOnClose", /^JSON does not know this word/, /^Write true\.$/],
  ],
  [
    "NaN",
    swap('"pin": 17', '"pin": NaN'),
    ["relays[0].pin", /^This is not a number, at line \d+, column \d+\.$/, /digits/],
  ],
  ["minus infinity", swap('"pin": 17', '"pin": -Infinity'), ["relays[0].pin", /^This is not a number/, /digits/]],
  ["a hexadecimal number", swap('"pin": 17', '"pin": 0x11'), ["relays[0].pin", /^This is not a number/, /digits/]],
  ["a leading zero", swap('"pin": 17', '"pin": 017'), ["relays[0].pin", /^This is not a number/, /digits/]],
  [
    "__proto__",
    swap('"board"', '"__proto__": { "polluted": true },\n  "board"'),
    ["__proto__", /^No setting may be called "__proto__"\.$/, /^Remove it\.$/],
  ],
  [
    "__proto__ in escapes",
    swap('"pin": 17', '"pin": 17, "\\u005f_proto__": null'),
    ["relays[0].__proto__", /may be called/, /Remove/],
  ],
  [
    "constructor",
    edited((site) => {
      site.doors[0].constructor = { prototype: { polluted: true } };
    }),
    ["doors[0].constructor", /"constructor"/, /./],
    ["doors[0].constructor.prototype", /"prototype"/, /./],
  ],
  [
    "a key written twice",
    swap('"unlockMs": 5000', '"unlockMs": 5000, "unlockMs": 9000'),
    ["doors[0].unlockMs", /^"unlockMs" is written twice in the same object, first on line \d+\.$/, /^Keep one/, "9000"],
  ],
  [
    "a key written twice, once in escapes",
    swap('"pin": 17', '"pin": 17, "\\u0070in": 18'),
    ["relays[0].pin", /written twice/, /Keep one/],
  ],
  [
    "a bomb of brackets",
    `{"site":${"[".repeat(400_000)}`,
    [`site${"[0]".repeat(31)}`, /^Brackets are nested deeper than 32\.$/, /remove/],
  ],
  [
    "a million values",
    edited((site) => {
      site.inputs = Array.from({ length: 30_000 }, () => 0);
    }),
    [/^inputs\[\d+\]$/, /more than 20000 values/, /./],
  ],
  [
    "10 MB",
    swap('"Casa Olmo"', JSON.stringify("x".repeat(10_000_000))),
    ["(file)", /^The file is larger than 1048576 bytes\.$/, /right file/],
  ],
  [
    "an id with a control character",
    swap('{ "id": "fire-panel"', '{ "id": "fire\\u0007panel"'),
    ["inputs[4].id", /nobody can see, U\+0007/, /anew/, '"fire\\u0007panel"'],
  ],
  [
    "half an emoji in an id",
    swap('{ "id": "fire-panel"', '{ "id": "fire\\ud83d"'),
    ["inputs[4].id", /nobody can see, U\+D83D/, /anew/],
  ],
  ["half an emoji in a name", swap('"Front door"', '"Front \\udc00"'), ["doors[0].name", /U\+DC00/, /anew/]],
  [
    "a name that turns the line around",
    swap('"Front door"', '"Front \u202edoor"'),
    ["doors[0].name", /U\+202E/, /anew/, '"Front \\u202edoor"'],
  ],
  [
    "a terminal escape in a value",
    swap('"failSecure"', '"\\u009b2Jx"'),
    ["doors[0].lock", /U\+009B/, /anew/, '"\\u009b2Jx"'],
  ],
];

for (const [title, text, ...expected] of rows) {
  test(`${title} is refused with exactly the sentences that name it`, () => {
    expectRefusal(text, expected);
  });
}

test("a file that reaches for the prototype pollutes no object", () => {
  for (const key of ["__proto__", "constructor", "prototype"]) {
    readConfig(swap('"board"', `"${key}": { "polluted": true, "prototype": { "polluted": true } }, "board"`));
  }
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(Object.prototype).not.toHaveProperty("polluted");
});

test("a key written twice does not hide that its value is wrong as well", () => {
  expectRefusal(swap('"unlockMs": 5000', '"unlockMs": 5000, "unlockMs": -1'), [
    ["doors[0].unlockMs", /written twice/, /Keep one/],
    ["doors[0].unlockMs", /too small/, /from 100/],
  ]);
});

test("mistakes before the place where the JSON breaks are told along with it", () => {
  const text = swap('"pin": 17', '"pin": 17, "pin": 18').replace('"simulated"', '"\\u0007"').slice(0, -3);
  expectRefusal(text, [
    ["board", /nobody can see/, /anew/],
    ["relays[0].pin", /written twice/, /Keep one/],
    ["console", /ends too early/, /Close/],
  ]);
});
