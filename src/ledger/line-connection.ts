// One client of the ledger's socket: whole lines in, one at a time, and whole lines out; knows no request.
import type { Socket } from "node:net";

export interface LineConnectionParts {
  readonly maxLineBytes: number;
  /** The next line is read after `done`, once this one's answer has been taken. */
  readonly onLine: (line: string, done: (answer: string) => void) => void;
  readonly onOversized: () => string;
  readonly onClose: () => void;
}

/** Who asks nothing and hears nothing for so long makes room for others. */
const idleMs = 60_000;
/** A watcher that has not taken so much is dropped: it can come again and catch up from the record. */
const maxUnreadBytes = 64 * 1024;
const newline = 0x0a;

export class LineConnection {
  readonly #socket: Socket;
  readonly #parts: LineConnectionParts;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #isBusy = false;

  constructor(socket: Socket, parts: LineConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
    socket.setTimeout(idleMs, () => socket.destroy());
    // The client is gone; `close` follows.
    socket.on("error", () => {});
    socket.on("close", parts.onClose);
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  /** Something the client did not ask for just now. */
  push(line: string): void {
    if (this.#socket.writableLength > maxUnreadBytes) this.#socket.destroy();
    else this.#socket.write(`${line}\n`);
  }

  keepOpen(): void {
    this.#socket.setTimeout(0);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (chunk.includes(newline)) this.#next();
    else if (!this.#isBusy && this.#heldBytes > this.#parts.maxLineBytes) this.#refuseOversized();
  }

  #next(): void {
    if (this.#isBusy || this.#socket.destroyed) return;
    const held = Buffer.concat(this.#held);
    const end = held.indexOf(newline);
    const rest = end < 0 ? held : held.subarray(end + 1);
    this.#held = [rest];
    this.#heldBytes = rest.length;
    if ((end < 0 ? rest.length : end) > this.#parts.maxLineBytes) this.#refuseOversized();
    else if (end < 0) this.#socket.resume();
    else this.#handle(held.toString("utf8", 0, end));
  }

  #handle(line: string): void {
    this.#isBusy = true;
    this.#socket.pause();
    this.#parts.onLine(line, (answer) => {
      if (this.#socket.destroyed) return;
      // In a turn of its own, so that a client with many lines does not keep the doors waiting.
      const goOn = () =>
        setImmediate(() => {
          this.#isBusy = false;
          this.#next();
        });
      if (this.#socket.write(`${answer}\n`)) goOn();
      else this.#socket.once("drain", goOn);
    });
  }

  #refuseOversized(): void {
    this.#isBusy = true;
    this.#held = [];
    this.#socket.end(`${this.#parts.onOversized()}\n`);
    this.#socket.resume();
    this.#socket.removeAllListeners("data");
    this.#socket.on("data", () => {});
  }
}
