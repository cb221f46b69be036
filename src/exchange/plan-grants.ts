// Which doors a holder gains and loses by what a file wants. Pure.
import type { HolderRef } from "../domain/directory.ts";
import type { ExportedHolder } from "../domain/directory-export.ts";
import { always } from "../domain/schedule.ts";
import type { PlannedParts } from "./planned.ts";
import type { WantedHolder } from "./wanted.ts";

export function planGrants(
  { grants }: WantedHolder,
  holder: HolderRef,
  before: ExportedHolder["grants"],
): PlannedParts {
  if (grants === null) return { removals: [], puts: [], words: [] };
  const keyOf = ({ door, schedule }: { readonly door: string; readonly schedule: string }) => `${door} ${schedule}`;
  const had = new Set(before.map(keyOf));
  const wanted = new Map(grants.map((grant) => [keyOf(grant), grant]));
  const gained = [...wanted.values()].filter((grant) => !had.has(keyOf(grant)));
  const lost = before.filter((grant) => !wanted.has(keyOf(grant)));
  const kept = holder.kind === "pass" ? keptInOrder(before.map(keyOf), [...wanted.keys()]) : had;
  const removed = before.filter((grant) => !wanted.has(keyOf(grant)) || !kept.has(keyOf(grant)));
  const put = [...wanted.values()].filter((grant) => !kept.has(keyOf(grant)));
  const words = [...gained.map(wordOf), ...lost.map((grant) => `no longer ${wordOf(grant)}`)];
  return {
    removals: removed.map(({ door, schedule }) => ({
      change: { op: "removeGrant", holder, door, schedule },
      line: null,
    })),
    puts: put.map(({ door, schedule, line }) => ({ change: { op: "putGrant", holder, door, schedule }, line })),
    words: words.length === 0 && put.length > 0 ? ["its doors in another order"] : words,
  };
}

/** What may stay where it is: a door that is given anew comes last, so all that shall follow it are given anew, too. */
function keptInOrder(before: readonly string[], wanted: readonly string[]): ReadonlySet<string> {
  const staying = before.filter((key) => wanted.includes(key));
  const differs = staying.findIndex((key, n) => wanted[n] !== key);
  return new Set(differs === -1 ? staying : staying.slice(0, differs));
}

const wordOf = ({ door, schedule }: { readonly door: string; readonly schedule: string }): string =>
  schedule === always.id ? door : `${door} (${schedule})`;
