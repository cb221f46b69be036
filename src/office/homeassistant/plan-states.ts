// What Home Assistant is told of how doors and controller stand: one retained JSON object for each. Pure.
import type { HomeAssistantSpec } from "../../domain/home-assistant.ts";
import type { DoorStatus, HealthFact } from "../../domain/status.ts";
import { homeTopics } from "./home-topics.ts";

/** More faults than anybody reads in one line. */
const maxParts = 32;

export interface StateParts {
  readonly spec: Pick<HomeAssistantSpec, "discoveryPrefix" | "id">;
  readonly doors: readonly DoorStatus[];
  /** What is not well. What it says of why may name paths and hosts, and stays here. */
  readonly health: readonly Pick<HealthFact, "part" | "state">[];
}

/** By topic. */
export function planStates({ spec, doors, health }: StateParts): ReadonlyMap<string, string> {
  const topics = homeTopics(spec);
  const faults = health.flatMap(({ part, state }) => (state === "fault" ? [part] : []));
  const controller = {
    problem: onOff(faults.length > 0),
    fire: onOff(doors.some(({ fire }) => fire)),
    attributes: { parts: faults.slice(0, maxParts) },
  };
  return new Map([
    ...doors.map((door): [string, string] => [topics.door(door.door), JSON.stringify(stateOf(door))]),
    [topics.controller, JSON.stringify(controller)],
  ]);
}

/** No wire tells a bolt that is stuck, so none is ever said to be jammed. */
function stateOf({ locked, contact, forced, heldOpen, tampered, stuckExits, mode }: DoorStatus) {
  return {
    lock: locked ? "LOCKED" : "UNLOCKED",
    unlocked: onOff(!locked),
    contact: contact === "unknown" ? null : onOff(contact === "open"),
    forced: onOff(forced),
    heldOpen: onOff(heldOpen),
    tampered: onOff(tampered),
    exitStuck: onOff(stuckExits.length > 0),
    attributes: { mode },
  };
}

const onOff = (is: boolean): "ON" | "OFF" => (is ? "ON" : "OFF");
