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
  const wanted = new Set(grants.map(keyOf));
  const gained = grants.filter((grant) => !had.has(keyOf(grant)));
  const lost = before.filter((grant) => !wanted.has(keyOf(grant)));
  return {
    removals: lost.map(({ door, schedule }) => ({ change: { op: "removeGrant", holder, door, schedule }, line: null })),
    puts: gained.map(({ door, schedule, line }) => ({ change: { op: "putGrant", holder, door, schedule }, line })),
    words: [...gained.map(wordOf), ...lost.map((grant) => `no longer ${wordOf(grant)}`)],
  };
}

const wordOf = ({ door, schedule }: { readonly door: string; readonly schedule: string }): string =>
  schedule === always.id ? door : `${door} (${schedule})`;
