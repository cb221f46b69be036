// The tables of what controllers recorded: events, alarms that came ahead of them, and what was noted of either; knows no row.
import type { Dialect } from "./database.ts";

/** `board` tells apart boards that had a name one after the other: events may have the same numbers. */
export const recordTables = ({ count, real, text }: Dialect["types"]) => [
  `CREATE TABLE event (
    site ${text} NOT NULL, controller ${text} NOT NULL, epoch ${count} NOT NULL, seq ${count} NOT NULL, board ${count} NOT NULL,
    wall ${real} NOT NULL, mono ${real} NOT NULL, trusted INTEGER NOT NULL, boot TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL,
    commitment TEXT, hash TEXT NOT NULL, salt TEXT, personal TEXT, taken_at ${count} NOT NULL,
    PRIMARY KEY (site, controller, epoch, seq, board))`,
  "CREATE INDEX event_wall ON event (site, wall)",
  "CREATE INDEX event_named ON event (wall) WHERE personal IS NOT NULL",
  "CREATE INDEX event_taken ON event (site, controller, taken_at)",
  `CREATE TABLE alarm (
    site ${text} NOT NULL, controller ${text} NOT NULL, epoch ${count} NOT NULL, seq ${count} NOT NULL, board ${count} NOT NULL,
    wall ${real} NOT NULL, trusted INTEGER NOT NULL, body TEXT NOT NULL, taken_at ${count} NOT NULL,
    PRIMARY KEY (site, controller, epoch, seq, board))`,
  `CREATE TABLE note (
    site ${text} NOT NULL, controller ${text} NOT NULL, kind TEXT NOT NULL, epoch ${count} NOT NULL, seq ${count} NOT NULL, board ${count} NOT NULL,
    to_seq ${count}, hash TEXT, at ${count} NOT NULL, what TEXT NOT NULL,
    PRIMARY KEY (site, controller, kind, epoch, seq, board))`,
];
