// Turns the entries of a directory.json into what they want, noting each value that cannot be meant, with its line. Pure.

import { parseDate } from "../domain/calendar-day.ts";
import type { CardFormat, CardTechnology } from "../domain/card-format.ts";
import { formatOf, parseCard } from "../domain/card-format.ts";
import type { CredentialKind, CredentialState, PassFloors, Validity } from "../domain/directory.ts";
import type { DoorId, HolidayId, PassId, PersonId, PublicId, ScheduleId } from "../domain/ids.ts";
import type { LocalDate } from "../domain/local-time.ts";
import type { DayWindow, Recurrence } from "../domain/recurrence.ts";
import type { Holiday, Schedule } from "../domain/schedule.ts";
import { always } from "../domain/schedule.ts";
import type { UnixMs } from "../domain/time.ts";
import { unixMs } from "../domain/time.ts";
import { parseToken } from "./code-token.ts";
import type { ReadingTerms } from "./directory-file.ts";
import type { FileHoliday, FilePass, FilePerson, FilePublic, FileRepeat, FileSchedule } from "./directory-schema.ts";
import type { LocatedJson, Path } from "./located-json.ts";
import type { LineProblem, Placed, Secret, WantedCredential, WantedGrant, WantedHolder } from "./wanted.ts";
import { parseInstant, parseWindow } from "./written-time.ts";

type Coded = FilePerson["pin"];
type CardEntry = NonNullable<FilePerson["cards"]>[number];
type PlateEntry = NonNullable<FilePerson["plates"]>[number];

/** The parts that every holder's entry may have. */
type Entry = Partial<Pick<FilePerson, "pin" | "qrPin" | "qr" | "cards" | "bkeys" | "plates" | "doors">> &
  Partial<Pick<FilePass, "code">>;

interface Dated {
  readonly from?: string | null | undefined;
  readonly until?: string | null | undefined;
}

const minuteMs = 60_000;

export class FileReader {
  readonly problems: LineProblem[] = [];
  readonly warnings: LineProblem[] = [];
  readonly #json: LocatedJson;
  readonly #terms: ReadingTerms;
  readonly #format: CardFormat | null;

  constructor(json: LocatedJson, terms: ReadingTerms, format: CardFormat | null) {
    this.#json = json;
    this.#terms = terms;
    this.#format = format;
  }

  person(entry: FilePerson, path: Path): WantedHolder {
    const { id, name, state, role, building, apartment, phone, floors, webRelay, namedEvents, factors } = entry;
    const { extendedTimes, lockdownExempt, passbackExempt } = entry;
    const given = {
      kind: "person" as const,
      id: id as PersonId,
      name,
      state,
      validity: this.#validity(entry, path),
      ...{ role, building, apartment, phone, floors, webRelay, namedEvents, factors },
      ...{ extendedTimes, lockdownExempt, passbackExempt },
      mayHoldOpen: entry.mayHoldOpen.map((door) => door as DoorId),
    };
    return { ...this.#common(entry, path), kind: "person", given, uses: [], activations: [] };
  }

  pass(entry: FilePass, path: Path): WantedHolder {
    const { id, name, state, version, host, preset, usesPerDoor, usesTotal, idNumber, message } = entry;
    const floors: PassFloors = entry.floors === "host" ? { kind: "host" } : { kind: "list", floors: entry.floors };
    const given = {
      kind: "pass" as const,
      id: id as PassId,
      name,
      state,
      ...(version === undefined ? {} : { version }),
      host: host as PersonId | null,
      preset,
      validity: this.#validity(entry, path),
      expiresAt: this.#instant(entry.expiresAt, [...path, "expiresAt"]),
      activationMs: entry.activeMinutes === null ? null : entry.activeMinutes * minuteMs,
      recurrence: this.#repeat(entry.repeat ?? { kind: "once" }, [...path, "repeat"]),
      ...(usesPerDoor === undefined ? {} : { usesPerDoor }),
      ...(usesTotal === undefined ? {} : { usesTotal }),
      floors,
      idNumber,
      message,
    };
    const uses = (entry.used ?? []).map((use) => ({ ...use, door: use.door as DoorId | "*" }));
    const activations = (entry.activated ?? []).map(({ occurrence, at }, n) => ({
      occurrence,
      at: this.#instant(at, [...path, "activated", n, "at"]) ?? unixMs(0),
    }));
    return { ...this.#common(entry, path), kind: "pass", given, uses, activations };
  }

  publicCode(entry: FilePublic, path: Path): WantedHolder {
    const { id, name, state } = entry;
    const given = { kind: "public" as const, id: id as string as PublicId, name, state };
    return { ...this.#common(entry, path), kind: "public", given, uses: [], activations: [] };
  }

  schedule({ id, name, windows, from, until, holidayExempt }: FileSchedule, path: Path): Placed<Schedule> {
    const read = windows.map(({ days, time }, n) => ({
      days,
      ...this.#window(time, [...path, "windows", n, "time"]),
    }));
    const dates = { from: this.#date(from, [...path, "from"]), until: this.#date(until, [...path, "until"]) };
    const rule = { kind: "weekly" as const, windows: read, ...dates, holidayExempt };
    return { thing: { id: id as ScheduleId, name, rule }, line: this.#lineOf(path) };
  }

  holiday({ id, name, from, until = from, yearly, workingHours }: FileHoliday, path: Path): Placed<Holiday> {
    const first = this.#date(from, [...path, "from"]) ?? (from as LocalDate);
    const last = this.#date(until, [...path, "until"]) ?? first;
    const hours = workingHours.map((time, n) => this.#window(time, [...path, "workingHours", n]));
    const thing: Holiday = { id: id as HolidayId, name, from: first, until: last, yearly, workingHours: hours };
    return { thing, line: this.#lineOf(path) };
  }

  #common(entry: Entry, path: Path) {
    const completeKinds = new Set<CredentialKind>();
    const credentials: WantedCredential[] = [];
    const take = (kind: CredentialKind, found: readonly WantedCredential[] | undefined) => {
      if (found === undefined) return;
      completeKinds.add(kind);
      credentials.push(...found);
    };
    for (const kind of ["pin", "code", "qrPin"] as const) take(kind, this.#code(kind, entry[kind], [...path, kind]));
    take(
      "qr",
      entry.qr?.map((text, n) => this.#qr(text, [...path, "qr", n])),
    );
    take("card", this.#cards("card", entry.cards, [...path, "cards"]));
    take("bkey", this.#cards("bkey", entry.bkeys, [...path, "bkeys"]));
    take(
      "plate",
      entry.plates?.map((one, n) => this.#plate(one, [...path, "plates", n])),
    );
    const grants = entry.doors?.map((one, n): WantedGrant => {
      const line = this.#lineOf([...path, "doors", n]);
      if (typeof one === "string") return { door: one as DoorId, schedule: always.id, line };
      return { door: one.door as DoorId, schedule: one.schedule as ScheduleId, line };
    });
    return { line: this.#lineOf(path), credentials, completeKinds, grants: grants ?? null, isPartial: false };
  }

  #code(kind: CredentialKind, coded: Coded, path: Path): WantedCredential[] | undefined {
    if (coded === undefined) return undefined;
    if (coded === null) return [];
    const entry = typeof coded === "string" ? { code: coded, state: "active" as const } : coded;
    const at = typeof coded === "string" ? path : [...path, "code"];
    return [{ ...this.#credential(kind, this.#secret(entry.code, at), entry, path), place: this.#json.offsetOf(at) }];
  }

  #qr(text: string, path: Path): WantedCredential {
    const place = this.#json.offsetOf(path);
    return { ...this.#credential("qr", this.#secret(text, path), { state: "active" }, path), place };
  }

  /** A token stands where the code once stood. */
  #secret(text: string, path: Path): Secret {
    if (!text.startsWith("token:")) return { kind: "plain", text };
    const code = parseToken(text);
    if (code !== null) return { kind: "token", code };
    this.#note(path, "The token is malformed.", "Write the code itself; Postern replaces it by its token.");
    return { kind: "plain", text: "" };
  }

  #cards(kind: "card" | "bkey", entries: readonly CardEntry[] | undefined, path: Path) {
    return entries?.flatMap((one, n): WantedCredential[] => {
      const entry = typeof one === "string" ? { number: one, state: "active" as const } : one;
      const technology: CardTechnology | null = ("technology" in entry ? entry.technology : undefined) ?? null;
      const at = [...path, n];
      const reading = parseCard(entry.number, this.#format ?? formatOf(this.#terms.cards, technology));
      if (!reading.ok) {
        this.#note(at, reading.problem, reading.remedy);
        return [];
      }
      const { code, known } = reading;
      if (known !== null) this.#warn(at, "256 cards share this number.", "Write the whole number where it is known.");
      return [{ ...this.#credential(kind, { kind: "plain", text: code }, entry, at), known, technology }];
    });
  }

  #plate(one: PlateEntry, path: Path): WantedCredential {
    const entry = typeof one === "string" ? { plate: one, state: "active" as const, direction: null } : one;
    const { direction } = entry;
    return { ...this.#credential("plate", { kind: "plain", text: entry.plate }, entry, path), direction };
  }

  #credential(
    kind: CredentialKind,
    secret: Secret,
    entry: Dated & { readonly state: CredentialState },
    path: Path,
  ): WantedCredential {
    const validity = this.#validity(entry, path);
    const line = this.#lineOf(path);
    return {
      kind,
      secret,
      state: entry.state,
      validity,
      direction: null,
      known: null,
      technology: null,
      line,
      place: null,
    };
  }

  #validity(entry: Dated, path: Path): Validity {
    return {
      from: this.#instant(entry.from, [...path, "from"]),
      until: this.#instant(entry.until, [...path, "until"]),
    };
  }

  #instant(text: string | null | undefined, path: Path): UnixMs | null {
    if (text === null || text === undefined) return null;
    const at = parseInstant(text, this.#terms.timeZone);
    if (at === null) this.#note(path, "There is no such time.", "Write date and time, such as 2026-11-25T08:00.");
    return at;
  }

  #date(text: string | null, path: Path): LocalDate | null {
    if (text !== null && parseDate(text) === null) {
      this.#note(path, "There is no such day.", "Write the year, the month and the day, such as 2026-12-24.");
    }
    return text as LocalDate | null;
  }

  #window(text: string, path: Path): DayWindow {
    const window = parseWindow(text);
    if (window === null) this.#note(path, "There are no such times of day.", "Write two, such as 08:00-18:00.");
    return window ?? { startMinute: 0, endMinute: 0 };
  }

  #repeat(repeat: FileRepeat, path: Path): Recurrence {
    if (repeat.kind === "once") return repeat;
    const window = this.#window(repeat.time, [...path, "time"]);
    const from = this.#date(repeat.from, [...path, "from"]) ?? (repeat.from as LocalDate);
    const until = this.#date(repeat.until, [...path, "until"]);
    if (repeat.kind === "custom") {
      const except = repeat.except.map((day, n) => this.#date(day, [...path, "except", n]) ?? (day as LocalDate));
      const { every, unit, count } = repeat;
      return { kind: "custom", every, unit, from, until, count, window, except };
    }
    const last = until ?? from;
    if (repeat.kind === "daily") return { kind: "daily", from, until: last, window };
    return { kind: "weekly", from, until: last, days: repeat.days, window };
  }

  #note(path: Path, problem: string, remedy: string): void {
    this.problems.push({ line: this.#lineOf(path), problem, remedy });
  }

  #warn(path: Path, problem: string, remedy: string): void {
    this.warnings.push({ line: this.#lineOf(path), problem, remedy });
  }

  #lineOf(path: Path): number {
    return this.#json.lineOf(path);
  }
}
