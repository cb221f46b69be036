// The console's HTTP server: where it listens, its limits, and the checks that come before any route.
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { Fault } from "../../domain/fault.ts";
import type { ConsoleSpec } from "../../domain/status.ts";
import type { ApiDesk } from "../api/api-desk.ts";
import { hostAllowed, hostInUrl, isLoopback, isWildcard, type Listening, originAllowed } from "./guard.ts";
import { sendProblem, setCommonHeaders } from "./reply.ts";
import type { Route } from "./routes.ts";
import type { Sessions } from "./session.ts";

const maxConnections = 64;
const limits = {
  maxHeaderSize: 8_192,
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
} as const;
/** Longer than the beat of an event stream. */
const idleMs = 30_000;

export interface ConsoleServer {
  readonly listening: Listening;
  /** Where a person's browser finds it. */
  readonly address: string;
  /** Until then every request is answered 503. */
  serve(routes: readonly Route[], sessions: Sessions, api: ApiDesk): void;
  close(): Promise<void>;
}

export async function openConsoleServer(spec: ConsoleSpec): Promise<ConsoleServer> {
  if (spec.tls === null && !isLoopback(spec.host)) throw notLoopback(spec.host);
  const server = createFor(spec);
  server.maxConnections = maxConnections;
  server.setTimeout(idleMs);
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  const bound = await listen(server, spec);
  if (spec.tls === null && !isLoopback(bound.address)) {
    server.close();
    throw notLoopback(bound.address);
  }
  const secure = spec.tls !== null;
  const listening: Listening = { host: spec.host, port: bound.port, secure, machineNames: [hostname()] };
  const host = isWildcard(spec.host) ? hostname() : hostInUrl(spec.host);
  let answer: Answer = (_request, response) => sendProblem(response, 503, "starting", "The console is starting.");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    setCommonHeaders(response);
    answer(request, response);
  });
  return {
    listening,
    address: `${secure ? "https" : "http"}://${host}:${bound.port}`,
    serve: (routes, sessions, api) => {
      answer = planAnswer(listening, routes, sessions, api);
    },
    close: () => closeServer(server),
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

function createFor(spec: ConsoleSpec): Server {
  if (spec.tls === null) return createServer(limits);
  const { certFile, keyFile } = spec.tls;
  try {
    const cert = readFileSync(certFile);
    const key = readFileSync(keyFile);
    return createTlsServer({ ...limits, cert, key, minVersion: "TLSv1.2" });
  } catch (error) {
    throw new Fault("console.tlsUnusable", "The console's certificate or key cannot be used.", { certFile }, error);
  }
}

function notLoopback(host: string): Fault {
  return new Fault("console.notLoopback", "Without TLS the console listens on loopback only.", { host });
}

function listen(server: Server, spec: ConsoleSpec): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const { host, port } = spec;
      const why = error.code === "EADDRINUSE" ? "another program has the port" : (error.code ?? error.message);
      reject(
        new Fault(
          "console.listenFailed",
          `The console cannot listen on ${host}:${port}: ${why}.`,
          { host, port },
          error,
        ),
      );
    };
    server.once("error", fail);
    server.listen({ host: spec.host, port: spec.port }, () => {
      server.off("error", fail);
      server.on("error", (error) => console.error(`console: ${error.message}`));
      resolve(server.address() as AddressInfo);
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Machines come before the pages: they send no Origin, and are looked at by rules of their own. */
function planAnswer(listening: Listening, routes: readonly Route[], sessions: Sessions, api: ApiDesk): Answer {
  const byPath = new Map<string, Route[]>();
  for (const route of routes) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route]);
  return (request, response) => {
    const { host = "", origin, cookie } = request.headers;
    if (!hostAllowed(host, listening, request.socket.localAddress ?? "")) {
      return sendProblem(response, 421, "wrongHost", "This console does not answer to that name.");
    }
    const [path = "", query = ""] = (request.url ?? "").split("?", 2);
    const form = api.formAt(path);
    if (form !== null) {
      const hasSession = sessions.find(cookie) !== null;
      return run(response, () => api.answer(form, request, response, new URLSearchParams(query), hasSession));
    }
    const atPath = byPath.get(path);
    if (atPath === undefined) return sendProblem(response, 404, "notFound", "There is nothing here.");
    const route = atPath.find((one) => one.method === request.method);
    if (route === undefined) {
      response.setHeader("Allow", atPath.map((one) => one.method).join(", "));
      return sendProblem(response, 405, "wrongMethod", "That is not how to ask for this.");
    }
    if (route.method === "POST" && !originAllowed(origin, host, listening)) {
      return sendProblem(response, 403, "wrongOrigin", "Only the console's own page may do this.");
    }
    const session = sessions.find(cookie);
    const exchange = { request, response, query: new URLSearchParams(query) };
    if (route.open) return run(response, () => route.handle(exchange, session));
    if (session === null) return sendProblem(response, 401, "noSession", "Log in first.");
    run(response, () => route.handle(exchange, session));
  };
}

function run(response: ServerResponse, handle: () => void | Promise<void>): void {
  const answerAnyway = (error: unknown): void => {
    if (response.destroyed || response.headersSent) {
      response.destroy();
      return;
    }
    console.error(`console: ${error instanceof Error ? error.message : String(error)}`);
    sendProblem(response, 500, "internal", "Something went wrong here.");
  };
  try {
    Promise.resolve(handle()).catch(answerAnyway);
  } catch (error) {
    answerAnyway(error);
  }
}
