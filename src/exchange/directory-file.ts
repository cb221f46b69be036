// Reads a directory.json into what it wants, or into every problem with its line; knows no directory to compare it with. Pure.
import type { CardFormat, CardPolicy } from "../domain/card-format.ts";
import type { HolderKind } from "../domain/directory.ts";
import type { Holiday, Schedule } from "../domain/schedule.ts";
import { FileReader } from "./directory-file-reader.ts";
import type { DirectoryFile } from "./directory-schema.ts";
import { directorySchema } from "./directory-schema.ts";
import { readLocatedJson } from "./located-json.ts";
import { schemaProblems } from "./schema-problem.ts";
import type { LineProblem, Placed, Wanted, WantedHolder, WantedReading } from "./wanted.ts";
import { maxLineProblems } from "./wanted.ts";

/** What a file is read by: the site's own habits, where the file does not say. */
export interface ReadingTerms {
  readonly timeZone: string;
  readonly cards: CardPolicy;
}

export const maxDirectoryBytes = 64 * 1024 * 1024;

export function readDirectoryFile(text: string, terms: ReadingTerms): WantedReading {
  if (text.length > maxDirectoryBytes)
    return refuse(1, "The file is larger than 64 MB.", "Check that it is the right one.");
  const reading = readLocatedJson(text);
  if (!reading.ok)
    return refuse(reading.line, reading.problem, "Write JSON; an editor that knows it shows where it ends.");
  const { json } = reading;
  const parsed = directorySchema.safeParse(json.value);
  if (!parsed.success) return { ok: false, problems: limited(schemaProblems(parsed.error.issues, json)) };
  const format: CardFormat | null = parsed.data.cardFormat ?? null;
  const reader = new FileReader(json, terms, format);
  const wanted = wantedOf(parsed.data, reader);
  const problems = [...reader.problems, ...repeated(wanted)];
  if (problems.length > 0) return { ok: false, problems: limited(problems.toSorted((a, b) => a.line - b.line)) };
  return { ok: true, wanted, warnings: reader.warnings };
}

const refuse = (line: number, problem: string, remedy: string): WantedReading => ({
  ok: false,
  problems: [{ line, problem, remedy }],
});

function wantedOf(file: DirectoryFile, reader: FileReader): Wanted {
  const complete = new Set<HolderKind>();
  if (file.people !== undefined) complete.add("person");
  if (file.passes !== undefined) complete.add("pass");
  const holders: WantedHolder[] = [
    ...(file.people ?? []).map((person, n) => reader.person(person, ["people", n])),
    ...(file.passes ?? []).map((pass, n) => reader.pass(pass, ["passes", n])),
    ...(file.publicCodes ?? []).map((code, n) => reader.publicCode(code, ["publicCodes", n])),
  ];
  return {
    holders,
    complete,
    keepsOthers: false,
    schedules: file.schedules?.map((one, n): Placed<Schedule> => reader.schedule(one, ["schedules", n])) ?? null,
    holidays: file.holidays?.map((one, n): Placed<Holiday> => reader.holiday(one, ["holidays", n])) ?? null,
  };
}

/** One id, one entry: of two, nobody knows which is meant. */
function repeated({ holders, schedules, holidays }: Wanted): LineProblem[] {
  const seen = new Set<string>();
  const entries = [
    ...holders.map(({ kind, given, line }) => ({ what: kind, id: given.id as string, line })),
    ...(schedules ?? []).map(({ thing, line }) => ({ what: "schedule", id: thing.id as string, line })),
    ...(holidays ?? []).map(({ thing, line }) => ({ what: "holiday", id: thing.id as string, line })),
  ];
  return entries.flatMap(({ what, id, line }) => {
    const key = `${what} ${id}`;
    if (!seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ line, problem: `The ${what} "${id}" stands here a second time.`, remedy: "Keep one of them." }];
  });
}

function limited(problems: readonly LineProblem[]): LineProblem[] {
  return problems.slice(0, maxLineProblems);
}
