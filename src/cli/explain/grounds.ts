// Says for each reason which row of the directory, which setting or which event stands behind a denial; pure.
import { formatLocal } from "../../domain/asked-time.ts";
import { parseCarriedId } from "../../domain/carried-pass/pass-key.ts";
import type { Validity } from "../../domain/directory.ts";
import { neededFactors } from "../../domain/factors.ts";
import type { Facts } from "../../domain/facts.ts";
import { localTimeAt } from "../../domain/local-time.ts";
import { passEnd } from "../../domain/pass-window.ts";
import type { DenyReason } from "../../domain/reasons.ts";
import type { Around, Decided, Recorded } from "../../domain/record-watch.ts";
import { isOn, scheduleHolds } from "../../domain/schedule.ts";
import type { SiteSpec } from "../../domain/site.ts";
import type { UnixMs } from "../../domain/time.ts";
import { unixMs } from "../../domain/time.ts";
import { wordsFor } from "../../office/console/panel/event-words.ts";
import {
  credentialWords,
  durationWords,
  holderWords,
  kindWords,
  needWords,
  recurrenceWords,
  ruleWords,
  scheduleWords,
  validityWords,
  windowWords,
} from "./rule-words.ts";

export interface Explained {
  readonly decided: Decided;
  readonly facts: Facts;
  readonly around: Around;
  readonly site: SiteSpec;
  /** The doors that the holder has grants at, by name. */
  readonly otherDoors: readonly string[];
}

type Ground = (explained: Explained) => readonly string[];

const whose = ({ facts: { holder } }: Explained): string => (holder === null ? "Nobody known" : holderWords(holder));

const shown = ({ facts: { credential } }: Explained): string =>
  credential === null ? "What was shown" : sentenceCase(credentialWords(credential));

const stateGround: Ground = (explained) => {
  const { credential } = explained.facts;
  return [`${shown(explained)} of ${whose(explained)} is marked "${credential?.state ?? "unknown"}".`];
};

const blockGround = (
  began: Recorded<"access.limited" | "person.blocked"> | null,
  what: string,
  site: SiteSpec,
): string => {
  if (began === null) return `${what} were blocked; the record does not say since when.`;
  const { seq, at, event } = began;
  const until = secondsText(unixMs(at.wall + event.blockMs), site.timeZone);
  return `${what} were blocked for ${durationWords(event.blockMs)}, from ${secondsText(at.wall, site.timeZone)} (event ${seq}) until ${until}.`;
};

const modeGround: Ground = ({ facts: { door }, around: { mode }, site }) => {
  if (mode === null) return [`The record does not say since when ${door.name} was in that mode.`];
  const { sentence } = wordsFor({ ...mode, personal: null }, site);
  return [`${sentence}, since ${secondsText(mode.at.wall, site.timeZone)} (event ${mode.seq}).`];
};

const notYetGround: Ground = (explained) => {
  const { facts } = explained;
  const { credential, holder, now, timeZone } = facts;
  const isBefore = (validity: Validity | undefined) => validity?.from != null && now.wall < validity.from;
  if (isBefore(credential?.validity)) return [validityGround(shown(explained), credential?.validity, timeZone)];
  const validity = holder?.kind === "public" ? undefined : holder?.validity;
  if (isBefore(validity)) return [validityGround(whose(explained), validity, timeZone), ...lookAlike(explained)];
  return [`${whose(explained)} works only once it has been opened, and it had not been.`];
};

/** Nobody can tell a code that was given out from a wrong one that reads like it. */
function lookAlike({ facts: { holder, presentation } }: Explained): readonly string[] {
  const isOffline = presentation.method === "pin" && holder !== null && parseCarriedId(holder.id) !== null;
  return isOffline ? ["It may never have been given out: some wrong codes read like one of another time."] : [];
}

const expiredGround: Ground = (explained) => {
  const { holder, timeZone } = explained.facts;
  if (holder?.kind === "pass") {
    const ended = `${whose(explained)} ended on ${formatLocal(unixMs(passEnd(holder)), timeZone)}.`;
    return [ended, ...lookAlike(explained)];
  }
  return [validityGround(whose(explained), holder?.kind === "person" ? holder.validity : undefined, timeZone)];
};

const validityGround = (what: string, validity: Validity | undefined, timeZone: string): string =>
  `${what} is valid ${validityWords(validity ?? { from: null, until: null }, timeZone)}.`;

const factorGround: Ground = (explained) => {
  const { facts } = explained;
  const { door, holder, credential } = facts;
  const need = neededFactors(facts);
  if (need === "any") {
    return ['A pass\'s secret code is enough alone only with "codes.codeAlone" on, and with 6 digits or more.'];
  }
  const words = `${sentenceCase(kindWords[credential?.kind ?? "pin"])} alone is not enough: ${needWords[need]} is asked for`;
  if (holder?.kind === "person" && holder.factors === need)
    return [`${words} of ${whose(explained)} at any door ("factors").`];
  const ofPass = holder?.kind === "pass" && door.passCodeRequired && need === "qrAndCode";
  const asking = door.factors.find((rule) => rule.need === need);
  if (ofPass || asking === undefined) return [`${words} of passes at ${door.name} ("passCodeRequired").`];
  const rule = facts.factors.find((one) => one.need === need)?.rule;
  const when = rule === undefined ? "" : ` (${ruleWords(rule)})`;
  return [`${words} at ${door.name} by its factor rule with the schedule "${asking.schedule}"${when}.`];
};

const hostGround: Ground = (explained) => {
  const { holder, host, timeZone } = explained.facts;
  if (host === null) {
    const id = holder?.kind === "pass" ? holder.host : null;
    return [`${whose(explained)} was given by the person "${id}", who is not in the directory any more.`];
  }
  const { person } = host;
  const why = person.state === "active" ? `is valid ${validityWords(person.validity, timeZone)}` : `is ${person.state}`;
  return [`${whose(explained)} was given by ${holderWords(person)}, who ${why}.`];
};

const routeGround: Ground = ({ facts: { door, host } }) => {
  if (host === null) return [];
  const { person, grants } = host;
  if (grants.length === 0) return [`Its host, ${holderWords(person)}, has no grant at ${door.name}.`];
  if (grants.some(({ schedule }) => schedule.rule.kind === "never")) {
    return [`Its host, ${holderWords(person)}, has the schedule “Never” at ${door.name}.`];
  }
  return [`Residents may not let others in at ${door.name} ("grantableBy": "administrators"), and its host is one.`];
};

const clockGround: Ground = (explained) => {
  const { facts } = explained;
  const { holder, credential } = facts;
  const timed =
    holder?.kind === "pass"
      ? `${whose(explained)} is a pass, which always has an end`
      : credential?.validity.from != null || credential?.validity.until != null
        ? `${shown(explained)} is valid for a time only`
        : holder?.kind === "person" && (holder.validity.from !== null || holder.validity.until !== null)
          ? `${whose(explained)} is valid for a time only`
          : `the grants of ${whose(explained)} have schedules other than “Always”`;
  return [`The clock was not to be trusted then, and ${timed}.`];
};

const scheduleGround: Ground = (explained) => {
  const { grants, holidays, now, timeZone, door } = explained.facts;
  const lines = grants.map(({ schedule }) => {
    const holds = scheduleHolds(schedule.rule, holidays, now.wall, timeZone);
    return `The grant at ${door.name} with the schedule ${scheduleWords(schedule)} ${holds ? "held" : "did not hold"} then.`;
  });
  return [`It was ${formatLocal(now.wall, timeZone)} on the site's clock.`, ...lines];
};

const holidayGround: Ground = (explained) => {
  const { holidays, now, timeZone } = explained.facts;
  const today = holidays.filter((holiday) => isOn(holiday, localTimeAt(now.wall, timeZone).day));
  const lines = today.map(({ id, name, workingHours }) => {
    const hours = workingHours.length === 0 ? "" : `, with working hours ${workingHours.map(windowWords).join(", ")}`;
    return `It was the holiday “${name}” (${id})${hours}.`;
  });
  return [...lines, ...scheduleGround(explained)];
};

const intervalGround: Ground = ({ facts: { door, openedAgoMs }, around: { openedBySame, openedByOther }, site }) => {
  const { sameUserMs, differentUserMs } = door.timing;
  const { bySame } = openedAgoMs;
  const isSame = bySame !== null && bySame < sameUserMs;
  const opened = isSame ? openedBySame : openedByOther;
  const setting = isSame ? `"sameUserMs": ${sameUserMs}` : `"differentUserMs": ${differentUserMs}`;
  const last =
    opened === null
      ? ""
      : ` It had last opened at ${secondsText(opened.at.wall, site.timeZone)} (event ${opened.seq}).`;
  return [`${door.name} waits between two openings (${setting}).${last}`];
};

const usesGround: Ground = (explained) => {
  const { holder } = explained.facts;
  if (holder?.kind !== "pass") return [];
  const limits = [
    holder.usesPerDoor === null ? "" : `${timesWords(holder.usesPerDoor)} at each door`,
    holder.usesTotal === null ? "" : `${timesWords(holder.usesTotal)} in all`,
  ];
  return [`${whose(explained)} opens ${limits.filter((limit) => limit !== "").join(" and ")}, and has done so.`];
};

export const grounds: Readonly<Record<DenyReason, Ground>> = {
  ledgerUnavailable: () => [
    "The process that decides did not answer within 2 seconds; a door denies what it cannot ask.",
  ],
  busy: () => [
    "One presentation a reader, and 64 in all, can wait for a decision; this one came on top and was never looked at.",
  ],
  askExpired: () => [
    "The decision came more than 2 seconds after it was asked for; by then somebody else may stand there.",
  ],
  featureOff: ({ decided }) => [
    `The configuration has "features.${decided.event.method}" switched off for the whole site.`,
  ],
  methodOff: ({ decided, facts: { door } }) => [
    `The configuration of ${door.name} lists ${JSON.stringify(door.methods)} as "methods", and "${decided.event.method}" is not among them.`,
  ],
  accessLimited: ({ around, site, facts: { door } }) => [blockGround(around.limited, `Codes at ${door.name}`, site)],
  entryInvalid: ({ site }) => [
    `More keys were pressed than a code may have ("keypad.maxKeys": ${site.keypad.maxKeys}).`,
  ],
  unknownCredential: ({ decided, site, facts: { door } }) => [
    "Nothing in the directory, as it was then, has what was shown. The record keeps no secrets, so it cannot say what that was.",
    ...(decided.event.method === "pin" && door.keypadMode === "apartmentPin"
      ? [`At ${door.name} a PIN counts only with its own apartment before it; with another one it is unknown as well.`]
      : []),
    ...(decided.event.method === "pin" && !site.codes.qrPinOnKeypad
      ? ['The digits of a QR count as unknown when they are typed ("codes.qrPinOnKeypad").']
      : []),
  ],
  passUnreadable: () => ["It has the length of a carried pass, and is none that this version can read."],
  issuerUnknown: () => ["It names an issuer's key that was not in the directory then, or was of another form."],
  passForged: () => ["It names a key that was known, and the proof in it is not that key's."],
  issuerExceeded: (explained) => [
    `${whose(explained)} lasts longer, opens more often or reaches further than its key may give.`,
  ],
  credentialSuspended: stateGround,
  credentialLost: stateGround,
  credentialStolen: stateGround,
  credentialExpired: (explained) => [
    validityGround(shown(explained), explained.facts.credential?.validity, explained.site.timeZone),
  ],
  wrongDirection: (explained) => [
    `${shown(explained)} works for ${explained.facts.credential?.direction} only, and was shown at a reader for ${explained.facts.direction}.`,
  ],
  factorMissing: factorGround,
  factorWrong: ({ facts: { first }, around: { begun } }) => [
    begun === null || first === null
      ? "What had been shown first is not in the record, or not in that directory."
      : `${holderWords(first.holder)} had begun with ${credentialWords(first.credential)} (event ${begun.seq}), and what came second was not the second half of it.`,
  ],
  personBlocked: ({ around, site }) => [blockGround(around.blocked, "First halves of this holder", site)],
  doorBlocked: modeGround,
  lockedDown: (explained) => [...modeGround(explained), `${whose(explained)} is not exempt from lockdowns.`],
  holderSuspended: (explained) => [`${whose(explained)} is suspended.`],
  revoked: (explained) => [`${whose(explained)} is revoked, which nothing undoes.`],
  passesOff: () => ['The configuration has "passes.enabled" switched off.'],
  hostSuspended: hostGround,
  directoryStale: (explained) => [
    `${whose(explained)} is by the cloud's word, and the cloud had been silent for longer than "cloud.maxDirectoryAgeHours" says.`,
  ],
  notGrantable: routeGround,
  clockUntrusted: clockGround,
  notYetValid: notYetGround,
  expired: expiredGround,
  betweenOccurrences: (explained) => {
    const { holder, now, timeZone } = explained.facts;
    const recurrence = holder?.kind === "pass" ? recurrenceWords(holder.recurrence) : "";
    return [`${whose(explained)} is for ${recurrence}; it was ${formatLocal(now.wall, timeZone)} on the site's clock.`];
  },
  activationOver: (explained) => {
    const { holder, activatedAt, timeZone } = explained.facts;
    const ms = holder?.kind === "pass" ? (holder.activationMs ?? 0) : 0;
    const since = activatedAt === null || activatedAt === 0 ? "" : `, on ${formatLocal(activatedAt, timeZone)}`;
    return [`${whose(explained)} works for ${durationWords(ms)} after it was first opened${since}.`];
  },
  usesExhausted: usesGround,
  noGrant: (explained) => {
    const { otherDoors, facts } = explained;
    const others = otherDoors.length === 0 ? "at no door at all" : `only at ${otherDoors.join(", ")}`;
    return [`${whose(explained)} has no grant at ${facts.door.name}, ${others}.`];
  },
  never: (explained) => [
    `${whose(explained)} has a grant at ${explained.facts.door.name} with the schedule “Never”, which wins over all others.`,
  ],
  outsideSchedule: scheduleGround,
  holiday: holidayGround,
  tooSoon: intervalGround,
  passback: (explained) => [
    `The area "${explained.facts.passage?.area.id}" held ${whose(explained)} to be inside already ("passback": "hard").`,
  ],
  areaFull: ({ facts: { passage } }) => [
    `The area "${passage?.area.id}" was full ("capacity": ${passage?.area.capacity}).`,
  ],
  interlocked: ({ site, facts: { door } }) => {
    const groups = site.interlocks.filter((group) => group.includes(door.id));
    const others = groups.flat().filter((id) => id !== door.id);
    return [`Another door of its interlock was open or unlocked (${others.join(", ") || "none is configured now"}).`];
  },
};

export function secondsText(at: UnixMs, timeZone: string): string {
  return `${formatLocal(at, timeZone)}:${String(Math.floor(at / 1_000) % 60).padStart(2, "0")}`;
}

const timesWords = (count: number): string => (count === 1 ? "once" : `${count} times`);

const sentenceCase = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
