// The directory as a door phone's list of people. What that list cannot say is left out and named, never said as something
// that would open more. Pure.
import type { CardPolicy } from "../domain/card-format.ts";
import { formatOf, formatPartly } from "../domain/card-format.ts";
import type { Person } from "../domain/directory.ts";
import type { ExportedCredential, ExportedHolder } from "../domain/directory-export.ts";
import type { DoorId } from "../domain/ids.ts";
import type { CardCode } from "../domain/presentation.ts";
import { always, never } from "../domain/schedule.ts";
import { writeDeviceSchedule } from "./device-schedules.ts";
import type { DeviceRow, DeviceTable } from "./device-table.ts";
import { deviceAlways, deviceNever } from "./device-wanted.ts";
import type { KnownDirectory } from "./planned.ts";

export interface DeviceExportTerms {
  readonly cards: CardPolicy;
  readonly relays: readonly DoorId[];
  /** The site's wall clock, for the dates of plates. */
  readonly wallText: (atMs: number) => string;
}

export interface DeviceExport {
  readonly table: Omit<DeviceTable, "warnings">;
  /** What could not be said, a sentence each. */
  readonly left: readonly string[];
}

const maxDigit = 9;

export function exportForDevices(known: KnownDirectory, terms: DeviceExportTerms): DeviceExport {
  const left: string[] = [];
  const { cards } = terms;
  const numbers = new Map<string, string>(known.schedules.map(({ id }, n) => [id as string, String(n + 1)]));
  numbers.set(always.id, deviceAlways).set(never.id, deviceNever);
  const passes = known.holders.filter(({ holder }) => holder.kind !== "person").length;
  if (passes > 0) left.push(`${passes} passes and public codes: the list has people only.`);
  const codes = known.holders.filter(
    ({ holder, credentials }) => holder.kind === "person" && credentials.some(isToken),
  );
  if (codes.length > 0) left.push(`PINs and QR codes of ${codes.length} people: only their tokens are known here.`);
  if (cards.icFormat.startsWith("6H")) left.push(`One byte of each card's number: ${cards.icFormat} does not say it.`);
  const people = known.holders.filter(({ holder }) => holder.kind === "person" && mayLeave(holder, left));
  const users = people.map((one, n) => userRow(one, n + 1, { terms, numbers, left }));
  const schedules = known.schedules.flatMap((one) => writeDeviceSchedule(one, numbers.get(one.id) ?? ""));
  return { table: { users, schedules }, left };
}

const isToken = ({ code }: ExportedCredential): boolean => code !== null;

/** Whoever may not enter, or not for ever, would enter for ever elsewhere. */
function mayLeave(holder: ExportedHolder["holder"], left: string[]): boolean {
  const person = holder as Person;
  const isPlain = person.state === "active" && person.validity.from === null && person.validity.until === null;
  if (!isPlain)
    left.push(`${person.name} (${person.id}): suspended, or valid for a time only, which the list cannot say.`);
  return isPlain;
}

interface RowTerms {
  readonly terms: DeviceExportTerms;
  readonly numbers: ReadonlyMap<string, string>;
  readonly left: string[];
}

function userRow(exported: ExportedHolder, n: number, { terms, numbers, left }: RowTerms): DeviceRow {
  const person = exported.holder as Person;
  const who = `${person.name} (${person.id})`;
  const usable = exported.credentials.filter((one) => {
    const isUsable = one.code !== null || one.state === "active";
    if (!isUsable) left.push(`${who}: a ${one.kind} that is ${one.state}.`);
    return isUsable;
  });
  const cells = new Map<string, string>([
    ["ID", String(n)],
    ["UserId", person.id],
    ["Name", person.name],
    ["WebRelay", String(person.webRelay)],
    ["Floor", person.floors.length === 0 ? "0" : person.floors.join(";")],
    ["Schedule-Relay", scheduleRelays(exported, terms.relays, numbers, who, left)],
    ["CardCode", cardsOf(usable, terms.cards, who, left)],
    ...platesOf(usable, terms, who, left),
    ["RelayScheduleActivationPermission", person.mayHoldOpen.length > 0 ? "1" : "0"],
  ]);
  return { line: 0, cells };
}

function scheduleRelays(
  { grants }: ExportedHolder,
  relays: readonly DoorId[],
  numbers: ReadonlyMap<string, string>,
  who: string,
  left: string[],
): string {
  const digits = new Map<string, string>();
  for (const { door, schedule } of grants) {
    const digit = relays.indexOf(door) + 1;
    const number = numbers.get(schedule);
    if (digit < 1 || digit > maxDigit || number === undefined)
      left.push(`${who}: the door ${door}, which has no relay digit.`);
    else digits.set(number, `${digits.get(number) ?? ""}${digit}`);
  }
  return [...digits].map(([number, list]) => `${number}-${[...list].sort().join("")};`).join("");
}

function cardsOf(credentials: readonly ExportedCredential[], cards: CardPolicy, who: string, left: string[]): string {
  const own = credentials.filter(({ kind }) => kind === "card" || kind === "bkey");
  return own
    .filter(({ validity }) => {
      const isPlain = validity.from === null && validity.until === null;
      if (!isPlain) left.push(`${who}: a card that is valid for a time only.`);
      return isPlain;
    })
    .map(({ secret, known, technology }) => {
      const format = formatOf(cards, technology);
      const number = formatPartly((secret ?? "") as CardCode, known, format);
      // A list does not tell technologies apart: what is not in the usual format says so.
      return format === cards.icFormat || number.includes(":") ? number : `${format}:${number}`;
    })
    .join(";");
}

/** A row has one time for all of its plates. */
function platesOf(
  credentials: readonly ExportedCredential[],
  { wallText }: DeviceExportTerms,
  who: string,
  left: string[],
): [string, string][] {
  const plates = credentials.filter(({ kind }) => kind === "plate");
  const [first] = plates;
  if (first === undefined) return [];
  const { from, until } = first.validity;
  const alike = plates.filter(
    ({ validity, direction }) => validity.from === from && validity.until === until && direction === null,
  );
  if (alike.length < plates.length) left.push(`${who}: plates of other times, or of one direction only.`);
  if (alike.length === 0) return [];
  return [
    ["LicensePlateCode", alike.map(({ secret }) => secret ?? "").join(";")],
    ["LicensePlateStartTime", from === null ? "" : wallText(from)],
    ["LicensePlateEndTime", until === null ? "" : wallText(until)],
    ["LicensePlateLongTermEnable", from === null && until === null ? "1" : "0"],
  ];
}
