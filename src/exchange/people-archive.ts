// The archive in which people travel between controllers: a manifest with sums, users and schedules, faces beside them; also
// any archive with just one list in it. Reads no more of it than its limits allow.
import { createHash } from "node:crypto";
import { createGunzip, gzipSync } from "node:zlib";
import { z } from "zod";
import type { ReadFile } from "./tar.ts";
import { TarReader, writeTar } from "./tar.ts";

export const archiveLimits = {
  fileBytes: 64 * 1024 * 1024,
  allBytes: 512 * 1024 * 1024,
  files: 60_000,
} as const;

export interface PeopleArchive {
  /** Lists by name: users first, then schedules. */
  readonly lists: readonly { readonly name: string; readonly text: string }[];
  readonly faces: number;
}

export type ArchiveReading =
  | { readonly ok: true; readonly archive: PeopleArchive }
  | { readonly ok: false; readonly problem: string };

const manifestName = "manifest.json";
const format = "postern-people";

const manifestSchema = z.strictObject({
  format: z.literal(format),
  version: z.literal(1),
  counts: z.record(z.string().max(40), z.int().min(0).max(1_000_000)),
  files: z.record(
    z.string().max(200),
    z.strictObject({ bytes: z.int().min(0).max(archiveLimits.fileBytes), sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  ),
});

export async function readPeopleArchive(bytes: Buffer): Promise<ArchiveReading> {
  const reader = new TarReader(archiveLimits, (name) => name === manifestName || isList(name));
  const damage = await unpackInto(reader, bytes);
  if (damage !== null) return refuse(damage);
  const { files } = reader;
  const names = new Set(files.map(({ name }) => name));
  if (names.size < files.length) return refuse("The archive holds two files of one name.");
  const manifest = files.find(({ name }) => name === manifestName)?.bytes ?? null;
  const unsound = manifest === null ? null : manifestProblem(manifest, files);
  if (unsound !== null) return refuse(unsound);
  return listsOf(files);
}

const refuse = (problem: string): ArchiveReading => ({ ok: false, problem });

/** Stops as soon as there is too much, however little it was packed. What is wrong, in a sentence. */
function unpackInto(reader: TarReader, bytes: Buffer): Promise<string | null> {
  return new Promise((done) => {
    let length = 0;
    const stream = createGunzip();
    const stop = (problem: string) => {
      done(problem);
      stream.destroy();
    };
    stream.on("data", (piece: Buffer) => {
      length += piece.length;
      if (length > archiveLimits.allBytes) return stop("The archive unpacks to more than 512 MB.");
      const problem = reader.push(piece);
      if (problem !== null) return stop(problem);
    });
    stream.on("error", () => done("The archive is damaged."));
    stream.on("end", () => done(reader.finish()));
    stream.end(bytes);
  });
}

function manifestProblem(bytes: Buffer, files: readonly ReadFile[]): string | null {
  const parsed = manifestSchema.safeParse(jsonOf(bytes));
  if (!parsed.success) return "The archive's manifest is malformed.";
  const listed = new Map(Object.entries(parsed.data.files));
  for (const { name, size, sum } of files) {
    if (name === manifestName) continue;
    const said = listed.get(name);
    listed.delete(name);
    if (said === undefined) return `The archive holds ${JSON.stringify(name)}, which its manifest does not name.`;
    if (said.bytes !== size || said.sha256 !== sum) {
      return `${JSON.stringify(name)} in the archive is not what its manifest says.`;
    }
  }
  const [missing] = listed.keys();
  return missing === undefined ? null : `${JSON.stringify(missing)} is missing from the archive.`;
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

const sumOf = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
const baseOf = (name: string): string => name.split("/").at(-1)?.toLowerCase() ?? "";
const isList = (name: string): boolean => /\.(csv|xml)$/i.test(name);
const isFace = (name: string): boolean => /\.(jpe?g|png)$/i.test(name);

function listsOf(files: readonly ReadFile[]): ArchiveReading {
  const lists = files.filter(({ name }) => isList(name));
  const named = ["users", "schedules"].flatMap((what) =>
    lists.filter(({ name }) => baseOf(name) === `${what}.csv` || baseOf(name) === `${what}.xml`),
  );
  const meant = named.some(({ name }) => baseOf(name).startsWith("users.")) ? named : lists.length === 1 ? lists : [];
  if (meant.length === 0) return refuse("There is no list of users in the archive, or more than one.");
  if (named.length > 2) return refuse("There is more than one list of users or of schedules in the archive.");
  const texts = meant.map(({ name, bytes }) => ({ name, text: bytes?.toString("utf8") ?? "" }));
  return { ok: true, archive: { lists: texts, faces: files.filter(({ name }) => isFace(name)).length } };
}

export function writePeopleArchive(users: string, schedules: string, counts: Readonly<Record<string, number>>): Buffer {
  const files = [
    { name: "users.csv", bytes: Buffer.from(users) },
    { name: "schedules.csv", bytes: Buffer.from(schedules) },
  ];
  const sums = files.map(({ name, bytes }) => [name, { bytes: bytes.length, sha256: sumOf(bytes) }]);
  const manifest = { format, version: 1, counts, files: Object.fromEntries(sums) };
  const text = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  return gzipSync(writeTar([{ name: manifestName, bytes: text }, ...files]));
}
