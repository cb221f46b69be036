// Stands in for the ledger's and the board's sockets: takes JSON or text lines, says what a test tells it to.
import { createServer, type Server, type Socket } from "node:net";

export class FakeLineServer {
  readonly lines: string[] = [];
  readonly path: string;
  /** Called for each line; by default nothing is answered. */
  answer: (line: string, number: number, say: (message: object) => void) => void = () => {};
  /** What a client hears first. */
  greeting: object | null = null;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting: { readonly test: (line: string) => boolean; readonly found: (line: string) => void }[] = [];
  #connected: (() => void)[] = [];

  constructor(path: string) {
    this.path = path;
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.path, resolve));
  }

  say(message: object | string): void {
    const line = typeof message === "string" ? message : JSON.stringify(message);
    for (const socket of this.#sockets) socket.write(`${line}\n`);
  }

  /** The first line, past or to come, that passes. */
  line(test: (line: string) => boolean): Promise<string> {
    const known = this.lines.find(test);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((found) => this.#waiting.push({ test, found }));
  }

  nextClient(): Promise<void> {
    return new Promise((resolve) => this.#connected.push(resolve));
  }

  dropClients(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.dropClients();
    });
  }

  #welcome(socket: Socket): void {
    this.#sockets.add(socket);
    let partial = "";
    let number = 0;
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#sockets.delete(socket));
    const say = (message: object): void => {
      socket.write(`${JSON.stringify(message)}\n`);
    };
    if (this.greeting !== null) say(this.greeting);
    socket.on("data", (chunk: string) => {
      const lines = (partial + chunk).split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) {
        number += 1;
        this.#take(line);
        this.answer(line, number, say);
      }
    });
    for (const resolve of this.#connected.splice(0)) resolve();
  }

  #take(line: string): void {
    this.lines.push(line);
    for (const one of [...this.#waiting]) {
      if (!one.test(line)) continue;
      this.#waiting.splice(this.#waiting.indexOf(one), 1);
      one.found(line);
    }
  }
}
