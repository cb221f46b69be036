// Writes the whole directory as a directory.json: what people may read in plain, codes as tokens of this site. Pure.
import type { CardFormat, CardPolicy } from "../domain/card-format.ts";
import { formatOf, formatPartly } from "../domain/card-format.ts";
import type { CredentialKind, Pass, Person, Validity } from "../domain/directory.ts";
import { completePass, completePerson } from "../domain/directory.ts";
import type { ExportedCredential, ExportedHolder, Owned } from "../domain/directory-export.ts";
import type { CardCode } from "../domain/presentation.ts";
import type { Recurrence } from "../domain/recurrence.ts";
import type { Holiday, Schedule } from "../domain/schedule.ts";
import { always } from "../domain/schedule.ts";
import type { UnixMs } from "../domain/time.ts";
import { formatToken } from "./code-token.ts";
import type { KnownDirectory } from "./planned.ts";
import { sameValue } from "./planned.ts";
import { formatInstant, formatWindow } from "./written-time.ts";

const minuteMs = 60_000;

export function writeDirectory(known: KnownDirectory, cards: CardPolicy, schema: string | null): string {
  const views = new Views(cards);
  const of = (kind: string) => known.holders.filter(({ holder }) => holder.kind === kind);
  const file = {
    ...(schema === null ? {} : { $schema: schema }),
    schedules: known.schedules.flatMap(scheduleOf),
    holidays: known.holidays.map(holidayOf),
    people: of("person").map((one) => views.person(one)),
    passes: of("pass").map((one) => views.pass(one)),
    publicCodes: of("public").map((one) => views.holder(one)),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

const usualPerson = completePerson({
  kind: "person",
  id: "" as Person["id"],
  name: "",
  state: "active",
  validity: { from: null, until: null },
});
const usualPass = completePass({
  kind: "pass",
  id: "" as Pass["id"],
  name: "",
  state: "active",
  validity: { from: null, until: null },
});

class Views {
  readonly #cards: CardPolicy;

  constructor(cards: CardPolicy) {
    this.#cards = cards;
  }

  person(exported: ExportedHolder): object {
    const { kind: _, id: __, name: ___, source: ____, state: _____, validity, ...rest } = exported.holder as Person;
    const own = pickOf(rest, Object.keys(usualPerson));
    return { ...this.holder(exported), ...boundsOf(validity), ...unusual(own, usualPerson) };
  }

  pass(exported: ExportedHolder): object {
    const pass = exported.holder as Pass;
    const { version, host, preset, usesPerDoor, usesTotal, idNumber, message, expiresAt, activationMs } = pass;
    const floors = pass.floors.kind === "host" ? "host" : pass.floors.floors;
    return {
      ...this.holder(exported),
      ...boundsOf(pass.validity),
      ...unusual({ version, host, preset, idNumber, message }, usualPass),
      usesPerDoor,
      usesTotal,
      ...(expiresAt === null ? {} : { expiresAt: formatInstant(expiresAt) }),
      ...(activationMs === null ? {} : { activeMinutes: Math.max(1, Math.round(activationMs / minuteMs)) }),
      ...(pass.recurrence.kind === "once" ? {} : { repeat: repeatOf(pass.recurrence) }),
      ...(floors === "host" || floors.length > 0 ? { floors } : {}),
      ...(exported.uses.length === 0 ? {} : { used: exported.uses }),
      ...(exported.activations.length === 0 ? {} : { activated: exported.activations.map(activationOf) }),
    };
  }

  holder({ holder, credentials, grants }: ExportedHolder): object {
    const { id, name, state } = holder;
    return {
      id,
      name,
      ...(state === "active" ? {} : { state }),
      ...this.#codes(credentials),
      ...this.#lists(credentials, holder.kind === "person"),
      doors: grants.map(({ door, schedule }) => (schedule === always.id ? door : { door, schedule })),
    };
  }

  #codes(credentials: readonly ExportedCredential[]): object {
    const entries = (["pin", "code", "qrPin"] as const).flatMap((kind) => {
      const found = credentials.find((one) => one.kind === kind);
      return found?.code == null ? [] : [[kind, detailed({ code: formatToken(found.code) }, "code", found)]];
    });
    return Object.fromEntries(entries) as object;
  }

  #lists(credentials: readonly ExportedCredential[], isPerson: boolean): object {
    const of = (kind: CredentialKind) => credentials.filter((one) => one.kind === kind);
    const lists = {
      qr: of("qr").flatMap(({ code }) => (code === null ? [] : [formatToken(code)])),
      cards: of("card").map((one) => this.#card(one)),
      bkeys: isPerson ? of("bkey").map((one) => this.#card(one)) : [],
      plates: of("plate").map((one) => {
        const { direction } = one;
        return detailed({ plate: one.secret, ...(direction === null ? {} : { direction }) }, "plate", one);
      }),
    };
    return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0)) as object;
  }

  #card(one: ExportedCredential): unknown {
    const { technology, known, secret } = one;
    const format: CardFormat = formatOf(this.#cards, technology);
    const number = cardText((secret ?? "") as CardCode, known, format);
    return detailed({ number, ...(technology === null ? {} : { technology }) }, "number", one);
  }
}

/** A format that leaves a byte out would bring 256 cards back; what is written here must say which card it is. */
function cardText(code: CardCode, known: ExportedCredential["known"], format: CardFormat): string {
  if (known === null && format.startsWith("6H")) return `8HN:${formatPartly(code, known, "8HN")}`;
  return formatPartly(code, known, format);
}

/** As short as it can be said: the text alone, where there is nothing else to say. */
function detailed(entry: Readonly<Record<string, unknown>>, main: string, one: ExportedCredential): unknown {
  const state = one.state === "active" ? {} : { state: one.state };
  const full = { ...entry, ...state, ...boundsOf(one.validity) };
  return Object.keys(full).length === 1 ? full[main as keyof typeof full] : full;
}

const boundsOf = ({ from, until }: Validity): object => ({
  ...(from === null ? {} : { from: formatInstant(from) }),
  ...(until === null ? {} : { until: formatInstant(until) }),
});

const activationOf = ({ occurrence, at }: { readonly occurrence: number; readonly at: UnixMs }) => ({
  occurrence,
  at: formatInstant(at),
});

/** What differs from its usual value. */
function unusual(own: object, usual: object): object {
  const usualOf = usual as Readonly<Record<string, unknown>>;
  return Object.fromEntries(Object.entries(own).filter(([key, value]) => !sameValue(value, usualOf[key]))) as object;
}

const pickOf = (from: object, keys: readonly string[]): object =>
  Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key))) as object;

function repeatOf(recurrence: Exclude<Recurrence, { kind: "once" }>): object {
  const { window, ...rest } = recurrence;
  return { ...rest, time: formatWindow(window) };
}

function scheduleOf({ id, name, rule }: Schedule): object[] {
  if (rule.kind !== "weekly") return [];
  const windows = rule.windows.map(({ days, ...window }) => ({ days, time: formatWindow(window) }));
  const { from = null, until = null, holidayExempt = false } = rule;
  return [
    { id, name, windows, ...(from === null ? {} : { from }), ...(until === null ? {} : { until }), holidayExempt },
  ];
}

const holidayOf = ({ workingHours, source: _, ...holiday }: Owned<Holiday>): object => ({
  ...holiday,
  workingHours: workingHours.map(formatWindow),
});
