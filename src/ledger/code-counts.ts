// How many codes there are of which length, for the bound on guessing; knows no holder and no secret.
import type { Database } from "better-sqlite3";
import type { LedgerReply, LiveCodes, UnseenCodes } from "../domain/ask.ts";
import { typedKinds } from "../domain/code-partition.ts";
import { liveOfflineCodes } from "../domain/offline-code.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Ledger } from "./ledger.ts";
import { SeenPasses } from "./seen-passes.ts";

export function replyWithCodes(ledger: Ledger): LedgerReply {
  try {
    const { db, clockFloor } = ledger;
    const liveCodes = [...countLiveCodes(db, clockFloor), ...countOfflineCodes(db, ledger.site)];
    return { kind: "liveCodes", liveCodes, unseen: unseenCodes(db) };
  } catch {
    return { kind: "error", problem: "The directory could not be read; see the health of the ledger." };
  }
}

/** A code counts as live until it is surely over, so that the bound on guessing is never flattered. */
export function countLiveCodes(db: Database, surelyPastWallMs: number): readonly LiveCodes[] {
  return db
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
    .map((row) => ({ ...row, ofPasses: row.ofPasses === 1 }));
}

export function countOfflineCodes(db: Database, { doors }: SiteSpec): readonly LiveCodes[] {
  const keys = new SeenPasses(db).keys().filter(({ state }) => state === "active");
  return doors.flatMap(({ id }) =>
    ([10, 12] as const).flatMap((length) => {
      const here = keys.filter(
        ({ digits, places }) => digits === length && places.some((one) => one.doors.includes(id)),
      );
      const count = here.length * liveOfflineCodes(length);
      return count === 0 ? [] : [{ door: id, length, count, ofPasses: true, offline: true as const }];
    }),
  );
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
