// No file of a site and no log holds a PIN, a card number or a QR text, and without the key nothing in the database tells one.
//
// How chance is kept out. Files full of hashes hold any three given bytes now and then. But what a program leaves behind it
// leaves at every site, and chance does not: two sites live through the same with the same people and different keys, and
// what counts is what is found at both. Secrets of the same kinds that nobody ever used are searched for alike, to show how
// rarely that finds anything. PINs of two to five digits are too short for that: they are searched for as whole values and in quotes.
import { argon2Sync, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfigFile } from "../../src/config/load.ts";
import { siteOf } from "../../src/config/site.ts";
import { deriveKeys, readSubKey } from "../../src/ledger/keys.ts";
import { ledgerMigrations, newestVersion } from "../../src/ledger/migrate.ts";
import { pinHashCost } from "../../src/ledger/pin-hash.ts";
import { createTokens } from "../../src/ledger/tokens.ts";
import { samplePeople } from "../../src/ops/sample-people.ts";
import { examplePath } from "../config/example.ts";
import { type Loot, labelsInCode, OfflineGuesser, takeDatabase } from "./offline-guesser.ts";
import { poll, removeFolder, startProduct, temporaryFolder } from "./product.ts";
import { heapsIn, needlesOf, Pile, type Secret } from "./secret-search.ts";
import { changedPin, type LivedInSite, liveIn, longSecrets, namePrefix, pins, shortPins } from "./secret-site.ts";

let folder: string;
let sites: readonly LivedInSite[];
/** Of each site, all that it ever had in its folder. */
let piles: readonly Pile[];

beforeAll(async () => {
  folder = temporaryFolder();
  sites = await Promise.all(
    ["one", "two"].map((name) => {
      mkdirSync(join(folder, name));
      return liveIn(join(folder, name));
    }),
  );
  piles = sites.map(({ heaps }) => new Pile(heaps));
}, 120_000);
afterAll(() => removeFolder(folder));

/** Made before the one migration that the site goes through. */
const backup = `ledger.db.before-${newestVersion(ledgerMigrations) + 1}`;

/** The shapes of a secret that are found at both sites, and where at the first. */
const shapesAtBoth = (secret: Secret): string[] =>
  needlesOf(secret).flatMap((needle) => {
    const places = piles.map((pile) => pile.find(needle));
    return places.every((names) => names.length > 0) ? [`${needle.shape} in ${places[0]?.join(", ")}`] : [];
  });

const secretName = ({ kind, text }: Secret): string => `${kind} ${text}`;

describe("what a site leaves behind", () => {
  test("was left by a site that granted and denied every kind of credential, was killed, migrated, and guessed at", () => {
    for (const { events, heaps, walBytes } of sites) {
      const shown = (type: string, method: string) =>
        events.filter((event) => event.type === type && "method" in event && event.method === method).length;
      expect(shown("access.granted", "pin")).toBeGreaterThanOrEqual(11);
      expect(shown("access.granted", "card")).toBe(3);
      expect(shown("access.granted", "qr")).toBe(2);
      expect(shown("access.denied", "pin")).toBeGreaterThanOrEqual(12);
      expect(shown("access.denied", "card")).toBe(3);
      expect(shown("access.denied", "qr")).toBe(1);
      const reasons = events.flatMap((event) => (event.type === "access.denied" ? [event.reason] : []));
      expect(reasons).toContain("usesExhausted");
      expect(reasons).toContain("accessLimited");
      expect(walBytes).toBeGreaterThan(10_000);
      const names = heaps.map(({ name }) => name);
      for (const name of [
        "ledger.db-wal after the kill",
        "ledger.db-shm after the kill",
        `${backup} at the end`,
        "ledger.db.good at the end",
      ]) {
        expect(names).toContain(name);
      }
      for (const name of ["keys/anchor", "keys/audit-seed", "keys/credential.key", "accepted-config.json"]) {
        expect(names).toContain(`${name} at the end`);
      }
      const withName = heaps.filter(({ bytes }) => bytes.includes(namePrefix)).map(({ name }) => name);
      expect(withName).toContain("ledger.db-wal after the kill");
      expect(withName).toContain(`${backup} at the end`);
    }
  });

  test.each(longSecrets.map((secret) => [secretName(secret), secret] as const))("holds %s in no shape", (_, secret) => {
    expect(needlesOf(secret).length).toBeGreaterThan(12);
    expect(shapesAtBoth(secret)).toEqual([]);
  });

  test("holds no long shape of any secret even at one of the sites", () => {
    // Six bytes of 2^48 are not found by chance in a megabyte.
    for (const pile of piles) {
      for (const secret of longSecrets) {
        expect(pile.findAll(needlesOf(secret).filter(({ bytes }) => bytes.length >= 6))).toEqual([]);
      }
    }
  });

  test("would be found out: of secrets that nobody ever used, hardly one in a hundred is found by chance", () => {
    const controls = Array.from({ length: 1_000 }, (_, n): Secret[] => [
      { kind: "pin", text: String(randomBytes(4).readUInt32BE() % 10 ** (6 + (n % 3))).padStart(6 + (n % 3), "0") },
      { kind: "card", text: `00${randomBytes(3).toString("hex").toUpperCase()}` },
    ]).flat();
    expect(controls.filter((secret) => shapesAtBoth(secret).length > 0).length).toBeLessThan(controls.length / 100);
  });

  test.each(shortPins)("holds the PIN %s neither as a value nor in quotes", (pin) => {
    for (const { heaps, state } of sites) {
      expect(new Pile(heaps).findAll(quotedNeedles(pin))).toEqual([]);
      expect(valuesEqualTo(join(state, "ledger.db"), pin)).toEqual([]);
    }
  });

  test("has no secret in its log", () => {
    for (const { log } of sites) {
      expect(log).toContain("console: answers on");
      const heap = { name: "log", bytes: Buffer.from(log) };
      for (const secret of longSecrets) expect(new Pile([heap]).findAll(needlesOf(secret))).toEqual([]);
      const words = log.replaceAll(/^\S+Z/gm, "").split(/[^0-9]+/);
      for (const pin of shortPins) expect(words).not.toContain(pin);
    }
  });
});

/** In the ways in which texts hold short values: JSON, SQL, `key=value`. */
function quotedNeedles(pin: string) {
  const texts = [`"${pin}"`, `'${pin}'`, `=${pin}&`, `=${pin} `];
  if (pin.length >= 4) texts.push(`:${pin},`, `:${pin}}`);
  return texts.flatMap((text) => [
    { shape: `ASCII ${text}`, bytes: Buffer.from(text) },
    { shape: `UTF-16LE ${text}`, bytes: Buffer.from(text, "utf16le") },
    { shape: `UTF-16BE ${text}`, bytes: Buffer.from(text, "utf16le").swap16() },
    {
      shape: `base64 of ${text}`,
      bytes: Buffer.from(
        Buffer.from(text)
          .toString("base64")
          .replace(/.{1,2}=+$|=+$/, ""),
      ),
    },
  ]);
}

/** Every value of the database that is this PIN: as text, as bytes, as a number. Two and three digits are a number of too much else. */
function valuesEqualTo(path: string, pin: string): string[] {
  const db = new Sqlite(path, { readonly: true });
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
  const found = tables.flatMap((table) =>
    db
      .prepare<[], Record<string, unknown>>(`SELECT * FROM "${table}"`)
      .all()
      .flatMap((row) =>
        Object.entries(row)
          .filter(([, value]) => isPin(value, pin))
          .map(([column]) => `${table}.${column}`),
      ),
  );
  db.close();
  return found;
}

function isPin(value: unknown, pin: string): boolean {
  const reversed = [...pin].reverse().join("");
  if (typeof value === "number") return pin.length >= 4 && [Number(pin), Number(reversed)].includes(value);
  const text = Buffer.isBuffer(value) ? value.toString("latin1") : String(value);
  if (text === pin || text === reversed) return true;
  return pin.length >= 4 && text.split(/[^0-9A-Za-z]+/).includes(pin);
}

describe("the search itself", () => {
  const planted: readonly Secret[] = [
    { kind: "pin", text: pins.six },
    { kind: "pin", text: pins.seven },
    { kind: "pin", text: pins.zeros },
    { kind: "card", text: "00B6E94D" },
    { kind: "card", text: "5AE19C4D72/40" },
    { kind: "qr", text: "K7-Visitor-4471-ZQ" },
  ];

  test.each(planted.map((secret) => [secretName(secret), secret] as const))(
    "finds %s in each shape when it lies in a file among random bytes",
    (_, secret) => {
      const place = join(folder, "planted");
      for (const needle of needlesOf(secret)) {
        mkdirSync(place);
        writeFileSync(join(place, "file"), Buffer.concat([randomBytes(4_099), needle.bytes, randomBytes(4_099)]));
        expect(new Pile(heapsIn(place)).findAll(needlesOf(secret))).toContain(`${needle.shape} in file`);
        removeFolder(place);
      }
    },
  );

  test.each([
    ["text", "'830264'"],
    ["a number", "830264"],
    ["a number as text in JSON", '\'{"digits":"830264"}\''],
    ["a floating-point number", "830264.0"],
    ["packed digits", "x'830264'"],
    ["base64 inside a longer text", `'${Buffer.from("code 830264 typed").toString("base64")}'`],
  ])("finds a PIN that SQLite was given as %s", (_, literal) => {
    const place = join(folder, "planted");
    mkdirSync(place);
    const db = new Sqlite(join(place, "file"));
    db.exec(`CREATE TABLE t (a ANY) STRICT; INSERT INTO t VALUES (${literal})`);
    db.close();
    expect(new Pile(heapsIn(place)).findAll(needlesOf({ kind: "pin", text: "830264" }))).not.toEqual([]);
    removeFolder(place);
  });

  test("finds a short PIN as a value and in quotes", () => {
    const place = join(folder, "planted");
    mkdirSync(place);
    const db = new Sqlite(join(place, "file"));
    db.exec(`CREATE TABLE t (a ANY) STRICT; INSERT INTO t VALUES ('57'), (7391), ('{"pin":"493"}')`);
    db.close();
    expect(valuesEqualTo(join(place, "file"), "57")).toEqual(["t.a"]);
    expect(valuesEqualTo(join(place, "file"), "7391")).toEqual(["t.a"]);
    expect(new Pile(heapsIn(place)).findAll(quotedNeedles("493"))).toEqual(['ASCII "493" in file']);
    removeFolder(place);
  });
});

test("the simulated site holds none of the codes that it made up for its sample people", async () => {
  const state = join(folder, "simulated");
  const product = await startProduct({ config: null, state });
  await product.until("office");
  await poll(async () => existsSync(join(state, "console-code")));
  const reading = readConfigFile(examplePath);
  const key = readSubKey({ keysDir: join(state, "keys"), credentialsDir: null }, "sample people");
  if (!reading.ok || key === null) throw new Error("the simulated site has no key");
  const { samples } = samplePeople(siteOf(reading.config), key, Date.now());
  for (const { kind, secret } of samples) {
    const readers = { pin: "front-keypad", card: "front-reader", qr: "front-scanner" };
    const commands = {
      pin: `keys front-keypad ${secret}#`,
      card: `tap front-reader ${secret.slice(2)}`,
      qr: `text front-scanner ${secret}`,
    };
    const shown = product.board.next(
      (one) => one.kind === "signal" && one["reader"] === readers[kind] && one["signal"] !== "key",
    );
    await product.board.send(commands[kind]);
    await shown;
  }
  const live = heapsIn(state);
  product.process.kill("SIGKILL");
  await new Promise((resolve) => product.process.once("exit", resolve));
  const log = { name: "log", bytes: Buffer.from(product.stderr()) };
  for (const { kind, secret } of samples) {
    // There is only one such site: what is shorter could be there by chance.
    const needles = needlesOf({ kind, text: secret }).filter(({ bytes }) => bytes.length >= 6);
    expect(needles.length).toBeGreaterThan(15);
    expect(new Pile([...live, ...heapsIn(state), log]).findAll(needles)).toEqual([]);
  }
}, 60_000);

describe("whoever carries the database away without the key", () => {
  const allPins = Array.from({ length: 10_000 }, (_, n) => String(n).padStart(4, "0"));
  const onFile = [pins.four, pins.other];
  /**
   * The slow hash of all 10,000 would take five minutes. Only a PIN that is on file can match at all, so those, and some
   * that are not, stand for the rest.
   */
  const slowPins = [...onFile, "0000", "1234", "7390", "9999"];
  let loot: Loot;
  let master: Buffer;
  let slow: ReadonlyMap<string, Buffer>;
  const labels = labelsInCode();

  beforeAll(() => {
    const state = sites[0]?.state ?? "";
    loot = takeDatabase(join(state, "ledger.db"));
    master = readFileSync(join(state, "keys/credential.key"));
    slow = new Map(
      slowPins.map((pin) => [pin, argon2Sync("argon2id", { message: pin, nonce: loot.siteSalt, ...pinHashCost })]),
    );
  });

  /** Keys that somebody might try for want of the right one, and what the code would make of them. */
  const keylessKeys = (): Buffer[] => {
    const masters = [Buffer.alloc(0), Buffer.alloc(32), Buffer.alloc(32, 255), loot.siteSalt, randomBytes(32)];
    return masters.flatMap((key) => {
      const derived = deriveKeys(key);
      return [key, derived.token.export(), derived.seal.export()];
    });
  };

  test("knows the labels with which the code hashes", () => {
    for (const label of ["", "pin\0", "card\0", "credential token", "postern credential token"]) {
      expect(labels).toContain(label);
    }
    expect(loot.tokens.length).toBeGreaterThanOrEqual(12);
    expect(loot.siteSalt).toHaveLength(16);
  });

  test("matches no stored token with any of the 10,000 four-digit PINs, hashed in any way but the slow one", () => {
    const keys = keylessKeys().slice(0, 5);
    const guesser = new OfflineGuesser(loot.tokens, labels, keys);
    expect(allPins.filter((pin) => guesser.matches(Buffer.from(pin)))).toEqual([]);
  }, 120_000);

  test("matches none with the slow hash either, whatever in the database is taken for the key", () => {
    const guesser = new OfflineGuesser(loot.tokens, labels, [...keylessKeys(), ...loot.blobs]);
    expect(slowPins.filter((pin) => guesser.matches(slow.get(pin) ?? Buffer.alloc(0)))).toEqual([]);
  }, 120_000);

  test("would match exactly the PINs on file with the key, but still not without the slow hash", () => {
    const guesser = new OfflineGuesser(loot.tokens, labels, [deriveKeys(master).token.export()]);
    const matched = slowPins.filter((pin) => guesser.matches(slow.get(pin) ?? Buffer.alloc(0)));
    expect(matched).toEqual(onFile);
    expect(allPins.filter((pin) => guesser.matches(Buffer.from(pin)))).toEqual([]);
  }, 120_000);

  test.each([
    ["a key of zeros", (pin: string) => createTokens(deriveKeys(Buffer.alloc(32)), randomBytes).pin(Buffer.from(pin))],
    ["no key", (pin: string) => createTokens({ ...deriveKeys(Buffer.alloc(0)) }, randomBytes).pin(Buffer.from(pin))],
  ])(
    "would find the PIN of a site that had %s and no slow hash",
    (_, tokenOf) => {
      const masters = [Buffer.alloc(32), Buffer.alloc(0)].map((key) => deriveKeys(key).token.export());
      const guesser = new OfflineGuesser([tokenOf(changedPin.slice(0, 4))], labels, masters);
      expect(allPins.filter((pin) => guesser.matches(Buffer.from(pin)))).toEqual([changedPin.slice(0, 4)]);
    },
    120_000,
  );
});
