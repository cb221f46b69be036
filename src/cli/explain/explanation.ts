// A decision of the record explained in plain lines: what happened, which rule and row stood behind it, and what would have opened.
import { formatLocal } from "../../domain/asked-time.ts";
import { decide } from "../../domain/decide.ts";
import type { Facts } from "../../domain/facts.ts";
import type { CheckOutcome, Outcome } from "../../domain/judgement.ts";
import { judge, outcomeOf } from "../../domain/judgement.ts";
import type { DirectoryView, PassMemory } from "../../domain/past-facts.ts";
import { pastFacts } from "../../domain/past-facts.ts";
import type { DenyReason } from "../../domain/reasons.ts";
import type { Around, Decided } from "../../domain/record-watch.ts";
import { recordedOutcome } from "../../domain/record-watch.ts";
import { scheduleHolds } from "../../domain/schedule.ts";
import type { SiteSpec } from "../../domain/site.ts";
import type { Explained } from "./grounds.ts";
import { grounds } from "./grounds.ts";
import { openersOf, secondWords } from "./openers.ts";
import { holderWords, needWords, scheduleWords } from "./rule-words.ts";

export interface Question {
  readonly decided: Decided;
  readonly around: Around;
  readonly site: SiteSpec;
  readonly directory: DirectoryView;
  readonly passes: PassMemory;
  /** By which directory and configuration, in sentences. */
  readonly basis: readonly string[];
  /** Doors at which the holder has grants, by that directory. */
  readonly doorsOf: (facts: Facts) => readonly string[];
}

/** Denials that came before any rule was looked at. */
export const neverDecided: readonly Outcome[] = ["ledgerUnavailable", "busy", "askExpired"];

/** What nothing keeps but the denial itself. */
export const takenFromRecord: Partial<Record<Outcome, string>> = {
  accessLimited: "how many wrong codes had been tried",
  personBlocked: "how many wrong second halves had been tried",
  doorBlocked: "the mode of the door",
  lockedDown: "the mode of the door",
  usesExhausted: "how many uses were left",
  activationOver: "when the pass was first opened",
  tooSoon: "when the door had last opened",
  passback: "where the holder was held to be",
  areaFull: "how many were inside",
  interlocked: "how the other doors stood",
  entryInvalid: "how many keys were pressed",
};

export function explain(question: Question): string[] {
  const { decided, around, site, directory } = question;
  const outcome = recordedOutcome(decided);
  const facts = pastFacts(question);
  if (facts === null) {
    return [`The configuration has no door "${decided.event.door}" (any more), so no rule can be looked at.`];
  }
  const explained: Explained = { decided, facts, around, site, otherDoors: question.doorsOf(facts) };
  if (neverDecided.includes(outcome)) {
    const reason = outcome as DenyReason;
    return [
      ...section("Why", grounds[reason](explained)),
      ...section("What would have opened it", openersOf(explained, reason, directory)),
    ];
  }
  const judgement = judge(facts);
  const again = outcomeOf(judgement.decision);
  return [
    ...section("Why", whyLines(explained, outcome)),
    ...section("The checks, in their order", checkLines(judgement.checks, outcome, again)),
    ...(isDenial(outcome) ? section("What would have opened it", openersOf(explained, outcome, directory)) : []),
    ...section("How sure this is", [...sureLines(question, facts, outcome, again), ...question.basis]),
  ];
}

const isDenial = (outcome: Outcome): outcome is DenyReason => outcome !== "granted" && outcome !== "begun";

function whyLines(explained: Explained, outcome: Outcome): readonly string[] {
  if (isDenial(outcome)) return grounds[outcome](explained);
  const { facts } = explained;
  const { holder, grants, holidays, now, timeZone, door, first } = facts;
  if (holder === null) return ["Whoever was let in is not in that directory."];
  const holding = grants.filter(({ schedule }) => scheduleHolds(schedule.rule, holidays, now.wall, timeZone));
  const schedules = holding.map(({ schedule }) => scheduleWords(schedule)).join(" and ");
  const rule = holding.length === 0 ? "" : `, and its schedule ${schedules} held`;
  const lines = [`${holderWords(holder)} has a grant at ${door.name}${rule}.`];
  if (outcome === "begun")
    return [...lines, `It was only the first half: ${secondWords(decide(facts))} had to follow.`];
  if (first !== null) lines.push(`${holderWords(first.holder)} had begun; ${needWords[first.need]} were needed.`);
  const { event } = explained.decided;
  if (event.type === "access.granted" && event.usesLeft !== null)
    lines.push(`${event.usesLeft} uses were left after it.`);
  return lines;
}

const outcomeWords: Readonly<Record<CheckOutcome["outcome"], string>> = {
  passed: "passed",
  barred: "BARRED",
  notReached: "not reached",
};

function checkLines(checks: readonly CheckOutcome[], outcome: Outcome, again: Outcome): string[] {
  const nameWidth = Math.max(...checks.map(({ name }) => name.length));
  return checks.map(({ name, outcome: of }) => {
    const taken = of === "barred" && outcome === again && takenFromRecord[outcome] !== undefined ? ", as recorded" : "";
    const reason = of === "barred" ? `  ${again}${taken}` : "";
    return `${outcomeWords[of].padEnd(11)}  ${name.padEnd(nameWidth)}${reason}`.trimEnd();
  });
}

function sureLines({ decided, site }: Question, facts: Facts, outcome: Outcome, again: Outcome): string[] {
  const lines: string[] = [];
  const taken = takenFromRecord[outcome];
  if (taken !== undefined) lines.push(`Not kept, and taken as the record says: ${taken}.`);
  const { credential } = decided.event;
  if (credential !== null && facts.credential === null) {
    lines.push(`The credential "${credential}" that the record names is not in the directory that could be rebuilt.`);
  }
  if (again === outcome) lines.push("Decided once more from these facts, the answer is the same.");
  else {
    lines.push(
      `Decided once more from these facts, the answer would be "${again}", but the record says "${outcome}": something that is not kept, or the configuration, was different then.`,
    );
  }
  if (!decided.at.trusted)
    lines.push(`The clock was not to be trusted: it may not have been ${formatLocal(decided.at.wall, site.timeZone)}.`);
  return lines;
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return ["", `${title}:`, ...lines.map((line) => `  ${line}`)];
}
