import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { maxConfigBytes, readConfigFile } from "../../src/config/load.ts";
import { examplePath, exampleText } from "./example.ts";

const folder = mkdtempSync(join(tmpdir(), "postern-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function sentenceFor(path: string): string {
  const reading = readConfigFile(path);
  if (reading.ok) throw new Error("accepted");
  expect(reading.problems).toHaveLength(1);
  expect(reading.problems[0]?.remedy).not.toBe("");
  return reading.problems[0]?.problem ?? "";
}

test("a good file gives its configuration and its very text", () => {
  const reading = readConfigFile(examplePath);
  expect(reading).toMatchObject({ ok: true, text: exampleText, config: { site: { name: "Casa Olmo" } } });
});

test("a link to a good file is as good", () => {
  symlinkSync(examplePath, join(folder, "link.json"));
  expect(readConfigFile(join(folder, "link.json"))).toMatchObject({ ok: true });
});

test("a byte order mark is accepted", () => {
  expect(readConfigFile(written("bom.json", `\ufeff${exampleText}`))).toMatchObject({ ok: true });
});

test.each<[string, () => string, string]>([
  ["a file that is not there", () => join(folder, "none.json"), "There is no such file."],
  ["a path through a file", () => join(written("plain", "x"), "site.json"), "There is no such file."],
  ["a folder", () => folder, "This is a folder."],
  ["an empty file", () => written("empty.json", ""), "The file is empty."],
  ["a device without end", () => "/dev/zero", "This is not an ordinary file."],
  ["a name with a zero byte", () => "a\0b", "The file cannot be read (ERR_INVALID_ARG_VALUE)."],
  [
    "a link to itself",
    () => {
      symlinkSync("loop", join(folder, "loop"));
      return join(folder, "loop");
    },
    "The file cannot be read (ELOOP).",
  ],
  [
    "a file of 10 MB",
    () => written("large.json", `${exampleText}${" ".repeat(10_000_000)}`),
    "The file is larger than 1048576 bytes.",
  ],
  [
    "one byte too many",
    () =>
      written(
        "over.json",
        exampleText.padEnd(maxConfigBytes - Buffer.byteLength(exampleText) + exampleText.length + 1),
      ),
    "The file is larger than 1048576 bytes.",
  ],
  [
    "UTF-16",
    () => written("utf16.json", Buffer.from(`\ufeff${exampleText}`, "utf16le")),
    "The file is saved as UTF-16.",
  ],
  [
    "Latin-1",
    () => written("latin1.json", Buffer.from(exampleText.replace("Olmo", "Álamo"), "latin1")),
    "The file is not UTF-8 text.",
  ],
  ["a photo", () => written("photo.jpg", Buffer.from("ffd8ffe000104a464946", "hex")), "The file is not UTF-8 text."],
])("%s is refused in one sentence", (_, make, sentence) => {
  expect(sentenceFor(make())).toBe(sentence);
});

test("exactly the largest size is still read", () => {
  expect(readConfigFile(written("full.json", exampleText.padEnd(maxConfigBytes)))).toMatchObject({ ok: true });
});

test("a pipe that nobody writes to is refused at once", () => {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  expect(sentenceFor(path)).toBe("This is not an ordinary file.");
});

test("a file of the kernel that claims to have no size is read within the limit", () => {
  expect(sentenceFor("/proc/self/status")).toMatch(/^A word without quotes/);
});

test("a file that this user may not read is refused with the reason", () => {
  const path = written("secret.json", exampleText);
  chmodSync(path, 0o000);
  mkdirSync(join(folder, "open"));
  const script = `import { readConfigFile } from ${JSON.stringify(new URL("../../src/config/load.ts", import.meta.url).href)};
    console.log(JSON.stringify(readConfigFile(${JSON.stringify(path)})));`;
  chmodSync(folder, 0o755);
  const asNobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    ...asNobody,
    encoding: "utf8",
    cwd: "/",
  });
  expect(JSON.parse(printed)).toMatchObject({ ok: false, problems: [{ problem: "This user may not read the file." }] });
});
