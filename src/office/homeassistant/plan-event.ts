// Which events Home Assistant is told, and what of them: no code, card number or duress ever, names and reasons only when asked. Pure.
import type { RecordedEvent } from "../../domain/events.ts";
import type { DoorId } from "../../domain/ids.ts";

export const homeEventTypes = ["granted", "denied", "exit"] as const;

export interface HomeEvent {
  readonly door: DoorId;
  readonly payload: string;
}

/**
 * Why somebody was denied tells whoever reads it at the broker that a code they tried is somebody's: it is a detail like a name.
 * A grant is told when its door has let it through.
 */
export function planEvent({ event, personal }: RecordedEvent, revealDetails: boolean): HomeEvent | null {
  switch (event.type) {
    case "access.granted":
    case "access.denied": {
      const { door, method, reader } = event;
      const type: (typeof homeEventTypes)[number] = event.type === "access.granted" ? "granted" : "denied";
      const details = { name: personal?.name, reason: event.type === "access.denied" ? event.reason : undefined };
      return { door, payload: JSON.stringify({ event_type: type, method, reader, ...(revealDetails ? details : {}) }) };
    }
    case "exit.pressed":
      return { door: event.door, payload: JSON.stringify({ event_type: "exit" }) };
    default:
      return null;
  }
}
