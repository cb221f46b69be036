// Keeps the last accepted configuration, so that a bad file never takes a working door down; knows no setting.
import { createHash, randomUUID } from "node:crypto";
import { open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../domain/fault.ts";

const fileName = "accepted-config.json";
const draftPrefix = `${fileName}.new-`;

export const acceptedFile = (stateDir: string): string => join(stateDir, fileName);

/**
 * After a power cut at any moment the folder holds either the old copy whole or the new one.
 * Call it from one process only: it clears away the drafts that others left.
 */
export async function saveAccepted(stateDir: string, text: string): Promise<void> {
  try {
    if ((await keptText(stateDir)) === text) return;
    await clearDrafts(stateDir);
    await replaceFile(stateDir, text);
  } catch (error) {
    throw new Fault("config.notKept", "The accepted configuration could not be kept.", { stateDir }, error);
  }
}

/** Names a configuration in events: the first 16 digits of its SHA-256. */
export function configDigest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

async function keptText(stateDir: string): Promise<string | null> {
  try {
    return await readFile(acceptedFile(stateDir), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function replaceFile(stateDir: string, text: string): Promise<void> {
  const draft = join(stateDir, `${draftPrefix}${process.pid}-${randomUUID()}`);
  try {
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, acceptedFile(stateDir));
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(stateDir);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Drafts of an earlier life, left by a power cut. */
async function clearDrafts(stateDir: string): Promise<void> {
  const own = `${draftPrefix}${process.pid}-`;
  for (const name of await readdir(stateDir)) {
    if (name.startsWith(draftPrefix) && !name.startsWith(own)) await rm(join(stateDir, name), { force: true });
  }
}
