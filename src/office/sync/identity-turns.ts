// Which of two identities is used while new keys have not proven themselves: a broker that refuses them must not lock the controller out.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { formerIdentityFile } from "../../link/pairing/next-keys.ts";
import { writeWhole } from "../../link/whole-file.ts";

export interface IdentityTurnsParts {
  readonly identityFile: string;
  readonly mono: () => number;
  /** A sentence for whoever looks after it. */
  readonly trouble: (why: string) => void;
}

/** A broker may be starting, or have too much to do. */
const refusalsEach = 3;
/** The issuer may have heard of the new keys in the meantime, and then listens to the former ones no more. */
const unansweredMs = 300_000;

export class IdentityTurns {
  readonly #parts: IdentityTurnsParts;
  readonly #formerFile: string;
  #isFormersTurn = false;
  #formerSince = 0;
  #refusals = 0;

  constructor(parts: IdentityTurnsParts) {
    this.#parts = parts;
    this.#formerFile = formerIdentityFile(parts.identityFile);
  }

  /** The file that says who we are. */
  get file(): string {
    const { identityFile, mono } = this.#parts;
    const isUnanswered = mono() - this.#formerSince >= unansweredMs;
    if (this.#isFormersTurn && (isUnanswered || !existsSync(this.#formerFile))) this.#turn(false);
    return this.#isFormersTurn ? this.#formerFile : identityFile;
  }

  /** The broker is there, and did not let us in. */
  refused(): void {
    if (!existsSync(this.#formerFile)) return;
    this.#refusals += 1;
    if (this.#refusals >= refusalsEach) this.#turn(!this.#isFormersTurn);
  }

  /** The issuer has answered: whoever we were then is who we are. */
  proven(): void {
    this.#refusals = 0;
    if (!existsSync(this.#formerFile)) return;
    const { identityFile, trouble } = this.#parts;
    try {
      if (this.#isFormersTurn) {
        writeWhole(identityFile, readFileSync(this.#formerFile, "utf8"));
        trouble(
          "The broker refused the certificate of the new keys, and the former keys are in use again; see the broker's log, then run `postern join --rotate`.",
        );
      }
      rmSync(this.#formerFile, { force: true });
    } catch (error) {
      const why = error instanceof Error ? error.message : "unknown";
      trouble(`The keys beside ${identityFile} cannot be put in order (${why}); see that its disk takes files.`);
    }
  }

  #turn(toFormer: boolean): void {
    this.#isFormersTurn = toFormer;
    this.#formerSince = this.#parts.mono();
    this.#refusals = 0;
  }
}
