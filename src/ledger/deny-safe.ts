// What is believed of a directory whose latest counts are lost: every counted right is used up, every door's codes are blocked.
import type { Database } from "better-sqlite3";

/** Higher than any policy counts, and later than any block lasts: what is read back is cut to the site's policy. */
const fullLevel = 1_000;
const longestBlockMs = 1e12;

/** How many rights are used up by this that were not before. Inside the caller's transaction. */
export function useUpCounts(db: Database): number {
  const usedUp = db
    .prepare(
      `INSERT INTO use_count (pass, door, occurrence, spent, since_seq)
       SELECT pass, door, 0, most, 0 FROM (${limits})
       WHERE true ON CONFLICT DO UPDATE SET spent = excluded.spent WHERE spent < excluded.spent`,
    )
    .run().changes;
  // Counts of grants that are gone come back with the grants; and no event of the lost record can be given back to.
  db.prepare(
    `UPDATE use_count SET since_seq = 0, spent = max(spent, coalesce(
       (SELECT json_extract(body, CASE door WHEN '*' THEN '$.usesTotal' ELSE '$.usesPerDoor' END)
        FROM holder WHERE kind = 'pass' AND id = use_count.pass), spent))`,
  ).run();
  return usedUp;
}

/** Each pass's limit at each of its doors, and in all. */
const limits = `
  SELECT DISTINCT h.id AS pass, g.door AS door, json_extract(h.body, '$.usesPerDoor') AS most
  FROM holder h JOIN holder_grant g ON g.holder_kind = h.kind AND g.holder_id = h.id
  WHERE h.kind = 'pass' AND json_extract(h.body, '$.usesPerDoor') IS NOT NULL
  UNION ALL
  SELECT id, '*', json_extract(body, '$.usesTotal') FROM holder
  WHERE kind = 'pass' AND json_extract(body, '$.usesTotal') IS NOT NULL`;

/** As full as a door's bucket can be, and its longest block only beginning. Inside the caller's transaction. */
export function fillGuessBuckets(db: Database): void {
  db.prepare(
    `INSERT OR REPLACE INTO guess (door, level, at_mono, at_wall, trusted, boot, blocked_until_mono)
     SELECT door, ?, 0, 0, 0, '', ? FROM (SELECT door FROM holder_grant UNION SELECT door FROM guess)`,
  ).run(fullLevel, longestBlockMs);
}
