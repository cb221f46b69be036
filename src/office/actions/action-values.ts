// What the variables of an action stand for, taken from one event and from how the doors stand; no code or card number is among it.
import { networkInterfaces } from "node:os";
import { isAlarm } from "../../domain/action.ts";
import type { Values } from "../../domain/action-text.ts";
import type { JournalEvent, RecordedEvent } from "../../domain/events.ts";
import type { SiteSpec } from "../../domain/site.ts";
import type { ActionsSpec, DoorStatus } from "../../domain/status.ts";

export interface ValueParts {
  readonly recorded: RecordedEvent;
  readonly action: string;
  readonly named: string | null;
  readonly revealNames: boolean;
  readonly site: SiteSpec;
  readonly spec: Pick<ActionsSpec, "relays" | "inputs" | "version">;
  readonly doors: readonly DoorStatus[];
}

/** Any field that some events have. */
type Fields = Readonly<
  Partial<Record<"door" | "input" | "reason" | "person" | "pass" | "credential" | "method", unknown>>
>;

export function valuesOf(parts: ValueParts): Values {
  const { recorded, action, named, revealNames, site, spec } = parts;
  const { event } = recorded;
  const fields = event as Fields;
  const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
  const id = textOf(fields.person) || textOf(fields.pass);
  const { mac, ip } = ownAddress();
  return {
    plain: {
      mac,
      ip,
      model: "Postern",
      firmware: spec.version,
      active_user: revealNames ? (recorded.personal?.name ?? id) : id,
      code: "",
      card_sn: fields.method === "card" ? textOf(fields.credential) : "",
      open_type: openType(event),
      alarmstatus: isAlarm(event) ? event.type : "",
      relay_id: site.doors.find((door) => door.id === fields.door)?.relay ?? "",
      action,
      door: textOf(fields.door),
      event: event.type,
      input: textOf(fields.input),
      named: named ?? "",
      reason: textOf(fields.reason),
      seq: String(recorded.seq),
      time: new Date(recorded.at.wall).toISOString(),
    },
    relays: spec.relays.map((relay) => relayStatus(relay, parts)),
    inputs: spec.inputs.map((input) => inputStatus(input, parts)),
  };
}

function openType(event: JournalEvent): string {
  if ("method" in event) return event.method;
  return "cause" in event ? event.cause.by : "";
}

/** 1 while the lock that it drives is unlocked. */
function relayStatus(relay: string, { site, doors }: ValueParts): string {
  const door = site.doors.find((one) => one.relay === relay);
  const status = doors.find((one) => one.door === door?.id);
  return status === undefined ? "" : status.locked ? "0" : "1";
}

/** 1 while the door that it watches stands open; 1 for the input that the event is about. */
function inputStatus(input: string, { site, doors, recorded }: ValueParts): string {
  if ((recorded.event as Fields).input === input) return "1";
  const door = site.doors.find((one) => one.contact === input);
  const contact = doors.find((one) => one.door === door?.id)?.contact ?? "unknown";
  return contact === "unknown" ? "" : contact === "open" ? "1" : "0";
}

function ownAddress(): { mac: string; ip: string } {
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  const own =
    all.find(({ internal, family }) => !internal && family === "IPv4") ?? all.find(({ internal }) => !internal);
  return { mac: own?.mac.replaceAll(":", "").toUpperCase() ?? "", ip: own?.address ?? "" };
}
