// Requests that Postern sends to others when something happened: what they are, and which ones an event sets off.
import type { JournalEvent } from "./events.ts";
import type { ActionId, DoorId } from "./ids.ts";

/** What an action may wait for, beside inputs and grants that name it. None of these is caused by an action itself. */
export const actionEvents = [
  "access.granted",
  "access.denied",
  "access.duress",
  "access.limited",
  "access.taken",
  "access.notTaken",
  "area.full",
  "credential.stolenUsed",
  "door.closed",
  "door.forced",
  "door.forcedCleared",
  "door.heldOpen",
  "door.heldOpenCleared",
  "door.heldOpenSoon",
  "door.locked",
  "door.modeChanged",
  "door.opened",
  "door.tampered",
  "door.tamperCleared",
  "door.unlocked",
  "exit.pressed",
  "exit.stuck",
  "fire.cleared",
  "fire.raised",
  "input.faulted",
  "input.opened",
  "passback.violated",
  "person.blocked",
  "reception.opened",
] as const satisfies readonly JournalEvent["type"][];
export type ActionEvent = (typeof actionEvents)[number];

/** Somebody should come: these are tried again until they arrive, and everything else once. */
export const alarmEvents: readonly ActionEvent[] = [
  "access.duress",
  "credential.stolenUsed",
  "door.forced",
  "door.heldOpen",
  "door.tampered",
  "exit.stuck",
  "fire.raised",
  "input.faulted",
];
const alarms: ReadonlySet<string> = new Set(alarmEvents);
export const isAlarm = (event: JournalEvent): boolean => alarms.has(event.type);

export interface ActionSpec {
  readonly id: ActionId;
  readonly method: "GET" | "POST";
  /** May hold variables behind its host. */
  readonly url: string;
  /** Null sends the usual one with POST, and none with GET. */
  readonly body: string | null;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** Holds what goes into the Authorization header; null sends none. */
  readonly authorizationFile: string | null;
  readonly on: readonly ActionEvent[];
  /** Named events of people that set it off when they are let in. */
  readonly onNamed: readonly string[];
  /** Only what happens at these doors sets it off; none is all. */
  readonly doors: readonly DoorId[];
  readonly timeoutMs: number;
  /** Whether it is told people's names, and not only their ids. */
  readonly revealNames: boolean;
}

export const failureCauses = [
  "unreachable",
  "timedOut",
  "redirected",
  "answeredError",
  "hostNotAllowed",
  "secretMissing",
  "queueFull",
  "unknownAction",
  "cursorNotKept",
] as const;
export type FailureCause = (typeof failureCauses)[number];

/** One request to send; `named` is the person's named event that it stands for. */
export interface Trigger {
  readonly action: ActionSpec;
  readonly named: string | null;
}

export interface Triggers {
  readonly triggers: readonly Trigger[];
  /** Numbers and ids that the event names and the site does not have. */
  readonly unknown: readonly string[];
}

/** Each action once at most for one event, however often it is asked for; a named event is a request of its own. */
export function triggersOf(event: JournalEvent, actions: readonly ActionSpec[]): Triggers {
  const called = calledBy(event, actions);
  const heard = actions.filter((action) => isHeard(event, action) && !called.actions.includes(action));
  const names = event.type === "access.granted" ? (event.namedEvents ?? []) : [];
  const named = names.flatMap((name) =>
    actions
      .filter((action) => action.onNamed.includes(name) && isAt(event, action))
      .map((action) => ({ action, named: name })),
  );
  const plain = [...called.actions, ...heard].map((action) => ({ action, named: null }));
  return { triggers: [...plain, ...named], unknown: called.unknown };
}

interface Called {
  readonly actions: readonly ActionSpec[];
  readonly unknown: readonly string[];
}

/** By its id, or by its number among all actions, from 1 on. */
function calledBy(event: JournalEvent, actions: readonly ActionSpec[]): Called {
  const nothing = { actions: [], unknown: [] };
  if (event.type === "input.acted") {
    const found = actions.find(({ id }) => id === event.action);
    return found === undefined ? { actions: [], unknown: [event.action] } : { actions: [found], unknown: [] };
  }
  if (event.type !== "access.granted" || event.webRelay === undefined || event.webRelay === 0) return nothing;
  const found = actions[event.webRelay - 1];
  return found === undefined ? { actions: [], unknown: [String(event.webRelay)] } : { actions: [found], unknown: [] };
}

const isHeard = (event: JournalEvent, action: ActionSpec): boolean =>
  (action.on as readonly string[]).includes(event.type) && isAt(event, action);

function isAt(event: JournalEvent, { doors }: ActionSpec): boolean {
  if (doors.length === 0 || !("door" in event)) return true;
  return doors.includes(event.door);
}
