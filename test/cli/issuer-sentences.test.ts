import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { issuerKeys } from "../../src/cli/issuer-keys.ts";
import { passKeys } from "../../src/cli/pass-keys.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-issuer-"));
afterAll(() => rmSync(folder, { recursive: true }));
const keys = (...words: readonly string[]) => issuerKeys([...words, "--folder", folder]);

beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => {});
  await keys("new", "desk", "--form", "mac", "--place", "front");
});

test("a number that another key has is refused, and nothing is made", async () => {
  const again = keys("new", "other", "--form", "mac", "--place", "front", "--number", "1");
  await expect(again).rejects.toThrow('The key "desk" has the number 1 already; leave --number out.');
  await expect(keys("export", "other", join(folder, "other.key"))).rejects.toThrow();
});

test("a key is exported into a new file only, and taken in from one that is there", async () => {
  const file = join(folder, "desk.key");
  await keys("export", "desk", file);
  await expect(keys("export", "desk", file)).rejects.toThrow(`${file} is there already; name a new file.`);
  const missing = join(folder, "none.key");
  await expect(passKeys(["add", missing, "--state", folder])).rejects.toThrow(`There is no file ${missing};`);
  expect(existsSync(missing)).toBe(false);
});
