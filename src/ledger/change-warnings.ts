// What was taken in a change and still deserves a second look: short codes, ambiguous cards, public codes that open nothing.
import type { Database, Statement } from "better-sqlite3";
import { dueDigits, manyCodes, maxCodeDigits } from "../domain/code-length.ts";
import { shareOf } from "../domain/code-partition.ts";
import type { ChangeWarning, DirectoryChange, HolderKind, HolderRef } from "../domain/directory.ts";
import type { DoorId } from "../domain/ids.ts";
import { isDigitText } from "../domain/presentation.ts";
import type { SiteSpec } from "../domain/site.ts";
import { liveCodesAt } from "./live-codes.ts";
import { passKeyWarnings } from "./pass-key-warnings.ts";

type PutCredential = Extract<DirectoryChange, { op: "putCredential" }>;

type DueAt = (door: DoorId, holder: HolderKind) => number;

export interface WarningContext {
  readonly site: SiteSpec;
  readonly surelyPastWallMs: number;
}

export class ChangeWarnings {
  readonly #doorsOf: Statement<[string, string], DoorId>;
  readonly #alike: Statement<[string], number>;
  readonly #liveAt: ReturnType<typeof liveCodesAt>;

  constructor(db: Database) {
    this.#doorsOf = db
      .prepare<[string, string], DoorId>(
        "SELECT DISTINCT door FROM holder_grant WHERE holder_kind = ? AND holder_id = ? ORDER BY door",
      )
      .pluck();
    this.#alike = db
      .prepare<[string], number>(
        `SELECT 1 FROM credential own JOIN credential other ON other.token24 = own.token24 AND other.id <> own.id
         WHERE own.id = ? LIMIT 1`,
      )
      .pluck();
    this.#liveAt = liveCodesAt(db);
  }

  /** After all steps were applied. Names no code. */
  of(changes: readonly DirectoryChange[], { site, surelyPastWallMs }: WarningContext): ChangeWarning[] {
    const live = new Map<string, number>();
    const due: DueAt = (door, holder) => {
      const isApart = site.codes.partition;
      const among = isApart ? holder : "all";
      const known = live.get(`${door} ${among}`) ?? this.#liveAt(door, among, surelyPastWallMs, manyCodes);
      live.set(`${door} ${among}`, known);
      return dueDigits(known, shareOf(holder, isApart)) ?? maxCodeDigits;
    };
    return changes.flatMap((change, step) => {
      if (change.op === "putPassKey") return passKeyWarnings(change.key, site).map((warning) => ({ step, warning }));
      if (change.op !== "putCredential") return [];
      const found = [
        this.#lengthOfPublic(change, site) ?? this.#short(change, due) ?? shortText(change),
        this.#ambiguous(change, site),
      ];
      return found.flatMap((warning) => (warning === null ? [] : [{ step, warning }]));
    });
  }

  #lengthOfPublic({ holder, secret }: PutCredential, { codes }: SiteSpec): string | null {
    if (holder.kind !== "public" || secret.length === codes.publicLength) return null;
    return `This public code has ${secret.length} digits and opens nothing, because "codes.publicLength" is ${codes.publicLength}.`;
  }

  #short({ kind, holder, secret }: PutCredential, due: DueAt): string | null {
    if (kind !== "pin" && kind !== "code" && !(kind === "qr" && isDigitText(secret))) return null;
    const [longest] = this.#lengthsDue(holder, due).toSorted((a, b) => b.due - a.due);
    if (longest === undefined || secret.length >= longest.due) return null;
    return `A code of ${secret.length} digits is easily found at the door "${longest.door}", where ${longest.due} are due.`;
  }

  #lengthsDue({ kind, id }: HolderRef, due: DueAt) {
    return this.#doorsOf.all(kind, id).map((door) => ({ door, due: due(door, kind) }));
  }

  #ambiguous({ id, kind, known }: PutCredential, { readers }: SiteSpec): string | null {
    if (kind !== "card" && kind !== "bkey") return null;
    const givesThreeBytes = known === "low" || readers.some(({ format }) => format === "w26");
    if (!givesThreeBytes || this.#alike.get(id) === undefined) return null;
    return "Another card has the same last three bytes; a reader that gives only these cannot tell them apart.";
  }
}

/** Only digits count towards the limit on guessing: whoever holds one text after the other to a camera is not slowed down. */
const leastTextLength = 8;

function shortText({ kind, secret }: PutCredential): string | null {
  if (kind !== "qr" || isDigitText(secret) || secret.length >= leastTextLength) return null;
  return `A QR text of ${secret.length} characters is easily found; give it ${leastTextLength} at least.`;
}
