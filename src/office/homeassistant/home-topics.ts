// Where at the broker each thing about this controller stands. Pure.
import type { HomeAssistantSpec } from "../../domain/home-assistant.ts";

export interface HomeTopics {
  readonly discovery: string;
  /** Where Home Assistant says that it has started. */
  readonly birth: string;
  readonly availability: string;
  readonly controller: string;
  /** A filter: what is asked of all doors. */
  readonly orders: string;
  door(id: string): string;
  events(door: string): string;
  order(door: string): string;
}

export function homeTopics({ discoveryPrefix, id }: Pick<HomeAssistantSpec, "discoveryPrefix" | "id">): HomeTopics {
  const base = `postern/ha/${id}`;
  const door = (one: string): string => `${base}/doors/${one}`;
  return {
    discovery: `${discoveryPrefix}/device/postern_${id}/config`,
    birth: `${discoveryPrefix}/status`,
    availability: `${base}/availability`,
    controller: `${base}/controller`,
    orders: `${base}/doors/+/order`,
    door,
    events: (one) => `${door(one)}/events`,
    order: (one) => `${door(one)}/order`,
  };
}

export const homeClientId = (id: string): string => `postern-${id}`;
