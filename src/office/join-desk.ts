// Pairs this controller with an issuer when somebody asks for it on the console's page, and tells the pages how it goes.
import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { pairingBrokerPattern } from "../link/pairing/pairing-account.ts";
import type { PageJoining } from "./console/wire.ts";
import type { Outcome } from "./outcome.ts";

export interface JoinDeskParts {
  /** Null where there is no cloud. */
  readonly identityFile: string | null;
  readonly wall: () => number;
  readonly changed: () => void;
}

export class JoinDesk {
  readonly #parts: JoinDeskParts;
  #running: AbortController | null = null;
  #broker: string | null = null;
  #code: PageJoining["code"] = null;
  #why: string | null = null;
  #wasPossible: boolean;

  constructor(parts: JoinDeskParts) {
    this.#parts = parts;
    this.#wasPossible = this.#isPossible();
  }

  get page(): PageJoining {
    return { possible: this.#isPossible(), broker: this.#broker, code: this.#code, why: this.#why };
  }

  /** Shows a new code; one that is shown already counts no more. */
  begin(broker: unknown): Outcome {
    const { identityFile } = this.#parts;
    if (identityFile === null || !this.#isPossible()) {
      return { ok: false, code: "refused", problem: "This controller has no cloud, or an issuer already." };
    }
    if (typeof broker !== "string" || !pairingBrokerPattern.test(broker)) {
      return { ok: false, code: "malformed", problem: "Write the broker as mqtts://broker.example:8884." };
    }
    this.#running?.abort();
    this.#broker = broker;
    void this.#join(broker, identityFile);
    return { ok: true };
  }

  /** The code that is shown counts no more. */
  cancel(): Outcome {
    this.close();
    this.#tell(null, null);
    return { ok: true };
  }

  /** Somebody may have paired it at the command line. */
  beat(): void {
    if (this.#isPossible() === this.#wasPossible) return;
    this.#wasPossible = !this.#wasPossible;
    this.#parts.changed();
  }

  close(): void {
    this.#running?.abort();
    this.#running = null;
  }

  async #join(broker: string, identityFile: string): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    this.#tell(null, null);
    try {
      // Curves are loaded only when somebody pairs.
      const { codeLifeMs, makeJoinCode, shownCode } = await import("../link/pairing/join-code.ts");
      const { joinAsDevice } = await import("../link/pairing/join-as-device.ts");
      const { identityOf, makeOwnKeys } = await import("../link/pairing/join-identity.ts");
      const { formerIdentityFile, nextKeysFile } = await import("../link/pairing/next-keys.ts");
      const { writeWhole } = await import("../link/whole-file.ts");
      const [keys, code] = [makeOwnKeys(), makeJoinCode(randomBytes)];
      await joinAsDevice({
        ...{ broker, code, keys, random: randomBytes, signal: running.signal },
        anew: "show a new one",
        ready: () => this.#tell({ text: shownCode(code), untilWallMs: this.#parts.wall() + codeLifeMs }, null),
        keep: (papers) => {
          const identity = identityOf(keys, papers);
          if (identity === null) throw new Error("The issuer sent a certificate for another key; pair again.");
          // Of a pairing that is over.
          for (const file of [nextKeysFile, formerIdentityFile]) rmSync(file(identityFile), { force: true });
          writeWhole(identityFile, `${JSON.stringify(identity, null, 2)}\n`);
        },
      });
      this.#end(running, null);
    } catch (error) {
      this.#end(running, error instanceof Error ? error.message : "It failed.");
    }
  }

  /** Of what was given up nothing is told: another code may be shown by now. */
  #end(running: AbortController, why: string | null): void {
    if (running.signal.aborted) return;
    this.#running = null;
    this.#tell(null, why);
  }

  #tell(code: PageJoining["code"], why: string | null): void {
    this.#code = code;
    this.#why = why;
    this.#parts.changed();
  }

  #isPossible(): boolean {
    const { identityFile } = this.#parts;
    return identityFile !== null && !existsSync(identityFile);
  }
}
