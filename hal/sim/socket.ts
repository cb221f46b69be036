// Lets other processes work a simulated board: command lines in, JSON lines out, over a Unix socket; knows no door.
import { isUtf8 } from "node:buffer";
import { createServer, type Server, type Socket } from "node:net";
import type { BoardChange, SimBoard } from "./board.ts";
import type { SimClock } from "./clock.ts";
import { maxLineBytes, parseCommand, runCommand } from "./command.ts";
import { claimSocket } from "./socket-claim.ts";

export interface BoardServer {
  close(): Promise<void>;
}

export const maxClients = 16;
export const maxUnreadBytes = 1_048_576;
/** Beyond this many connections, those that wait to be told of a refusal included, the kernel's door is shut. */
const maxConnections = 64;
/** One client's burst must not keep another's press waiting: after so many lines the others have their turn. */
const linesPerTurn = 64;
/** How long a refused client may take to read why. */
const partingMs = 1_000;
const newline = 0x0a;

/** A stale socket file is replaced, a live server's is not: that is a Fault with code `socket.busy`. */
export async function serveBoard(board: SimBoard, clock: SimClock, path: string): Promise<BoardServer> {
  const desk = new BoardDesk(board, clock);
  const server = createServer((socket) => desk.welcome(socket));
  server.maxConnections = maxConnections;
  // A connection that could not be accepted, for want of file descriptors say, must not take the doors along.
  server.on("error", () => undefined);
  const leavePath = await claimSocket(server, path);
  const stopObserving = board.observe((change) => desk.broadcastChange(change));
  const stopListening = clock.onChange(() => desk.broadcast(clockMessage(clock)));
  return {
    close: async () => {
      stopObserving();
      stopListening();
      leavePath();
      await desk.closeAll(server);
    },
  };
}

class BoardDesk {
  readonly #board: SimBoard;
  readonly #clock: SimClock;
  readonly #sockets = new Set<Socket>();
  readonly #clients = new Set<Client>();

  constructor(board: SimBoard, clock: SimClock) {
    this.#board = board;
    this.#clock = clock;
  }

  welcome(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => this.#sockets.delete(socket));
    const client = new Client(socket, (line) => this.#obey(line));
    if (this.#clients.size >= maxClients) {
      client.part(`There are ${maxClients} clients already.`);
      return;
    }
    this.#clients.add(client);
    for (const leaving of ["end", "close"]) socket.once(leaving, () => this.#clients.delete(client));
    client.send({ kind: "snapshot", ...this.#board.snapshot(), clock: clockReading(this.#clock) });
  }

  broadcastChange(change: BoardChange): void {
    if (change.kind === "input" || this.#clients.size === 0) return;
    if (change.kind === "event") {
      this.broadcast(change);
      return;
    }
    const { at: atMono, ...rest } = change;
    this.broadcast({ ...rest, atMono });
  }

  broadcast(message: Record<string, unknown>): void {
    const line = encodeMessage(message);
    for (const client of this.#clients) client.sendLine(line);
  }

  closeAll(server: Server): Promise<void> {
    return new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #obey(line: string): string | null {
    const parsed = parseCommand(line);
    if (!parsed.ok) return parsed.problem;
    const outcome = runCommand(parsed.command, this.#board, this.#clock);
    return outcome.ok ? null : outcome.problem;
  }
}

class Client {
  readonly #socket: Socket;
  readonly #obey: (line: string) => string | null;
  #lines = 0;
  #unparsed: Buffer = Buffer.alloc(0);
  #unsent: string[] = [];
  #unsentBytes = 0;
  #parting = false;

  /** `obey` returns the problem, or null. */
  constructor(socket: Socket, obey: (line: string) => string | null) {
    this.#socket = socket;
    this.#obey = obey;
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  send(message: Record<string, unknown>): void {
    this.sendLine(encodeMessage(message));
  }

  /** What is sent in one turn of the event loop is written together. */
  sendLine(line: string): void {
    if (this.#parting || this.#socket.destroyed) return;
    if (this.#unsent.length === 0) queueMicrotask(() => this.#flush());
    this.#unsent.push(line);
    this.#unsentBytes += Buffer.byteLength(line);
    if (this.#unsentBytes + this.#socket.writableLength > maxUnreadBytes) this.#socket.destroy();
  }

  /** Refuses the line, and then hears and says nothing more. */
  part(problem: string): void {
    this.send({ kind: "refused", line: this.#lines, problem });
    this.#flush();
    this.#parting = true;
    this.#unparsed = Buffer.alloc(0);
    this.#socket.end();
    // Reading on without looking lets a client in the middle of its writing still find the reason.
    const patience = setTimeout(() => this.#socket.destroy(), partingMs);
    this.#socket.once("close", () => clearTimeout(patience));
  }

  #take(chunk: Buffer): void {
    if (this.#parting) return;
    this.#unparsed = this.#unparsed.length === 0 ? chunk : Buffer.concat([this.#unparsed, chunk]);
    this.#work();
  }

  #work(): void {
    let from = 0;
    for (let left = linesPerTurn; left > 0; left -= 1) {
      const end = this.#unparsed.indexOf(newline, from);
      if ((end < 0 ? this.#unparsed.length : end) - from > maxLineBytes) {
        this.#lines += 1;
        this.part(`A line has at most ${maxLineBytes} bytes.`);
        return;
      }
      if (end < 0) {
        this.#unparsed = this.#unparsed.subarray(from);
        this.#socket.resume();
        return;
      }
      this.#answer(this.#unparsed.subarray(from, end));
      if (this.#socket.destroyed) return;
      from = end + 1;
    }
    this.#unparsed = this.#unparsed.subarray(from);
    this.#socket.pause();
    setImmediate(() => {
      if (!this.#socket.destroyed) this.#work();
    });
  }

  #answer(bytes: Buffer): void {
    this.#lines += 1;
    const line = this.#lines;
    const problem = isUtf8(bytes) ? this.#obey(bytes.toString("utf8")) : "A line is UTF-8 text.";
    this.send(problem === null ? { kind: "done", line } : { kind: "refused", line, problem });
  }

  #flush(): void {
    const unsent = this.#unsent.join("");
    this.#unsent = [];
    this.#unsentBytes = 0;
    if (unsent !== "" && !this.#socket.destroyed) this.#socket.write(unsent);
  }
}

const encodeMessage = (message: Record<string, unknown>): string => `${JSON.stringify(message)}\n`;

const clockReading = (clock: SimClock): { readonly wallMs: number; readonly trusted: boolean } => ({
  wallMs: clock.wall(),
  trusted: clock.trusted(),
});

const clockMessage = (clock: SimClock): Record<string, unknown> => ({ kind: "clock", ...clockReading(clock) });
