// When each person and pass was last let in, as the record has it; reads it page by page, beside the controller.
import { existsSync } from "node:fs";
import type { HolderKey } from "../domain/directory-export.ts";
import { openJournalReader, pageSize } from "../ledger/journal-reader.ts";
import type { StateValues } from "./options.ts";
import { pathsOf } from "./options.ts";

export interface LastUse {
  /** Null is not since the record begins. */
  readonly of: (holder: HolderKey) => number | null;
  /** The oldest event that there is: before it, nobody knows. */
  readonly sinceWall: number | null;
}

const keyOf = ({ kind, id }: HolderKey): string => `${kind} ${id}`;

export function readLastUse(where: StateValues): LastUse {
  const { database } = pathsOf(where);
  if (!existsSync(database)) return { of: () => null, sinceWall: null };
  const reader = openJournalReader(database);
  const last = new Map<string, number>();
  let sinceWall: number | null = null;
  try {
    for (let seq = 0; ; ) {
      const page = reader.after(seq, pageSize);
      for (const { at, event } of page) {
        sinceWall ??= at.wall;
        if (event.type !== "access.granted") continue;
        const { person, pass } = event;
        if (person !== null) last.set(keyOf({ kind: "person", id: person }), at.wall);
        if (pass !== null) last.set(keyOf({ kind: "pass", id: pass }), at.wall);
      }
      if (page.length < pageSize) break;
      seq = page.at(-1)?.seq ?? seq;
    }
  } finally {
    reader.close();
  }
  return { of: (holder) => last.get(keyOf(holder)) ?? null, sinceWall };
}
