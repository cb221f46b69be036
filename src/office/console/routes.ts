// Every address that the console answers: one table, so that what is open to strangers can be read and tested at once.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { OfficeOpening } from "../../domain/status.ts";
import type { BoardLink } from "../board-link.ts";
import type { DoorDesk } from "../door-desk.ts";
import type { JoinDesk } from "../join-desk.ts";
import type { Outcome } from "../outcome.ts";
import { planBoardLine } from "./board-command.ts";
import { decodeDoorCommand, decodeTimeRequest } from "./door-request.ts";
import type { EntryCode, EntryOutcome } from "./entry-code.ts";
import type { EventStreams } from "./event-streams.ts";
import type { JournalFeed } from "./journal-feed.ts";
import type { PanelFile, PanelFiles } from "./panel-files.ts";
import type { ReadPicture } from "./picture-request.ts";
import { textOfPicture } from "./picture-request.ts";
import { readJson, sendFile, sendJson, sendProblem } from "./reply.ts";
import type { Session, Sessions } from "./session.ts";
import type { PageBoard, PageDoors, PageSite } from "./wire.ts";

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

interface RouteName {
  readonly method: "GET" | "POST";
  readonly path: string;
}

export type Route =
  | (RouteName & {
      readonly open: true;
      readonly handle: (exchange: Exchange, session: Session | null) => void | Promise<void>;
    })
  | (RouteName & {
      readonly open: false;
      readonly handle: (exchange: Exchange, session: Session) => void | Promise<void>;
    });

export interface ConsoleParts {
  readonly opening: OfficeOpening;
  readonly files: PanelFiles;
  readonly board: BoardLink | null;
  readonly desk: DoorDesk;
  readonly join: JoinDesk;
  readonly feed: JournalFeed;
  readonly streams: EventStreams;
  readonly sessions: Sessions;
  readonly code: EntryCode;
  /** The one-time code was used; told before the cookie leaves. */
  readonly entered: () => void;
  readonly readPicture: ReadPicture;
  readonly pageSite: () => PageSite;
  readonly pageDoors: () => PageDoors;
  readonly pageBoard: () => PageBoard;
}

export function planRoutes(parts: ConsoleParts): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/",
      open: true,
      handle: ({ response }, session) => sendFile(response, session === null ? parts.files.login : parts.files.panel),
    },
    { method: "POST", path: "/login", open: true, handle: (exchange) => login(parts, exchange) },
    { method: "POST", path: "/logout", open: false, handle: (exchange, session) => logout(parts, exchange, session) },
    { method: "GET", path: "/session", open: false, handle: ({ response }) => sendJson(response, 200, { ok: true }) },
    { method: "GET", path: "/events", open: false, handle: (exchange, session) => listen(parts, exchange, session) },
    { method: "POST", path: "/board", open: false, handle: (exchange) => workBoard(parts, exchange) },
    { method: "POST", path: "/picture", open: false, handle: (exchange) => showPicture(parts, exchange) },
    { method: "POST", path: "/doors", open: false, handle: (exchange) => commandDoors(parts, exchange) },
    { method: "POST", path: "/joining", open: false, handle: (exchange) => beginJoining(parts, exchange) },
    {
      method: "POST",
      path: "/joining/cancel",
      open: false,
      handle: ({ response }) => sendOutcome(response, parts.join.cancel()),
    },
    { method: "POST", path: "/time", open: false, handle: (exchange) => setTime(parts, exchange) },
    ...parts.files.parts.map(fileRoute),
  ];
}

function fileRoute(file: PanelFile): Route {
  const handle = ({ response }: Exchange): void => sendFile(response, file);
  return { method: "GET", path: `/${file.name}`, open: file.open, handle };
}

async function login(parts: ConsoleParts, { request, response }: Exchange): Promise<void> {
  const body = await readJson(request);
  if (!body.ok) return sendProblem(response, body.status, body.code, body.problem);
  const code = (body.value as { code?: unknown } | null)?.code;
  if (typeof code !== "string" || code.length > 64) {
    return sendProblem(response, 400, "malformed", "Send the one-time code.");
  }
  const outcome = parts.code.enter(code);
  if (!outcome.entered) return refuseLogin(response, outcome);
  parts.entered();
  response.setHeader("Set-Cookie", parts.sessions.start());
  sendJson(response, 200, { ok: true });
}

function refuseLogin(response: ServerResponse, outcome: Exclude<EntryOutcome, { entered: true }>): void {
  if (outcome.code === "tooManyTries") {
    const seconds = Math.ceil(outcome.retryMs / 1000);
    response.setHeader("Retry-After", seconds);
    sendProblem(response, 429, outcome.code, `Too many wrong codes. Try again in ${seconds} seconds.`);
    return;
  }
  const problems = {
    codeWrong: "That is not the code.",
    codeUsed: "The code has been used; each is good for one login.",
    codeExpired: "The code has expired; it is good for 15 minutes.",
  };
  sendProblem(response, 401, outcome.code, problems[outcome.code]);
}

function logout(parts: ConsoleParts, { response }: Exchange, session: Session): void {
  response.setHeader("Set-Cookie", parts.sessions.end(session));
  sendJson(response, 200, { ok: true });
  parts.streams.endSession(session.name);
}

function listen(parts: ConsoleParts, { request, response, query }: Exchange, session: Session): void {
  if (parts.streams.full) {
    sendProblem(response, 503, "tooManyPages", "Too many pages are open; close one.");
    return;
  }
  // Read first: it may bring the other pages level, which must not reach this one twice.
  const { batch, head } = parts.feed.since(decodeSeq(request.headers["last-event-id"] ?? query.get("after")));
  const stream = parts.streams.open(response, session);
  parts.streams.send(stream, { name: "site", data: parts.pageSite() });
  parts.streams.send(stream, { name: "doors", data: parts.pageDoors() });
  parts.streams.send(stream, { name: "board", data: parts.pageBoard() });
  parts.streams.send(stream, { name: "joining", data: parts.join.page });
  parts.streams.send(stream, { name: "journal", data: batch, id: head });
}

function decodeSeq(text: string | string[] | null): number | null {
  return typeof text === "string" && /^[0-9]{1,15}$/.test(text) ? Number(text) : null;
}

async function workBoard(parts: ConsoleParts, { request, response }: Exchange): Promise<void> {
  const { board, opening } = parts;
  if (board === null) return sendProblem(response, 409, "realWires", "This site has real wires; work them by hand.");
  const body = await readJson(request);
  if (!body.ok) return sendProblem(response, body.status, body.code, body.problem);
  const planned = planBoardLine(body.value, { site: opening.site, readers: board.picture().readers });
  sendOutcome(response, planned.ok ? await board.command(planned.line) : { ...planned, code: "malformed" });
}

async function showPicture(parts: ConsoleParts, { request, response, query }: Exchange): Promise<void> {
  const { board, opening } = parts;
  if (board === null) return sendProblem(response, 409, "realWires", "This site has real wires; work them by hand.");
  const found = await textOfPicture(request, query, parts.readPicture);
  if (!found.ok) return sendProblem(response, 400, "malformed", found.problem);
  const shown = { kind: "text", reader: query.get("reader"), text: found.text };
  const planned = planBoardLine(shown, { site: opening.site, readers: board.picture().readers });
  sendOutcome(response, planned.ok ? await board.command(planned.line) : { ...planned, code: "malformed" });
}

async function commandDoors(parts: ConsoleParts, { request, response }: Exchange): Promise<void> {
  const body = await readJson(request);
  if (!body.ok) return sendProblem(response, body.status, body.code, body.problem);
  const command = decodeDoorCommand(body.value, parts.opening.site);
  sendOutcome(
    response,
    command === null
      ? { ok: false, code: "malformed", problem: "There is no such command or door." }
      : await parts.desk.command("console", command),
  );
}

async function beginJoining(parts: ConsoleParts, { request, response }: Exchange): Promise<void> {
  const body = await readJson(request);
  if (!body.ok) return sendProblem(response, body.status, body.code, body.problem);
  sendOutcome(response, parts.join.begin((body.value as { broker?: unknown } | null)?.broker));
}

async function setTime(parts: ConsoleParts, { request, response }: Exchange): Promise<void> {
  const body = await readJson(request);
  if (!body.ok) return sendProblem(response, body.status, body.code, body.problem);
  const asked = decodeTimeRequest(body.value);
  sendOutcome(
    response,
    asked === null
      ? { ok: false, code: "malformed", problem: "Send the time to set, or that it is right." }
      : await parts.desk.command("console", asked),
  );
}

const statusOf = { refused: 409, boardAway: 503, mainAway: 503, busy: 503, malformed: 400 } as const;

function sendOutcome(response: ServerResponse, outcome: Outcome): void {
  if (outcome.ok) sendJson(response, 200, outcome);
  else sendJson(response, statusOf[outcome.code], outcome);
}
