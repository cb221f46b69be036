// The cards' cryptography beside what its makers, RFC 4493 and traces of real cards say, none of it computed here.
import { expect, test } from "vitest";
import type { DesfireCrypto } from "../../../../hal/card-profile.ts";
import { aesCipher, cmac, desCipher } from "../../../../hal/linux/pcsc/block-cipher.ts";
import {
  authenticate,
  desSessionKey,
  ev2SessionKeys,
  refusalOf,
} from "../../../../hal/linux/pcsc/desfire-authenticate.ts";
import { chainedSession, crc16Of, crc32Of, ev2Session } from "../../../../hal/linux/pcsc/desfire-session.ts";
import { diversifyAes, diversifyDes } from "../../../../hal/linux/pcsc/diversify.ts";
import type { Reading } from "../../../../hal/linux/pcsc/exchange.ts";
import { send } from "../../../../hal/linux/pcsc/exchange.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const text = (bytes: Buffer | null | undefined): string | undefined => bytes?.toString("hex");

/** Answers a reading's commands from a script, and returns what was sent and what came of it. */
function play<Result>(reading: Reading<Result>, answers: readonly string[]): { sent: string[]; result: Result } {
  const sent: string[] = [];
  let step = reading.next();
  for (const answer of answers) {
    if (step.done === true || step.value.kind !== "send") throw new Error("it asked for something else");
    sent.push(text(step.value.bytes) ?? "");
    step = reading.next(hex(answer));
  }
  if (step.done !== true) throw new Error("it asked for more");
  return { sent, result: step.value };
}

function* ask(command: number, ...parts: readonly (Buffer | readonly number[])[]): Reading<Buffer> {
  const data = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return yield* send([0x90, command, 0x00, 0x00, data.length], data, [0x00]);
}

test.each([
  ["", "bb1d6929e95937287fa37d129b756746"],
  ["6bc1bee22e409f96e93d7e117393172a", "070a16b46b4d4144f79bdd9dd04a287c"],
  [
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411",
    "dfa66747de9ae63030ca32611497c827",
  ],
  [
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
    "51f0bebf7e3b9d92fc49741779363cfe",
  ],
])("RFC 4493: the CMAC of %s", (message, mac) => {
  expect(text(cmac(aesCipher(hex("2b7e151628aed2a6abf7158809cf4f3c")), hex(message)))).toBe(mac);
});

test("AN10922: a card's AES key from the site's, its UID, the application and the system's name", () => {
  const key = diversifyAes(hex("00112233445566778899aabbccddeeff"), hex("04782e21801d803042f54e585020416275"));
  expect(text(key)).toBe("a8dd63a3b89d54b37ca802473fda9175");
});

test("AN10957: a card's AES key from the site's and its UID alone", () => {
  expect(text(diversifyAes(hex("f3f9377698707b688eaf84abe39e3791"), hex("04deadbeeffeed")))).toBe(
    "0bb408baff98b6ee9f2e1585777f6a51",
  );
});

test("AN10922: a card's triple DES key, apart from the bits that DES does not use", () => {
  const key = diversifyDes(hex("00112233445566778899aabbccddeeff"), hex("04782e21801d803042f54e58502041"));
  const used = (bytes: Buffer) => text(Buffer.from(bytes.map((byte) => byte & 0xfe)));
  expect(used(key)).toBe(used(hex("16f9587d9e8910c96b9649d007107dd6")));
});

test("the check values of data, as published for DESFire and type A", () => {
  expect([
    text(crc32Of(hex("00102030405060708090a0b0b0a09080"))),
    text(crc32Of(hex("c4800000000000000000000000000000000001"))),
    text(crc16Of(hex("12345678"))),
  ]).toEqual(["bfe37919", "1dd9eac2", "f031"]);
});

interface Trace {
  readonly name: string;
  readonly crypto: DesfireCrypto;
  readonly key: string;
  readonly random: string;
  readonly answers: readonly [string, string];
  readonly proof: string;
}

const traces: readonly Trace[] = [
  {
    name: "AES, of a card with its first key",
    crypto: "aes",
    key: "00000000000000000000000000000000",
    random: "f44b26f5686f3a391cd38ebd10772281",
    answers: ["b969fdfe56fd91fc9de6f6f213b8fd1e91af", "800db680bc146bd121d6578f2d2e20599100"],
    proof: "36aad7df6e436ba08d18613830a70d5ad43e3d3f4a8d47541eee623a934e4774",
  },
  {
    name: "AES, of a card with another key",
    crypto: "aes",
    key: "10182028303840485058606870788088",
    random: "40e7d27174cba675e8efbab99c530e3d",
    answers: ["b351cb2465d4f33ac627fd6e87a168f291af", "a2ee144b1012fbeb7b2f11132d95a4549100"],
    proof: "044b6cac343a0865895149649ca8dde1f5ac4ec67bd208900af02f049e05f0b0",
  },
  {
    name: "triple DES by 1A",
    crypto: "iso3des",
    key: "00102031405060708090a0b0b0a09080",
    random: "530e3d90f7a201c4",
    answers: ["b295579926155ae391af", "b8fd7fe56b241fc49100"],
    proof: "70f349740c945dae159ba9fedbcc461a",
  },
  {
    name: "AN12196: AES of the second evolution",
    crypto: "aesEv2",
    key: "00000000000000000000000000000000",
    random: "13c5db8a5930439fc3def9a4c675360f",
    answers: [
      "a04c124213c186f22399d33ac2a3021591af",
      "3fa64db5446d1f34cd6ea311167f5e4985b89690c04a05f17fa7ab2f081206639100",
    ],
    proof: "35c3e05a752e0144bac0de51c1f22c56b34408a23d8aea266cab947ea8e0118d",
  },
];

test.each(traces)(
  "$name: the proof is the trace's, and the card's own is taken",
  ({ crypto, key, random, answers, proof }) => {
    const { sent, result } = play(authenticate(ask, crypto, 0, hex(key), hex(random)), answers);
    expect([sent[1]?.slice(10, -2), typeof result]).toEqual([proof, "object"]);
  },
);

test.each(traces)("$name: a card that cannot prove the key is refused", ({ crypto, key, random, answers }) => {
  const forged = `${answers[1].slice(0, -6)}00${answers[1].slice(-4)}`;
  expect(play(authenticate(ask, crypto, 0, hex(key), hex(random)), [answers[0], forged]).result).toBe("keyRefused");
});

test("the session keys of real cards", () => {
  const des = desSessionKey(hex("00102031405060708090a0b0b0a09080"), hex("530e3d90f7a201c4"), hex("bcd8299747332daf"));
  const used = Buffer.from(des.map((byte) => byte & 0xfe));
  expect(text(used)).toBe("520e3c90bcd82896f6a200c446322cae");
});

test("AN12196: the keys of a session of the second evolution", () => {
  const keys = ev2SessionKeys(
    Buffer.alloc(16),
    hex("13c5db8a5930439fc3def9a4c675360f"),
    hex("b9e2fc789b64bf237cccaa20ec7e6e48"),
  );
  expect([text(keys.encryption), text(keys.mac)]).toEqual([
    "1309c877509e5a215007ff0ed19ca564",
    "4c6626f5e72ea694202139295c7a7fc7",
  ]);
});

/** The command, its header, the card's answer, and how it is protected. */
const realFile: readonly (readonly [number, string, string])[] = [
  [0xcd, "05001100500000", "a75316ad1596b953"],
  [0x6f, "", "052d5ff67ffec9d2d3"],
  [0xf5, "05", "000011005000002aac7517024e09dc"],
];

test("one chain of MACs runs through a real card's commands and answers, and reads its file", () => {
  const session = chainedSession(aesCipher(hex("40e7d271626ffbd49c530e3d304f5b17")));
  for (const [command, header, answer] of realFile) {
    session.seal(command, hex(header));
    expect(session.open(hex(answer), "mac", null)).not.toBe(null);
  }
  const written = [...Array(0x34).keys()];
  session.seal(0x3d, Buffer.concat([hex("05000000340000"), Buffer.from(written)]));
  expect(session.open(hex("765c9daa50ecb62f"), "mac", null)).not.toBe(null);
  session.seal(0x3d, Buffer.concat([hex("053400001c0000"), Buffer.from([...Array(0x1c).keys()].map((n) => n + 0x34))]));
  expect(session.open(hex("3e0aed986b8b0f37"), "mac", null)).not.toBe(null);
  const data = Buffer.from([...Array(0x30).keys()]);
  session.seal(0xbd, hex("05000000300000"));
  expect(text(session.open(Buffer.concat([data, hex("4c65f1f842262bac")]), "plain", 0x30))).toBe(text(data));
});

test("one bit of a real card's answer that was changed on its way is noticed", () => {
  const session = chainedSession(aesCipher(hex("40e7d271626ffbd49c530e3d304f5b17")));
  session.seal(0xcd, hex("05001100500000"));
  expect(session.open(hex("a75316ad1596b952"), "mac", null)).toBe(null);
});

test("AN12196, table 7: a command and an answer of the second evolution with their MACs", () => {
  const session = ev2Session(Buffer.alloc(16), hex("8248134a386e86eb7faf54a52e536cb6"), hex("7a21085e"));
  expect(text(session.seal(0xf5, hex("02")))).toBe("6597a457c8cd442c");
  const settings = "0040eeee000100d1fe001f00004400004400002000006a0000";
  expect(text(session.open(hex(`${settings}2a474282e7a47986`), "mac", null))).toBe(settings);
});

test("AN12196, table 28: an enciphered answer of the second evolution", () => {
  const keys = ["2b4d963c014dc36f24f69a50a394f875", "379d32130ce61705dd5fd8c36b95d764", "df055522"].map(hex);
  const [encryption, mac, transaction] = keys as [Buffer, Buffer, Buffer];
  const session = ev2Session(encryption, mac, transaction);
  expect(text(session.seal(0x51, Buffer.alloc(0)))).toBe("8e2c155adda99be3");
  const answer = hex("70756055688505b52a5e26e59e329cd6595f672298ea41b7");
  expect(text(session.open(answer, "full", 7))).toBe("04958caa5c5e80");
  expect(ev2Session(encryption, mac, transaction).open(answer.fill(0, 3, 4), "full", 7)).toBe(null);
});

test("what a card answers instead is told apart", () => {
  expect(["91a0", "91f0", "919d", "91ae", "911e", "6a82"].map((status) => refusalOf(hex(status)))).toEqual([
    "applicationMissing",
    "fileMissing",
    "notAllowed",
    "keyRefused",
    "forgedAnswer",
    "notReadable",
  ]);
});

test("DES is triple DES with one key twice", () => {
  const one = desCipher(hex("0123456789abcdef"));
  expect(text(one.encrypt(Buffer.alloc(8), hex("4e6f772069732074")))).toBe("3fa40e8a984d4815");
});
