// A JSON-lines connection over a Unix socket that comes back by itself; knows nothing of what the lines say.
import { createConnection, type Socket } from "node:net";

/** A peer that sends more than this without a line's end is broken. */
const maxLineBytes = 1_048_576;
/** What may wait to be sent; past it the peer is taken for stuck. */
const maxUnsentBytes = 65_536;
const firstRetryMs = 100;
const lastRetryMs = 5_000;
/** A connection that lived this long starts the next backoff from the beginning. */
const soundAfterMs = 2_000;

export interface LineLinkEvents {
  opened(): void;
  value(value: unknown): void;
  gone(why: string): void;
}

export class LineLink {
  readonly #path: string;
  readonly #events: LineLinkEvents;
  #socket: Socket | null = null;
  #ready = false;
  #closed = false;
  #retryMs = firstRetryMs;
  #openedAt = 0;
  #retry: NodeJS.Timeout | null = null;

  constructor(path: string, events: LineLinkEvents) {
    this.#path = path;
    this.#events = events;
    this.#connect();
  }

  /** False when there is no connection, or one that does not take anything. */
  send(line: string): boolean {
    const socket = this.#socket;
    if (socket === null || !this.#ready || socket.writableLength > maxUnsentBytes) return false;
    socket.write(`${line}\n`);
    return true;
  }

  close(): void {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#socket?.destroy();
  }

  #connect(): void {
    const socket = createConnection({ path: this.#path });
    let why = "closed by the other side";
    let partial = "";
    socket.setEncoding("utf8");
    this.#socket = socket;
    socket.on("connect", () => {
      this.#ready = true;
      this.#openedAt = performance.now();
      this.#events.opened();
    });
    socket.on("data", (chunk: string) => {
      const lines = (partial + chunk).split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) {
        if (socket.destroyed) return;
        if (!this.#take(line)) {
          why = "sent a line that is not JSON";
          socket.destroy();
        }
      }
      if (partial.length > maxLineBytes) {
        why = "sent a line without end";
        socket.destroy();
      }
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      why = error.code ?? "failed";
    });
    socket.on("close", () => this.#lost(why));
  }

  #take(line: string): boolean {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return false;
    }
    this.#events.value(value);
    return true;
  }

  #lost(why: string): void {
    const lived = this.#ready ? performance.now() - this.#openedAt : 0;
    this.#ready = false;
    this.#socket = null;
    if (this.#closed) return;
    if (lived >= soundAfterMs) this.#retryMs = firstRetryMs;
    this.#retry = setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
    this.#events.gone(why);
  }
}
