// Whose a key's file is: whoever owns the folder, also when root puts it there.
import { chownSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeKeysFolder, writeDurably } from "../../src/ledger/keys.ts";

let state = "";
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), "postern-owner-"));
  // Only root may give a folder away; for anybody else it stays their own.
  if (process.getuid?.() === 0) chownSync(state, 1_234, 1_235);
});
afterEach(() => rmSync(state, { recursive: true }));

test("a key and the folder made for it belong to the owner of the state folder", () => {
  const keys = join(state, "keys");
  makeKeysFolder(keys);
  writeDurably(join(keys, "card-staff.key"), Buffer.from("00"), 0o600);
  const { uid, gid } = statSync(state);
  for (const path of [keys, join(keys, "card-staff.key")]) expect(statSync(path)).toMatchObject({ uid, gid });
});

test("a folder that is there already stays whose it is", () => {
  makeKeysFolder(state);
  const { uid } = statSync(state);
  expect(uid).toBe(process.getuid?.() === 0 ? 1_234 : process.getuid?.());
});
