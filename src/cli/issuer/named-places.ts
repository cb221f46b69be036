// Doors and schedules that the grants of a directory.json name, and that a site has not; knows no store.
import { always, never } from "../../domain/schedule.ts";
import type { LineProblem, Wanted } from "../../exchange/wanted.ts";
import type { IssuedDocument } from "../../issuer/documents.ts";

const maxNoted = 10;

/** One for each schedule that is neither in the file nor in the site's directory; a controller may have one of its own. */
export function scheduleNotes(wanted: Wanted, after: readonly IssuedDocument[]): readonly LineProblem[] {
  const ids = after.filter(({ what }) => what === "schedule").map(({ id }) => id);
  const known = new Set<string>([always.id, never.id, ...ids]);
  return [...firstLines(wanted, "schedule")]
    .filter(([id]) => !known.has(id))
    .map(([id, line]) => ({
      line,
      problem: `There is no schedule "${id}", neither in the file nor at the site.`,
      remedy: "The grant waits until its controller has one.",
    }));
}

/** A site whose controllers have named no door yet may have any. */
export function doorNotes(wanted: Wanted, doors: ReadonlySet<string>): readonly LineProblem[] {
  if (doors.size === 0) return [];
  const notes = [...firstLines(wanted, "door")]
    .filter(([id]) => !doors.has(id))
    .map(([id, line]) => ({
      line,
      problem: `No controller has the door "${id}" yet.`,
      remedy: "The grant waits until one does.",
    }));
  if (notes.length <= maxNoted) return notes;
  const more = {
    line: 0,
    problem: `And ${notes.length - maxNoted} more doors that no controller has yet.`,
    remedy: "",
  };
  return [...notes.slice(0, maxNoted), more];
}

function firstLines({ holders }: Wanted, what: "door" | "schedule"): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  for (const { grants } of holders)
    for (const grant of grants ?? []) if (!lines.has(grant[what])) lines.set(grant[what], grant.line);
  return lines;
}
