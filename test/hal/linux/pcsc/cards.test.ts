// Each kind of card as its maker's sequence has it: read by its profile, and refused by anything less.
import { expect, test } from "vitest";
import type { CardProfile, DesfireProfile, PcscWiring } from "../../../../hal/card-profile.ts";
import { ownKey } from "../cards/cipher.ts";
import { ClassicCard } from "../cards/classic-card.ts";
import type { DesfireFile } from "../cards/desfire-card.ts";
import { DesfireCard } from "../cards/desfire-card.ts";
import { PhoneCard } from "../cards/phone-card.ts";
import { PlusCard } from "../cards/plus-card.ts";
import { show } from "../cards/shown-card.ts";
import { PlainCard, smartAtr, storageAtr } from "../cards/virtual-card.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");
const uid7 = hex("04782e21801d80");
const card = (bytes: string, proven: boolean) => ({ kind: "card", bytes, proven });
const unread = (problem: string) => ({ kind: "unread", problem });
const place = { offset: 0, length: 4, encoding: "hex" } as const;
const keyA = "a0a1a2a3a4a5";
const keyB = "b0b1b2b3b4b5";
const aesKey = "00112233445566778899aabbccddeeff";

const classicProfile: CardProfile = {
  id: "staff",
  kind: "classic",
  sector: 2,
  blocks: [1],
  keyType: "A",
  ...place,
};
const classicReader: Partial<PcscWiring> = { classic: "secured", profiles: [classicProfile] };

function classicCard(data = "c0ffee0100000000000000000000000a"): ClassicCard {
  const one = new ClassicCard(hex("02b775d2"));
  one.write(2, 1, hex(data), { a: hex(keyA), b: hex(keyB) });
  return one;
}

test.each([
  ["a Classic card", storageAtr(0x03, 0x0001), "02b775d2"],
  ["an Ultralight", storageAtr(0x03, 0x0003), "04a1b2c3d4e5f6"],
  ["a FeliCa card", storageAtr(0x11, 0x003b), "0114b34a8d0fe2c1"],
  ["a smart card of another maker", smartAtr("4a434f50"), "11223344"],
])("%s is known by its UID where that counts", (_, atr, uid) => {
  expect(show(new PlainCard(atr, () => hex(uid)))).toEqual(card(uid.toUpperCase(), false));
});

test.each(["classic", "felica", "other"] as const)("cards of a kind that is off are not read: %s", (kind) => {
  const atr = { classic: storageAtr(3, 1), felica: storageAtr(0x11, 0xf011), other: storageAtr(3, 3) }[kind];
  expect(show(new PlainCard(atr, () => hex("02b775d2")), { [kind]: "off" })).toEqual(unread("technologyOff"));
});

test("a UID that is made up at each showing is nobody's", () => {
  expect(show(new DesfireCard(() => hex("08a1b2c3")))).toEqual(unread("randomNumber"));
});

test("a card whose first bytes are no UID is not read", () => {
  expect(show(new PlainCard(storageAtr(3, 3), () => hex("0102")))).toEqual(unread("notReadable"));
});

test.each([
  ["A", keyA, "C0FFEE01"],
  ["B", keyB, "C0FFEE01"],
] as const)("Classic is read by key %s of its sector", (keyType, key, bytes) => {
  const profiles = [{ ...classicProfile, keyType }];
  expect(show(classicCard(), { ...classicReader, profiles }, { staff: key })).toEqual(card(bytes, true));
});

test("Classic is read in the sectors that only a 4K card has", () => {
  const one = new ClassicCard(hex("02b775d2"), true);
  one.write(33, 14, hex("0badcafe000000000000000000000000"), { a: hex(keyA), b: hex(keyB) });
  const profiles = [{ ...classicProfile, sector: 33, blocks: [14] }];
  expect(show(one, { ...classicReader, profiles }, { staff: keyA })).toEqual(card("0BADCAFE", true));
});

test("with secured cards wanted, a Classic card's UID opens nothing, whatever is wrong with it", () => {
  expect([
    show(classicCard(), classicReader, { staff: "ffffffffffff" }),
    show(classicCard(), classicReader),
    show(classicCard("0".repeat(32)), classicReader, { staff: keyA }),
    show(classicCard("f".repeat(32)), classicReader, { staff: keyA }),
    show(new PlainCard(storageAtr(3, 1), () => hex("02b775d2")), classicReader, { staff: keyA }),
  ]).toEqual(["keyRefused", "keyMissing", "blankCard", "blankCard", "unsupportedByReader"].map(unread));
});

test("the second profile is tried on a card that a refused key made deaf", () => {
  const profiles = [{ ...classicProfile, id: "old" }, classicProfile];
  const keys = { old: "ffffffffffff", staff: keyA };
  expect(show(classicCard(), { ...classicReader, profiles }, keys)).toEqual(card("C0FFEE01", true));
});

function plusCard(onlyWrapped = false): PlusCard {
  const one = new PlusCard(uid7, onlyWrapped);
  one.keys.set(0x4006, hex(aesKey));
  one.keys.set(0x4007, hex("ffeeddccbbaa99887766554433221100"));
  one.blocks.set(12, hex("11111111111111111111111100000001"));
  one.blocks.set(14, hex("22222222000000000000000000000002"));
  return one;
}

const plusProfile: CardProfile = {
  id: "plus",
  kind: "plus",
  sector: 3,
  blocks: [0, 2],
  keyType: "A",
  ...place,
  offset: 14,
};
const plusReader: Partial<PcscWiring> = { plus: "secured", profiles: [plusProfile] };

test.each([false, true])("Plus is read over two blocks with MACs both ways; wrapped for a PN532: %s", (onlyWrapped) => {
  expect(show(plusCard(onlyWrapped), plusReader, { plus: aesKey })).toEqual(card("00012222", true));
});

test("Plus takes the other key of the sector, and refuses a wrong one", () => {
  const profiles = [{ ...plusProfile, keyType: "B" as const }];
  expect([
    show(plusCard(), { ...plusReader, profiles }, { plus: "ffeeddccbbaa99887766554433221100" }),
    show(plusCard(), { ...plusReader, profiles }, { plus: aesKey }),
    show(plusCard(), { ...plusReader, profiles: [{ ...plusProfile, sector: 9 }] }, { plus: aesKey }),
  ]).toEqual([card("00012222", true), unread("keyRefused"), unread("notAllowed")]);
});

test("the matching one of three choices of Plus is enough", () => {
  const choice = (id: string, sector: number) => ({ ...plusProfile, id, sector });
  const profiles = [choice("one", 1), choice("two", 2), choice("three", 3)];
  const keys = { one: aesKey, two: aesKey, three: aesKey };
  expect(show(plusCard(), { ...plusReader, profiles }, keys)).toEqual(card("00012222", true));
});

test("a reader that passes nothing on is named as what is wrong", () => {
  expect(show(new PlainCard(smartAtr("c1052f2f01bcd6"), () => uid7), plusReader, { plus: aesKey })).toEqual(
    unread("unsupportedByReader"),
  );
});

const desfireProfile: DesfireProfile = {
  id: "desfire",
  kind: "desfire",
  aid: "123456",
  file: 5,
  keyNumber: 1,
  crypto: "aes",
  acceptPlain: false,
  diversify: null,
  ...place,
  offset: 8,
};
const desfireReader = (changes: Partial<DesfireProfile> = {}): Partial<PcscWiring> => ({
  desfire: "secured",
  profiles: [{ ...desfireProfile, ...changes }],
});
const keyOf = {
  aes: aesKey,
  aesEv2: aesKey,
  des: "0123456789abcdef",
  des2: "00102030405060708090a0b0c0d0e0f0",
  iso3des: "00102030405060708090a0b0c0d0e0f0",
};

function desfireCard(key: string, protection: DesfireFile["protection"], uid = uid7): DesfireCard {
  const data = Buffer.from([...Array(32).keys()].map((n) => n + 0x40));
  const files = new Map([[5, { protection, data }]]);
  return new DesfireCard(() => uid, [{ aid: "563412", keys: [Buffer.alloc(16), hex(key)], files }]);
}

const protections = [0, 1, 3] as const;
const ways = [
  ["aes", keyOf.aes, false],
  ["aesEv2", keyOf.aesEv2, true],
  ["des", keyOf.des, true],
  ["des", keyOf.des2, true],
  ["iso3des", keyOf.iso3des, false],
  ["iso3des", keyOf.des, false],
] as const;
const allWays = ways.flatMap((way) => protections.map((protection) => [...way, protection] as const));

test.each(allWays)(
  "DESFire by %s with the key %s (plain bare: %s), protection %i",
  (crypto, key, isBare, protection) => {
    const read = (acceptPlain: boolean) =>
      show(desfireCard(key, protection), desfireReader({ crypto, acceptPlain }), { desfire: key });
    expect(read(true)).toEqual(card("48494A4B", true));
    expect(read(false)).toEqual(isBare && protection === 0 ? unread("unprotectedData") : card("48494A4B", true));
  },
);

test.each(allWays)("DESFire by %s: another key %s is refused (%s, %i)", (crypto, key, _, protection) => {
  const wrong = "5".repeat(key.length);
  expect(show(desfireCard(key, protection), desfireReader({ crypto }), { desfire: wrong })).toEqual(
    unread("keyRefused"),
  );
});

test.each(allWays.filter(([, , isBare, protection]) => !(isBare && protection === 0)))(
  "DESFire by %s with %s: data that were changed on their way are not taken (%s, %i)",
  (crypto, key, _, protection) => {
    const one = desfireCard(key, protection);
    one.tamper = (answer) => Buffer.concat([Buffer.of((answer[0] ?? 0) ^ 0x01), answer.subarray(1)]);
    expect(show(one, desfireReader({ crypto }), { desfire: key })).toEqual(unread("forgedAnswer"));
  },
);

test("with secured cards wanted, a DESFire's UID opens nothing, whatever it lacks", () => {
  const one = desfireCard(aesKey, 3);
  const keys = { desfire: aesKey };
  expect([
    show(one, desfireReader({ aid: "654321" }), keys),
    show(one, desfireReader({ file: 6 }), keys),
    show(one, desfireReader({ keyNumber: 4 }), keys),
    show(one, desfireReader({ offset: 30 }), keys),
    show(one, desfireReader(), {}),
    show(new DesfireCard(() => uid7), desfireReader(), keys),
  ]).toEqual(
    ["applicationMissing", "fileMissing", "keyRefused", "malformedCode", "keyMissing", "applicationMissing"].map(
      unread,
    ),
  );
});

test("a smart card that does not say what it is opens by no UID where smart cards are secured", () => {
  const mute = new PlainCard(smartAtr("4a434f50"), () => hex("04a1b2c3d4e5f6"));
  expect(show(mute, desfireReader(), { desfire: aesKey })).toEqual(unread("unknownCard"));
});

test("each card's own key is made of the site's, its UID, the application and the system's name", () => {
  const system = "4e585020416275";
  const own = ownKey(hex(aesKey), hex(`04782e21801d80123456${system}`));
  const diversify = { aid: "asWritten", system } as const;
  const shown = (uid: Buffer) =>
    show(desfireCard(own.toString("hex"), 3, uid), desfireReader({ diversify }), { desfire: aesKey });
  expect([shown(uid7), shown(hex("04782e21801d81")), shown(hex("08112233"))]).toEqual([
    card("48494A4B", true),
    unread("keyRefused"),
    unread("randomNumber"),
  ]);
});

test("a card with made-up UIDs is read all the same where one key serves all", () => {
  expect(show(desfireCard(aesKey, 3, hex("08112233")), desfireReader(), { desfire: aesKey })).toEqual(
    card("48494A4B", true),
  );
});

const phoneAid = "f0504f535445524e";
const phoneReader: Partial<PcscWiring> = { other: "off", profiles: [{ id: "phone", kind: "phone", aid: phoneAid }] };

test("a phone proves the key that belongs to its number", () => {
  const phone = new PhoneCard(phoneAid, "00c0ffee00c0ffee", hex(aesKey));
  expect([
    show(phone, phoneReader, { phone: aesKey }),
    show(phone, phoneReader, { phone: keyOf.des2 }),
    show(new PhoneCard("f0504f535445524f", "00c0ffee00c0ffee", hex(aesKey)), phoneReader, { phone: aesKey }),
  ]).toEqual([card("00C0FFEE00C0FFEE", true), unread("keyRefused"), unread("unknownCard")]);
});
