import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPeopleArchive } from "../../src/exchange/people-archive.ts";
import { readPeople } from "../../src/exchange/read-list.ts";
import type { TarFile } from "../../src/exchange/tar.ts";
import { TarReader, writeTar } from "../../src/exchange/tar.ts";
import { deviceTerms } from "./exchange-bench.ts";

const list = "UserData\nUserId,Name\nana,Ana\n";
const file = (name: string, text = list): TarFile => ({ name, bytes: Buffer.from(text) });
const packed = (...files: TarFile[]) => gzipSync(writeTar(files));

async function problemOf(bytes: Buffer | string): Promise<string | null> {
  const reading = await readPeople(Buffer.from(bytes), deviceTerms);
  return reading.ok ? null : (reading.problems[0]?.problem ?? "");
}

/** An archive whose first header says something else, with a sum that fits. */
function altered(change: (header: Buffer) => void, ...files: TarFile[]): Buffer {
  const tar = writeTar(files);
  change(tar.subarray(0, 512));
  tar.write("        ", 148, "latin1");
  const sum = tar.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  tar.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return gzipSync(tar);
}

describe("an archive is refused", () => {
  test.each(["/etc/passwd.csv", "../users.csv", "a/../../users.csv", "a\\users.csv", "C:users.csv", "a\nb.csv"])(
    "when a name leads out of it (%j)",
    async (name) => {
      expect(await problemOf(packed(file(name)))).toBe("A file in the archive has a name that leads out of it.");
    },
  );

  test.each(["1", "2", "3", "4", "6"])("when there is a link or a device in it (type %s)", async (type) => {
    const bytes = altered((header) => header.write(type, 156, "latin1"), file("users.csv"));
    expect(await problemOf(bytes)).toContain("no ordinary file");
  });

  test("when a file claims to be larger than may be", async () => {
    const bytes = altered((header) => header.write("77777777777\0", 124, "latin1"), file("users.csv"));
    expect(await problemOf(bytes)).toContain("is larger than");
  });

  test("when it unpacks to more than all that may be, without unpacking it all", async () => {
    const large = Buffer.alloc(60 * 1024 * 1024);
    const part = gzipSync(writeTar([{ name: "faces/a.jpg", bytes: large }]).subarray(0, -1_024), { level: 1 });
    const bomb = Buffer.concat(Array.from({ length: 10 }, () => part));
    expect(bomb.length).toBeLessThan(4 * 1024 * 1024);
    expect(await problemOf(bomb)).toBe("The archive unpacks to more than 512 MB.");
  });

  test("when it is cut short, damaged, or no archive", async () => {
    const whole = packed(file("users.csv"));
    expect(await problemOf(whole.subarray(0, whole.length - 20))).toContain("damaged");
    expect(await problemOf(gzipSync("no archive at all"))).toContain("cut short");
    expect(await problemOf(gzipSync(Buffer.alloc(2_000, 7)))).toContain("no tar archive");
  });

  test("when it has two lists of users, or none", async () => {
    expect(await problemOf(packed(file("a.csv"), file("b.csv")))).toContain("more than one");
    expect(await problemOf(packed(file("note.txt")))).toContain("There is no list of users");
    expect(await problemOf(packed(file("users.csv"), file("users.csv")))).toContain("two files of one name");
  });

  test("when a file is not what the manifest says", async () => {
    const sha256 = createHash("sha256").update(list).digest("hex");
    const manifest = (files: object) =>
      file("manifest.json", JSON.stringify({ format: "postern-people", version: 1, counts: {}, files }));
    const right = { "users.csv": { bytes: list.length, sha256 } };
    expect(await problemOf(packed(manifest(right), file("users.csv")))).toBeNull();
    expect(await problemOf(packed(manifest(right), file("users.csv", `${list}x,X\n`)))).toContain(
      "not what its manifest says",
    );
    expect(await problemOf(packed(manifest({}), file("users.csv")))).toContain("which its manifest does not name");
    expect(
      await problemOf(packed(manifest({ ...right, "more.csv": right["users.csv"] }), file("users.csv"))),
    ).toContain("is missing");
    expect(await problemOf(packed(file("manifest.json", "{}"), file("users.csv")))).toContain("manifest is malformed");
  });
});

const deep = 100_000;

test.each([
  ["a hundred thousand columns", `UserData\n${"x,".repeat(deep)}\n`, "A row has more than 64 columns."],
  ["a quote without end", 'UserData\nUserId,Name\n"ana', "A quoted cell does not end."],
  ["text behind a quote", 'UserData\nUserId,Name\n"ana"x,Ana', "Something follows the quotes of a cell."],
  ["a zero byte", "UserData\nUserId,Name\nana,A\0na\n", "A cell holds a character that cannot be printed."],
  [
    "a cell of a megabyte",
    `UserData\nUserId,Name\nana,${"x".repeat(1_000_000)}\n`,
    "A cell has more than 4096 characters.",
  ],
  ["nothing", "", "The file is empty."],
  ["no section", "Name,Age\nAna,3\n", "The list does not begin with UserData."],
  ["UTF-16", Buffer.from("UserData", "utf16le"), "A cell holds a character that cannot be printed."],
  ["Latin-1", Buffer.from([0x55, 0xe9, 0x0a]), "The file is not UTF-8 text."],
  ["deep XML", "<a>".repeat(deep), "Elements are nested deeper than 8 levels."],
  [
    "a document type",
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><UserData/>',
    "Document types and sections are not taken; remove them.",
  ],
  [
    "an entity of its own",
    '<UserData><User UserId="a" Name="&e;"/></UserData>',
    "An entity is not one of the five that XML has by itself.",
  ],
  [
    "an ampersand",
    '<UserData><User UserId="a" Name="a & b"/></UserData>',
    "An entity is not one of the five that XML has by itself.",
  ],
  [
    "an attribute twice",
    '<UserData><User UserId="a" UserId="b"/></UserData>',
    "An attribute stands twice in one element.",
  ],
  ["an element unclosed", '<UserData><User UserId="a" Name="A">', "An element is not closed."],
  ["text between elements", "<UserData>ana</UserData>", "There is text where only elements belong."],
  ["other elements", "<html><body/></html>", "There are only UserData and ScheduleData in such a file."],
  [
    "a zero in XML",
    '<UserData><User UserId="a" Name="&#0;"/></UserData>',
    "An entity is not one of the five that XML has by itself.",
  ],
  ["a comment without end", "<UserData/><!-- ", "A comment does not end."],
  ["deep JSON", `{"people": ${"[".repeat(deep)}`, "The file is nested deeper than 32 levels."],
])("%s is refused in a sentence", async (_, bytes, said) => {
  expect(await problemOf(bytes)).toBe(said);
});

test("unknown columns and attributes are left aside with one warning", async () => {
  const csv = await readPeople(Buffer.from("UserData\nUserId,Name,Shoe\nana,Ana,38\n"), deviceTerms);
  expect(csv).toMatchObject({ ok: true, warnings: [{ problem: 'What stands under "Shoe" is not taken.' }] });
  const xml = '<UserData><User UserId="a" Name="A" Shoe="38"/><User UserId="b" Name="B" Shoe="39"/></UserData>';
  expect(await readPeople(Buffer.from(xml), deviceTerms)).toMatchObject({ ok: true, warnings: [{ line: 1 }] });
});

test("whatever bytes come, a sentence or people come of them, and never an error", async () => {
  const tokens = fc.constantFrom(
    "UserData\n",
    "UserId,Name\n",
    "ana,Ana\n",
    ",",
    '"',
    "\n",
    "=1+1",
    "\0",
    "<User ",
    'Name="',
    "/>",
    "<UserData>",
    "&",
    "{",
    "[",
    ":",
    '"people"',
    "1e999",
    "é",
    "\ud800",
  );
  const text = fc
    .array(fc.oneof(tokens, fc.string({ maxLength: 8 })), { maxLength: 30 })
    .map((parts) => parts.join(""));
  const bytes = fc.oneof(
    text.map((one) => Buffer.from(one)),
    fc.uint8Array({ maxLength: 200 }).map((one) => Buffer.from(one)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, fc.boolean(), async (one, isPacked) => {
      const reading = await readPeople(isPacked ? gzipSync(one) : one, deviceTerms);
      if (!reading.ok) expect(reading.problems.length).toBeGreaterThan(0);
    }),
    { numRuns: 400 },
  );
});

test("a damaged archive is read or refused, never trusted beyond its limits", () => {
  const whole = writeTar([file("users.csv"), file("schedules.csv")]);
  const limits = { fileBytes: 10_000, files: 10 };
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, value) => {
      const tar = Buffer.from(whole);
      tar[at] = value;
      const reader = new TarReader(limits, () => true);
      const problem = reader.push(tar) ?? reader.finish();
      if (problem !== null) expect(problem).toMatch(/\.$/);
      for (const { bytes } of reader.files) expect(bytes?.length).toBeLessThanOrEqual(limits.fileBytes);
    }),
    { numRuns: 500 },
  );
});

test("an archive as another tar makes it is read", async () => {
  const { execFileSync } = await import("node:child_process");
  const { mkdtempSync, rmSync, writeFileSync } = await import("node:fs");
  const { tmpdir } = await import("node:os");
  const { join } = await import("node:path");
  const folder = mkdtempSync(join(tmpdir(), "postern-tar-"));
  try {
    writeFileSync(join(folder, "users.csv"), list);
    for (const format of ["gnu", "ustar", "pax"]) {
      const bytes = execFileSync("tar", ["-C", folder, `--format=${format}`, "-cz", "./users.csv"]);
      expect(await readPeopleArchive(bytes)).toMatchObject({ ok: true, archive: { lists: [{ text: list }] } });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
