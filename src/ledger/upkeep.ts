// What a ledger does beside serving the doors: keeps the copy of the directory, and forgets what a site must forget. Loaded only
// once the first decision is possible.
import type { FromLedger } from "../domain/ask.ts";
import type { RescueBoard } from "../domain/rescue.ts";
import { AgeWatch } from "./age-watch.ts";
import { CopyKeeper } from "./copy-keeper.ts";
import { copyInThread } from "./copy-thread.ts";
import { damagedFault, dropSuspicion } from "./damage.ts";
import type { Desk } from "./desk.ts";
import type { DiskReserve } from "./disk-reserve.ts";
import { goodCopyPath } from "./good-copy.ts";
import { Housekeeping } from "./housekeeping.ts";
import type { Ledger } from "./ledger.ts";
import { RescueKeeper } from "./rescue-keeper.ts";
import { takeRescueLog } from "./rescue-log.ts";

export interface RescueFiles {
  /** Null where the site wants no rescue. */
  readonly board: RescueBoard | null;
  readonly file: string;
  readonly log: string;
}

export interface Upkeep {
  /** Something was committed. */
  noticed(): void;
}

export interface UpkeepParts {
  readonly ledger: Ledger;
  readonly desk: Pick<Desk, "instant" | "troubled">;
  readonly database: string;
  readonly reserve: Pick<DiskReserve, "keep">;
  /** Null where there is none to keep. */
  readonly rescue: (RescueFiles & { readonly key: Buffer | null }) | null;
  /** The last end gives reason to look the record through. */
  readonly checkRecordFirst: boolean;
  readonly send: (message: FromLedger) => void;
  readonly after: (ms: number, run: () => void) => void;
  /** Events were appended. */
  readonly grew: (seq: number) => void;
  readonly fail: (error: unknown) => void;
}

const ageEveryMs = 60_000;
const roomEveryMs = 600_000;

/** Begins at once; to be told of every commit from then on. */
export function startUpkeep(parts: UpkeepParts): Upkeep {
  takeOpenings(parts);
  const keepers = [keepCopies(parts), ...keepRescue(parts)];
  for (const keeper of keepers) keeper.noticed();
  keepHouse(parts);
  keepAge(parts);
  keepRoom(parts);
  return {
    noticed: () => {
      for (const keeper of keepers) keeper.noticed();
    },
  };
}

/** The doors are served meanwhile; what cannot be taken now stays for the next start. */
function takeOpenings({ ledger, desk, rescue, grew }: UpkeepParts): void {
  try {
    if (rescue === null || !takeRescueLog(ledger, rescue.log, desk.instant())) return;
    grew(ledger.headSeq);
  } catch (error) {
    desk.troubled(error);
  }
}

function keepRescue({ ledger, rescue, send, after }: UpkeepParts): RescueKeeper[] {
  if (rescue === null) return [];
  const { db } = ledger;
  const tell = (why: string | null): void => send({ kind: "rescueKept", why });
  return [new RescueKeeper({ ...rescue, db, site: () => ledger.site, mark: () => ledger.copyMark, after, tell })];
}

function keepCopies({ ledger, database, checkRecordFirst, send, after, fail }: UpkeepParts): CopyKeeper {
  const target = goodCopyPath(database);
  return new CopyKeeper({
    mark: () => ledger.copyMark,
    make: (checkRecord, done) =>
      copyInThread({ source: database, target, madeWall: Date.now(), checkRecord }, (outcome) => {
        if (outcome.made) dropSuspicion(database);
        done(outcome);
      }),
    checkRecordFirst,
    after,
    tell: (why) => send({ kind: "copied", why }),
    onDamage: (why) => fail(damagedFault(why, database)),
  });
}

function keepHouse({ ledger, desk, after, grew }: UpkeepParts): void {
  const step = (): boolean => {
    const before = ledger.headSeq;
    const more = ledger.forgetStep(desk.instant());
    if (ledger.headSeq !== before) grew(ledger.headSeq);
    return more;
  };
  new Housekeeping({ step, after, troubled: (error) => desk.troubled(error) }).begin();
}

/** Also once there is room again. */
function keepRoom({ reserve, after }: Pick<UpkeepParts, "reserve" | "after">): void {
  after(roomEveryMs, () => {
    void reserve.keep();
    keepRoom({ reserve, after });
  });
}

function keepAge({ ledger, desk, after, grew }: UpkeepParts): void {
  const watch = new AgeWatch({ ledger, instant: () => desk.instant(), grew });
  const look = (): void => {
    try {
      watch.look();
    } catch (error) {
      desk.troubled(error);
    }
    after(ageEveryMs, look);
  };
  look();
}
