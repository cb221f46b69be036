import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { saveAccepted } from "../../src/config/accepted.ts";
import { readConfig } from "../../src/config/load.ts";
import { recallUnderstood, saveUnderstood } from "../../src/config/understood.ts";
import { edited, exampleText } from "./example.ts";

const build = "build-1";
let state = "";
let file = "";
beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), "postern-understood-"));
  file = join(state, "site.json");
  writeFileSync(file, exampleText);
  await remember(exampleText);
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const memory = () => join(state, "understood-config.json");
const other = edited((site) => {
  site.site.name = "Casa Alma";
});

async function remember(text: string): Promise<void> {
  const reading = readConfig(text);
  if (!reading.ok) throw new Error("refused");
  await saveAccepted(state, text);
  await saveUnderstood(state, build, text, reading.config);
}

test("the same file is understood as the schema would understand it, defaults included", () => {
  const reading = readConfig(exampleText);
  const recalled = recallUnderstood(file, state, build);
  expect(recalled).toEqual({ kind: "recalled", text: exampleText, config: reading.ok && reading.config });
});

test("a file that differs in one byte, or in nothing but its length, is not taken for the known one", () => {
  for (const text of [exampleText.replace("5000", "5001"), `${exampleText} `, exampleText.slice(0, -1), "", other]) {
    writeFileSync(file, text);
    expect(recallUnderstood(file, state, build)).toBeNull();
  }
  writeFileSync(file, exampleText);
  expect(recallUnderstood(file, state, build)).not.toBeNull();
});

test("a missing file, a folder and a missing memory are not known", () => {
  expect(recallUnderstood(join(state, "nothing.json"), state, build)).toBeNull();
  expect(recallUnderstood(state, state, build)).toBeNull();
  rmSync(memory());
  expect(recallUnderstood(file, state, build)).toBeNull();
});

test("what another build understood counts for nothing, nor does anything where there is no build", async () => {
  expect(recallUnderstood(file, state, "build-2")).toBeNull();
  expect(recallUnderstood(file, state, null)).toBeNull();
  rmSync(memory());
  await saveUnderstood(state, null, exampleText, {} as never);
  expect(readdirSync(state)).not.toContain("understood-config.json");
});

test("a memory that was edited, or cut off anywhere, is not believed", () => {
  const good = readFileSync(memory(), "utf8");
  for (let length = 0; length < good.length; length += 7) {
    writeFileSync(memory(), good.slice(0, length));
    expect(recallUnderstood(file, state, build)).toBeNull();
  }
  writeFileSync(memory(), good.replace("5000", "9000"));
  expect(recallUnderstood(file, state, build)).toBeNull();
});

test("a memory of one file is not used for another that was accepted since", async () => {
  const old = readFileSync(memory());
  await remember(other);
  expect(recallUnderstood(file, state, build)).toBeNull();
  writeFileSync(file, other);
  expect(recallUnderstood(file, state, build)).toMatchObject({ config: { site: { name: "Casa Alma" } } });
  writeFileSync(memory(), old);
  expect(recallUnderstood(file, state, build)).toBeNull();
});

test("only its owner may read it, and no draft stays", () => {
  expect(statSync(memory()).mode & 0o777).toBe(0o600);
  expect(readdirSync(state).sort()).toEqual(["accepted-config.json", "site.json", "understood-config.json"]);
});
