// What Home Assistant is told, and how what it asks is read: without a broker.
import { expect, test } from "vitest";
import type { HomeAssistantSpec } from "../../src/domain/home-assistant.ts";
import type { DoorId } from "../../src/domain/ids.ts";
import { discoveryPayload, planDiscovery } from "../../src/office/homeassistant/plan-discovery.ts";
import { planEvent } from "../../src/office/homeassistant/plan-event.ts";
import { planStates } from "../../src/office/homeassistant/plan-states.ts";
import { commandFor, readOrder } from "../../src/office/homeassistant/read-order.ts";
import { garageDoor, site } from "../site-fixture.ts";
import { FakeJournal } from "./fake-journal.ts";
import { commonKeys, deviceKeys, deviceMessage, discoveryTopic, originKeys, platforms } from "./home-assistant-keys.ts";
import { statusOf } from "./office-bench.ts";

const spec: HomeAssistantSpec = {
  broker: "mqtt://127.0.0.1",
  caFile: null,
  username: null,
  passwordFile: null,
  discoveryPrefix: "homeassistant",
  id: "postern",
  mayOpen: true,
  revealDetails: false,
};
type Component = Readonly<Record<string, unknown>>;
const told = (changed: Partial<HomeAssistantSpec> = {}) => {
  const discovery = planDiscovery({ spec: { ...spec, ...changed }, site, version: "1.2.3" });
  const message = JSON.parse(discoveryPayload(discovery, {})) as Record<string, unknown>;
  return { topic: discovery.topic, message, components: message["components"] as Record<string, Component> };
};

test.each([true, false])(
  "every key of the discovery is one that Home Assistant takes, and none is missing (opening: %s)",
  (mayOpen) => {
    const { topic, message, components } = told({ mayOpen });
    expect(topic.slice("homeassistant/".length)).toMatch(discoveryTopic);
    expect(Object.keys(message)).toEqual(expect.arrayContaining([...deviceMessage.required]));
    expect([...deviceMessage.required, ...deviceMessage.optional]).toEqual(
      expect.arrayContaining(Object.keys(message)),
    );
    expect(deviceKeys).toEqual(expect.arrayContaining(Object.keys(message["device"] as object)));
    expect(originKeys).toEqual(expect.arrayContaining(Object.keys(message["origin"] as object)));
    for (const [name, component] of Object.entries(components)) {
      expect(name).toMatch(/^[a-zA-Z0-9_-]+$/);
      const table = platforms[String(component["platform"])];
      if (table === undefined) throw new Error(`${name} is no platform that is known`);
      expect(Object.keys(component)).toEqual(expect.arrayContaining([...table.required, "platform", "unique_id"]));
      expect([...commonKeys, ...table.required, ...table.optional]).toEqual(
        expect.arrayContaining(Object.keys(component)),
      );
      if ("device_class" in component) expect(table.deviceClasses).toContain(component["device_class"]);
      for (const [key, value] of Object.entries(component))
        if (key.endsWith("topic")) expect(value).not.toMatch(/[+#\s]/);
    }
    const ids = Object.values(components).map((one) => one["unique_id"]);
    expect(new Set(ids).size).toBe(ids.length);
  },
);

test("each component finds what it shows in the state that is told", () => {
  const states = planStates({ spec, doors: [statusOf("front"), statusOf("garage")], health: [] });
  for (const mayOpen of [true, false]) {
    for (const component of Object.values(told({ mayOpen }).components)) {
      const { state_topic: topic, value_template: template } = component;
      if (component["platform"] === "event" || topic === undefined) continue;
      const state = JSON.parse(states.get(String(topic)) ?? "{}") as Record<string, unknown>;
      const member = /^\{\{ value_json\.(\w+) \}\}$/.exec(String(template))?.[1] ?? "";
      const values = ["payload_on", "payload_off", "state_locked", "state_unlocked"].map((key) => component[key]);
      expect(values).toContain(state[member]);
    }
  }
});

test("without leave to open there is no lock, no button and no topic for commands", () => {
  const { components } = told({ mayOpen: false });
  expect(Object.values(components).filter((one) => "command_topic" in one)).toEqual([]);
  expect(components["front_unlocked"]).toMatchObject({
    platform: "binary_sensor",
    device_class: "lock",
    name: "Front door",
  });
});

test("with leave to open there are a lock and a button, which neither keep nor queue what they say", () => {
  const { components } = told();
  for (const name of ["front_lock", "front_open", "garage_lock", "garage_open"]) {
    expect(components[name]).toMatchObject({ retain: false, qos: 0 });
  }
  expect(components["front_open"]).toMatchObject({ platform: "button", payload_press: "OPEN" });
});

test("a door without a contact claims to know nothing of it, and what is gone is named by its platform alone", () => {
  const bare = { ...site, fireInput: null, doors: [{ ...garageDoor, contact: null, exitButtons: [] }] };
  const discovery = planDiscovery({ spec: { ...spec, mayOpen: false }, site: bare, version: "1" });
  expect(Object.keys(discovery.components)).toEqual(["problem", "garage_unlocked", "garage_tamper", "garage_access"]);
  const { components } = JSON.parse(discoveryPayload(discovery, { front_lock: "lock" })) as { components: object };
  expect(components).toMatchObject({ front_lock: { platform: "lock" } });
});

test("a door's state says what its wires say, and what no wire says is left open", () => {
  const door = statusOf("front", { locked: false, mode: "accessed", contact: "unknown", forced: true });
  const [state] = [...planStates({ spec, doors: [door], health: [] }).values()];
  expect(JSON.parse(state ?? "")).toEqual({
    lock: "UNLOCKED",
    unlocked: "ON",
    contact: null,
    forced: "ON",
    heldOpen: "OFF",
    tampered: "OFF",
    exitStuck: "OFF",
    attributes: { mode: "accessed" },
  });
});

test("what is not well is told by its name, and why stays on site", () => {
  const health = [
    { part: "ledger", state: "fault", why: "/var/lib/postern is full", sinceWallMs: 1 },
    { part: "office", state: "ok", why: "", sinceWallMs: 1 },
  ] as const;
  const [state = ""] = [...planStates({ spec, doors: [], health }).values()];
  expect(JSON.parse(state)).toEqual({ problem: "ON", fire: "OFF", attributes: { parts: ["ledger"] } });
  expect(state).not.toContain("full");
});

const journal = new FakeJournal();
const shown = { ask: "run.1", door: "front", reader: "front-reader", method: "pin", directoryVersion: 1 };
const denied = {
  type: "access.denied",
  reason: "outsideSchedule",
  credential: null,
  person: "ana",
  pass: null,
  ...shown,
};

test("events say what happened at which reader, and neither who it was nor why they were denied", () => {
  const recorded = journal.append(denied as never, "Ana Gil");
  expect(planEvent(recorded, false)).toEqual({
    door: "front",
    payload: '{"event_type":"denied","method":"pin","reader":"front-reader"}',
  });
});

test("events say who it was and why where a site asks for that", () => {
  const told = planEvent(journal.append(denied as never, "Ana Gil"), true);
  expect(JSON.parse(told?.payload ?? "")).toMatchObject({ name: "Ana Gil", reason: "outsideSchedule" });
});

test("somebody who is forced to open is shown as let in, like anybody", () => {
  const duress = journal.append(
    { type: "access.duress", ask: "run.1", door: "front", person: "ana" } as never,
    "Ana Gil",
  );
  expect(planEvent(duress, true)).toBeNull();
});

const doors = [site.doors[0]?.id, site.doors[1]?.id] as readonly DoorId[];
const message = (payload: string | Uint8Array, topic = "postern/ha/postern/doors/front/order", retained = false) => ({
  topic,
  payload: typeof payload === "string" ? Buffer.from(payload) : payload,
  retained,
});

test("the three orders are read", () => {
  const orders = ["LOCK", "UNLOCK", "OPEN"].map((word) => readOrder(message(word), spec, doors));
  expect(orders).toEqual(["lock", "unlock", "open"].map((order) => ({ ok: true, door: "front", order })));
});

test.each([
  ["one that the broker keeps", message("OPEN", undefined, true), "retained"],
  ["one that is too long", message("OPEN".padEnd(65)), "oversized"],
  ["a word that is none", message("open"), "malformed"],
  ["nothing", message(""), "malformed"],
  ["bytes that are no text", message(Uint8Array.of(0xff, 0xfe)), "malformed"],
  ["one to a door that is not there", message("OPEN", "postern/ha/postern/doors/attic/order"), "unknownDoor"],
  ["one to another controller", message("OPEN", "postern/ha/other/doors/front/order"), "unknownDoor"],
])("%s is no order", (_, arrival, why) => {
  expect(readOrder(arrival, spec, doors)).toEqual({ ok: false, why });
});

test("no order counts where Home Assistant may not open", () => {
  expect(readOrder(message("LOCK"), { ...spec, mayOpen: false }, doors)).toEqual({ ok: false, why: "notAllowed" });
});

test("neither locking nor unlocking undoes what somebody on site has set", () => {
  const front = "front" as DoorId;
  for (const standing of ["blocked", "lockedDown", "lockedOpen", "doubleLocked"] as const) {
    expect(commandFor("unlock", front, statusOf("front", { standing }))).toBeNull();
    expect(commandFor("lock", front, statusOf("front", { standing }))).toBeNull();
  }
  expect(commandFor("unlock", front, statusOf("front"))).toEqual({ kind: "unlock", door: "front" });
});
