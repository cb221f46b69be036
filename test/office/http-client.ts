// A browser's manners over plain HTTP, with every header in the hand of the test.
import { type ClientRequest, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import type { PageMessages } from "../../src/office/console/wire.ts";
import { entryCode } from "./office-bench.ts";

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: { readonly ok?: boolean; readonly code?: string; readonly problem?: string };
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookie?: string;
  /** Sent as JSON, unless it is text already. */
  readonly body?: unknown;
}

function start(address: string, path: string, ask: Ask): { sent: ClientRequest; arrived: Promise<IncomingMessage> } {
  const { hostname, port, host } = new URL(address);
  const method = ask.method ?? (ask.body === undefined ? "GET" : "POST");
  const headers: Record<string, string> = { host };
  if (method !== "GET") headers["origin"] = address;
  if (ask.body !== undefined) headers["content-type"] = "application/json";
  if (ask.cookie !== undefined) headers["cookie"] = ask.cookie;
  // No agent: each request has its own connection, so that none outlives its test.
  const sent = request({ hostname, port, path, method, headers: { ...headers, ...ask.headers }, agent: false });
  const arrived = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on("response", resolve);
    sent.on("error", reject);
  });
  if (ask.body !== undefined) sent.write(typeof ask.body === "string" ? ask.body : JSON.stringify(ask.body));
  sent.end();
  return { sent, arrived };
}

export async function fetchFrom(address: string, path: string, ask: Ask = {}): Promise<Reply> {
  const response = await start(address, path, ask).arrived;
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) text += chunk;
  const isJson = (response.headers["content-type"] ?? "").startsWith("application/json");
  const json = isJson && text !== "" ? (JSON.parse(text) as Reply["json"]) : {};
  return { status: response.statusCode ?? 0, headers: response.headers, text, json };
}

/** The cookie pair that a reply sets. */
export function cookieOf(reply: Reply): string {
  return (reply.headers["set-cookie"]?.[0] ?? "").split(";", 1)[0] ?? "";
}

export async function logIn(address: string, code: string = entryCode): Promise<string> {
  const reply = await fetchFrom(address, "/login", { body: { code } });
  if (reply.status !== 200) throw new Error(`not let in: ${reply.text}`);
  return cookieOf(reply);
}

export interface Heard<Name extends keyof PageMessages = keyof PageMessages> {
  readonly name: Name;
  readonly id: string;
  readonly data: PageMessages[Name];
}

export class EventStream {
  readonly response: IncomingMessage;
  readonly #heard: Heard[] = [];
  readonly #waiting: (() => void)[] = [];
  /** Resolves when the server or the network ended it. */
  readonly ended: Promise<void>;

  private constructor(response: IncomingMessage) {
    this.response = response;
    let partial = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      const frames = (partial + chunk).split("\n\n");
      partial = frames.pop() ?? "";
      for (const frame of frames) this.#heard.push(decodeFrame(frame));
      for (const wake of this.#waiting.splice(0)) wake();
    });
    response.on("error", () => {});
    this.ended = new Promise((resolve) => response.on("close", () => resolve()));
  }

  static async open(address: string, cookie: string, path = "/events", headers = {}): Promise<EventStream> {
    const response = await start(address, path, { cookie, headers }).arrived;
    if (response.statusCode !== 200) throw new Error(`no stream: ${response.statusCode}`);
    return new EventStream(response);
  }

  /** Takes messages of that name until one passes; those of other names wait for their turn. */
  async next<Name extends keyof PageMessages>(
    name: Name,
    test: (data: PageMessages[Name]) => boolean = () => true,
  ): Promise<Heard<Name>> {
    for (;;) {
      const index = this.#heard.findIndex((heard) => heard.name === name);
      const [heard] = index < 0 ? [] : this.#heard.splice(index, 1);
      if (heard === undefined) await new Promise<void>((wake) => this.#waiting.push(wake));
      else if (test(heard.data as PageMessages[Name])) return heard as Heard<Name>;
    }
  }

  close(): void {
    this.response.destroy();
  }
}

function decodeFrame(frame: string): Heard {
  const fields = new Map(
    frame.split("\n").map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
  );
  return {
    name: fields.get("event") as keyof PageMessages,
    id: fields.get("id") ?? "",
    data: JSON.parse(fields.get("data") ?? "null"),
  };
}

/** A stream on which the board's picture is known to have arrived. */
export async function openStream(address: string, cookie: string): Promise<EventStream> {
  const stream = await EventStream.open(address, cookie);
  await stream.next("board", (board) => board.connected);
  return stream;
}
