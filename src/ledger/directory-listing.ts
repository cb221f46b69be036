// The directory as an operator may see it, page by page, so that no ask waits for the end of a long list; no secrets.
import type { Database } from "better-sqlite3";
import type { DirectoryListing, LiveCodes, UnseenCodes } from "../domain/ask.ts";
import { typedKinds } from "../domain/code-partition.ts";
import type { SealedCredential } from "./readable.ts";

type ListedHolder = DirectoryListing["holders"][number];

const holdersPerPage = 200;

export interface ListingFoot {
  readonly schedules: DirectoryListing["schedules"];
  readonly liveCodes: DirectoryListing["liveCodes"];
}

/** Yields between pages. The caller must see to it that the directory is the same at the end as at the beginning. */
export function* listHolders(
  db: Database,
  hintOf: (credential: SealedCredential) => string,
): Generator<readonly ListedHolder[]> {
  const page = db.prepare<[string, string], Pick<ListedHolder, "kind" | "id" | "name" | "state">>(
    `SELECT kind, id, name, state FROM holder WHERE (kind, id) > (?, ?) ORDER BY kind, id LIMIT ${holdersPerPage}`,
  );
  const credentials = db.prepare<[string, string], SealedCredential & { readonly state: string }>(
    `SELECT id, kind, state, sealed, known, technology FROM credential
     WHERE holder_kind = ? AND holder_id = ? AND twin_of IS NULL ORDER BY id`,
  );
  const grants = db.prepare<[string, string], ListedHolder["grants"][number]>(
    `SELECT g.door, g.schedule, coalesce(sum(u.spent), 0) AS usesSpent FROM holder_grant g
     LEFT JOIN use_count u ON g.holder_kind = 'pass' AND u.pass = g.holder_id AND u.door = g.door
     WHERE g.holder_kind = ? AND g.holder_id = ? GROUP BY g.door, g.schedule ORDER BY g.door, g.schedule`,
  );
  let last = { kind: "", id: "" };
  for (;;) {
    const holders = page.all(last.kind, last.id);
    yield holders.map((holder) => ({
      ...holder,
      credentials: credentials.all(holder.kind, holder.id).map((one) => {
        const { id, kind, state } = one;
        return { id, kind, state, hint: hintOf(one) };
      }),
      grants: grants.all(holder.kind, holder.id),
    }));
    if (holders.length < holdersPerPage) return;
    last = holders.at(-1) ?? last;
  }
}

/** A code counts as live until it is surely over, so that the bound on guessing is never flattered. */
export function listRest(db: Database, surelyPastWallMs: number): ListingFoot {
  return {
    schedules: db.prepare<[], string>("SELECT id FROM schedule ORDER BY id").pluck().all(),
    liveCodes: db
      .prepare<[number], Omit<LiveCodes, "ofPasses"> & { readonly ofPasses: 0 | 1 }>(
        `SELECT g.door, c.digits AS length, count(DISTINCT c.id) AS count, h.kind = 'pass' AS ofPasses
         FROM credential c
         JOIN holder h ON h.kind = c.holder_kind AND h.id = c.holder_id
         JOIN holder_grant g ON g.holder_kind = h.kind AND g.holder_id = h.id
         JOIN schedule s ON s.id = g.schedule
         WHERE c.digits IS NOT NULL AND c.state = 'active' AND h.state = 'active'
           AND (h.valid_until IS NULL OR h.valid_until > ?) AND json_extract(s.rule, '$.kind') <> 'never'
         GROUP BY g.door, c.digits, ofPasses ORDER BY g.door, c.digits, ofPasses`,
      )
      .all(surelyPastWallMs)
      .map((row) => ({ ...row, ofPasses: row.ofPasses === 1 })),
  };
}

export function unseenCodes(db: Database): UnseenCodes {
  const kinds = typedKinds.map((kind) => `'${kind}'`).join(", ");
  const rows = db
    .prepare<[], { readonly ofPasses: 0 | 1; readonly count: number }>(
      `SELECT holder_kind = 'pass' AS ofPasses, count(*) AS count FROM credential
       WHERE keeps_partition IS NULL AND twin_of IS NULL AND kind IN (${kinds}) GROUP BY ofPasses`,
    )
    .all();
  const countOf = (ofPasses: 0 | 1) => rows.find((row) => row.ofPasses === ofPasses)?.count ?? 0;
  return { ofPasses: countOf(1), ofOthers: countOf(0) };
}
