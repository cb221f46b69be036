// What is believed of a directory whose latest counts are lost: every counted right is used up, every door's codes are blocked.
import type { Database } from "better-sqlite3";
import { recoveredBoot } from "../domain/guess.ts";

/** Higher than any policy counts, and later than any block lasts: what is read back is cut to the site's policy. */
const fullLevel = 1_000;
const longestBlockMs = 1e12;
const dayMs = 86_400_000;
const daysAroundEach = 31;

/** Returns how many rights are counted, all of which are used up now. Inside the caller's transaction. */
export function useUpCounts(db: Database, copiedWall: number, nowWall: number): number {
  useUpIn(db, [0, ...occurrencesBetween(copiedWall, Math.max(nowWall, clockFloorOf(db)))]);
  // Counts of grants that are gone come back with the grants; and no event of the lost record can be given back to.
  db.prepare(
    `UPDATE use_count SET since_seq = 0, spent = max(spent, coalesce(
       (SELECT json_extract(body, CASE door WHEN '*' THEN '$.usesTotal' ELSE '$.usesPerDoor' END)
        FROM holder WHERE kind = 'pass' AND id = use_count.pass), spent))`,
  ).run();
  return db.prepare<[], number>(`SELECT count(*) FROM (${limits})`).pluck().get() ?? 0;
}

/** The same for each occurrence that may have begun by a time that came to be known later. Inside the caller's transaction. */
export const useUpRecurring = (db: Database, copiedWall: number, nowWall: number): void =>
  useUpIn(db, occurrencesBetween(copiedWall, nowWall));

/** One that works for a time once it was opened may have been opened since: that time is over. */
function useUpIn(db: Database, occurrences: readonly number[]): void {
  const days = JSON.stringify(occurrences);
  db.prepare(
    `INSERT INTO use_count (pass, door, occurrence, spent, since_seq)
     SELECT l.pass, l.door, o.value, l.most, 0 FROM (${limits}) l JOIN json_each(?) o ON l.recurs = (o.value <> 0)
     WHERE true ON CONFLICT DO UPDATE SET spent = max(spent, excluded.spent)`,
  ).run(days);
  db.prepare(
    `INSERT OR IGNORE INTO pass_activation (pass, occurrence, at)
     SELECT p.id, o.value, 0 FROM (${activated}) p JOIN json_each(?) o ON p.recurs = (o.value <> 0)`,
  ).run(days);
}

/** A board without a battery may start in the past: the lost database had been in use up to here at least. */
const clockFloorOf = (db: Database): number =>
  db.prepare<[], number>("SELECT clock_floor FROM controller").pluck().get() ?? 0;

/**
 * Those that may have begun since the copy was made, of passes that recur: days, and no site's day
 * is further from Greenwich's than this. The day before counts as well, because its occurrence may run over midnight. Clocks so
 * far apart that one of them must be wrong leave the days around each.
 */
function occurrencesBetween(copiedWall: number, nowWall: number): number[] {
  const first = Math.floor((Math.min(copiedWall, nowWall) - dayMs / 2) / dayMs) - 1;
  const last = Math.floor((Math.max(copiedWall, nowWall) + 14 * 3_600_000) / dayMs);
  const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
  if (last - first < 2 * daysAroundEach) return span(first, last);
  return [...span(first, first + daysAroundEach), ...span(last - daysAroundEach, last)];
}

const recurs = "coalesce(json_extract(h.body, '$.recurrence.kind'), 'once') <> 'once' AS recurs";

/** Each pass's limit at each of its doors, and in all. */
const limits = `
  SELECT DISTINCT h.id AS pass, g.door AS door, json_extract(h.body, '$.usesPerDoor') AS most, ${recurs}
  FROM holder h JOIN holder_grant g ON g.holder_kind = h.kind AND g.holder_id = h.id
  WHERE h.kind = 'pass' AND json_extract(h.body, '$.usesPerDoor') IS NOT NULL
  UNION ALL
  SELECT h.id, '*', json_extract(h.body, '$.usesTotal'), ${recurs} FROM holder h
  WHERE h.kind = 'pass' AND json_extract(h.body, '$.usesTotal') IS NOT NULL`;

const activated = `
  SELECT h.id, ${recurs} FROM holder h
  WHERE h.kind = 'pass' AND json_extract(h.body, '$.activationMs') IS NOT NULL`;

/** Where offline codes are typed. */
const codeKeyDoors = `
  SELECT d.value FROM pass_key k, json_each(json_extract(k.body, '$.places')) p, json_each(json_extract(p.value, '$.doors')) d
  WHERE k.form = 'code'`;

/** As full as a door's bucket can be, and its longest block only beginning. Inside the caller's transaction. */
export function fillGuessBuckets(db: Database): void {
  db.prepare(
    `INSERT OR REPLACE INTO guess (door, level, at_mono, at_wall, trusted, boot, blocked_until_mono)
     SELECT door, ?, 0, 0, 0, ?, ? FROM (SELECT door FROM holder_grant UNION SELECT door FROM guess UNION ${codeKeyDoors})`,
  ).run(fullLevel, recoveredBoot, longestBlockMs);
}

/** Where people were is as old as the copy: nobody is kept in or out by it. Inside the caller's transaction. */
export const forgetWhereabouts = (db: Database): void => void db.exec("DELETE FROM whereabouts");
