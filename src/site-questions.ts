// Part of the composition root: what the command line asks of a site that runs, and its answers.
import type { SiteClock } from "../hal/clock.ts";
import { machineMono } from "../hal/machine-time.ts";
import type { WatchedBoard } from "../hal/watched-board.ts";
import { lateness } from "./domain/command-life.ts";
import type { ReaderId } from "./domain/ids.ts";
import type { DoorCommand, TimeRequest } from "./domain/status.ts";
import type { MonoMs } from "./domain/time.ts";
import { monoMs } from "./domain/time.ts";
import type { DoorLoop } from "./doorloop/loop.ts";
import { answerTime } from "./site-time.ts";

export type SiteQuestion =
  | TimeRequest
  | { readonly kind: "command"; readonly command: DoorCommand; readonly expiresAt: MonoMs }
  /** What the wires reported after that page; null begins. */
  | { readonly kind: "watch"; readonly after: number | null }
  | ReaderRequest;

/** What an installer asks for a reader on a bus, or its line. */
export type ReaderRequest =
  | { readonly kind: "pair"; readonly reader: string; readonly forMs: number }
  | { readonly kind: "endPairing"; readonly reader: string }
  | { readonly kind: "readers" }
  | { readonly kind: "traceLine"; readonly line: string; readonly file: string; readonly forMs: number };

export interface AskedSite {
  readonly board: WatchedBoard;
  readonly clock: SiteClock;
  readonly loop: DoorLoop;
}

/** Undefined is no answer: there is no such question. */
export function answerSite(question: SiteQuestion, site: AskedSite, who: string): unknown {
  switch (question.kind) {
    case "command":
      return { problem: obey(question, site, who) ?? undefined };
    case "watch":
      if (!site.board.isWatched()) site.loop.note({ type: "wires.watched", who });
      return site.board.watch(question.after);
    case "pair":
    case "endPairing":
    case "traceLine":
    case "readers":
      return answerReaders(question, site, who);
    case "time":
    case "timeSet":
    case "timeConfirm":
    case "timeForget":
      return answerTime(question, site, who);
  }
}

function obey(
  { command, expiresAt }: Extract<SiteQuestion, { kind: "command" }>,
  { loop }: AskedSite,
  who: string,
): string | null {
  return lateness(expiresAt, monoMs(machineMono())) ?? loop.command(command, who);
}

function answerReaders(request: ReaderRequest, { board, loop }: AskedSite, who: string): unknown {
  if (request.kind === "readers") return { devices: board.health() };
  const care = board.care?.() ?? null;
  if (board.kind === "simulated") return { problem: "A simulated reader needs no key, and its line has no frames." };
  if (care === null) return { problem: "This controller has no OSDP reader." };
  switch (request.kind) {
    case "pair":
      care.pair(request.reader, request.forMs);
      loop.note({ type: "reader.pairingOpened", reader: request.reader as ReaderId, who, forMs: request.forMs });
      return {};
    case "endPairing":
      care.endPairing(request.reader);
      return {};
    case "traceLine":
      return care.trace(request.line, request.file, request.forMs).then(() => {
        loop.note({ type: "line.traced", line: request.line, who, forMs: request.forMs });
        return {};
      });
  }
}
