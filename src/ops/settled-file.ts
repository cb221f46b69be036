// Tells when a file has changed and stayed so: whoever writes it may take a while. Looks at it now and then, because what the
// kernel tells of changes gets lost on shared folders and when editors put a new file in the old one's place.
import { stat } from "node:fs/promises";

export interface SettledFileParts {
  readonly path: string;
  readonly everyMs: number;
  /** False ends it. */
  readonly isWanted: () => boolean;
  /** The next look comes after it is done; false has it told again after a while. */
  readonly onSettled: (isThere: boolean) => Promise<boolean>;
}

/** So many looks. */
const retryAfter = 30;

export function watchSettled(parts: SettledFileParts): void {
  let last: string | null = null;
  let told: string | null = null;
  let waits = 0;
  const look = async (): Promise<void> => {
    const mark = await markOf(parts.path);
    waits = Math.max(0, waits - 1);
    if (mark === last && mark !== told && waits === 0) {
      if (await parts.onSettled(mark !== absent)) told = mark;
      else waits = retryAfter;
    }
    last = mark;
  };
  const again = (): void => {
    if (!parts.isWanted()) return;
    const next = () => void setTimeout(again, parts.everyMs).unref();
    look().then(next, next);
  };
  again();
}

const absent = "";

async function markOf(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs } = await stat(path);
    return `${dev} ${ino} ${size} ${mtimeMs}`;
  } catch {
    return absent;
  }
}
