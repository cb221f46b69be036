// Readers at a real pcscd, through each of the two packages: every kind of card, and pcscd killed, restarted and stopped.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { CardProfile, PcscWiring } from "../../hal/card-profile.ts";
import { pcscDrivers } from "../../hal/card-profile.ts";
import { ownKey } from "../hal/linux/cards/cipher.ts";
import { ClassicCard } from "../hal/linux/cards/classic-card.ts";
import type { DesfireFile } from "../hal/linux/cards/desfire-card.ts";
import { DesfireCard } from "../hal/linux/cards/desfire-card.ts";
import { PhoneCard } from "../hal/linux/cards/phone-card.ts";
import { PlusCard } from "../hal/linux/cards/plus-card.ts";
import type { VirtualCard } from "../hal/linux/cards/virtual-card.ts";
import { PlainCard, storageAtr } from "../hal/linux/cards/virtual-card.ts";
import { PartAtPcscd } from "./pcsc-part.ts";
import type { TestDaemon } from "./pcscd.ts";
import { hasPcscd, openDaemon } from "./pcscd.ts";

const hex = (text: string): Buffer => Buffer.from(text, "hex");
const aesKey = "00112233445566778899aabbccddeeff";
const desKey = "00102030405060708090a0b0c0d0e0f0";
const phoneAid = "f0504f535445524e";
const place = { offset: 0, length: 4, encoding: "hex" } as const;
const desfire = { kind: "desfire", file: 5, keyNumber: 1, acceptPlain: false, diversify: null, ...place } as const;
const profiles: readonly CardProfile[] = [
  { id: "classic", kind: "classic", sector: 2, blocks: [1], keyType: "A", ...place },
  { id: "plus", kind: "plus", sector: 3, blocks: [0, 2], keyType: "A", ...place },
  { ...desfire, id: "aes", aid: "000001", crypto: "aes", diversify: { aid: "asWritten", system: "4e5850" } },
  { ...desfire, id: "ev2", aid: "000002", crypto: "aesEv2" },
  { ...desfire, id: "des", aid: "000003", crypto: "des" },
  { ...desfire, id: "iso", aid: "000004", crypto: "iso3des" },
  { id: "phone", kind: "phone", aid: phoneAid },
];
const keys = {
  classic: "a0a1a2a3a4a5",
  plus: aesKey,
  aes: aesKey,
  ev2: aesKey,
  des: desKey,
  iso: desKey,
  phone: aesKey,
};
const securedReader: Partial<PcscWiring> = { classic: "secured", plus: "secured", desfire: "secured", profiles };

function desfireCard(aid: string, key: Buffer, protection: DesfireFile["protection"]): DesfireCard {
  const files = new Map([[5, { protection, data: hex("c0ffee01000000000000000000000000") }]]);
  return new DesfireCard(() => hex("04782e21801d80"), [{ aid, keys: [Buffer.alloc(16), key], files }]);
}

function classicCard(key: string): ClassicCard {
  const card = new ClassicCard(hex("02b775d2"));
  card.write(2, 1, hex("c0ffee01000000000000000000000000"), { a: hex(key), b: hex(key) });
  return card;
}

function plusCard(): PlusCard {
  const card = new PlusCard(hex("04782e21801d80"));
  card.keys.set(0x4006, hex(aesKey));
  card.blocks.set(12, hex("c0ffee01000000000000000000000000"));
  return card;
}

const ultralight = (): PlainCard => new PlainCard(storageAtr(0x03, 0x0003), () => hex("04a1b2c3d4e5f6"));

const card = (bytes: string, proven = true) => ({ kind: "card", reader: "lobby", bytes, proven });
const unread = (problem: string) => ({ kind: "unread", reader: "lobby", problem });

const shown: readonly (readonly [string, VirtualCard, object])[] = [
  ["an Ultralight by its UID", ultralight(), card("04A1B2C3D4E5F6", false)],
  [
    "a FeliCa card by its IDm",
    new PlainCard(storageAtr(0x11, 0x003b), () => hex("0114b34a8d0fe2c1")),
    card("0114B34A8D0FE2C1", false),
  ],
  ["a card with made-up UIDs", new PlainCard(storageAtr(0x03, 0x003a), () => hex("08a1b2c3")), unread("randomNumber")],
  ["Classic by its sector", classicCard(keys.classic), card("C0FFEE01")],
  ["Classic with another key, not by its UID", classicCard("ffffffffffff"), unread("keyRefused")],
  ["Plus by its blocks", plusCard(), card("C0FFEE01")],
  [
    "DESFire by AES, a key of its own, enciphered",
    desfireCard("010000", ownKey(hex(aesKey), hex("04782e21801d800000014e5850")), 3),
    card("C0FFEE01"),
  ],
  ["DESFire of the second evolution, enciphered", desfireCard("020000", hex(aesKey), 3), card("C0FFEE01")],
  ["DESFire of the second evolution, with a MAC", desfireCard("020000", hex(aesKey), 1), card("C0FFEE01")],
  ["DESFire as the first card had it", desfireCard("030000", hex(desKey), 3), card("C0FFEE01")],
  ["DESFire by triple DES as ISO has it", desfireCard("040000", hex(desKey), 1), card("C0FFEE01")],
  ["DESFire with another key, not by its UID", desfireCard("040000", Buffer.alloc(16), 1), unread("keyRefused")],
  ["a phone", new PhoneCard(phoneAid, "00c0ffee00c0ffee", hex(aesKey)), card("00C0FFEE00C0FFEE")],
];

if (!hasPcscd() && process.env["CI"] !== "true") test.skip("pcscd and vsmartcard-vpcd are not installed", () => {});
describe.skipIf(!hasPcscd() && process.env["CI"] !== "true").each(pcscDrivers)("through %s", (driver) => {
  let daemon: TestDaemon;
  let part: PartAtPcscd;
  beforeAll(async () => {
    daemon = await openDaemon();
    part = new PartAtPcscd(daemon, driver, securedReader, keys);
    await part.ready();
  }, 60_000);
  afterAll(async () => {
    part?.stop();
    await daemon?.stop();
  });

  test("cards are read, each once, for what they are", { timeout: 120_000 }, async () => {
    const before = part.events.length;
    const said = [];
    for (const [name, one] of shown) said.push([name, await part.show(one)]);
    expect(said).toEqual(shown.map(([name, , event]) => [name, event]));
    expect(part.events.slice(before)).toHaveLength(shown.length);
  });

  test("a card that is pulled away in the middle is not read, and the next one is", { timeout: 60_000 }, async () => {
    const pulled = classicCard(keys.classic);
    const answer = pulled.answer.bind(pulled);
    pulled.answer = (command) => {
      if (command[1] === 0xb0) daemon.lay(null);
      return answer(command);
    };
    await part.show(pulled);
    expect(await part.show(classicCard(keys.classic))).toEqual(card("C0FFEE01"));
    expect(part.events.filter(({ kind }) => kind === "lost")).toEqual([]);
  });

  test("a profile without a key is a fault with its remedy, until it has one", { timeout: 60_000 }, async () => {
    const lacking = new PartAtPcscd(daemon, driver, securedReader, { ...keys, plus: "0011" });
    onTestFinished(() => lacking.stop());
    await lacking.until("the fault", () => lacking.state() === "faulty");
    expect(lacking.part.health()[0]?.why).toMatch(/"plus" has a key of the wrong form; .*`postern cards key set plus`/);
    lacking.setKey("plus", aesKey);
    await lacking.until("its end", () => lacking.state() === "ok");
    expect(lacking.events.map(({ kind }) => kind)).toEqual(["faulty", "mended"]);
  });

  test("killed and started again, pcscd costs its reader seconds and shows nobody's card twice", {
    timeout: 60_000,
  }, async () => {
    const before = part.events.length;
    daemon.lay(ultralight());
    await part.until("the card", () => part.events.slice(before).some(({ kind }) => kind === "card"));
    await daemon.kill();
    await part.until("the loss", () => part.state() === "lost");
    await part.until("its reason", () => /systemctl start pcscd/.test(part.part.health()[0]?.why ?? ""));
    await daemon.start();
    daemon.lay(ultralight());
    await part.ready();
    await part.takeAway();
    await part.show(ultralight());
    expect(part.events.slice(before).map(({ kind }) => kind)).toEqual(["card", "lost", "found", "card"]);
  });

  test("stopped, pcscd is said not to answer, and goes on where it was", { timeout: 60_000 }, async () => {
    const before = part.events.length;
    daemon.signal("SIGSTOP");
    await part.until("the loss", () => part.state() === "lost");
    expect(part.part.health()[0]?.why).toMatch(/pcscd does not answer/);
    daemon.signal("SIGCONT");
    await part.ready();
    await part.show(ultralight());
    expect(part.events.slice(before).map(({ kind }) => kind)).toEqual(["lost", "found", "card"]);
  });

  test("when the process at pcscd hangs, it is killed and another takes its place", { timeout: 60_000 }, async () => {
    const before = part.events.length;
    const first = part.part.pid() ?? 0;
    process.kill(first, "SIGSTOP");
    await part.until("the loss", () => part.state() === "lost");
    await part.ready();
    await part.show(ultralight());
    expect(part.events.slice(before).map(({ kind }) => kind)).toEqual(["lost", "found", "card"]);
    expect(part.part.pid()).not.toBe(first);
    expect(() => process.kill(first, 0)).toThrow();
  });

  test("without pcscd the process waits without working", { timeout: 60_000 }, async () => {
    await daemon.kill();
    await part.until("the loss", () => part.state() === "lost");
    const ticksOf = () => {
      const fields = readFileSync(`/proc/${part.part.pid()}/stat`, "latin1").split(") ")[1]?.split(" ") ?? [];
      return Number(fields[11]) + Number(fields[12]);
    };
    const before = ticksOf();
    const from = performance.now();
    await part.until("three seconds", () => performance.now() - from > 3_000);
    // A tick is 10 ms: at most a tenth of a processor.
    expect(ticksOf() - before).toBeLessThan(30);
    await daemon.start();
    await part.ready();
  });
});
