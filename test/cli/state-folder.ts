// A controller's state folder on disk for tests of commands that read it: an accepted configuration, a directory and a record.
import { argon2Sync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import { acceptedFile } from "../../src/config/accepted.ts";
import { readConfig } from "../../src/config/load.ts";
import { siteOf } from "../../src/config/site.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { AskId, BootId, DoorId, ReaderId, RunId } from "../../src/domain/ids.ts";
import type { Presentation } from "../../src/domain/presentation.ts";
import { monoMs } from "../../src/domain/time.ts";
import { hashCodes } from "../../src/ledger/code-hashes.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import { pinHashCost } from "../../src/ledger/pin-hash.ts";
import { exampleText } from "../config/example.ts";
import { TestClock, temporaryFolder, wordOf } from "../ledger/ledger-fixture.ts";

/** Untyped, as tests reach into it anywhere. */
export type Json = ReturnType<typeof JSON.parse>;

export class StateFolder {
  readonly folder = temporaryFolder();
  readonly clock = new TestClock();
  readonly ledger: Ledger;
  #asks = 0;

  /** The example's configuration, with what is given in its place. */
  constructor(change: (config: Json) => void = () => {}) {
    const report = (fault: Error) => {
      throw fault;
    };
    const paths = {
      database: join(this.folder, "ledger.db"),
      keysDir: join(this.folder, "keys"),
      credentialsDir: null,
    };
    mkdirSync(this.folder, { recursive: true });
    this.ledger = openLedger(paths, { now: this.clock.now, report });
    this.configure(change);
  }

  /** Accepts it anew, and opens the ledger by it. */
  configure(change: (config: Json) => void): void {
    const config = JSON.parse(exampleText) as Json;
    change(config);
    const text = JSON.stringify(config);
    const reading = readConfig(text);
    if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
    writeFileSync(acceptedFile(this.folder), text);
    const names = { run: "run-1" as RunId, boot: "boot-1" as BootId };
    this.ledger.open({ ...names, site: siteOf(reading.config), at: this.clock.now() });
  }

  change(...changes: DirectoryChange[]): void {
    hashCodes(
      changes,
      this.ledger.site.codes.duress,
      (digits, done) => done(this.#hash(digits)),
      (hashes) => {
        const outcome = this.ledger.applyChanges(changes, hashes, "tester", this.clock.now());
        if (!outcome.applied) throw new Error(JSON.stringify(outcome.problems));
      },
    );
  }

  /** The product's own, as a copy of this ledger will use it. */
  #hash(digits: string): Buffer {
    return argon2Sync("argon2id", { message: digits, nonce: this.ledger.siteSalt, ...pinHashCost });
  }

  note(event: JournalEvent): void {
    this.ledger.note(event, this.clock.now());
  }

  present(
    presentation: Presentation,
    at: { door?: string; reader?: string; mode?: "lockedDown" | "blocked"; interlocked?: boolean } = {},
  ): string {
    this.#asks += 1;
    const presentedAt = this.clock.now();
    const digits = presentation.method === "pin" ? presentation.digits : null;
    const ask = {
      id: `run-1.${this.#asks}` as AskId,
      reader: (at.reader ?? "front-reader") as ReaderId,
      door: (at.door ?? "front") as DoorId,
      direction: "entry",
      presentation,
      situation: { mode: at.mode ?? "locked", interlocked: at.interlocked ?? false },
      presentedAt,
      expiresAt: monoMs(presentedAt.mono + 2_000),
    } as const;
    const ready = this.ledger.readyAsk(ask, digits === null ? null : this.#hash(digits));
    return wordOf(this.ledger.commitBatch([ready], [])[0]!.verdict);
  }
}

/** What a command prints, and the code it ends with. */
export async function printed(command: (args: readonly string[]) => Promise<number>, ...args: string[]) {
  const lines: string[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((line: unknown) => void lines.push(String(line)));
  try {
    const code = await command(args);
    return { code, text: lines.join("\n") };
  } finally {
    log.mockRestore();
  }
}
