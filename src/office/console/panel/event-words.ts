// Says in one plain English sentence what an event of the record means; pure, knows neither page nor stream.
import type { Cause, JournalEvent, RecordedEvent, TimeSource } from "../../../domain/events.ts";
import type { SupplyKind } from "../../../domain/site.ts";
import type { DoorMode } from "../../../domain/status.ts";
import type { PageSite } from "../wire.ts";
import { reasonWords, unknown, withMethod } from "./denial-words.ts";
import { accessChanges, cloudRefusalWords, failures, homeRefusals, refusals } from "./network-words.ts";

export type Tone = "granted" | "denied" | "alarm" | "door" | "system";

export interface EventWords {
  readonly tone: Tone;
  readonly sentence: string;
  /** What stands behind it, for who asks: label and value. */
  readonly details: readonly (readonly [string, string])[];
}

interface Names {
  door(id: string): string;
  /** Who it was, when the record still knows. */
  readonly who: string | null;
}

type EventOf<Type extends JournalEvent["type"]> = Extract<JournalEvent, { readonly type: Type }>;
type Say<Type extends JournalEvent["type"]> = (event: EventOf<Type>, names: Names) => readonly [Tone, string];

const aborts: Record<EventOf<"access.aborted">["why"], string> = {
  expired: "the answer came too late",
  ledgerLost: "the record was lost on the way",
  interlocked: "another door was open",
  blocked: "the door was closed to them meanwhile",
};

/** Places from which operators act; anyone else is named. */
const places: readonly string[] = ["console", "command line"];
/** Alarms also end without an operator. */
const itself: ReadonlyMap<string, string> = new Map([
  ["time", "when its time was up"],
  ["configuration", "because its option is off"],
]);

function operatorWords(who: string): string {
  return itself.get(who) ?? (places.includes(who) ? `from the ${who}` : `by ${who}`);
}

const utc = (wallMs: number): string => `${new Date(wallMs).toISOString().slice(0, 16).replace("T", " ")} UTC`;

function rescueWords({ by, credential }: EventOf<"rescue.opened">): string {
  if (by === "card") return `by an administrator's card (${credential ?? "unknown"})`;
  return by === "exit" ? "by an exit button" : "by the fire input";
}

function causeWords(cause: Cause): string {
  switch (cause.by) {
    case "ask":
      return "for someone who was let in";
    case "exit":
      return "by the exit button";
    case "fire":
      return "by the fire input";
    case "time":
      return "when its time was up";
    case "contact":
      return "after the door fell shut";
    case "operator":
      return operatorWords(cause.who);
    case "http":
      return `over the network by ${cause.who}`;
    case "cloud":
      return `from the cloud by ${cause.who}`;
    case "input":
      return `by ${cause.input}`;
    case "schedule":
      return `by the schedule ${cause.schedule}`;
    case "start":
      return "at the start";
    case "stop":
      return "as Postern stopped";
  }
}

function durationWords(ms: number): string {
  if (Math.abs(ms) < 1_000) return `${ms} ms`;
  const seconds = Math.round(ms / 1_000);
  if (Math.abs(seconds) < 120) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  return `${Math.round(seconds / 60)} minutes`;
}

const supplyWords: Record<SupplyKind, readonly [string, string]> = {
  mains: ["The mains has failed", "The mains is back"],
  battery: ["The battery is low", "The battery is no longer low"],
  enclosure: ["The controller's box was opened", "The controller's box is shut again"],
};

const timeSources: Record<TimeSource, string> = {
  network: ": the network told it",
  site: ": somebody on site vouches for it",
  chip: ": the clock chip kept it",
  simulated: "",
};

const revokedWords = ({ upTo, serials }: EventOf<"passes.revoked">): string =>
  [...(upTo === null ? [] : [`all up to ${upTo}`]), ...serials.map(String)].join(", ");

const times = (count: number): string => (count === 1 ? "once" : `${count} times`);

const misreadWords: Readonly<Record<string, string>> = {
  swappedWires: "D0 and D1 seem to be swapped; change the two wires",
};

const needs: Record<EventOf<"access.begun">["need"], string> = {
  cardAndPin: "a PIN",
  qrAndCode: "a secret code",
  twoPeople: "a second person",
};

const modes: Record<DoorMode, string> = {
  locked: "locked",
  unlocked: "open to everyone",
  accessed: "open for one passage",
  blocked: "blocked",
  lockedDown: "locked down",
  lockedOpen: "locked open",
  doubleLocked: "double-locked",
};

const sayings: { readonly [Type in JournalEvent["type"]]: Say<Type> } = {
  "access.granted": (event, names) => [
    "granted",
    `${names.who ?? "Someone"} was let in at ${names.door(event.door)} ${withMethod[event.method]}`,
  ],
  "access.denied": (event, names) => {
    const why = event.reason === "unknownCredential" ? unknown[event.method] : reasonWords[event.reason];
    const at = names.door(event.door);
    return ["denied", names.who === null ? `Denied at ${at}: ${why}` : `${names.who} was denied at ${at}: ${why}`];
  },
  "access.begun": (event, names) => [
    "system",
    `${names.who ?? "Someone"} began at ${names.door(event.door)} ${withMethod[event.method]}: ${needs[event.need]} comes next`,
  ],
  "access.duress": (event, names) => [
    "alarm",
    `${names.who ?? "Someone"} opened ${names.door(event.door)} with a duress code: they may be forced`,
  ],
  "access.taken": (event, names) => ["door", `${names.door(event.door)} was opened by whom it let in`],
  "access.admitted": (event, names) => ["door", `${names.door(event.door)} stood unlocked for whoever was let in`],
  "access.notTaken": (event, names) => ["door", `${names.door(event.door)} let someone in who did not open it`],
  "passback.violated": (event) => ["alarm", `Someone entered ${event.area} who is inside already`],
  "passback.forgiven": (event) => [
    "system",
    `${event.count === 1 ? "One person" : `${event.count} people`} forgiven where they are, ${operatorWords(event.by)}`,
  ],
  "area.full": (event) => ["system", `${event.area} is full`],
  "person.blocked": (event, names) => [
    "alarm",
    `${names.who ?? "Someone"} is blocked for ${durationWords(event.blockMs)} after wrong second keys`,
  ],
  "credential.stolenUsed": (event, names) => ["alarm", `A stolen key was shown at ${names.door(event.door)}`],
  "code.collided": (event, names) => ["system", `Two people have equal codes at ${names.door(event.door)}`],
  "code.misplaced": (event) => ["system", `The code ${event.credential} does not begin as codes of its kind do here`],
  "card.offered": (event) => ["system", `A new card waits at ${event.reader} to be given to somebody`],
  "access.aborted": (event, names) => [
    "denied",
    `Allowed but not let in at ${names.door(event.door)}: ${aborts[event.why]}`,
  ],
  "access.late": (event, names) => ["system", `An entry at ${names.door(event.door)} was written down late`],
  "access.limited": (event, names) => [
    "alarm",
    `Too many wrong codes at ${names.door(event.door)}: codes blocked for ${durationWords(event.blockMs)}`,
  ],
  "pass.carried": (event, names) => [
    "system",
    `The pass ${event.pass}, by ${event.key}, was read here first at ${names.door(event.door)}: ${utc(event.from)} to ${utc(event.until)}${event.usesPerDoor === null && event.usesTotal === null ? "" : `, ${times(event.usesPerDoor ?? event.usesTotal ?? 0)}${event.usesTotal === null ? " at each door" : ""}`}`,
  ],
  "passes.revoked": (event) => [
    "system",
    `The pass ${event.by} took back older ones of ${event.key}: ${revokedWords(event)}`,
  ],
  "access.shed": (event) => ["denied", `Turned away unread ${times(event.count)} at ${event.reader}: too many at once`],
  "door.heldOpenSoon": (event, names) => ["door", `${names.door(event.door)} has stood open for long`],
  "door.modeChanged": (event, names) => [
    event.mode === "lockedDown" ? "alarm" : "door",
    `${names.door(event.door)} is ${modes[event.mode]} ${causeWords(event.cause)}`,
  ],
  "door.tampered": (event, names) => ["alarm", `Tampering at ${names.door(event.door)}: ${event.input}`],
  "door.tamperCleared": (event, names) => [
    "door",
    `Tamper alarm of ${names.door(event.door)} cleared ${operatorWords(event.who)}`,
  ],
  "input.faulted": (event) => ["alarm", `The wire of ${event.input} is ${event.fault === "cut" ? "cut" : "shorted"}`],
  "input.healed": (event) => ["system", `The wire of ${event.input} is well again`],
  "input.acted": (event) => ["system", `${event.input} set off ${event.action}`],
  "input.opened": (event, names) => ["granted", `${event.input} opened ${names.door(event.door)}`],
  "reception.opened": (event, names) => ["granted", `${names.door(event.door)} was opened from the reception`],
  "door.unlocked": (event, names) => ["door", `${names.door(event.door)} unlocked ${causeWords(event.cause)}`],
  "door.locked": (event, names) => ["door", `${names.door(event.door)} locked ${causeWords(event.cause)}`],
  "door.opened": (event, names) => ["door", `${names.door(event.door)} was opened`],
  "door.closed": (event, names) => ["door", `${names.door(event.door)} was closed`],
  "door.forced": (event, names) => ["alarm", `${names.door(event.door)} was forced open`],
  "door.forcedCleared": (event, names) => [
    "system",
    `Forced-door alarm at ${names.door(event.door)} cleared ${operatorWords(event.who)}`,
  ],
  "door.heldOpen": (event, names) => ["alarm", `${names.door(event.door)} has been held open too long`],
  "door.heldOpenCleared": (event, names) => ["door", `${names.door(event.door)} is no longer held open`],
  "exit.pressed": (event, names) => ["granted", `Exit button pressed at ${names.door(event.door)}`],
  "exit.stuck": (event, names) => ["alarm", `The exit button at ${names.door(event.door)} seems to be stuck`],
  "exit.freed": (event, names) => ["door", `The exit button at ${names.door(event.door)} came free`],
  "fire.raised": () => ["alarm", "Fire input raised: fail-safe doors are released"],
  "fire.cleared": (event) => ["system", `Fire release cleared ${operatorWords(event.who)}`],
  "rescue.opened": (event, names) => [
    "alarm",
    `While Postern could not start, ${names.door(event.door)} was opened ${rescueWords(event)} at ${utc(event.openedAt)}`,
  ],
  "controller.started": (event) => ["system", `Postern ${event.version} started on ${article(event.board)} board`],
  "controller.stopped": () => ["system", "Postern stopped"],
  "ledger.lost": (event) => ["alarm", `The record cannot be reached: ${event.why}`],
  "ledger.restored": (event) => ["system", `The record is back after ${durationWords(event.downMs)}`],
  "records.dropped": (event) => ["alarm", `${event.count} events before this one found no room and are lost`],
  "office.lost": (event) => ["system", `The office process stopped: ${event.why}`],
  "office.restored": () => ["system", "The office process is back"],
  "device.faulted": (event) => ["alarm", `${event.device} does not work as it should: ${event.why}`],
  "device.mended": (event) => ["system", `${event.device} works as it should again`],
  "device.attacked": ({ device, what, count }) => ["alarm", `${device} may be under attack: ${what}, ${times(count)}`],
  "reader.pairingOpened": (event) => [
    "system",
    `${event.reader} may be given a key for ${durationWords(event.forMs)}, opened ${operatorWords(event.who)}`,
  ],
  "reader.paired": (event) => ["system", `${event.reader} was given a key of its own`],
  "reader.pairingClosed": (event) => ["system", `${event.reader} was given no key: ${event.why}`],
  "line.traced": (event) => [
    "system",
    `What crosses ${event.line} is being written down for ${durationWords(event.forMs)}, ${operatorWords(event.who)}`,
  ],
  "device.lost": (event) => ["alarm", `${event.device} does not answer: ${event.why}`],
  "device.found": (event) => ["system", `${event.device} answers again`],
  "relay.failed": (event) => ["alarm", `Relay ${event.relay} did not switch: ${event.why}`],
  "relay.restored": (event) => ["system", `Relay ${event.relay} switches again`],
  "reader.misread": (event) => [
    "system",
    `${event.reader} could not be read ${times(event.count)}: ${misreadWords[event.problem] ?? event.problem}`,
  ],
  "clock.stepped": (event) => [
    "system",
    `The clock was set ${event.byMs < 0 ? "back" : "forward"} by ${durationWords(Math.abs(event.byMs))}`,
  ],
  "clock.trusted": ({ source }) => ["system", `The time is certain now${timeSources[source ?? "simulated"]}`],
  "clock.distrusted": () => ["system", "The time is no longer certain"],
  "clock.set": ({ who, byMs }) => [
    "system",
    byMs === 0
      ? `The time was confirmed (${who})`
      : `The time was set ${byMs < 0 ? "back" : "forward"} by ${durationWords(Math.abs(byMs))} (${who})`,
  ],
  "clock.floorReset": ({ who }) => ["system", `Times that were told before do not count any more (${who})`],
  "config.accepted": () => ["system", "A new configuration was accepted"],
  "config.refused": (event) => [
    "alarm",
    `A configuration was refused with ${event.problems} ${event.problems === 1 ? "problem" : "problems"}: ${event.first}`,
  ],
  "directory.changed": (event) => ["system", `People and keys were changed (${event.by})`],
  "supply.failed": ({ what }) => ["alarm", supplyWords[what][0]],
  "supply.restored": ({ what }) => ["system", supplyWords[what][1]],
  "wires.watched": ({ who }) => ["system", `Somebody looked at what the readers report (${who})`],
  "command.accepted": ({ what, by }) => ["system", `The cloud gave a command: ${what} (${by})`],
  "directory.refused": ({ what, id, why }) => ["alarm", `The cloud's ${what} ${id} was left out: ${why}`],
  "directory.staled": () => ["alarm", "The cloud has been silent for too long: what it gave out opens no more"],
  "directory.refreshed": () => ["system", "The cloud is heard again: what it gave out opens again"],
  "cloud.refused": (event) => ["alarm", `The cloud's link refused ${cloudRefusalWords[event.why]} (${event.count})`],
  "cloud.forked": (event) => ["alarm", `The cloud holds another record than this controller, at ${event.seq}`],
  "console.entered": () => ["system", "Someone logged in to this console"],
  "action.done": (event) => ["system", `${event.action} was sent ${times(event.count)} and arrived`],
  "action.failed": (event) => ["alarm", `${event.action} failed ${times(event.count)}: ${failures[event.why]}`],
  "http.accessChanged": (event) => ["system", `Access over HTTP: ${event.name} ${accessChanges[event.what]}`],
  "cards.keyChanged": ({ what, profile }) => ["system", `The key of the card profile ${profile} was ${what}`],
  "http.opened": (event, names) => [
    "granted",
    `${names.door(event.door)} was opened ${times(event.count)} over the network by ${event.who}`,
  ],
  "http.refused": (event) => [
    "denied",
    `A machine was refused ${times(event.count)} over HTTP: ${refusals[event.why]}`,
  ],
  "homeAssistant.obeyed": (event, names) => [
    "granted",
    `Home Assistant had ${names.door(event.door)} ${event.order} ${times(event.count)}`,
  ],
  "homeAssistant.refused": (event) => [
    "denied",
    `A message over Home Assistant's broker was refused ${times(event.count)}: ${homeRefusals[event.why]}`,
  ],
  "ledger.recovered": (event) => [
    "alarm",
    `The database was damaged and came back ${ageWords(event)}; ${rights(event.usedUp)} used up, codes blocked for a while`,
  ],
  "ledger.recoveryCleared": (event) => ["system", `Recovery of the database noted ${operatorWords(event.who)}`],
  "log.restarted": (event) => [
    "alarm",
    `The record before this one is gone: ${event.lostSeq} ${event.lostSeq === 1 ? "event" : "events"}`,
  ],
  "names.forgotten": (event) => [
    "system",
    `Names in ${event.count} old ${event.count === 1 ? "event" : "events"} are forgotten`,
  ],
  "passes.purged": (event) => [
    "system",
    `${event.count} ${event.count === 1 ? "pass that ended long ago is" : "passes that ended long ago are"} purged`,
  ],
  "log.pruned": (event) => ["system", `Old events ${event.fromSeq} to ${event.toSeq} were dropped from the record`],
};

function ageWords({ from, copyAgeMs }: EventOf<"ledger.recovered">): string {
  if (from === "damaged") return "with the people that could be read from it";
  if (copyAgeMs === null) return "with the people of an older copy";
  return `with the people of a copy that was ${durationWords(copyAgeMs)} old`;
}

const rights = (count: number): string => (count === 1 ? "1 counted right is" : `${count} counted rights are`);

const article = (noun: string): string => `${/^[aeiou]/i.test(noun) ? "an" : "a"} ${noun}`;

export function wordsFor(recorded: RecordedEvent, site: Pick<PageSite, "doors">): EventWords {
  const { event } = recorded;
  const names: Names = {
    door: (id) => site.doors.find((door) => door.id === id)?.name ?? id,
    who: recorded.personal?.name ?? null,
  };
  const say = Object.hasOwn(sayings, event.type) ? (sayings[event.type] as Say<JournalEvent["type"]>) : null;
  const [tone, sentence] = say === null ? (["system", event.type] as const) : say(event as never, names);
  return { tone, sentence, details: detailsOf(recorded) };
}

const labels: Readonly<Record<string, string>> = {
  reason: "Reason",
  reader: "Reader",
  method: "Shown",
  person: "Person",
  pass: "Pass",
  credential: "Credential",
  usesLeft: "Uses left",
  late: "Written late",
  directoryVersion: "Directory version",
  input: "Input",
  cause: "Cause",
  ask: "Ask",
  door: "Door",
};

function detailsOf({ seq, epoch, at, boot, event, hash }: RecordedEvent): (readonly [string, string])[] {
  const details: (readonly [string, string])[] = [["Event", event.type]];
  for (const [key, value] of Object.entries(event)) {
    if (key === "type" || value === null || value === false) continue;
    details.push([labels[key] ?? key, valueWords(value)]);
  }
  details.push(["Number", epoch > 1 ? `${seq} of epoch ${epoch}` : `${seq}`]);
  details.push(["Clock", at.trusted ? "trusted" : "not trusted"]);
  details.push(["Boot", boot], ["Chain hash", hash]);
  return details;
}

function valueWords(value: unknown): string {
  if (value === true) return "yes";
  if (typeof value !== "object") return String(value);
  return Object.values(value as object).join(" ");
}
