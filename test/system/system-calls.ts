// Reads a trace of system calls and tells for each granted relay write whether its event was synced before it.

export interface SyncFinding {
  readonly ask: string;
  /** The event's page was written to the log, and a sync of the log ended well after that, before the relay write. */
  readonly synced: boolean;
}

interface LogFile {
  /** Asks in pages written since the last completed sync. */
  readonly written: Set<string>;
  readonly synced: Set<string>;
}

/** `lines` are strace's, of all processes in one file, with `-f -y` and strings long enough to hold a page. */
export function findSyncs(lines: readonly string[]): SyncFinding[] {
  const log: LogFile = { written: new Set(), synced: new Set() };
  /** What each process had written when the sync began that is still under way. */
  const begun = new Map<string, Set<string>>();
  const findings: SyncFinding[] = [];
  for (const line of lines) {
    const process = /^(\d+)/.exec(line)?.[1] ?? "";
    if (/pwrite64\(\d+<[^>]*-wal>/.test(line)) {
      for (const [, ask = ""] of line.matchAll(/\\?"ask\\?":\\?"([\w.-]+)\\?"/g)) log.written.add(ask);
    } else if (/f(data)?sync\(\d+<[^>]*-wal>/.test(line)) {
      if (line.includes("<unfinished")) begun.set(process, new Set(log.written));
      else if (/= 0\b/.test(line)) finishSync(log, log.written);
    } else if (/<\.\.\. f(data)?sync resumed>/.test(line)) {
      const asks = begun.get(process);
      begun.delete(process);
      if (asks !== undefined && /= 0\b/.test(line)) finishSync(log, asks);
    } else if (/write\(\d+<[^>]*trace[^>]*>/.test(line)) {
      const drive = /\\"energized\\":true.*?\\"cause\\":\\"ask:([\w.-]+)\\"/.exec(line);
      if (drive?.[1] !== undefined) findings.push({ ask: drive[1], synced: log.synced.has(drive[1]) });
    }
  }
  return findings;
}

function finishSync(log: LogFile, asks: ReadonlySet<string>): void {
  for (const ask of [...asks]) {
    log.synced.add(ask);
    log.written.delete(ask);
  }
}
