// Asks one question after the other over the same Unix socket, which speaks JSON lines; knows no meaning of what is asked.
import type { Socket } from "node:net";
import { createConnection } from "node:net";
import { Fault } from "../domain/fault.ts";

export interface LineConversation {
  ask(question: unknown): Promise<unknown>;
  close(): void;
}

const maxReplyBytes = 64 * 1024 * 1024;

interface Waiting {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (fault: Fault) => void;
}

/** `silentMs` is how long an answer may take. */
export function openConversation(path: string, silentMs: number): LineConversation {
  return new Conversation(path, silentMs);
}

class Conversation implements LineConversation {
  readonly #path: string;
  readonly #socket: Socket;
  readonly #silentMs: number;
  #waiting: Waiting | null = null;
  #parts: string[] = [];
  #length = 0;
  #failure: Fault | null = null;

  constructor(path: string, silentMs: number) {
    this.#path = path;
    this.#silentMs = silentMs;
    this.#socket = createConnection(path);
    this.#socket.setEncoding("utf8");
    this.#socket.on("error", (error) =>
      this.#fail("socket.closed", "Postern is not running on this state folder.", error),
    );
    this.#socket.on("close", () => this.#fail("socket.closed", "Postern closed the connection without an answer."));
    this.#socket.on("timeout", () => this.#fail("socket.silent", "Postern did not answer in time."));
    this.#socket.on("data", (chunk: string) => this.#take(chunk));
  }

  ask(question: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure);
        return;
      }
      this.#waiting = { resolve, reject };
      this.#socket.setTimeout(this.#silentMs);
      this.#socket.write(`${JSON.stringify(question)}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: string): void {
    this.#parts.push(chunk);
    this.#length += chunk.length;
    if (this.#length > maxReplyBytes) this.#fail("socket.oversized", "Postern's answer is too long to be one.");
    if (!chunk.includes("\n")) return;
    const text = this.#parts.join("");
    this.#parts = [];
    this.#length = 0;
    this.#socket.setTimeout(0);
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.resolve(JSON.parse(text.slice(0, text.indexOf("\n"))));
  }

  #fail(code: string, message: string, cause?: unknown): void {
    this.#failure ??= new Fault(code, message, { path: this.#path }, cause);
    this.#socket.destroy();
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(this.#failure);
  }
}
