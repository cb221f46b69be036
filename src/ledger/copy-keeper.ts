// Decides when the good copy is made anew: soon after what it holds has changed, never too often, and at least daily.
export type CopyOutcome =
  | { readonly made: true }
  /** `damaged`: the database itself, which therefore was not copied. */
  | { readonly made: false; readonly damaged: boolean; readonly why: string };

export interface CopyKeeperParts {
  /** Differs whenever what the copy must hold has changed. */
  readonly mark: () => string;
  /** Nothing here waits for it. */
  readonly make: (checkRecord: boolean, done: (outcome: CopyOutcome) => void) => void;
  /** The last end gives reason to look the record through, the first time. */
  readonly checkRecordFirst: boolean;
  readonly after: (ms: number, run: () => void) => void;
  /** How it stands with the copy; null is well. */
  readonly tell: (why: string | null) => void;
  readonly onDamage: (why: string) => void;
}

const settleMs = 5_000;
/** Between two copies, so that a day of changes does not wear the card out. */
const spacingMs = 60_000;
const dailyMs = 24 * 3_600_000;
const retryMaxMs = 3_600_000;
/** A copy takes seconds. */
const patienceMs = 10 * 60_000;

export class CopyKeeper {
  readonly #parts: CopyKeeperParts;
  #copied = "";
  #checkRecord: boolean;
  /** One timer or one copy at a time; whatever is noticed meanwhile is looked at afterwards. */
  #state: "idle" | "waiting" | "making" = "idle";
  #failures = 0;
  #made = 0;

  constructor(parts: CopyKeeperParts) {
    this.#parts = parts;
    this.#checkRecord = parts.checkRecordFirst;
  }

  /** Something was committed, or the ledger was opened. */
  noticed(): void {
    if (this.#state !== "idle" || this.#parts.mark() === this.#copied) return;
    this.#makeIn(settleMs);
  }

  #makeIn(ms: number): void {
    this.#state = "waiting";
    this.#parts.after(ms, () => this.#make());
  }

  #make(): void {
    const { make, mark, after, tell } = this.#parts;
    const copying = mark();
    let ended = false;
    this.#state = "making";
    after(patienceMs, () => {
      if (!ended) tell("The copy of the directory does not come to an end: the disk does not answer.");
    });
    make(this.#checkRecord, (outcome) => {
      if (ended) return;
      ended = true;
      this.#end(copying, outcome);
    });
  }

  #end(copying: string, outcome: CopyOutcome): void {
    const { after, tell, onDamage } = this.#parts;
    if (!outcome.made && outcome.damaged) {
      onDamage(outcome.why);
      return;
    }
    if (!outcome.made) {
      tell(outcome.why);
      this.#makeIn(Math.min(retryMaxMs, spacingMs * 2 ** this.#failures));
      this.#failures += 1;
      return;
    }
    tell(null);
    this.#copied = copying;
    this.#checkRecord = false;
    this.#failures = 0;
    this.#made += 1;
    const made = this.#made;
    this.#state = "waiting";
    after(spacingMs, () => {
      this.#state = "idle";
      this.noticed();
    });
    after(dailyMs, () => {
      if (made === this.#made && this.#state === "idle") this.#make();
    });
  }
}
