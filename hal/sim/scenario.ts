// A story told to a simulated board in lines of text, and what its relays and readers must then show; knows no door.
import type { SimBoard } from "./board.ts";
import type { VirtualClock } from "./clock.ts";
import { type Command, maxDurationMs, maxLineBytes, parseCommand, parseDuration, runCommand } from "./command.ts";

export type ReaderExpectation = "granted" | "denied" | "next" | "warning" | "quiet";

export type StepAction =
  | { readonly kind: "command"; readonly command: Command }
  | { readonly kind: "expectRelay"; readonly relay: string; readonly energized: boolean }
  /** The last grant or denial shown since this reader was last asked about; acknowledged keys are quiet. */
  | { readonly kind: "expectReader"; readonly reader: string; readonly shown: ReaderExpectation }
  /** For whatever listens to the board; what the words mean is its own affair. */
  | { readonly kind: "controller"; readonly words: string };

export interface ScenarioStep {
  readonly line: number;
  /** Since the scenario's start. */
  readonly atMs: number;
  readonly action: StepAction;
}

export interface LineProblem {
  readonly line: number;
  readonly problem: string;
}

export type ParsedScenario =
  | { readonly ok: true; readonly steps: readonly ScenarioStep[] }
  | { readonly ok: false; readonly problems: readonly LineProblem[] };

export type Played = { readonly ok: true } | { readonly ok: false; readonly failures: readonly LineProblem[] };

const maxLines = 200_000;

type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export function parseScenario(text: string): ParsedScenario {
  const lines = text.split("\n");
  if (lines.length > maxLines) {
    return { ok: false, problems: [{ line: maxLines + 1, problem: `A scenario has at most ${maxLines} lines.` }] };
  }
  const steps: ScenarioStep[] = [];
  const problems: LineProblem[] = [];
  let nowMs = 0;
  for (const [index, content] of lines.entries()) {
    const line = index + 1;
    const when = parseWhen(content, nowMs);
    if (!when.ok) {
      problems.push({ line, problem: when.problem });
      continue;
    }
    nowMs = when.value.atMs;
    const action = parseAction(when.value.rest);
    if (action.ok) steps.push({ line, atMs: nowMs, action: action.value });
    else problems.push({ line, problem: action.problem });
  }
  return problems.length === 0 ? { ok: true, steps } : { ok: false, problems };
}

export interface Stage {
  readonly board: SimBoard;
  readonly clock: VirtualClock;
  /** Takes the words of a `controller` line; null when it did as told, otherwise why not. */
  readonly controller?: (words: string) => string | null;
}

/** Commands that the board refuses count as failures of their line; the story goes on. */
export function playScenario(steps: readonly ScenarioStep[], stage: Stage): Played {
  const { board, clock } = stage;
  const shown = new Map<string, ReaderExpectation>();
  const startMono = clock.mono();
  const failures: LineProblem[] = [];
  const stopObserving = board.observe((change) => {
    if (change.kind === "signal" && change.signal !== "key") shown.set(change.reader, change.signal);
  });
  try {
    for (const { line, atMs, action } of steps) {
      clock.advanceTo(startMono + atMs);
      const problem = playAction(action, stage, shown);
      if (problem !== null) failures.push({ line, problem });
    }
  } finally {
    stopObserving();
  }
  return failures.length === 0 ? { ok: true } : { ok: false, failures };
}

function playAction(action: StepAction, stage: Stage, shown: Map<string, ReaderExpectation>): string | null {
  const { board, clock, controller } = stage;
  switch (action.kind) {
    case "command": {
      const outcome = runCommand(action.command, board, clock);
      return outcome.ok ? null : outcome.problem;
    }
    case "expectRelay": {
      const energized = new Map(Object.entries(board.snapshot().relays)).get(action.relay);
      if (energized === undefined) return `There is no relay ${JSON.stringify(action.relay)}.`;
      if (energized === action.energized) return null;
      return `Relay ${action.relay} is ${relayWord(energized)}, expected ${relayWord(action.energized)}.`;
    }
    case "expectReader": {
      if (!Object.hasOwn(board.snapshot().readers, action.reader)) {
        return `There is no reader ${JSON.stringify(action.reader)}.`;
      }
      const last = shown.get(action.reader) ?? "quiet";
      shown.delete(action.reader);
      return last === action.shown ? null : `Reader ${action.reader} showed ${last}, expected ${action.shown}.`;
    }
    case "controller":
      return controller === undefined ? "There is no controller on this board." : controller(action.words);
  }
}

/** Splits `at 10s …` and `+2s …` off a line. */
function parseWhen(line: string, nowMs: number): Parsed<{ readonly atMs: number; readonly rest: string }> {
  if (Buffer.byteLength(line) > maxLineBytes)
    return { ok: false, problem: `A line has at most ${maxLineBytes} bytes.` };
  const match = /^\s*(at(?=\s|$)\s*|\+)(\S*)\s*(.*)$/s.exec(line);
  if (match === null) return { ok: true, value: { atMs: nowMs, rest: line } };
  const [, prefix = "", written = "", rest = ""] = match;
  const ms = parseDuration(written);
  if (ms === null) {
    return {
      ok: false,
      problem: `${JSON.stringify(written.slice(0, 40))} is no duration such as 200ms, 5s, 10m, 2h or 3d.`,
    };
  }
  const atMs = prefix === "+" ? nowMs + ms : ms;
  if (atMs < nowMs)
    return { ok: false, problem: `The line before is at ${nowMs} ms already, and time does not go back.` };
  if (atMs > maxDurationMs) return { ok: false, problem: "A scenario lasts at most a hundred years." };
  return { ok: true, value: { atMs, rest } };
}

function parseAction(text: string): Parsed<StepAction> {
  const words = text.trim().split(/\s+/);
  if (words[0] === "expect") return parseExpectation(words.slice(1));
  if (words[0] === "controller") {
    const told = words.slice(1).join(" ");
    if (told !== "") return { ok: true, value: { kind: "controller", words: told } };
    return { ok: false, problem: "Write it as: controller <what it is told>." };
  }
  const parsed = parseCommand(text);
  return parsed.ok ? { ok: true, value: { kind: "command", command: parsed.command } } : parsed;
}

function parseExpectation(words: readonly string[]): Parsed<StepAction> {
  const [what, id, state, ...more] = words;
  if (id !== undefined && more.length === 0) {
    if (what === "relay" && (state === "energized" || state === "released")) {
      return { ok: true, value: { kind: "expectRelay", relay: id, energized: state === "energized" } };
    }
    if (what === "reader" && (state === "granted" || state === "denied" || state === "quiet")) {
      return { ok: true, value: { kind: "expectReader", reader: id, shown: state } };
    }
  }
  return {
    ok: false,
    problem: "Write it as: expect relay <id> energized|released, or expect reader <id> granted|denied|quiet.",
  };
}

const relayWord = (energized: boolean): string => (energized ? "energized" : "released");
