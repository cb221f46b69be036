// A site with a reader for each presentation of a stall, the people who present, and what trace and record say of them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { askLifeMs } from "../../src/domain/ask.ts";
import type { DirectoryChange, HolderRef } from "../../src/domain/directory.ts";
import type { RecordedEvent } from "../../src/domain/events.ts";
import type { CredentialId, DoorId, PassId, PersonId, ScheduleId } from "../../src/domain/ids.ts";
import type { UnixMs } from "../../src/domain/time.ts";
import { openJournalReader, pageSize } from "../../src/ledger/journal-reader.ts";
import { doorCount, manyDoors } from "../bench/many-doors.ts";
import type { Product } from "./product.ts";

export const usesPerDoor = 2;
export const ana = { card: "B775D2", pin: "246810" };
export const courier = { card: "C0FFEE", qr: "COURIER-5fa09c21d3" };

export const stallSite = (recordDeadlineMs: number, consolePort: number): object => ({
  ...manyDoors(),
  recordDeadlineMs,
  console: { host: "127.0.0.1", port: consolePort },
});

const unbounded = { from: null, until: null };
const aDayMs = 24 * 60 * 60 * 1_000;
const today = { from: null, until: (Date.now() + aDayMs) as UnixMs };
const resident: HolderRef = { kind: "person", id: "ana" as PersonId };
const visitor: HolderRef = { kind: "pass", id: "courier" as PassId };

export const people: readonly DirectoryChange[] = [
  { op: "putPerson", person: { ...resident, name: "Ana Ruiz", state: "active", validity: unbounded } },
  { op: "putPass", pass: { ...visitor, name: "Courier", state: "active", validity: today, usesPerDoor } },
  putCredential("ana-card", "card", `00${ana.card}`, resident),
  putCredential("ana-pin", "pin", ana.pin, resident),
  putCredential("courier-card", "card", `00${courier.card}`, visitor),
  putCredential("courier-qr", "qr", courier.qr, visitor),
  ...Array.from({ length: doorCount }, (_, n) => [putGrant(resident, n), putGrant(visitor, n)]).flat(),
];

function putCredential(id: string, kind: "card" | "pin" | "qr", secret: string, holder: HolderRef): DirectoryChange {
  return { op: "putCredential", id: id as CredentialId, kind, secret, holder };
}

function putGrant(holder: HolderRef, door: number): DirectoryChange {
  return { op: "putGrant", holder, door: `door-${door}` as DoorId, schedule: "always" as ScheduleId };
}

/** Presents at one reader and resolves with what the reader shows. */
export async function show({ board }: Product, reader: string, command: string): Promise<string> {
  const signal = board.next((one) => one.kind === "signal" && one["reader"] === reader && one["signal"] !== "key");
  board.push(command);
  return String((await signal)["signal"]);
}

export const tap = (product: Product, door: number, card: string): Promise<string> =>
  show(product, `reader-${door}`, `tap reader-${door} ${card}`);
export const enter = (product: Product, door: number, pin: string): Promise<string> =>
  show(product, `reader-${door}`, `keys reader-${door} ${pin}#`);
export const scan = (product: Product, door: number, text: string): Promise<string> =>
  show(product, `scanner-${door}`, `text scanner-${door} ${text}`);

/** Resolves when the button has unlocked the door and time has locked it again. */
export async function leave({ board }: Product, door: number): Promise<void> {
  const moved = (energized: boolean, cause: string) =>
    board.next(
      (one) =>
        one.kind === "relay" &&
        one["relay"] === `relay-${door}` &&
        one["energized"] === energized &&
        one["cause"] === cause,
    );
  const passage = Promise.all([moved(true, `exit:exit-${door}`), moved(false, "time")]);
  board.push(`press exit-${door} 20ms`);
  await passage;
}

export function readRecord(state: string): RecordedEvent[] {
  const reader = openJournalReader(join(state, "ledger.db"));
  const events: RecordedEvent[] = [];
  for (;;) {
    const page = reader.after(events.at(-1)?.seq ?? 0, pageSize);
    events.push(...page);
    if (page.length < pageSize) break;
  }
  reader.close();
  return events;
}

/** What the record says became of an ask: event names without their area, a denial with its reason. */
export function outcomesIn(record: readonly RecordedEvent[]): Map<string, string[]> {
  const outcomes = new Map<string, string[]>();
  for (const { event } of record) {
    if (!("ask" in event)) continue;
    const word = event.type === "access.denied" ? event.reason : event.type.slice("access.".length);
    outcomes.set(event.ask, [...(outcomes.get(event.ask) ?? []), word]);
  }
  return outcomes;
}

export interface Story {
  /** The ask's number within its run counts them, in the order in which they were shown. */
  readonly presented: readonly { readonly reader: string; readonly mono: number }[];
  readonly openings: readonly { readonly ask: string; readonly reader: string; readonly ageMs: number }[];
  /** Openings of presentations that were older than an ask lives. */
  readonly stale: readonly string[];
}

interface Line {
  readonly kind?: string;
  readonly mono: number;
  readonly energized?: boolean;
  readonly cause?: string;
  readonly event?: { readonly kind: string; readonly reader?: string; readonly bits?: string };
}

const cardBits = 26;
/** The key # on the card reader's own lines. */
const confirmBits = "1011";

export function readStory(trace: string): Story {
  const presented: { reader: string; mono: number }[] = [];
  const openings: { ask: string; reader: string; ageMs: number }[] = [];
  for (const text of readFileSync(trace, "utf8").trimEnd().split("\n")) {
    const { kind, mono, energized, cause, event } = JSON.parse(text) as Line;
    if (event !== undefined && isPresentation(event)) presented.push({ reader: event.reader ?? "", mono });
    if (kind !== "relay" || energized !== true || cause?.startsWith("ask:") !== true) continue;
    const ask = cause.slice("ask:".length);
    const shown = presented[Number(ask.split(".").at(-1)) - 1];
    openings.push({ ask, reader: shown?.reader ?? "", ageMs: mono - (shown?.mono ?? Number.NEGATIVE_INFINITY) });
  }
  return { presented, openings, stale: openings.filter(({ ageMs }) => ageMs > askLifeMs).map(({ ask }) => ask) };
}

const isPresentation = ({ kind, bits }: NonNullable<Line["event"]>): boolean =>
  kind === "text" || (kind === "frame" && (bits?.length === cardBits || bits === confirmBits));
