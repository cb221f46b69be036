// Reads a message to a door as an order, or says why it is none. Pure.
import type { HomeAssistantSpec, HomeOrder, HomeRefusal } from "../../domain/home-assistant.ts";
import type { DoorId } from "../../domain/ids.ts";
import type { DoorCommand, DoorStatus } from "../../domain/status.ts";
import { homeTopics } from "./home-topics.ts";

export interface Arrival {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** As whoever sent it had it: one that asks the broker to keep it is kept from acting, also when it comes live. */
  readonly retained: boolean;
}

export type OrderReading =
  | { readonly ok: true; readonly door: DoorId; readonly order: HomeOrder }
  | { readonly ok: false; readonly why: HomeRefusal };

const maxOrderBytes = 64;
const words: ReadonlyMap<string, HomeOrder> = new Map([
  ["LOCK", "lock"],
  ["UNLOCK", "unlock"],
  ["OPEN", "open"],
]);

export function readOrder(
  { topic, payload, retained }: Arrival,
  spec: Pick<HomeAssistantSpec, "discoveryPrefix" | "id" | "mayOpen">,
  doors: readonly DoorId[],
): OrderReading {
  if (retained) return { ok: false, why: "retained" };
  if (payload.length > maxOrderBytes) return { ok: false, why: "oversized" };
  const order = words.get(new TextDecoder().decode(payload));
  if (order === undefined) return { ok: false, why: "malformed" };
  const { order: topicOf } = homeTopics(spec);
  const door = doors.find((one) => topicOf(one) === topic);
  if (door === undefined) return { ok: false, why: "unknownDoor" };
  return spec.mayOpen ? { ok: true, door, order } : { ok: false, why: "notAllowed" };
}

/** Null where the door stands as somebody on site wants it: an automation must not undo what they blocked or locked down. */
export function commandFor(order: HomeOrder, door: DoorId, status: DoorStatus | undefined): DoorCommand | null {
  if (order === "open") return { kind: "access", door, by: "operator" };
  const isOrdinary = status?.standing === "locked" || status?.standing === "unlocked";
  return isOrdinary ? { kind: order, door } : null;
}
