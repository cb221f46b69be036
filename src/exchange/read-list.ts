// A file of people in any of its forms, told apart by how it begins: JSON, CSV, XML, or an archive of a list.
import type { DeviceReading, DeviceTable } from "./device-table.ts";
import { readDeviceCsv, readDeviceXml } from "./device-table.ts";
import type { DeviceTerms } from "./device-wanted.ts";
import { wantedOfDevice } from "./device-wanted.ts";
import { maxDirectoryBytes, readDirectoryFile } from "./directory-file.ts";
import { readPeopleArchive } from "./people-archive.ts";
import type { WantedReading } from "./wanted.ts";

const gzipMark = 0x1f8b;

export async function readPeople(bytes: Buffer, terms: DeviceTerms): Promise<WantedReading> {
  if (bytes.length > 2 && bytes.readUInt16BE(0) === gzipMark) return readArchive(bytes, terms);
  const text = decodeUtf8(bytes);
  if (text === null) return refuse("The file is not UTF-8 text.", "Save it again as UTF-8.");
  if (bytes.length > maxDirectoryBytes)
    return refuse("The file is larger than 64 MB.", "Check that it is the right one.");
  if (/^\ufeff?\s*\{/.test(text)) return readDirectoryFile(text, terms);
  const reading = readTable(text);
  return reading.ok ? wantedOfDevice(reading.table, terms) : reading;
}

const readTable = (text: string): DeviceReading =>
  /^\ufeff?\s*</.test(text) ? readDeviceXml(text) : readDeviceCsv(text);

async function readArchive(bytes: Buffer, terms: DeviceTerms): Promise<WantedReading> {
  const reading = await readPeopleArchive(bytes);
  if (!reading.ok) return refuse(reading.problem, "Export it again, or unpack it and look.");
  const tables: DeviceTable[] = [];
  for (const { text } of reading.archive.lists) {
    const table = readTable(text);
    if (!table.ok) return table;
    tables.push(table.table);
  }
  const { faces } = reading.archive;
  const found = wantedOfDevice(
    {
      users: tables.flatMap(({ users }) => users),
      schedules: tables.flatMap(({ schedules }) => schedules),
      warnings: tables.flatMap(({ warnings }) => warnings),
    },
    terms,
  );
  if (!found.ok || faces === 0) return found;
  const problem = `${faces} pictures of faces are in the archive and are not imported.`;
  return { ...found, warnings: [...found.warnings, { line: 0, problem, remedy: "Those people need another way in." }] };
}

function decodeUtf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

const refuse = (problem: string, remedy: string): WantedReading => ({
  ok: false,
  problems: [{ line: 0, problem, remedy }],
});
