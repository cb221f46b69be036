// What `postern check` prints: every problem of a refused file, or what a good one will run; 80 columns, no color.
import { shareOf } from "../domain/code-partition.ts";
import { guessOdds } from "../domain/guess.ts";
import { leastPaddedDigits } from "../domain/padded-pin.ts";
import { levelText, pulseText } from "./explain-lines.ts";
import { doorRuleLines, siteRuleLines } from "./explain-rules.ts";
import { daysText, spanText } from "./explain-settings.ts";
import type { ConfigProblem } from "./problem.ts";
import { printable, shorten } from "./problem.ts";
import { foundCardOdds } from "./rule-warnings.ts";
import type { Config, DoorConfig, ReaderConfig } from "./schema.ts";

const width = 80;

export function explainProblems(file: string, problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return [
    ...problems.flatMap((problem, n) => [...problemLines(problem, `${n + 1}.`), ""]),
    ...wrap(
      `${count} in ${shorten(printable(file))}. A controller refuses this file and keeps the last one it accepted.`,
    ),
    "",
  ].join("\n");
}

export function explainConfig(file: string, config: Config, warnings: readonly ConfigProblem[]): string {
  return [
    ...wrap(
      `${shorten(printable(file))} is good. It will run ${config.site.name} (time zone ${config.site.timeZone}, ${config.board} board):`,
    ),
    "",
    ...config.doors.flatMap((door) => [...doorLines(door, config), ""]),
    ...siteLines(config),
    "",
    ...warningLines(warnings),
  ].join("\n");
}

function problemLines({ path, line, value, problem, remedy }: ConfigProblem, mark: string): readonly string[] {
  const place = line === null ? path : `${path} (line ${line})`;
  return [
    ...wrap(`${place}: ${value}`, `${mark} `, " ".repeat(mark.length + 1)),
    ...wrap(problem, "     "),
    ...wrap(remedy, "  -> ", "     "),
  ];
}

function warningLines(warnings: readonly ConfigProblem[]): readonly string[] {
  if (warnings.length === 0) return ["Nothing looks odd.", ""];
  const count = warnings.length === 1 ? "1 warning" : `${warnings.length} warnings`;
  return [...warnings.flatMap((warning) => [...problemLines(warning, "!"), ""]), `${count}; the file is accepted.`, ""];
}

function doorLines(door: DoorConfig, config: Config): readonly string[] {
  const readers = config.readers.filter((reader) => reader.door === door.id);
  return [
    ...wrap(`${door.name} (${door.id})`),
    ...row("lock", lockText(door)),
    ...row("relay", wireText(door.relay, config.relays)),
    ...row("contact", door.contact === null ? "none" : wireText(door.contact, config.inputs)),
    ...row("exit", door.exitButtons.map((id) => wireText(id, config.inputs)).join("; ") || "none"),
    ...(readers.length === 0 ? row("reader", "none") : readers.flatMap((reader) => row("reader", readerText(reader)))),
    ...row("opens for", door.methods.join(", ")),
    ...row("timing", timingText(door)),
    ...doorRuleLines(door, config).flatMap(([title, text]) => row(title, text)),
  ];
}

function siteLines(config: Config): readonly string[] {
  const { fire, inputs, keypad, guessing, console: panel, journal, privacy, recordDeadlineMs } = config;
  const submit = keypad.autoSubmitLength === null ? "#" : `# or ${keypad.autoSubmitLength} digits`;
  const scheme = panel.tls === null ? "http" : "https";
  const host = panel.host.includes(":") ? `[${panel.host}]` : panel.host;
  const deadline = recordDeadlineMs === 0 ? "waits for the disk" : `waits ${spanText(recordDeadlineMs)} for the disk`;
  return [
    "All doors",
    ...row("fire", fire === null ? "none" : `${wireText(fire.input, inputs)}, unlocks fail-safe doors`),
    ...row(
      "PINs",
      `end with ${submit}, at most ${keypad.maxKeys} digits, forgotten after ${spanText(keypad.keyTimeoutMs)}`,
    ),
    ...row(
      "guessing",
      `${guessing.failures} wrong codes, then blocks of ${spanText(guessing.blockMs)} to ${spanText(guessing.maxBlockMs)}; one is forgotten in ${spanText(guessing.drainMs)}; ${oddsText(config)}`,
    ),
    ...row("record", `${journal.keepEvents} events, names for ${daysText(privacy.keepNamesDays)}; ${deadline}`),
    ...siteRuleLines(config).flatMap(([title, text]) => row(title, text)),
    ...row("console", `${scheme}://${host}:${panel.port}`),
  ];
}

/** What the policy means for one code of the usual lengths; `postern people list` counts the codes that there are. */
function oddsText(config: Config): string {
  const { guessing, codes } = config;
  const { partition } = codes;
  const oddsOf = (length: number, holder: "person" | "pass") => {
    const { perDay, perYear } = guessOdds(guessing, [{ length, count: 1, share: shareOf(holder, partition) }]);
    const whose = partition ? ` of a ${holder}` : "";
    return `one ${length}-digit code${whose} in a day with ${percentText(perDay)}, in a year with ${percentText(perYear)}`;
  };
  const odds = [oddsOf(4, "person"), oddsOf(6, "person"), ...(partition ? [oddsOf(6, "pass"), oddsOf(8, "pass")] : [])];
  const { triesPerDay } = guessOdds(guessing, []);
  return `a tireless guesser has ${triesPerDay} tries a day at a door and hits ${odds.join("; ")}${codes.virtualPin ? `; ${foundCardText(config)}` : ""}`;
}

/** Each entry tries several PINs then. */
function foundCardText(config: Config): string {
  const { perDay, perYear } = foundCardOdds(config);
  return `whoever has found a card hits its owner's ${leastPaddedDigits}-digit PIN in a day with ${percentText(perDay)}, in a year with ${percentText(perYear)}`;
}

export const percentText = (odds: number): string => `${Number((odds * 100).toPrecision(2))} %`;

function lockText({ lock }: DoorConfig): string {
  return lock === "failSecure"
    ? "fail-secure: stays locked without power, energized is unlocked"
    : "fail-safe: opens without power, energized is locked";
}

type PlacedWire = Config["relays"][number] | Config["inputs"][number];

function wireText(id: string, wires: readonly PlacedWire[]): string {
  const wire = wires.find((candidate) => candidate.id === id);
  if (wire === undefined) return id;
  const off = "enabled" in wire && !wire.enabled ? ", switched off" : "";
  return `${id}, ${placeText(wire)}${levelText(wire)}${off}`;
}

function placeText({ pin, on }: PlacedWire): string {
  if (on === undefined) return `pin ${pin}`;
  if ("output" in on) return `output ${on.output} of ${on.reader}`;
  return typeof on.point === "number" ? `input ${on.point} of ${on.reader}` : `${on.point} of ${on.reader}`;
}

const readerText = (reader: ReaderConfig): string =>
  `${whatItReads(reader)}${reader.direction === "exit" ? "; for leaving" : ""}`;

function whatItReads(reader: ReaderConfig): string {
  if (reader.kind === "scanner") return `${reader.id}: QR scanner on ${reader.port}, ${reader.baud} baud`;
  if (reader.kind === "plate") return `${reader.id}: number plates on ${reader.port}, ${reader.baud} baud`;
  if (reader.kind === "tag") return `${reader.id}: 125 kHz tags on ${reader.port}, ${reader.baud} baud`;
  if (reader.kind === "keyboard") {
    return `${reader.id}: ${reader.types === "keys" ? "keypad" : "QR scanner"} that types, ${reader.device}`;
  }
  if (reader.kind === "camera") return `${reader.id}: QR codes before the camera ${reader.device}, ${reader.size}`;
  if (reader.kind === "pcsc") return `${reader.id}: contactless cards at pcscd, ${reader.device}${securedText(reader)}`;
  if (reader.kind === "osdp") {
    const secured = reader.security === "required" ? "" : ", in clear";
    const reads = `cards (${reader.format})${reader.keypad ? " and keys" : ""}`;
    return `${reader.id}: ${reads}, OSDP address ${reader.address} on ${reader.line}${secured}`;
  }
  const pins = `pins ${reader.pins.d0} (d0) and ${reader.pins.d1} (d1)${pulseText(reader)}`;
  if (reader.kind === "keypad") return `${reader.id}: keypad, ${pins}`;
  return `${reader.id}: cards (${reader.format})${reader.keypad ? " and keys" : ""}, ${pins}`;
}

function securedText({ profiles, ...reader }: Extract<ReaderConfig, { kind: "pcsc" }>): string {
  const secured = (["classic", "plus", "desfire"] as const).filter((kind) => reader[kind] === "secured");
  if (profiles.length === 0) return ", by UID";
  return `; by ${profiles.join(", ")}${secured.length === 0 ? "" : `, never by the UID of ${secured.join(", ")}`}`;
}

function timingText(door: DoorConfig): string {
  const unlock = `unlocks for ${spanText(door.unlockMs)}`;
  const exit = `exit button stuck after ${spanText(door.exitHoldMs)}`;
  if (door.contact === null) return `${unlock}; ${exit}`;
  const relock = door.relockOnClose ? ", locks when it shuts" : "";
  const alarms = `held open after ${spanText(door.heldOpenMs)}, forced past ${spanText(door.forcedGraceMs)} of grace`;
  return `${unlock}${relock}; ${alarms}; ${exit}`;
}

function row(title: string, text: string): readonly string[] {
  return wrap(text, `  ${title.padEnd(11)}`, " ".repeat(13));
}

/** Breaks at spaces; a single word that is too long stays whole, so that it can be searched for. */
function wrap(text: string, first = "", rest = first === "" ? "" : first.replaceAll(/./g, " ")): readonly string[] {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(" ")) {
    const joined = empty ? line + word : `${line} ${word}`;
    if (joined.length > width && !empty) {
      lines.push(line);
      line = rest + word;
    } else line = joined;
    empty = false;
  }
  return [...lines, line];
}
