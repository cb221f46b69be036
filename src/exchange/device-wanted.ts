// What a door phone's list of people wants: its columns become people, cards, plates, doors and schedules. Pure.
import { parseCard } from "../domain/card-format.ts";
import type { CredentialKind, PersonGiven } from "../domain/directory.ts";
import type { DoorId, PersonId, ScheduleId } from "../domain/ids.ts";
import { idPattern } from "../domain/ids.ts";
import { always, never } from "../domain/schedule.ts";
import { readDeviceSchedules } from "./device-schedules.ts";
import type { DeviceRow, DeviceTable } from "./device-table.ts";
import type { ReadingTerms } from "./directory-file.ts";
import type { LineProblem, WantedCredential, WantedGrant, WantedHolder, WantedReading } from "./wanted.ts";
import { maxLineProblems } from "./wanted.ts";
import { parseInstant } from "./written-time.ts";

export interface DeviceTerms extends ReadingTerms {
  /** The n-th is what the relay digit n drives. */
  readonly relays: readonly DoorId[];
  /** The same for relays of an external box. */
  readonly securityRelays: readonly DoorId[];
}

/** Built into every device. */
export const deviceAlways = "1001";
export const deviceNever = "1002";

export function wantedOfDevice(table: DeviceTable, terms: DeviceTerms): WantedReading {
  const schedules = readDeviceSchedules(table.schedules);
  const reader = new DeviceReader(terms, schedules.byDeviceId);
  const holders = table.users.flatMap((row) => reader.person(row));
  const problems = [...schedules.problems, ...reader.problems, ...repeated(holders)];
  if (problems.length > 0) {
    return { ok: false, problems: problems.toSorted((a, b) => a.line - b.line).slice(0, maxLineProblems) };
  }
  const wanted = {
    holders,
    complete: new Set<never>(),
    keepsOthers: true,
    schedules: schedules.placed,
    holidays: null,
  };
  return { ok: true, wanted, warnings: [...table.warnings, ...reader.warnings] };
}

function repeated(holders: readonly WantedHolder[]): LineProblem[] {
  const seen = new Map<string, number>();
  return holders.flatMap(({ given, line }) => {
    const first = seen.get(given.id);
    if (first === undefined) seen.set(given.id, line);
    if (first === undefined) return [];
    return [{ line, problem: `The user "${given.id}" stands on line ${first} already.`, remedy: "Keep one of them." }];
  });
}

const bleColumns = ["BlePinCode", "BlePinCodeGenTime", "BleKeyID"];
const unbounded = { from: null, until: null };

class DeviceReader {
  readonly problems: LineProblem[] = [];
  readonly warnings: LineProblem[] = [];
  readonly #terms: DeviceTerms;
  readonly #schedules: ReadonlyMap<string, ScheduleId>;
  #warnedOfBle = false;

  constructor(terms: DeviceTerms, schedules: ReadonlyMap<string, ScheduleId>) {
    this.#terms = terms;
    this.#schedules = new Map([...schedules, [deviceAlways, always.id], [deviceNever, never.id]]);
  }

  person(row: DeviceRow): WantedHolder[] {
    const { line, cells } = row;
    const id = personIdOf(cells.get("UserId") ?? "");
    const name = cells.get("Name") ?? "";
    if (id === null) {
      this.#note(line, "The UserId is missing or has nothing an id can be made of.", "Give letters or digits.");
      return [];
    }
    if (name === "") {
      this.#note(line, "The name is missing.", "Write one under Name.");
      return [];
    }
    this.#lookForBle(row);
    const grants = this.#grants(row);
    const given: PersonGiven = {
      ...{ kind: "person" as const, id, name, state: "active" as const, validity: unbounded },
      ...this.#webRelay(row),
      ...(cells.has("Floor") ? { floors: listOf(cells.get("Floor")).filter((floor) => floor !== "0") } : {}),
      ...this.#holding(row, grants ?? []),
    };
    const completeKinds = new Set<CredentialKind>();
    if (cells.has("CardCode")) completeKinds.add("card");
    if (cells.has("LicensePlateCode")) completeKinds.add("plate");
    const credentials = [...this.#pin(row), ...this.#cards(row), ...this.#plates(row)];
    return [
      { kind: "person", given, line, credentials, completeKinds, grants, uses: [], activations: [], isPartial: true },
    ];
  }

  #webRelay({ line, cells }: DeviceRow): Partial<PersonGiven> {
    const text = cells.get("WebRelay");
    if (text === undefined) return {};
    if (/^[0-9]{0,2}$/.test(text)) return { webRelay: Number(text) };
    this.#note(line, "WebRelay is not the number of an action.", "Write 0 for none, or 1 to 50.");
    return {};
  }

  #holding({ line, cells }: DeviceRow, grants: readonly WantedGrant[]): Partial<PersonGiven> {
    const text = cells.get("RelayScheduleActivationPermission");
    if (text === undefined) return {};
    if (text === "1") return { mayHoldOpen: [...new Set(grants.map(({ door }) => door))] };
    if (text !== "" && text !== "0")
      this.#note(line, "RelayScheduleActivationPermission is not 0 or 1.", "Write 0 or 1.");
    return { mayHoldOpen: [] };
  }

  /** Null where the list has no such column. */
  #grants({ line, cells }: DeviceRow): WantedGrant[] | null {
    const { relays, securityRelays } = this.#terms;
    const found = [
      ["Schedule-Relay", "relay", relays] as const,
      ["Schedule-SRelay", "security relay", securityRelays] as const,
    ].flatMap(([column, what, doors]) => {
      const text = cells.get(column);
      return text === undefined ? [] : [this.#scheduleRelays(text, column, what, doors, line)];
    });
    return found.length === 0 ? null : found.flat();
  }

  #scheduleRelays(text: string, column: string, what: string, doors: readonly DoorId[], line: number): WantedGrant[] {
    return listOf(text).flatMap((entry) => {
      const [, deviceId = "", digits = ""] = /^([0-9]{1,9})-([1-9]{1,9})$/.exec(entry) ?? [];
      if (digits === "") {
        this.#note(
          line,
          `${column} is malformed.`,
          "Write the schedule's number, a hyphen and relay digits, as in 1001-12;",
        );
        return [];
      }
      const schedule = this.#schedules.get(deviceId);
      if (schedule === undefined) {
        this.#note(line, `There is no schedule ${deviceId} in the list.`, "Add it under ScheduleData.");
        return [];
      }
      return [...digits].flatMap((digit): WantedGrant[] => {
        const door = doors[Number(digit) - 1];
        if (door !== undefined) return [{ door, schedule, line }];
        this.#note(
          line,
          `No door stands for ${what} ${digit}.`,
          `Say which one with --${what.replace(" ", "-")} ${digit}=DOOR.`,
        );
        return [];
      });
    });
  }

  #pin({ line, cells }: DeviceRow): WantedCredential[] {
    const digits = cells.get("PinCode") ?? "";
    return digits === "" ? [] : [plainCredential("pin", digits, line)];
  }

  #cards({ line, cells }: DeviceRow): WantedCredential[] {
    return listOf(cells.get("CardCode")).flatMap((number) => {
      const reading = parseCard(number, this.#terms.cards.icFormat);
      if (!reading.ok) {
        this.#note(line, reading.problem, reading.remedy);
        return [];
      }
      const { code, known } = reading;
      if (known !== null) {
        const remedy = "Write the whole number where it is known.";
        this.warnings.push({ line, problem: "256 cards share this number.", remedy });
      }
      return [{ ...plainCredential("card", code, line), known }];
    });
  }

  #plates({ line, cells }: DeviceRow): WantedCredential[] {
    const isLongTerm = cells.get("LicensePlateLongTermEnable") === "1";
    const bound = (column: string) => {
      const text = isLongTerm ? "" : (cells.get(column) ?? "");
      if (text === "") return null;
      const at = parseInstant(text, this.#terms.timeZone);
      if (at === null) this.#note(line, `${column} is no time.`, "Write date and time, such as 2026-11-25 08:00.");
      return at;
    };
    const validity = { from: bound("LicensePlateStartTime"), until: bound("LicensePlateEndTime") };
    return listOf(cells.get("LicensePlateCode")).map((plate) => ({
      ...plainCredential("plate", plate, line),
      validity,
    }));
  }

  #lookForBle({ line, cells }: DeviceRow): void {
    if (this.#warnedOfBle || bleColumns.every((column) => (cells.get(column) ?? "") === "")) return;
    this.#warnedOfBle = true;
    const remedy = "Those people need another way in.";
    this.warnings.push({ line, problem: "Bluetooth keys are not taken, from this line on.", remedy });
  }

  #note(line: number, problem: string, remedy: string): void {
    this.problems.push({ line, problem, remedy });
  }
}

const plainCredential = (kind: CredentialKind, text: string, line: number): WantedCredential => ({
  kind,
  secret: { kind: "plain", text },
  ...{ state: "active", validity: unbounded, direction: null, known: null, technology: null, line, place: null },
});

/** `;` is written, `|` is read as well. */
const listOf = (text: string | undefined): string[] =>
  (text ?? "")
    .split(/[;|]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");

/** The device's own id where it can be one here, or what is left of it. */
function personIdOf(text: string): PersonId | null {
  const id = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 63);
  return idPattern.test(id) ? (id as PersonId) : null;
}
