// A product whose processes are killed: finds them, kills them, starts what nobody else starts again, and reads what it left.
import { execFile } from "node:child_process";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { LedgerReply } from "../../src/domain/ask.ts";
import type { ExportedHolder, HolderKey } from "../../src/domain/directory-export.ts";
import type { RecordedEvent } from "../../src/domain/events.ts";
import { openJournalReader, pageSize } from "../../src/ledger/journal-reader.ts";
import { askSocket } from "../../src/ops/line-client.ts";
import { busyConfig, busyPeople } from "./busy-site.ts";
import type { Life } from "./life-trace.ts";
import { readLife } from "./life-trace.ts";
import type { Launch, Product } from "./product.ts";
import { childPid, launchProduct, poll, postern, removeFolder, temporaryFolder } from "./product.ts";

export const roles = ["main", "ledger", "office"] as const;
export type Role = (typeof roles)[number];

export class Victim {
  readonly folder = realpathSync(temporaryFolder());
  readonly #state = join(this.folder, "state");
  readonly #recordDeadlineMs: number;
  /** So that one that is dying is not taken for its successor. */
  readonly #killed = new Map<Role, number>();
  readonly #record: RecordedEvent[] = [];
  #lives = 0;
  #launch: Launch;
  #ready: Promise<Product> | null = null;

  constructor(recordDeadlineMs: number) {
    this.#recordDeadlineMs = recordDeadlineMs;
    this.#launch = this.#start();
  }

  get boardSocket(): string {
    return join(this.#state, "board.sock");
  }

  /** Every event so far; fails when the sequence has a gap. */
  record(): readonly RecordedEvent[] {
    const reader = openJournalReader(join(this.#state, "ledger.db"));
    try {
      for (;;) {
        const page = reader.after(this.#record.at(-1)?.seq ?? 0, pageSize);
        for (const event of page) {
          const expected = (this.#record.at(-1)?.seq ?? 0) + 1;
          if (event.seq !== expected) throw new Error(`event ${expected} is missing: ${event.seq} follows`);
          this.#record.push(event);
        }
        if (page.length < pageSize) return this.#record;
      }
    } finally {
      reader.close();
    }
  }

  /** What the main process saw and did, from each of its starts to its end. */
  lives(): Life[] {
    return Array.from({ length: this.#lives }, (_, n) => this.#readLife(n + 1));
  }

  currentLife(): Life {
    return this.#readLife(this.#lives);
  }

  async populate(): Promise<void> {
    const product = await this.product();
    const reply = await product.change(busyPeople(Date.now()));
    if (reply.kind !== "changed") throw new Error(JSON.stringify(reply));
  }

  /** What the ledger counts, by pass and door. */
  async countedUses(): Promise<ReadonlyMap<string, number>> {
    const socket = join(this.#state, "ledger.sock");
    const holders: ExportedHolder[] = [];
    for (let after: HolderKey | null = { kind: "pass", id: "" }; after !== null; ) {
      const reply: LedgerReply = await askSocket<LedgerReply>(socket, { kind: "export", after }, 30_000);
      if (reply.kind !== "exported") throw new Error(JSON.stringify(reply));
      holders.push(...reply.page.holders.filter(({ holder }) => holder.kind === "pass"));
      after = reply.page.next;
    }
    const counts = holders.flatMap(({ holder, uses }) =>
      uses.filter(({ door }) => door !== "*").map(({ door, spent }) => [`${holder.id} at ${door}`, spent] as const),
    );
    return new Map(counts.filter(([, count]) => count > 0));
  }

  product(): Promise<Product> {
    this.#ready ??= this.#launch.ready();
    return this.#ready;
  }

  /** A child that is just being started is waited for; a main process is started again at once, as a service manager does. */
  async kill(role: Role): Promise<void> {
    if (role === "main") {
      const { process: main } = this.#launch;
      if (main.exitCode !== null || main.signalCode !== null) {
        throw new Error(`the main process had ended by itself:\n${this.#launch.stderr()}`);
      }
      main.kill("SIGKILL");
      await new Promise((resolve) => main.once("exit", resolve));
      this.#launch = this.#start();
      return;
    }
    await poll(async () => {
      const pid = this.#pidOf(role);
      if (pid === null) return false;
      process.kill(pid, "SIGKILL");
      this.#killed.set(role, pid);
      return true;
    });
  }

  /** Resolves when what was killed is of use again. */
  async back(role: Role): Promise<void> {
    const product = await this.product();
    if (role === "main") return;
    await poll(async () => this.#pidOf(role) !== null);
    await product.until(role);
  }

  /** Ends as a service does, and returns the exit code. */
  async stop(): Promise<number | null> {
    const product = await this.product();
    await product.stop();
    return product.process.exitCode;
  }

  /** However the test ended: nothing of it stays. */
  async remove(): Promise<void> {
    const { process: main } = this.#launch;
    if (main.exitCode === null && main.signalCode === null) {
      main.kill("SIGKILL");
      await new Promise((resolve) => main.once("exit", resolve));
    }
    removeFolder(this.folder);
  }

  /** Prints what the command says about the record; fails when it finds it edited. */
  async verify(...options: readonly string[]): Promise<string> {
    const args = [postern, "log", "verify", "--state", this.#state, ...options];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return stdout;
  }

  auditSeed(): string {
    return join(this.#state, "keys", "audit-seed");
  }

  #start(): Launch {
    this.#ready = null;
    this.#lives += 1;
    const config = busyConfig(this.#recordDeadlineMs);
    return launchProduct({ config, state: this.#state, trace: this.#traceOf(this.#lives) });
  }

  #pidOf(role: "ledger" | "office"): number | null {
    const pid = childPid(this.#launch.process.pid ?? 0, role);
    return pid === this.#killed.get(role) ? null : pid;
  }

  #readLife(n: number): Life {
    const file = this.#traceOf(n);
    return readLife(existsSync(file) ? readFileSync(file, "utf8") : "");
  }

  #traceOf(n: number): string {
    return join(this.folder, `life-${n}.trace`);
  }
}
