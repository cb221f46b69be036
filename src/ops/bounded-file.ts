// Reads a whole file that may have so many bytes, and writes one whole or not at all; knows no content.
import { randomUUID } from "node:crypto";
import type { FileHandle } from "node:fs/promises";
import { constants, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Fault } from "../domain/fault.ts";

export async function readBounded(path: string, maxBytes: number): Promise<Buffer> {
  const file = await openToRead(path);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new Fault("file.unreadable", `${path} is no ordinary file; name one.`);
    const parts: Buffer[] = [];
    let length = 0;
    // The size is counted while reading: a file may grow.
    for await (const part of file.createReadStream({ autoClose: false })) {
      parts.push(part as Buffer);
      length += (part as Buffer).length;
      if (length > maxBytes) throw new Fault("file.tooLarge", `${path} is larger than ${maxBytes} bytes.`);
    }
    return Buffer.concat(parts);
  } finally {
    await file.close();
  }
}

async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "There is no such file" : `It cannot be read (${code})`;
    throw new Fault("file.unreadable", `${path}: ${why}; check the path and who may read it.`, {}, error);
  }
}

/** After a power cut at any moment the old file is there whole, or the new one. */
export async function replaceFile(path: string, bytes: string | Buffer, { keepMode = false } = {}): Promise<void> {
  const draft = `${path}.new-${randomUUID()}`;
  try {
    const before = keepMode ? await stat(path) : null;
    const file = await open(draft, "wx", 0o600);
    try {
      if (before !== null) {
        await file.chmod(before.mode & 0o7777);
        await file.chown(before.uid, before.gid);
      }
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw new Fault("file.unwritable", `${path} cannot be written; see who may write there, and the disk.`, {}, error);
  }
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
