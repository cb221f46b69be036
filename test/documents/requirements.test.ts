// No requirement is without an answer, and what an answer cites is there.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..", "..");
const page = readFileSync(join(root, "docs/requirements.md"), "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| ---"))
  .map((line) =>
    line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.trim()),
  );

/** How many rows each section of the requirement reference has. */
const sections: Readonly<Record<string, number>> = {
  CR: 17,
  TK: 36,
  SC: 9,
  RL: 9,
  RD: 21,
  IN: 21,
  RO: 19,
  FA: 11,
  BL: 13,
  LP: 4,
  IE: 6,
  EL: 6,
  FS: 17,
  AD: 10,
  C: 30,
  G: 23,
};
const wanted = Object.entries(sections).flatMap(([section, count]) =>
  Array.from({ length: count }, (_, n) => `${section}-${String(n + 1).padStart(2, "0")}`),
);
const states = ["built", "in part", "issue 4", "issue 5", "issuer", "not yet"];

test("every row has exactly one answer, in the order of the reference", () => {
  expect(rows.map(([id]) => id).filter((id) => id !== undefined && wanted.includes(id))).toEqual(wanted);
});

test.each(wanted)("%s says how it stands, and what is built says where that is shown", (id) => {
  const [, state = "", what = "", shown = ""] = rows.find((row) => row[0] === id) ?? [];
  expect(states).toContain(state);
  expect(what).not.toBe("");
  if (state === "built" || state === "in part") expect(shown).toMatch(/`test\/[\w/.-]+`/);
});

test("every acceptance check has an answer", () => {
  const checks = Array.from({ length: 23 }, (_, n) => String(n + 1));
  expect(rows.map(([id]) => id).filter((id) => id !== undefined && checks.includes(id))).toEqual(checks);
});

/** A file, and after a colon the beginning of a test's name in it. */
const citations = [...page.matchAll(/`((?:test|scripts)\/[\w/.-]+)`(?:: ([^|;`]+))?/g)].map(([, file = "", name]) => ({
  file,
  name: name?.trim() ?? "",
}));

test("every file that is cited is there, and so is every test", () => {
  const missing = citations.filter(({ file, name }) => {
    const path = join(root, file);
    if (!existsSync(path)) return true;
    if (name === "" || statSync(path).isDirectory() || !isName(name)) return false;
    return !flat(readFileSync(path, "utf8")).includes(flat(name));
  });
  expect(missing).toEqual([]);
});

/** What follows a file may also be a remark, such as how many tests; a name has more words than that. */
const isName = (text: string): boolean => text.split(" ").length > 4;

const flat = (text: string): string => text.replace(/\\(.)/g, "$1").replace(/\s+/g, " ");
