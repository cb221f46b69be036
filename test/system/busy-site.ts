// A site with much to do, for tests that disturb it: three doors whose locks cycle quickly, people, and counted passes.
import type { DirectoryChange, HolderRef } from "../../src/domain/directory.ts";
import type { CredentialId, DoorId, PassId, PersonId, ScheduleId } from "../../src/domain/ids.ts";
import { unixMs } from "../../src/domain/time.ts";

export interface BusyDoor {
  readonly id: string;
  readonly lock: "failSecure" | "failSafe";
  readonly relay: string;
  readonly exit: string;
}

export interface BusyReader {
  readonly id: string;
  readonly door: string;
  /** A card's length in bits as this reader sends it; null when it reads none. */
  readonly cardBits: number | null;
  readonly keys: boolean;
  readonly text: boolean;
}

export interface BusyHolder {
  readonly id: string;
  /** Null is uncounted: a person. */
  readonly usesPerDoor: number | null;
  readonly card: string | null;
  readonly pin: string | null;
  readonly text: string | null;
}

export const busyDoors: readonly BusyDoor[] = [
  { id: "north", lock: "failSecure", relay: "north-strike", exit: "north-exit" },
  { id: "south", lock: "failSecure", relay: "south-strike", exit: "south-exit" },
  { id: "vault", lock: "failSafe", relay: "vault-magnet", exit: "vault-exit" },
];

export const busyReaders: readonly BusyReader[] = [
  { id: "north-keys", door: "north", cardBits: null, keys: true, text: false },
  { id: "north-cards", door: "north", cardBits: 26, keys: false, text: false },
  { id: "north-scanner", door: "north", cardBits: null, keys: false, text: true },
  { id: "south-cards", door: "south", cardBits: 34, keys: true, text: false },
  { id: "vault-cards", door: "vault", cardBits: 26, keys: false, text: false },
  { id: "vault-scanner", door: "vault", cardBits: null, keys: false, text: true },
];

const person = (id: string, card: string, pin: string): BusyHolder => ({
  id,
  usesPerDoor: null,
  card,
  pin,
  text: `PERSON-${id}-4f1c`,
});

export const busyHolders: readonly BusyHolder[] = [
  person("ana", "00B775D2", "246810"),
  person("bo", "00A31F07", "1357"),
  person("cy", "00C40B11", "90210"),
  { id: "once", usesPerDoor: 1, card: "00111111", pin: null, text: null },
  { id: "few", usesPerDoor: 9, card: "00222222", pin: "777001", text: "PASS-few-77d0" },
  { id: "some", usesPerDoor: 60, card: "00333333", pin: "777002", text: "PASS-some-31aa" },
  { id: "many", usesPerDoor: 999, card: "00444444", pin: "777003", text: "PASS-many-c2e9" },
];

/** Nobody's: cards, codes, and digits held to a scanner. */
export const strangers = {
  cards: ["00FFFFFE", "00010203"],
  pins: ["0000", "246811", "99999999", "12345678901234567890"],
  texts: ["PASS-few-77d1", "123456", "nobody"],
} as const;

const wired = (reader: BusyReader, place: number): object => {
  const { id, door, cardBits, keys, text } = reader;
  if (text) return { id, door, kind: "scanner", port: `ttyACM${place}` };
  const pins = { d0: 100 + 2 * place, d1: 101 + 2 * place };
  if (cardBits === null) return { id, door, kind: "keypad", pins };
  return { id, door, kind: "wiegand", pins, format: `w${cardBits}`, keypad: keys };
};

/** Guessing is bounded as loosely as can be, so that wrong codes do not keep the right ones out for long. */
export const busyConfig = (recordDeadlineMs: number): object => ({
  site: { name: "Busy house", timeZone: "Europe/Madrid" },
  board: "simulated",
  relays: busyDoors.map(({ relay }, n) => ({ id: relay, pin: 10 + n })),
  inputs: busyDoors.map(({ exit }, n) => ({ id: exit, pin: 30 + n })),
  readers: busyReaders.map(wired),
  doors: busyDoors.map(({ id, lock, relay, exit }) => ({
    id,
    name: `The ${id} door`,
    lock,
    relay,
    exitButtons: [exit],
    unlockMs: 100,
  })),
  guessing: { failures: 50, blockMs: 1000, maxBlockMs: 1000, drainMs: 1000 },
  recordDeadlineMs,
  console: { port: 0 },
});

export function busyPeople(nowWallMs: number): DirectoryChange[] {
  return busyHolders.flatMap((holder): DirectoryChange[] => [
    putHolder(holder, nowWallMs),
    ...(["card", "pin", "text"] as const).flatMap((field): DirectoryChange[] => {
      const secret = holder[field];
      const kind = field === "text" ? "qr" : field;
      const id = `${holder.id}-${kind}` as CredentialId;
      return secret === null ? [] : [{ op: "putCredential", id, kind, secret, holder: refOf(holder) }];
    }),
    ...busyDoors.map(({ id }): DirectoryChange => {
      return { op: "putGrant", holder: refOf(holder), door: id as DoorId, schedule: "always" as ScheduleId };
    }),
  ]);
}

function putHolder({ id, usesPerDoor }: BusyHolder, nowWallMs: number): DirectoryChange {
  const shared = { name: `Name of ${id}`, state: "active" } as const;
  if (usesPerDoor === null) {
    const validity = { from: null, until: null };
    return { op: "putPerson", person: { kind: "person", id: id as PersonId, ...shared, validity } };
  }
  const validity = { from: null, until: unixMs(nowWallMs + 86_400_000) };
  return { op: "putPass", pass: { kind: "pass", id: id as PassId, ...shared, validity, usesPerDoor } };
}

const refOf = ({ id, usesPerDoor }: BusyHolder): HolderRef =>
  usesPerDoor === null ? { kind: "person", id: id as PersonId } : { kind: "pass", id: id as PassId };
