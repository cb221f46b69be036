// The board's part at a real pcscd, with a key for each profile, and what it reported so far.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { BoardEvent } from "../../hal/board.ts";
import type { PcscDriver, PcscWiring } from "../../hal/card-profile.ts";
import { cardKeyFile } from "../../hal/linux/pcsc/card-key.ts";
import type { PcscPart } from "../../hal/linux/pcsc/pcsc-part.ts";
import { openPcscPart } from "../../hal/linux/pcsc/pcsc-part.ts";
import { createLiveClock } from "../../hal/sim/clock.ts";
import { openReader } from "../hal/linux/cards/shown-card.ts";
import type { VirtualCard } from "../hal/linux/cards/virtual-card.ts";
import type { TestDaemon } from "./pcscd.ts";

export type Plain = Omit<BoardEvent, "at">;

/** What lies there as its reader comes was there before; and a card that is back at once was never away. */
const apartMs = 600;
const patienceMs = 20_000;

export class PartAtPcscd {
  readonly part: PcscPart;
  readonly keysDir = mkdtempSync(join(tmpdir(), "postern-keys-"));
  readonly events: Plain[] = [];
  readonly #daemon: TestDaemon;
  #changed = Promise.withResolvers<void>();

  constructor(
    daemon: TestDaemon,
    driver: PcscDriver,
    reader: Partial<PcscWiring>,
    keys: Readonly<Record<string, string>>,
  ) {
    this.#daemon = daemon;
    for (const [id, key] of Object.entries(keys)) this.setKey(id, key);
    process.env["PCSCLITE_CSOCK_NAME"] = daemon.socket;
    const readers = [{ ...openReader, driver, device: "Virtual PCD 00 00", ...reader }];
    this.part = openPcscPart({ driver, readers, keysDir: this.keysDir }, createLiveClock({ trusted: true }));
    this.part.start(({ at: _, ...event }) => {
      this.events.push(event);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
  }

  setKey(id: string, key: string): void {
    writeFileSync(cardKeyFile(this.keysDir, id), key, { mode: 0o600 });
  }

  state(): string {
    return this.part.health()[0]?.state ?? "";
  }

  /** Looks at what was and what comes, without a word where nothing more does. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const end = performance.now() + patienceMs;
    while (!holds()) {
      if (performance.now() > end) throw new Error(`waited in vain for ${what}: ${JSON.stringify(this.events)}`);
      await Promise.race([this.#changed.promise, pause(100)]);
    }
  }

  async ready(): Promise<void> {
    await this.until("the reader", () => this.state() !== "lost");
    await pause(apartMs);
  }

  /** Lays a card down until something is said of it, and takes it away. */
  async show(card: VirtualCard): Promise<Plain | undefined> {
    const before = this.events.length;
    this.#daemon.lay(card);
    const said = () => this.events.slice(before).find(({ kind }) => kind === "card" || kind === "unread");
    await this.until("a word about the card", () => said() !== undefined);
    await this.takeAway();
    return said();
  }

  async takeAway(): Promise<void> {
    this.#daemon.lay(null);
    // pcscd looks at this reader each 400 ms.
    await pause(1.5 * apartMs);
  }

  stop(): void {
    this.part.stop();
    rmSync(this.keysDir, { recursive: true, force: true });
  }
}
