// Doors, people and passes for tests of what the ledger remembers between presentations.
import type { DirectoryChange, PassGiven, PersonGiven } from "../../src/domain/directory.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { AreaId, DoorId, InputId, PassId, PersonId, ReaderId, ScheduleId } from "../../src/domain/ids.ts";
import type { Presentation } from "../../src/domain/presentation.ts";
import { always } from "../../src/domain/schedule.ts";
import type { AreaSpec, DoorSpec, FactorNeed, SiteSpec } from "../../src/domain/site.ts";
import { unixMs } from "../../src/domain/time.ts";
import { frontDoor, garageDoor, site } from "../site-fixture.ts";
import type { TestLedger } from "./ledger-fixture.ts";
import { noon, pass, person, putCredential, putGrant } from "./ledger-fixture.ts";

export const dayMs = 86_400_000;

export const needing = (need: FactorNeed, door: Partial<DoorSpec> = {}): SiteSpec => ({
  ...site,
  doors: [{ ...frontDoor, factors: [{ schedule: always.id, need }], ...door }, garageDoor],
});

export const changedFront = (door: Partial<DoorSpec>, rest: Partial<SiteSpec> = {}): SiteSpec => ({
  ...site,
  doors: [{ ...frontDoor, ...door }, garageDoor],
  ...rest,
});

export const lobby = "lobby" as AreaId;
export const vault = "vault" as AreaId;

/** The front door leads from the street into the lobby and is watched by a contact; the garage, without one, into the vault. */
export function areaSite(area: Partial<AreaSpec> = {}, front: Partial<DoorSpec> = {}): SiteSpec {
  const given = { passback: "hard", forgiveMs: 0, capacity: 0, ...area } as const;
  return {
    ...site,
    areas: [
      { id: lobby, name: "Lobby", ...given },
      { id: vault, name: "Vault", ...given },
    ],
    doors: [
      { ...frontDoor, leadsTo: lobby, ...front },
      { ...garageDoor, contact: null, leadsTo: vault },
    ],
    readers: [
      ...site.readers,
      { id: "front-out" as ReaderId, door: frontDoor.id, direction: "exit", format: "w26", keypad: true },
      { id: "garage-out" as ReaderId, door: garageDoor.id, direction: "exit", format: "w26", keypad: true },
    ],
  };
}

export const out = { reader: "front-out", direction: "exit" } as const;
export const garage = { door: "garage", reader: "garage-reader" } as const;
export const garageOut = { door: "garage", reader: "garage-out", direction: "exit" } as const;

const unbounded = { from: null, until: null };

/** With a PIN, a card and a grant at both doors. */
export function resident(
  id: string,
  secrets: { pin?: string; card?: string },
  more: Partial<PersonGiven> = {},
): DirectoryChange[] {
  const given = {
    kind: "person",
    id: id as PersonId,
    name: id.toUpperCase(),
    state: "active",
    validity: unbounded,
  } as const;
  return [
    { op: "putPerson", person: { ...given, ...more } },
    ...(secrets.pin === undefined ? [] : [putCredential(`${id}-pin`, person(id), "pin", secrets.pin)]),
    ...(secrets.card === undefined ? [] : [putCredential(`${id}-card`, person(id), "card", secrets.card)]),
    putGrant(person(id)),
    putGrant(person(id), "garage"),
  ];
}

/** With a QR, a secret code and a grant at both doors. */
export function guest(
  id: string,
  secrets: { qr?: string; code?: string; pin?: string; card?: string },
  more: Partial<PassGiven> = {},
): DirectoryChange[] {
  const validity = { from: null, until: unixMs(noon + 30 * dayMs) };
  const given = { kind: "pass", id: id as PassId, name: id.toUpperCase(), state: "active", validity } as const;
  const kinds = ["qr", "code", "pin", "card"] as const;
  return [
    { op: "putPass", pass: { ...given, ...more } },
    ...kinds.flatMap((kind) => {
      const secret = secrets[kind];
      return secret === undefined ? [] : [putCredential(`${id}-${kind}`, pass(id), kind, secret)];
    }),
    putGrant(pass(id)),
    putGrant(pass(id), "garage"),
  ];
}

export const publicPin = (digits: string): DirectoryChange[] => {
  const holder = { kind: "public", id: "public-1" as never } as const;
  return [
    { op: "putPublic", public: { kind: "public", id: "public-1" as never, name: "Public", state: "active" } },
    putCredential("public-1-pin", holder, "pin", digits),
    putGrant(holder),
  ];
};

export const plate = (text: string): Presentation => ({ method: "plate", plate: text });

export const putSchedule = (
  id: string,
  windows: readonly [string, number, number][],
  exempt = false,
): DirectoryChange => ({
  op: "putSchedule",
  schedule: {
    id: id as ScheduleId,
    name: id,
    rule: {
      kind: "weekly",
      windows: windows.map(([day, startMinute, endMinute]) => ({ days: [day as never], startMinute, endMinute })),
      holidayExempt: exempt,
    },
  },
});

export const takenBy = (ask: string, door = "front"): JournalEvent =>
  ({ type: "access.taken", ask, door: door as DoorId }) as JournalEvent;
export const notTakenBy = (ask: string, door = "front"): JournalEvent =>
  ({ type: "access.notTaken", ask, door: door as DoorId }) as JournalEvent;

export const fireInput = "fire-panel" as InputId;

/** What was appended since, without the events of a directory change. */
export function typesSince(tested: TestLedger, seq: number): string[] {
  return tested
    .events()
    .filter((recorded) => recorded.seq > seq)
    .map(({ event }) => event.type);
}
