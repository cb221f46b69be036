import { chmodSync, cpSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { KeyFile } from "../../src/issuer/key-folder.ts";
import {
  exportedText,
  exportSchema,
  keyFiles,
  moveKey,
  readKey,
  updateKey,
  writeNewKey,
} from "../../src/issuer/key-folder.ts";
import { temporaryFolder } from "../ledger/ledger-fixture.ts";

const keyOf = (id: string, number = 1): KeyFile => ({
  key: {
    ...{ id, number, name: id, form: "signed", digits: null, floors: [], person: null },
    places: [{ number: 1, doors: ["front"] }],
    limits: { maxMinutes: null, maxUses: null },
    validity: { from: null, until: null },
  },
  secret: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
  timeZone: "Europe/Madrid",
  nextSerial: 1,
  codes: [],
  home: null,
});

test("keys lie in files of their own that nobody else may read, and are never written over", () => {
  const folder = temporaryFolder();
  writeNewKey(folder, keyOf("second", 2));
  writeNewKey(folder, keyOf("first"));
  expect(() => writeNewKey(folder, keyOf("first"))).toThrow('There is a key "first" already.');
  expect(keyFiles(folder).map(({ key }) => key.id)).toEqual(["first", "second"]);
  expect((statSync(join(folder, "pass-keys/first.json")).mode & 0o777).toString(8)).toBe("600");
  expect((statSync(join(folder, "pass-keys")).mode & 0o777).toString(8)).toBe("700");
  chmodSync(join(folder, "pass-keys/first.json"), 0o640);
  expect(() => readKey(folder, "first")).toThrow("Others may read");
});

test("a serial is on the disk before anybody has it, and one command at a time works with a key", () => {
  const folder = temporaryFolder();
  writeNewKey(folder, keyOf("desk"));
  const next = () =>
    updateKey(folder, "desk", (file) => [{ ...file, nextSerial: file.nextSerial + 1 }, file.nextSerial]);
  expect([next(), next()]).toEqual([1, 2]);
  expect(readKey(folder, "desk").nextSerial).toBe(3);
  const refused = () =>
    updateKey(folder, "desk", () => {
      throw new Error("no");
    });
  expect(refused).toThrow("no");
  updateKey(folder, "desk", (file) => {
    expect(next).toThrow("Another command works with this key");
    return [file, null];
  });
  expect(next()).toBe(3);
  expect(readdirSync(join(folder, "pass-keys"))).toEqual(["desk.json"]);
});

test("what is exported of a signed key is its public half", () => {
  const text = exportedText(keyOf("desk"));
  const exported = exportSchema.parse(JSON.parse(text));
  // RFC 8032, section 7.1, test 1.
  expect(exported.secret).toBe("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  expect(text).not.toContain("9d61b19d");
});

test("a file that is no key says so, and a key that is not there is missed by its name", () => {
  const folder = temporaryFolder();
  writeNewKey(folder, keyOf("desk"));
  writeFileSync(join(folder, "pass-keys/desk.json"), "{", { mode: 0o600 });
  expect(() => readKey(folder, "desk")).toThrow("is not a key that this Postern wrote");
  expect(() => readKey(folder, "other")).toThrow('There is no key "other"');
  expect(keyFiles(temporaryFolder())).toEqual([]);
});

const nextSerialOf = (folder: string): number =>
  updateKey(folder, "desk", (file) => [{ ...file, nextSerial: file.nextSerial + 1 }, file.nextSerial]);

test("a folder that was copied gives out no serial that the other one gives out too, until the key is moved to it", () => {
  const folder = temporaryFolder();
  writeNewKey(folder, keyOf("desk"));
  expect(nextSerialOf(folder)).toBe(1);
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  expect(() => nextSerialOf(copy)).toThrow('The key "desk" was copied here from another folder');
  expect(nextSerialOf(folder)).toBe(2);
  expect(() => moveKey(copy, "desk", 1)).toThrow("say --after 1 or more");
  moveKey(copy, "desk", 3);
  expect(nextSerialOf(copy)).toBe(3);
  // The copy of the copy is one as well, and so is what is brought back.
  cpSync(join(copy, "pass-keys/desk.json"), join(folder, "pass-keys/desk.json"));
  expect(() => nextSerialOf(folder)).toThrow("was copied here");
});

test("a folder that is renamed stays where it is, and a key from before homes were kept is at home where it is used next", () => {
  const folder = temporaryFolder();
  writeNewKey(folder, keyOf("desk"));
  const renamed = join(temporaryFolder(), "elsewhere");
  renameSync(folder, renamed);
  expect(nextSerialOf(renamed)).toBe(1);
  const path = join(renamed, "pass-keys/desk.json");
  const { home, ...before } = JSON.parse(readFileSync(path, "utf8"));
  expect(home).toMatch(/^[0-9a-f]{32}$/);
  writeFileSync(path, JSON.stringify(before), { mode: 0o600 });
  expect(nextSerialOf(renamed)).toBe(2);
  expect(readKey(renamed, "desk").home).toBe(home);
});
