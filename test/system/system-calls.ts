// Reads a trace of system calls and tells for each relay write by an ask whether its event was synced before it.

export interface SyncFinding {
  readonly ask: string;
  /**
   * Where the event of this ask stood when the relay moved. `synced`: its page had been written to the log, and a sync of
   * the log that began after that had ended. `written`: only in the log. `absent`: nowhere.
   */
  readonly state: "synced" | "written" | "absent";
}

/** A line of the trace: a whole call, or its beginning or end where another process came in between. */
interface Call {
  readonly process: string;
  readonly name: string;
  /** From the first argument on; strings as strace escapes them. */
  readonly text: string;
  readonly path: string;
}

interface LogFile {
  /** Asks whose event lies in a page that was written since it was last synced. */
  readonly written: Set<string>;
}

/** `lines` are strace's, of all processes in one file, with `-f -y` and strings long enough to hold a page. */
export function findSyncs(lines: readonly string[], relayTrace: string): SyncFinding[] {
  const reader = new CallReader(relayTrace);
  for (const line of lines) reader.take(line);
  return reader.findings;
}

class CallReader {
  readonly findings: SyncFinding[] = [];
  readonly #relayTrace: string;
  readonly #logs = new Map<string, LogFile>();
  readonly #synced = new Set<string>();
  /** What each process has begun and not ended. */
  readonly #begun = new Map<string, { readonly call: Call; readonly covers: ReadonlySet<string> }>();

  constructor(relayTrace: string) {
    this.#relayTrace = relayTrace;
  }

  take(line: string): void {
    const resumed = /^(\d+)\s+<\.\.\. \w+ resumed>/.exec(line);
    if (resumed !== null) {
      const [, process = ""] = resumed;
      const begun = this.#begun.get(process);
      this.#begun.delete(process);
      if (begun !== undefined) this.#end(begun.call, resultOf(line), begun.covers);
      return;
    }
    const [, process = "", name = "", path = "", text = ""] = /^(\d+)\s+(\w+)\(\d+<(.*?)>(.*)$/.exec(line) ?? [];
    if (process === "") return;
    const call: Call = { process, name, path, text };
    const covers = this.#begin(call);
    if (line.endsWith("<unfinished ...>")) this.#begun.set(process, { call, covers });
    else this.#end(call, resultOf(line), covers);
  }

  /** Returns what a sync covers: what had been written when it began. */
  #begin(call: Call): ReadonlySet<string> {
    if (call.name === "write" && call.path === this.#relayTrace) this.#noteRelay(call.text);
    return isSync(call) ? new Set(this.#logAt(call.path).written) : new Set();
  }

  #end(call: Call, result: number | null, covers: ReadonlySet<string>): void {
    if (!call.path.endsWith("-wal")) return;
    const { written } = this.#logAt(call.path);
    if (isSync(call)) {
      if (result !== 0) return;
      for (const ask of covers) this.#synced.add(ask);
      for (const ask of covers) written.delete(ask);
    } else if (result !== null && result === countOf(call.text)) {
      for (const ask of grantedAsks(call.text)) written.add(ask);
    }
  }

  #noteRelay(text: string): void {
    const ask = /^, "\{\\"kind\\":\\"relay\\",.*?\\"cause\\":\\"ask:([\w.-]+)\\"/.exec(text)?.[1];
    if (ask === undefined) return;
    const isWritten = [...this.#logs.values()].some((log) => log.written.has(ask));
    this.findings.push({ ask, state: this.#synced.has(ask) ? "synced" : isWritten ? "written" : "absent" });
  }

  #logAt(path: string): LogFile {
    const known = this.#logs.get(path) ?? { written: new Set() };
    this.#logs.set(path, known);
    return known;
  }
}

const isSync = ({ name, path }: Call): boolean => /^f(data)?sync$/.test(name) && path.endsWith("-wal");

/** The record's JSON is canonical: `ask` comes first in an event and `type` after it, with no object in between. */
const grantedAsks = (text: string): string[] =>
  [...text.matchAll(/\{\\"ask\\":\\"([\w.-]+)\\"[^{}]*?\\"type\\":\\"access\.granted\\"/g)].map(([, ask = ""]) => ask);

/** Null when it was interrupted, or is not there. */
function resultOf(line: string): number | null {
  const result = /\)\s+= (-?\d+)[^"]*$/.exec(line)?.[1];
  return result === undefined ? null : Number(result);
}

/** How many bytes the call was to write: `write` says it last, `pwrite64` before the place. */
function countOf(text: string): number {
  const [, count = ""] = /"(?:\.\.\.)?, (\d+)(?:, \d+)?(?:\)\s+=[^"]*| <unfinished \.\.\.>)$/.exec(text) ?? [];
  return count === "" ? Number.NaN : Number(count);
}
