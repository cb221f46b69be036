// A file that takes up room beside the database, so that there is some left to make more with on the day when the disk is full.
import { existsSync, rmSync } from "node:fs";
import { open, statfs } from "node:fs/promises";
import { dirname } from "node:path";

/** What folding a write-ahead log in and dropping the oldest events takes. */
const reserveBytes = 6 * 1_024 * 1_024;
const blockBytes = 128 * 1_024;
/** Nobody else is to run out of room because of it. */
const leastFree = 8 * reserveBytes;

export class DiskReserve {
  readonly #path: string;

  constructor(database: string) {
    this.#path = `${database}.reserve`;
  }

  get isThere(): boolean {
    return existsSync(this.#path);
  }

  /** When there is plenty of room, and it is not there. A disk that will not take it is trouble of its own. */
  async keep(): Promise<void> {
    if (this.isThere) return;
    try {
      const { bavail, bsize } = await statfs(dirname(this.#path));
      if (bavail * bsize >= leastFree) await this.#fill();
    } catch {
      this.release();
    }
  }

  /** True when that has made room. */
  release(): boolean {
    if (!this.isThere) return false;
    try {
      rmSync(this.#path);
      return true;
    } catch {
      return false;
    }
  }

  /** Not of zeros, which some file systems do not store. */
  async #fill(): Promise<void> {
    const file = await open(this.#path, "wx", 0o600);
    try {
      const block = Buffer.alloc(blockBytes, 0xa5);
      for (let written = 0; written < reserveBytes; written += blockBytes) await file.write(block);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}
