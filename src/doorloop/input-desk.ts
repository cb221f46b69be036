// Turns what the wires of inputs report into what it means: for doors, for the whole site, for actions, for the record.
import type { BoardEvent } from "../../hal/board.ts";
import type { DoorInput } from "../domain/door-input.ts";
import type { JournalEvent } from "../domain/events.ts";
import type { DoorId, InputId, ScheduleId } from "../domain/ids.ts";
import type { InputActionInput, InputActionRule, InputActionState } from "../domain/input-action.ts";
import { idleInputAction, stepInputAction } from "../domain/input-action.ts";
import type { SiteSpec, SupplyKind } from "../domain/site.ts";
import type { MonoMs } from "../domain/time.ts";
import type { InputRole } from "./input-roles.ts";
import { inputRoles } from "./input-roles.ts";

export type InputFinding =
  | { readonly kind: "door"; readonly door: DoorId; readonly input: DoorInput }
  | { readonly kind: "fire"; readonly input: InputId; readonly active: boolean }
  | { readonly kind: "lockdown"; readonly input: InputId }
  | { readonly kind: "opening"; readonly opening: InputOpening }
  | { readonly kind: "record"; readonly event: JournalEvent };

/** For whoever set it off, while the schedule holds; recorded as `says` where the door takes it. */
export interface InputOpening {
  readonly input: InputId;
  readonly doors: readonly DoorId[];
  readonly schedule: ScheduleId;
  readonly says: "input.opened" | "reception.opened";
}

export interface InputDesk {
  /** In the order in which it must happen: people's ways out first. */
  take(event: Extract<BoardEvent, { kind: "input" | "fault" }>, now: MonoMs): readonly InputFinding[];
  /** The board hears nothing of it any more. */
  lost(input: InputId, now: MonoMs): readonly InputFinding[];
  /** By an order: what waits for its delay to open the door does not. */
  shut(door: DoorId): void;
  tick(now: MonoMs): readonly InputFinding[];
  deadline(): MonoMs | null;
  /** As last reported, and known to be so. */
  isActive(input: InputId): boolean;
}

type Level = boolean | "cut" | "shorted" | "lost";

interface ActionEntry {
  readonly input: InputId;
  readonly rule: InputActionRule;
  readonly found: InputFinding;
  state: InputActionState;
}

export function createInputDesk(site: SiteSpec): InputDesk {
  const roles = inputRoles(site);
  const levels = new Map<InputId, Level>();
  const faulted = new Set<InputId>();
  const actions = actionEntries(site);

  const stepActions = (entries: readonly ActionEntry[], input: InputActionInput, now: MonoMs): InputFinding[] =>
    entries.flatMap((entry) => {
      const step = stepInputAction(entry.rule, entry.state, input, now);
      entry.state = step.state;
      return step.acts ? [entry.found] : [];
    });

  const actionsOf = (input: InputId) => actions.filter((entry) => entry.input === input);

  const move = (input: InputId, level: Level, now: MonoMs): InputFinding[] => {
    const before = levels.get(input);
    levels.set(input, level);
    const meant = (roles.get(input) ?? []).flatMap((role) => meaningOf(role, input, level, before));
    const word = typeof level === "boolean" ? (level ? "active" : "inactive") : "unknown";
    return [...meant, ...stepActions(actionsOf(input), { kind: "level", level: word }, now)];
  };

  return {
    take(event, now) {
      const input = event.input as InputId;
      if (event.kind === "fault") {
        const { fault } = event;
        if (levels.get(input) === fault) return [];
        faulted.add(input);
        return [...move(input, fault, now), { kind: "record", event: { type: "input.faulted", input, fault } }];
      }
      const healed = faulted.delete(input);
      const found = move(input, event.active, now);
      return healed ? [...found, { kind: "record", event: { type: "input.healed", input } }] : found;
    },
    lost: (input, now) => move(input, "lost", now),
    shut(door) {
      for (const entry of actions) {
        const { found } = entry;
        if (found.kind !== "opening" || !found.opening.doors.includes(door)) continue;
        entry.state = { ...entry.state, dueAt: null };
      }
    },
    tick: (now) => stepActions(actions, { kind: "tick" }, now),
    deadline() {
      let first: MonoMs | null = null;
      for (const { dueAt } of actions.map(({ state }) => state)) {
        if (dueAt !== null && (first === null || dueAt < first)) first = dueAt;
      }
      return first;
    },
    isActive: (input) => levels.get(input) === true,
  };
}

function actionEntries({ inputActions, inputOpenings }: SiteSpec): readonly ActionEntry[] {
  const entryOf = (rule: InputActionRule & { readonly input: InputId }, found: InputFinding): ActionEntry => ({
    input: rule.input,
    rule,
    found,
    state: idleInputAction,
  });
  return [
    ...inputOpenings.map(({ door, ...spec }) => {
      const opening = { input: spec.input, doors: [door], schedule: spec.schedule, says: "input.opened" } as const;
      return entryOf({ ...spec, seenToBegin: true }, { kind: "opening", opening });
    }),
    ...inputActions.map(({ action, ...spec }) =>
      entryOf(
        { ...spec, seenToBegin: false },
        { kind: "record", event: { type: "input.acted", input: spec.input, action } },
      ),
    ),
  ];
}

/**
 * Without a sound wire an exit button counts as let go, a contact as unknown, and fire and lockdown stay as they are latched.
 * A cut or shorted tamper contact is tampered with; a lost one is only lost.
 */
function meaningOf(role: InputRole, input: InputId, level: Level, before: Level | undefined): InputFinding[] {
  const tell = (door: DoorId, to: DoorInput): InputFinding[] => [{ kind: "door", door, input: to }];
  const isSound = typeof level === "boolean";
  switch (role.kind) {
    case "exit":
      return tell(role.door, isSound ? { kind: "exit", input, pressed: level } : { kind: "exitLost", input });
    case "contact":
      return tell(role.door, { kind: "contact", level: isSound ? (level ? "open" : "closed") : "unknown" });
    case "tamper":
      return level === "lost" ? [] : tell(role.door, { kind: "tamper", input, active: level !== false });
    case "fire":
      return isSound ? [{ kind: "fire", input, active: level }] : [];
    case "lockdown":
      return level === true ? [{ kind: "lockdown", input }] : [];
    case "supply":
      return supplyMeaning(role.what, input, level, before);
    case "reception":
      // Only a press that was seen to begin: a button that is stuck, or whose wire comes back, lets nobody in.
      return level === true && before === false
        ? [{ kind: "opening", opening: { ...role.spec, says: "reception.opened" } }]
        : [];
  }
}

/** A box whose wire was cut is taken for opened; of the mains and the battery a broken wire says nothing. */
function supplyMeaning(what: SupplyKind, input: InputId, level: Level, before: Level | undefined): InputFinding[] {
  const isBad = (one: Level | undefined): boolean => {
    return one === true || (what === "enclosure" && (one === "cut" || one === "shorted"));
  };
  if (isBad(level) === isBad(before) || level === "lost") return [];
  return [{ kind: "record", event: { type: isBad(level) ? "supply.failed" : "supply.restored", what, input } }];
}
