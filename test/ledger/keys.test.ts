import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Fault } from "../../src/domain/fault.ts";
import { deriveKeys, loadKeys, readSubKey } from "../../src/ledger/keys.ts";
import { createPinHash, PinQueue } from "../../src/ledger/pin-hash.ts";
import { createTokens, lookUpOf, nothingToFind } from "../../src/ledger/tokens.ts";
import { card, openOnDisk, pathsIn, pin, qr, seeded, temporaryFolder } from "./ledger-fixture.ts";

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof Fault ? error.code : String(error);
  }
  return "nothing was thrown";
};

const foldersIn = (folder: string, credentialsDir: string | null = null) => ({
  keysDir: join(folder, "keys"),
  credentialsDir,
});

test("a key is made for a brand-new database only, and is the same from then on", () => {
  const folders = foldersIn(temporaryFolder());
  expect(readSubKey(folders, "console session")).toBeNull();
  const made = loadKeys(folders, null, seeded());
  const path = join(folders.keysDir, "credential.key");
  expect(readFileSync(path)).toHaveLength(32);
  expect((statSync(path).mode & 0o777).toString(8)).toBe("600");
  expect(loadKeys(folders, made.fingerprint, seeded("other")).fingerprint).toEqual(made.fingerprint);
});

test("beside an existing database no key is made: a missing one is a fault", () => {
  const folder = temporaryFolder();
  openOnDisk(folder).close();
  const key = join(pathsIn(folder).keysDir, "credential.key");
  rmSync(key);
  expect(codeOf(() => openOnDisk(folder))).toBe("keys.mismatch");
  expect(codeOf(() => readFileSync(key))).toContain("ENOENT");
});

test("another database's key is a fault, and putting the right one back mends it", () => {
  const folder = temporaryFolder();
  openOnDisk(folder).close();
  const key = join(pathsIn(folder).keysDir, "credential.key");
  const right = readFileSync(key);
  writeFileSync(key, Buffer.alloc(32, 7));
  expect(codeOf(() => openOnDisk(folder))).toBe("keys.mismatch");
  expect(readFileSync(key).equals(Buffer.alloc(32, 7))).toBe(true);
  writeFileSync(key, right);
  openOnDisk(folder).close();
});

test.each([0o604, 0o640, 0o660])("a key file of mode %o is a fault", (mode) => {
  const folders = foldersIn(temporaryFolder());
  loadKeys(folders, null, seeded());
  chmodSync(join(folders.keysDir, "credential.key"), mode);
  expect(codeOf(() => loadKeys(folders, null, seeded()))).toBe("keys.exposed");
});

test.each([0, 31, 33, 64])("a key file of %i bytes is a fault", (bytes) => {
  const folders = foldersIn(temporaryFolder());
  mkdirSync(folders.keysDir);
  writeFileSync(join(folders.keysDir, "credential.key"), Buffer.alloc(bytes), { mode: 0o600 });
  expect(codeOf(() => loadKeys(folders, null, seeded()))).toBe("keys.malformed");
});

test("a key that the service manager provides goes first, and none is made beside it", () => {
  const folder = temporaryFolder();
  const credentialsDir = join(folder, "credentials");
  mkdirSync(credentialsDir);
  writeFileSync(join(credentialsDir, "credential.key"), Buffer.alloc(32, 9), { mode: 0o440 });
  const folders = foldersIn(folder, credentialsDir);
  expect(loadKeys(folders, null, seeded()).fingerprint).toEqual(deriveKeys(Buffer.alloc(32, 9)).fingerprint);
  expect(codeOf(() => readFileSync(join(folders.keysDir, "credential.key")))).toContain("ENOENT");
  chmodSync(join(credentialsDir, "credential.key"), 0o444);
  expect(codeOf(() => loadKeys(folders, null, seeded()))).toBe("keys.exposed");
});

test("keys for different purposes have nothing in common", () => {
  const folders = foldersIn(temporaryFolder());
  loadKeys(folders, null, seeded());
  const master = readFileSync(join(folders.keysDir, "credential.key"));
  const keys = deriveKeys(master);
  const all = [
    master,
    keys.token.export(),
    keys.seal.export(),
    keys.fingerprint,
    readSubKey(folders, "console session")!,
    readSubKey(folders, "sample people")!,
  ].map((key) => key.toString("hex").slice(0, 32));
  expect(new Set(all).size).toBe(all.length);
});

test("tokens differ by kind, by value and by key, and are the same every time", () => {
  const tokens = createTokens(deriveKeys(Buffer.alloc(32, 1)), seeded());
  const others = createTokens(deriveKeys(Buffer.alloc(32, 2)), seeded());
  const hash = Buffer.from("4711");
  const all = [
    tokens.card("4711"),
    tokens.qr("4711"),
    tokens.pin(hash),
    tokens.qr("04711"),
    others.card("4711"),
    others.qr("4711"),
    others.pin(hash),
  ];
  expect(new Set(all.map((token) => token.toString("hex"))).size).toBe(all.length);
  expect(lookUpOf(tokens, card("4711"), null).tokens).toEqual([tokens.card("4711")]);
  expect(lookUpOf(tokens, qr("P-4711"), null).tokens).toEqual([tokens.qr("P-4711")]);
  expect(lookUpOf(tokens, qr("4711"), hash).tokens).toEqual([tokens.pin(hash), tokens.qr("4711")]);
  expect(lookUpOf(tokens, pin("4711"), hash).tokens).toEqual([tokens.pin(hash)]);
});

test("an entry that was too long, or that could not be hashed, has no token", () => {
  const tokens = createTokens(deriveKeys(Buffer.alloc(32, 1)), seeded());
  expect(lookUpOf(tokens, pin(null), Buffer.alloc(32))).toEqual(nothingToFind);
  expect(lookUpOf(tokens, pin("4711"), null)).toEqual(nothingToFind);
});

test("a sealed card number opens only for its own credential and only whole", () => {
  const tokens = createTokens(deriveKeys(Buffer.alloc(32, 1)), seeded());
  const sealed = tokens.seal("00B775D2", "ana-card");
  expect(tokens.unseal(sealed, "ana-card")).toBe("00B775D2");
  expect(tokens.seal("00B775D2", "ana-card").equals(sealed)).toBe(false);
  expect(() => tokens.unseal(sealed, "bo-card")).toThrow();
  for (const index of [0, 12, sealed.length - 1]) {
    const bent = Buffer.from(sealed);
    bent[index]! ^= 1;
    expect(() => tokens.unseal(bent, "ana-card")).toThrow();
  }
  expect(() => tokens.unseal(sealed.subarray(0, 20), "ana-card")).toThrow();
});

test("the PIN hash is argon2id, depends on the site's salt, and takes an empty entry as well", async () => {
  const hash = (digits: string, salt: number) =>
    new Promise<Buffer | null>((done) => createPinHash(Buffer.alloc(16, salt))(digits, done));
  const [one, again, elsewhere, empty] = [
    await hash("4711", 1),
    await hash("4711", 1),
    await hash("4711", 2),
    await hash("", 1),
  ];
  // What pyca/cryptography computes: Argon2id(salt=b"\1" * 16, length=32, iterations=2, lanes=1, memory_cost=19456).
  expect(one!.toString("hex")).toBe("7467e36080bcb1125a6712adcd66b5254b17f0f1fdacd81c8c1304ec1d05d9c5");
  expect(again).toEqual(one);
  expect(elsewhere).not.toEqual(one);
  expect(empty).toHaveLength(32);
});

test("PINs are hashed one at a time, people at doors before an operator's list, unwanted ones not at all", () => {
  const running: { digits: string; done: (hash: Buffer | null) => void }[] = [];
  const queue = new PinQueue((digits, done) => running.push({ digits, done }));
  const finished: string[] = [];
  const note = (name: string) => (hash: Buffer | null) => finished.push(`${name}${hash === null ? " unhashed" : ""}`);
  queue.forChange("1", note("change 1"));
  queue.forChange("2", note("change 2"));
  queue.forAsk("3", () => true, note("ask 3"));
  queue.forAsk("4", () => false, note("ask 4"));
  queue.forAsk("5", () => true, note("ask 5"));
  const order: string[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    expect(running).toHaveLength(1);
    const { digits, done } = running.shift()!;
    order.push(digits);
    done(Buffer.alloc(1));
  }
  expect(order).toEqual(["1", "3", "5", "2"]);
  expect(finished).toEqual(["change 1", "ask 3", "ask 4 unhashed", "ask 5", "change 2"]);
  expect(running).toHaveLength(0);
});

test("a hash that answers at once does not use up the stack", () => {
  const queue = new PinQueue((_, done) => done(Buffer.alloc(1)));
  let count = 0;
  for (let entry = 0; entry < 50_000; entry += 1) queue.forChange("1", () => (count += 1));
  expect(count).toBe(50_000);
});
