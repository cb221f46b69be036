// The pages that listen, and what they are sent as Server-Sent Events; a page that does not keep up is let go.
import type { ServerResponse } from "node:http";
import type { PageMessages } from "./wire.ts";

/** Shorter than the server's idle limit. */
export const beatMs = 10_000;
const maxStreams = 16;
/** Unsent bytes after which a page counts as stuck. */
const maxQueuedBytes = 262_144;

type Message = {
  /** `id` is the event number that a page names when it comes back. */
  [Name in keyof PageMessages]: { readonly name: Name; readonly data: PageMessages[Name]; readonly id?: number };
}[keyof PageMessages];

interface Stream {
  readonly response: ServerResponse;
  readonly session: string;
  readonly endsWallMs: number;
}

export class EventStreams {
  readonly #streams = new Set<Stream>();
  readonly #wall: () => number;

  constructor(wall: () => number) {
    this.#wall = wall;
  }

  get size(): number {
    return this.#streams.size;
  }

  get full(): boolean {
    return this.#streams.size >= maxStreams;
  }

  open(response: ServerResponse, session: { readonly name: string; readonly endsWallMs: number }): Stream {
    const stream = { response, session: session.name, endsWallMs: session.endsWallMs };
    response.writeHead(200, { "Content-Type": "text/event-stream; charset=utf-8" });
    this.#streams.add(stream);
    response.on("close", () => this.#streams.delete(stream));
    return stream;
  }

  send(stream: Stream, message: Message): void {
    this.#write(stream, frameOf(message));
  }

  broadcast(message: Message): void {
    const frame = frameOf(message);
    for (const stream of [...this.#streams]) this.#write(stream, frame);
  }

  /** Shows every page that the line is alive, and ends those whose session is over. */
  beat(): void {
    const now = this.#wall();
    for (const stream of [...this.#streams]) {
      if (now >= stream.endsWallMs) this.#end(stream);
    }
    this.broadcast({ name: "beat", data: null });
  }

  endSession(session: string): void {
    for (const stream of [...this.#streams]) {
      if (stream.session === session) this.#end(stream);
    }
  }

  close(): void {
    for (const stream of [...this.#streams]) this.#end(stream);
  }

  #write(stream: Stream, frame: string): void {
    if (stream.response.writableLength > maxQueuedBytes) {
      this.#streams.delete(stream);
      stream.response.destroy();
      return;
    }
    stream.response.write(frame);
  }

  #end(stream: Stream): void {
    this.#streams.delete(stream);
    stream.response.end();
  }
}

/** JSON has no bare line feeds, so that one `data:` line holds it whatever the names in it are. */
function frameOf(message: Message): string {
  const id = message.id === undefined ? "" : `id: ${message.id}\n`;
  return `event: ${message.name}\n${id}data: ${JSON.stringify(message.data)}\n\n`;
}
