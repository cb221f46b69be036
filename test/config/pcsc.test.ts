// Readers at pcscd and profiles of cards in the installer's file: what is taken, what is refused, what deserves a second look.
import { expect, test } from "vitest";
import type { BoardSpec } from "../../hal/board.ts";
import { readConfig } from "../../src/config/load.ts";
import { boardOf } from "../../src/config/site.ts";
import { edited } from "./example.ts";
import type { Row } from "./refusal.ts";
import { expectRefusal } from "./refusal.ts";

const desfire = { kind: "desfire", id: "staff", aid: "F51A2B", file: 1, keyNumber: 0 };
const classic = { kind: "classic", id: "old", sector: 1, blocks: [0] };
const reader = { id: "lobby", door: "front", kind: "pcsc" };

/** The example with these profiles and one reader at pcscd for each of the others. */
const withCards = (cardProfiles: readonly object[], ...readers: readonly object[]): string =>
  edited((site) => {
    site.cardProfiles = cardProfiles;
    for (const [n, one] of readers.entries()) site.readers.push({ ...reader, id: `lobby-${n}`, ...one });
  });

test("the board gets a reader's profiles whole and in its order, and no other", () => {
  const text = withCards([classic, desfire], { desfire: "secured", profiles: ["staff"] });
  const reading = readConfig(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const board: BoardSpec = boardOf(reading.config);
  expect(board.readers.at(-1)).toEqual({
    id: "lobby-0",
    kind: "pcsc",
    device: "*",
    driver: "smartcard",
    classic: "off",
    plus: "off",
    desfire: "secured",
    felica: "off",
    other: "off",
    profiles: [
      {
        ...desfire,
        crypto: "aes",
        acceptPlain: false,
        diversify: null,
        offset: 0,
        length: 4,
        encoding: "hex",
      },
    ],
  });
});

test("a copied UID opens beside secured cards only where that is written, and everywhere else as a name", () => {
  const modes = (settings: object) => {
    const reading = readConfig(withCards([desfire], settings));
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    const reader = boardOf(reading.config).readers.at(-1);
    const warned = reading.warnings.filter(({ problem }) => problem.includes("copied UID")).length;
    return reader?.kind === "pcsc" ? [reader.classic, reader.desfire, reader.felica, reader.other, warned] : [];
  };
  expect(modes({})).toEqual(["uid", "uid", "uid", "uid", 0]);
  expect(modes({ desfire: "secured", profiles: ["staff"] })).toEqual(["off", "secured", "off", "off", 0]);
  const mixed = { desfire: "secured", profiles: ["staff"], classic: "uid" };
  expect(modes(mixed)).toEqual(["uid", "secured", "off", "off", 1]);
});

const rows: readonly Row[] = [
  [
    "a profile that is not there",
    withCards([desfire], { desfire: "secured", profiles: ["staf"] }),
    [/readers\[\d\]\.profiles\[0\]/, /^No cardProfile has this id\.$/, /"staff"/],
  ],
  [
    "two profiles of one id",
    withCards([desfire, { ...classic, id: "staff" }]),
    ["cardProfiles[1].id", /already names cardProfiles\[0\]/, /another id/],
  ],
  [
    "a profile of cards that are read by their UID",
    withCards([desfire], { profiles: ["staff"] }),
    [/readers\[\d\]\.profiles\[0\]/, /reads by its UID/, /"desfire": "secured"/],
  ],
  [
    "secured cards without a profile",
    withCards([], { plus: "secured" }),
    [/readers\[\d\]\.plus/, /No profile of plus/, /cardProfiles/],
  ],
  [
    "the block of the sector's keys, and one that it has not",
    withCards([{ ...classic, blocks: [0, 3, 4] }]),
    ["cardProfiles[0].blocks[1]", /holds the sector's keys/, /0 to 2/],
    ["cardProfiles[0].blocks[2]", /no such block/, /0 to 2/],
  ],
  [
    "a sector that only large cards have",
    withCards([{ ...classic, sector: 16 }]),
    ["cardProfiles[0].sector", /1 kB has the sectors 0 to 15/, /large: true/],
  ],
  [
    "a number that ends behind its blocks",
    withCards([{ ...classic, offset: 13 }]),
    ["cardProfiles[0].length", /16 bytes/, /Read more blocks/],
  ],
  [
    "a frame in too few bytes",
    withCards([{ ...desfire, encoding: "w34" }]),
    ["cardProfiles[0].length", /w34 does not fit/, /Write 5/],
  ],
  [
    "more to diversify by than triple DES takes",
    withCards([{ ...desfire, crypto: "des", diversify: { aid: "asWritten", system: "001122334455" } }]),
    ["cardProfiles[0].diversify", /more than 15 bytes/, /Shorten system/],
  ],
  [
    "two readers that ask pcscd for the same one",
    withCards([], { device: "ACR122U" }, { device: "ACR122U", door: "garage" }),
    [/readers\[\d\]\.device/, /already belongs to/, /serial numbers/],
  ],
  [
    "an application, a file and a key that no card has",
    withCards([{ ...desfire, aid: "F51A2", file: 32, keyNumber: 14 }]),
    ["cardProfiles[0].aid", /./, /six hex digits/],
    ["cardProfiles[0].file", /./, /31/],
    ["cardProfiles[0].keyNumber", /./, /13/],
  ],
];

test.each(rows.map(([title, text, ...expected]) => ({ title, text, expected })))("$title is refused", (row) => {
  expectRefusal(row.text, row.expected);
});

test("a key has no place in the file", () => {
  expectRefusal(withCards([{ ...desfire, key: "00112233445566778899aabbccddeeff" }]), [
    ["cardProfiles[0].key", /./, /./],
  ]);
});

test("large cards have sectors up to 39, with fifteen blocks in the last", () => {
  const large = { ...classic, sector: 39, blocks: [14], large: true };
  expect(readConfig(withCards([large], { classic: "secured", profiles: ["old"] })).ok).toBe(true);
});

test("what can be copied and what other makers' forms would not take is warned of", () => {
  const text = withCards([classic, { ...desfire, file: 17, keyNumber: 12 }], {
    classic: "secured",
    plus: "uid",
    profiles: ["old"],
  });
  const reading = readConfig(text);
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const about = reading.warnings.filter(({ path }) => /cardProfiles|readers\[\d\]\.\w/.test(path));
  expect(about.map(({ path }) => path.replace(/\[\d+\]/, ""))).toEqual([
    "cardProfiles.kind",
    "cardProfiles.id",
    "cardProfiles.file",
    "cardProfiles.keyNumber",
    "readers.plus",
  ]);
});
