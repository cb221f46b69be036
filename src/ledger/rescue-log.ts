// Takes what rescue has opened into the record, each opening once, and then removes its file.
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import type { JournalEvent } from "../domain/events.ts";
import { idPattern } from "../domain/ids.ts";
import { maxRescueLogBytes } from "../domain/rescue.ts";
import type { Instant } from "../domain/time.ts";
import type { Ledger } from "./ledger.ts";

type Opened = Extract<JournalEvent, { readonly type: "rescue.opened" }>;

const perCommit = 200;
/** Only a start that was cut off between the record and the removal finds its events again, near the record's end. */
const lookBack = 10_000;

/** Whether there was anything new. */
export function takeRescueLog(ledger: Ledger, file: string, at: Instant): boolean {
  if (!existsSync(file) || statSync(file).size > maxRescueLogBytes) return false;
  const known = recorded(ledger);
  const openings = readFileSync(file, "utf8")
    .split("\n")
    .map(openingOf)
    .filter((opening) => opening !== null)
    .filter((opening) => !known.has(keyOf(opening)));
  for (let first = 0; first < openings.length; first += perCommit) {
    const part = openings.slice(first, first + perCommit);
    ledger.commitBatch(
      [],
      part.map((what) => ({ n: null, at, what })),
    );
  }
  rmSync(file);
  return openings.length > 0;
}

const keyOf = ({ rescue, n }: Opened): string => `${rescue} ${n}`;

function recorded({ db, headSeq }: Ledger): ReadonlySet<string> {
  const bodies = db
    .prepare<[number], string>(
      "SELECT body FROM journal WHERE seq > ? AND json_extract(body, '$.type') = 'rescue.opened'",
    )
    .pluck()
    .all(headSeq - lookBack);
  return new Set(bodies.map((body) => keyOf(JSON.parse(body) as Opened)));
}

/** Null for a line that a power cut left half, and for what rescue does not write. */
function openingOf(line: string): Opened | null {
  try {
    const { door, by, credential, openedAt, rescue, n } = JSON.parse(line) as Opened;
    const isCause = by === "card" || by === "exit" || by === "fire";
    const isCredential = credential === null || isName(credential);
    if (!idPattern.test(door) || !isCause || !isCredential || !isName(rescue)) return null;
    if (!Number.isSafeInteger(openedAt) || !Number.isSafeInteger(n)) return null;
    return { type: "rescue.opened", door, by, credential, openedAt, rescue, n };
  } catch {
    return null;
  }
}

const isName = (text: unknown): boolean => typeof text === "string" && /^[\w.-]{1,64}$/.test(text);
