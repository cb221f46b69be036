// Keys of card profiles at the command line: from standard input into files that nobody else may read, and never shown.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { exampleSite, expectMisuse, runPostern, startForTest, temporarySite } from "./command.ts";

const key = "0123456789abcdeffedcba9876543210";
const site = exampleSite((one) => {
  one.cardProfiles = [
    { kind: "desfire", id: "staff", aid: "F51A2B", file: 1, keyNumber: 0 },
    { kind: "classic", id: "old", sector: 1, blocks: [0] },
  ];
  const secured = { classic: "secured", desfire: "secured", profiles: ["staff", "old"] };
  one.readers.push({ id: "lobby", door: "front", kind: "pcsc", ...secured });
});

const notRecorded = "The record does not say so, because no controller runs on this state folder.\n";

function folder() {
  const { state, file } = temporarySite(site);
  const ask = (words: readonly string[], input = "") =>
    runPostern(["cards", "key", ...words, "--config", file, "--state", state], { input });
  return { ask, file: (profile: string) => join(state, "keys", `card-${profile}.key`) };
}

test("a key is set from standard input, listed without its digits, replaced and removed", async () => {
  const { ask, file } = folder();
  const said = await ask(["set", "staff"], `${key.match(/../g)?.join(" ")}\n`);
  expect(said).toMatchObject({ code: 0, err: notRecorded });
  expect([readFileSync(file("staff"), "latin1"), statSync(file("staff")).mode & 0o777]).toEqual([
    `${key.toUpperCase()}\n`,
    0o600,
  ]);
  // Root at the command line leaves it to the service's user.
  const { uid } = statSync(dirname(dirname(file("staff"))));
  expect([statSync(file("staff")).uid, statSync(dirname(file("staff"))).uid]).toEqual([uid, uid]);
  const listed = await ask(["list"]);
  expect(listed.out).toMatch(/staff +desfire +set/);
  expect(listed.out).toMatch(/old +classic +missing/);
  expect(said.out + listed.out).not.toMatch(/0123456789/i);
  expect(await ask(["remove", "staff"])).toMatchObject({ code: 0 });
  expect((await ask(["list"])).out).toMatch(/staff +desfire +missing/);
});

test("a key of another length, or of no digits, changes nothing and is not repeated", async () => {
  const { ask, file } = folder();
  await ask(["set", "old"], "a0a1a2a3a4a5");
  for (const wrong of ["a0a1a2a3a4a5a6", "a0a1a2a3a4zz", ""]) {
    const said = await ask(["set", "old"], wrong);
    expect(said).toMatchObject({ code: 1, out: "" });
    expect(said.err).toBe('postern cards: The key of "old" has 12 hex digits; nothing was changed.\n');
  }
  expect(readFileSync(file("old"), "latin1")).toBe("A0A1A2A3A4A5\n");
});

test("a key that everybody knows is taken with a warning, and one that others may read is named", async () => {
  const { ask, file } = folder();
  expect((await ask(["set", "old"], "ffffffffffff")).err).toMatch(/anybody knows it/);
  writeFileSync(file("staff"), key, { mode: 0o644 });
  expect((await ask(["list"])).out).toMatch(/staff +desfire +others may read it/);
});

test("a key is taken for profiles that are there only, and never among the words", async () => {
  const { ask } = folder();
  expect((await ask(["set", "nobody"], key)).err).toMatch(/no card profile "nobody"; there are staff, old/);
  expectMisuse(await ask(["set", "staff", key]), "no more than one");
  expectMisuse(await ask(["show", "staff"]), 'There is no "postern cards key show"');
});

test("beside a running controller, the record says whose key was changed, and nothing of the key", async () => {
  const product = await startForTest({ config: site });
  const where = ["--state", product.state];
  for (const words of [
    ["set", "staff"],
    ["remove", "staff"],
  ]) {
    expect(await runPostern(["cards", "key", ...words, ...where], { input: key })).toMatchObject({ code: 0, err: "" });
  }
  const { out } = await runPostern(["log", "show", "--json", "--last", "100", ...where]);
  const changes = out.split("\n").filter((line) => line.includes("cards.keyChanged"));
  expect(changes.map((line) => JSON.parse(line).event)).toMatchObject([
    { what: "set", profile: "staff" },
    { what: "removed", profile: "staff" },
  ]);
  expect(out).not.toMatch(/0123456789ABCDEF/i);
});
