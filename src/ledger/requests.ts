// The ledger's socket: what the office and the command line may ask, one JSON line each way.
import { lstatSync, rmSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { createConnection, createServer } from "node:net";
import type { LedgerReply } from "../domain/ask.ts";
import type { Source } from "../domain/directory.ts";
import { Fault } from "../domain/fault.ts";
import type { ChangeDesk } from "./change-desk.ts";
import type { ChangeParse } from "./change-shape.ts";
import { CloudRequests } from "./cloud-requests.ts";
import { replyWithCodes } from "./code-counts.ts";
import type { Desk } from "./desk.ts";
import { answerDeskRequest } from "./desk-requests.ts";
import type { Ledger } from "./ledger.ts";
import { LineConnection } from "./line-connection.ts";
import type { RawRequest } from "./request-line.ts";
import { parseRequest } from "./request-line.ts";
import { exportPage } from "./secret-requests.ts";

export interface RequestParts {
  readonly ledger: Ledger;
  readonly desk: Desk;
  readonly changes: ChangeDesk;
  readonly report: (fault: Fault) => void;
  /** Another ledger serves this socket: there must not be two. */
  readonly onTaken: (fault: Fault) => void;
}

const maxConnections = 16;
const maxLineBytes = 4 * 1024 * 1024;
/** What a Unix socket's path may take, its end included. */
const maxPathBytes = 107;

type Answering = (reply: LedgerReply) => void;

export class RequestServer {
  readonly #parts: RequestParts;
  readonly #cloud: CloudRequests;
  readonly #connections = new Set<LineConnection>();
  readonly #watchers = new Set<LineConnection>();
  /** Who has staged something. */
  readonly #stagers = new Set<LineConnection>();
  readonly #server: Server;
  /** Once it listens, or is known never to. */
  readonly settled: Promise<void>;
  #grownTo: number | null = null;
  #closed = false;

  constructor(path: string, parts: RequestParts) {
    this.#parts = parts;
    this.#cloud = new CloudRequests(parts);
    this.#server = createServer((socket) => this.#accept(socket));
    this.#server.on("error", (error) => {
      parts.report(new Fault("ledger.socketFailed", "The ledger's socket does not work.", { path }, error));
    });
    this.settled = this.#open(path);
  }

  /** Tells everyone who watches, once for all that came in this turn, and after the answers to whoever asked for it. */
  grew(seq: number): void {
    if (this.#grownTo === null) setImmediate(() => this.#tellWatchers());
    this.#grownTo = seq;
  }

  close(): void {
    this.#closed = true;
    this.#server.close();
    for (const connection of this.#connections) connection.destroy();
  }

  #tellWatchers(): void {
    const seq = this.#grownTo;
    this.#grownTo = null;
    if (seq === null) return;
    for (const watcher of this.#watchers) watcher.push(line({ kind: "head", seq }));
  }

  async #open(path: string): Promise<void> {
    if (Buffer.byteLength(path) > maxPathBytes) {
      const message = "The path of the ledger's socket is too long; use a state folder nearer to the root.";
      this.#parts.report(new Fault("ledger.socketFailed", message, { path }));
      return;
    }
    // Removing a live one would leave its ledger running where nobody can reach it.
    if (isSocket(path)) {
      const found = await probe(path);
      if (this.#closed) return;
      if (found === "live") {
        this.#parts.onTaken(new Fault("ledger.taken", "Another ledger runs on this state folder.", { path }));
        return;
      }
      if (found === "stale") rmSync(path, { force: true });
    }
    this.#listen(path);
  }

  #listen(path: string): void {
    // Nobody else may reach it, not even between its creation and a later change of its mode.
    const umask = process.umask(0o177);
    try {
      this.#server.listen(path);
    } finally {
      process.umask(umask);
    }
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= maxConnections) {
      socket.on("error", () => {});
      socket.end(`${line({ kind: "error", problem: "Too many connections." })}\n`);
      return;
    }
    const connection = new LineConnection(socket, {
      maxLineBytes,
      onLine: (text, done) => this.#answer(connection, text, (reply) => done(line(reply))),
      onOversized: () => line({ kind: "error", problem: `A line may have ${maxLineBytes} bytes.` }),
      onClose: () => {
        this.#connections.delete(connection);
        this.#watchers.delete(connection);
        if (this.#stagers.delete(connection)) this.#parts.changes.stages.drop(connection);
      },
    });
    this.#connections.add(connection);
  }

  #answer(connection: LineConnection, text: string, done: Answering): void {
    const parsed = parseRequest(text);
    if (!parsed.ok) done({ kind: "error", problem: parsed.problem });
    else if (!this.#parts.ledger.isOpen) done({ kind: "error", problem: "The ledger is starting; try again." });
    else this.#serve(connection, parsed.request, done);
  }

  #serve(connection: LineConnection, request: RawRequest, done: Answering): void {
    switch (request.kind) {
      case "liveCodes":
        done(replyWithCodes(this.#parts.ledger));
        break;
      case "watch":
        this.#watchers.add(connection);
        connection.keepOpen();
        done({ kind: "head", seq: this.#parts.ledger.headSeq });
        break;
      case "change":
        this.#change(request.by, request.origin, request.changes, done);
        break;
      case "tryChange":
        this.#change(null, request.origin, request.changes, done);
        break;
      case "stage":
        this.#stagers.add(connection);
        connection.keepOpen();
        this.#stage(connection, request.changes, done);
        break;
      case "applyStaged":
        this.#parts.changes.stages.apply(connection, request.by, done);
        break;
      case "export":
        done(exportPage(this.#parts.ledger, request.after));
        break;
      case "compare":
        this.#parts.changes.compare(request.secrets, done);
        break;
      case "note":
        done(this.#note(request.event));
        break;
      case "cloudState":
      case "cloudApply":
      case "cloudCommand":
      case "cloudRevoke":
      case "cloudFresh":
      case "cloudProven":
      case "cloudAcked":
        this.#cloud.answer(request, done);
        break;
      default:
        answerDeskRequest(request, { ...this.#parts, grew: (seq) => this.grew(seq) }, done);
    }
  }

  /** By nobody it is only tried. */
  #change(by: string | null, origin: Source = "local", raw: readonly unknown[], done: Answering): void {
    readChanges(raw)
      .then((parsed) => {
        if (!parsed.ok) done({ kind: "refused", problems: parsed.problems });
        else if (by === null) this.#parts.changes.try(parsed.changes, done, { origin });
        else this.#parts.changes.take(by, parsed.changes, done, { origin });
      })
      .catch(() => done({ kind: "error", problem: "The change could not be read." }));
  }

  #stage(connection: LineConnection, raw: readonly unknown[], done: Answering): void {
    readChanges(raw)
      .then((parsed) => {
        const { stages } = this.#parts.changes;
        const first = stages.countOf(connection);
        if (parsed.ok) stages.add(connection, parsed.changes, done);
        else done({ kind: "refused", problems: parsed.problems.map((one) => ({ ...one, step: first + one.step })) });
      })
      .catch(() => done({ kind: "error", problem: "The change could not be read." }));
  }

  #note(event: Parameters<Desk["note"]>[0]): LedgerReply {
    try {
      this.#parts.desk.note(event);
      return { kind: "noted" };
    } catch {
      return { kind: "error", problem: "The database did not take the event; see the health of the ledger." };
    }
  }
}

async function readChanges(raw: readonly unknown[]): Promise<ChangeParse> {
  const { parseChanges } = await import("./change-shape.ts");
  return parseChanges(raw);
}

const line = (reply: LedgerReply): string => JSON.stringify(reply);

/** Anything else of that name stays, and listening fails. */
const isSocket = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;

/** The kernel refuses for a ledger that was killed, and takes the connection, or queues it, for one that lives. */
function probe(path: string): Promise<"live" | "stale" | "unclear"> {
  return new Promise((found) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      found("live");
    });
    socket.once("error", ({ code }: NodeJS.ErrnoException) => {
      if (code === "EAGAIN") found("live");
      else found(code === "ECONNREFUSED" ? "stale" : "unclear");
    });
  });
}
