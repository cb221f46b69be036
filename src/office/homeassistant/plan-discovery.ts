// What Home Assistant is told that this controller is: one device and its components, as its MQTT integration reads them. Pure.
import type { HomeAssistantSpec } from "../../domain/home-assistant.ts";
import type { DoorSpec, SiteSpec } from "../../domain/site.ts";
import { homeTopics } from "./home-topics.ts";
import { homeEventTypes } from "./plan-event.ts";

export type Platform = "binary_sensor" | "button" | "event" | "lock";

/** By their names within the device. */
export type Components = Readonly<Record<string, { readonly platform: Platform } & Readonly<Record<string, unknown>>>>;

export interface Discovery {
  readonly topic: string;
  readonly components: Components;
  /** Everything that is told of the device beside its components. */
  readonly device: Readonly<Record<string, unknown>>;
}

export interface DiscoveryParts {
  readonly spec: Pick<HomeAssistantSpec, "discoveryPrefix" | "id" | "mayOpen">;
  readonly site: Pick<SiteSpec, "name" | "doors" | "fireInput">;
  readonly version: string;
}

export function planDiscovery({ spec, site, version }: DiscoveryParts): Discovery {
  const topics = homeTopics(spec);
  const device = `postern_${spec.id}`;
  const components: Record<string, Components[string]> = {};
  const add = (name: string, component: Components[string]): void => {
    components[name] = { ...component, unique_id: `${device}_${name}` };
  };
  add("problem", {
    ...sensor("Problem", "problem", topics.controller, "problem"),
    entity_category: "diagnostic",
    ...attributesOf(topics.controller),
  });
  if (site.fireInput !== null) add("fire", sensor("Fire release", "safety", topics.controller, "fire"));
  for (const door of site.doors) addDoor(door, { spec, add });
  return {
    topic: topics.discovery,
    components,
    device: {
      device: {
        identifiers: [device],
        name: site.name,
        manufacturer: "Postern",
        model: "Door controller",
        sw_version: version,
      },
      origin: { name: "Postern", sw_version: version },
      availability_topic: topics.availability,
      payload_available: "online",
      payload_not_available: "offline",
    },
  };
}

interface DoorPlan {
  readonly spec: DiscoveryParts["spec"];
  readonly add: (name: string, component: Components[string]) => void;
}

function addDoor({ id, name, contact, exitButtons }: DoorSpec, { spec, add }: DoorPlan): void {
  const topics = homeTopics(spec);
  const state = topics.door(id);
  if (spec.mayOpen) {
    add(`${id}_lock`, lockAt(name, state, topics.order(id)));
    add(`${id}_open`, {
      platform: "button",
      name: `${name} open once`,
      command_topic: topics.order(id),
      payload_press: "OPEN",
      retain: false,
      // With a higher one Home Assistant's client would keep what it could not send, and send it when nobody expects it.
      qos: 0,
    });
  } else {
    // A lock needs a topic for commands. This is what Home Assistant has for one that can only be looked at.
    add(`${id}_unlocked`, { ...sensor(name, "lock", state, "unlocked"), ...attributesOf(state) });
  }
  if (contact !== null) {
    add(`${id}_contact`, sensor(`${name} contact`, "door", state, "contact"));
    add(`${id}_forced`, sensor(`${name} forced`, "problem", state, "forced"));
    add(`${id}_held_open`, sensor(`${name} held open`, "problem", state, "heldOpen"));
  }
  add(`${id}_tamper`, sensor(`${name} tamper`, "tamper", state, "tampered"));
  if (exitButtons.length > 0) add(`${id}_exit_stuck`, sensor(`${name} exit stuck`, "problem", state, "exitStuck"));
  add(`${id}_access`, {
    platform: "event",
    name: `${name} access`,
    state_topic: topics.events(id),
    event_types: [...homeEventTypes],
  });
}

/** `value_json` is the state's JSON; a null in it renders as "None", which Home Assistant shows as unknown. */
const sensor = (name: string, deviceClass: string, topic: string, member: string) =>
  ({
    platform: "binary_sensor",
    name,
    device_class: deviceClass,
    state_topic: topic,
    value_template: `{{ value_json.${member} }}`,
    payload_on: "ON",
    payload_off: "OFF",
  }) as const;

const attributesOf = (topic: string) => ({
  json_attributes_topic: topic,
  json_attributes_template: "{{ value_json.attributes | tojson }}",
});

const lockAt = (name: string, state: string, order: string) =>
  ({
    platform: "lock",
    name,
    state_topic: state,
    value_template: "{{ value_json.lock }}",
    state_locked: "LOCKED",
    state_unlocked: "UNLOCKED",
    command_topic: order,
    payload_lock: "LOCK",
    payload_unlock: "UNLOCK",
    payload_open: "OPEN",
    optimistic: false,
    retain: false,
    qos: 0,
    ...attributesOf(state),
  }) as const;

/** The message; components that are gone are named with nothing but their platform, which takes them away. */
export const discoveryPayload = ({ device, components }: Discovery, gone: Readonly<Record<string, Platform>>): string =>
  JSON.stringify({
    ...device,
    components: {
      ...components,
      ...Object.fromEntries(Object.entries(gone).map(([name, platform]) => [name, { platform }])),
    },
  });
