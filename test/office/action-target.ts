// A real HTTP server for actions to go to: keeps what arrived, and answers as a test tells it to.
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { ActionSpec } from "../../src/domain/action.ts";
import type { ActionId } from "../../src/domain/ids.ts";

export interface Arrived {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ActionTarget {
  readonly host: string;
  readonly arrived: readonly Arrived[];
  answer: (request: Arrived, response: ServerResponse) => void;
  /** The first so many of a kind, past or to come. */
  firstOf(test: (one: Arrived) => boolean, count: number): Promise<readonly Arrived[]>;
}

export async function openTarget(): Promise<ActionTarget> {
  const arrived: Arrived[] = [];
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body };
      arrived.push(one);
      target.answer(one, response);
      for (const look of waiting) look();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const target: ActionTarget = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    arrived,
    answer: (_, response) => response.end("<ok/>"),
    firstOf: (test, count) =>
      new Promise((done) => {
        const look = (): void => {
          const found = arrived.filter(test);
          if (found.length < count) return;
          waiting.delete(look);
          done(found.slice(0, count));
        };
        waiting.add(look);
        look();
      }),
  };
  return target;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}

export const actionTo = (host: string, given: Omit<Partial<ActionSpec>, "id"> & { id: string }): ActionSpec => ({
  method: "GET",
  url: `http://${host}/${given.id}`,
  body: null,
  headers: [],
  authorizationFile: null,
  on: [],
  onNamed: [],
  doors: [],
  timeoutMs: 2_000,
  revealNames: false,
  ...given,
  id: given.id as ActionId,
});
