import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configDigest, saveAccepted } from "../../src/config/accepted.ts";
import { chooseConfig, loadAccepted } from "../../src/config/choose.ts";
import { edited, exampleText, swap } from "./example.ts";

let folder = "";
let state = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "postern-accepted-"));
  state = join(folder, "state");
  file = join(folder, "site.json");
  mkdirSync(state);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const kept = () => join(state, "accepted-config.json");
const other = edited((site) => {
  site.site.name = "Ático «B»";
});

test("a good file is taken, whatever was accepted before", async () => {
  await saveAccepted(state, other);
  writeFileSync(file, exampleText);
  expect(chooseConfig(file, state)).toMatchObject({
    kind: "file",
    text: exampleText,
    warnings: [],
    config: { site: { name: "Casa Olmo" } },
  });
});

test("a bad file leaves the accepted one in force and tells its problems", async () => {
  await saveAccepted(state, other);
  writeFileSync(file, swap('"unlockMs": 5000', '"unlockMs": -5'));
  expect(chooseConfig(file, state)).toMatchObject({
    kind: "accepted",
    text: other,
    config: { site: { name: "Ático «B»" } },
    problems: [{ path: "doors[0].unlockMs" }],
  });
});

test.each([
  ["missing", () => undefined],
  ["empty", () => writeFileSync(file, "")],
  ["a folder", () => mkdirSync(file)],
  ["10 MB", () => writeFileSync(file, Buffer.alloc(10_000_000, "x"))],
  ["half written", () => writeFileSync(file, exampleText.slice(0, 900))],
  ["binary", () => writeFileSync(file, Buffer.from([0xff, 0xfe, 0, 1]))],
])("the accepted one also stays when the file is %s", async (_, spoil) => {
  await saveAccepted(state, exampleText);
  spoil();
  const choice = chooseConfig(file, state);
  expect(choice).toMatchObject({ kind: "accepted", text: exampleText });
  expect("problems" in choice && choice.problems).toHaveLength(1);
});

test("without any accepted one a bad file leaves nothing, and both reasons are told", () => {
  writeFileSync(file, "{}");
  const choice = chooseConfig(file, state);
  expect(choice).toMatchObject({ kind: "none", accepted: [{ problem: "There is no such file." }] });
  expect(choice.kind === "none" && choice.problems.map((problem) => problem.path)).toEqual([
    "site",
    "board",
    "relays",
    "doors",
  ]);
});

test("an accepted copy that was spoiled is not used, and said to be spoiled", () => {
  writeFileSync(kept(), exampleText.slice(0, 100));
  expect(chooseConfig(file, state)).toMatchObject({
    kind: "none",
    accepted: [{ problem: expect.stringContaining("line") }],
  });
});

test("choosing writes nothing", () => {
  writeFileSync(file, exampleText);
  chooseConfig(file, state);
  expect(readdirSync(state)).toEqual([]);
});

test("the copy is the text to the last byte, only its owner may read it, and no draft stays", async () => {
  for (const text of [exampleText, other, `${exampleText}\n\n`]) {
    await saveAccepted(state, text);
    expect(readFileSync(kept(), "utf8")).toBe(text);
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
    expect(readdirSync(state)).toEqual(["accepted-config.json"]);
  }
  expect(loadAccepted(state)).toMatchObject({ ok: true, config: { site: { name: "Casa Olmo" } } });
});

test("accepting the same text again does not write", async () => {
  await saveAccepted(state, exampleText);
  const { ino } = statSync(kept());
  await saveAccepted(state, exampleText);
  expect(statSync(kept()).ino).toBe(ino);
});

test("two savings at once leave one of the two whole", async () => {
  await Promise.all([saveAccepted(state, exampleText), saveAccepted(state, other), saveAccepted(state, exampleText)]);
  expect([exampleText, other]).toContain(readFileSync(kept(), "utf8"));
  expect(readdirSync(state)).toEqual(["accepted-config.json"]);
});

test("a draft that a power cut left is cleared away and never read", async () => {
  writeFileSync(join(state, "accepted-config.json.new-1-abc"), exampleText.slice(0, 50));
  expect(loadAccepted(state)).toMatchObject({ ok: false, problems: [{ problem: "There is no such file." }] });
  await saveAccepted(state, exampleText);
  expect(readdirSync(state)).toEqual(["accepted-config.json"]);
});

test("a folder that cannot be written is a fault with a code, and the old copy stays", async () => {
  await expect(saveAccepted(join(folder, "nowhere"), exampleText)).rejects.toMatchObject({ code: "config.notKept" });
  mkdirSync(kept());
  await expect(saveAccepted(state, exampleText)).rejects.toMatchObject({ code: "config.notKept" });
  expect(readdirSync(state)).toEqual(["accepted-config.json"]);
});

test("killed at any instant of saving, the old copy or the new one is there whole", { timeout: 60_000 }, () => {
  const script = `import { saveAccepted } from ${JSON.stringify(new URL("../../src/config/accepted.ts", import.meta.url).href)};
    const texts = ${JSON.stringify([exampleText, other])};
    process.stdout.write("go");
    setTimeout(() => process.kill(process.pid, "SIGKILL"), Number(process.argv[1]));
    for (let n = 0; ; n += 1) await saveAccepted(${JSON.stringify(state)}, texts[n % 2]);`;
  chmodSync(state, 0o700);
  for (const afterMs of [1, 3, 7, 12, 20, 33]) {
    try {
      execFileSync(process.execPath, ["--input-type=module", "-e", script, String(afterMs)], { stdio: "pipe" });
    } catch (error) {
      expect(error).toMatchObject({ signal: "SIGKILL" });
    }
    if (existsSync(kept())) expect([exampleText, other]).toContain(readFileSync(kept(), "utf8"));
  }
  expect(loadAccepted(state).ok).toBe(true);
});

test("a digest is the start of the text's SHA-256", () => {
  expect(configDigest("abc")).toBe("ba7816bf8f01cfea");
  expect(configDigest(exampleText)).not.toBe(configDigest(other));
});
