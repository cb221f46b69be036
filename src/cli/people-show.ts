// One person, pass or public code with all that is known of them, codes excepted: those exist as tokens only.
import type { Holder, Pass, Person } from "../domain/directory.ts";
import type { ExportedCredential, ExportedHolder } from "../domain/directory-export.ts";
import type { SiteSpec } from "../domain/site.ts";
import { readLastUse } from "./last-use.ts";
import type { StateValues } from "./options.ts";
import { passFields } from "./pass-words.ts";
import { siteAt } from "./site-view.ts";
import { timeText } from "./spoken-time.ts";
import { printFields, printTable } from "./table.ts";

export async function showHolder(where: StateValues, found: ExportedHolder): Promise<void> {
  const site = siteAt(where);
  const { holder, credentials, grants } = found;
  const last = readLastUse(where).of(holder);
  const own =
    holder.kind === "person"
      ? personFields(holder, site)
      : holder.kind === "pass"
        ? await passFields(where, found)
        : [];
  printFields([
    ["id", holder.id],
    ["name", holder.name],
    ["kind", kindText(holder)],
    ...own,
    ["last used", last === null ? "never, as far as the record goes" : timeText(last, site.timeZone)],
  ]);
  section(
    "CREDENTIAL",
    ["KIND", "SHOWS", "STATE", "VALID"],
    credentials.map((one) => credentialRow(one, site)),
  );
  section(
    "DOOR",
    ["SCHEDULE"],
    grants.map(({ door, schedule }) => [door, schedule]),
  );
}

function section(first: string, others: readonly string[], rows: readonly (readonly string[])[]): void {
  if (rows.length > 0) console.log("");
  printTable([first, ...others], rows);
}

const kindText = (holder: Holder): string => {
  const role = holder.kind === "person" && holder.role === "administrator" ? ", administrator" : "";
  const source = holder.kind !== "public" && holder.source !== "local" ? `, ${sourceText[holder.source]}` : "";
  return `${holder.kind}${role}${holder.state === "active" ? "" : `, ${holder.state}`}${source}`;
};

const sourceText: Readonly<Record<(Person | Pass)["source"], string>> = {
  local: "",
  cloud: "managed by the cloud",
  imported: "imported",
};

function personFields(person: Person, { timeZone }: SiteSpec): (readonly [string, string])[] {
  const { factors, extendedTimes, lockdownExempt, passbackExempt, mayHoldOpen, webRelay, namedEvents } = person;
  const exempt = [lockdownExempt ? "lockdown" : "", passbackExempt ? "anti-passback" : ""].filter((one) => one !== "");
  return [
    ["valid", validText(person.validity.from, person.validity.until, timeZone)],
    ["building", person.building ?? ""],
    ["apartment", person.apartment ?? ""],
    ["phone", person.phone ?? ""],
    ["floors", person.floors.join(", ")],
    ["must show", factors ?? ""],
    ["exempt from", exempt.join(", ")],
    ["extended times", extendedTimes ? "yes" : ""],
    ["may hold open", mayHoldOpen.join(", ")],
    ["web relay", webRelay === 0 ? "" : String(webRelay)],
    ["named events", namedEvents.join(", ")],
  ];
}

function credentialRow({ id, kind, state, secret, code, validity, direction }: ExportedCredential, site: SiteSpec) {
  const digits = code?.digits ?? null;
  const shows = secret ?? (digits === null ? "" : `${digits} digits`);
  const way = direction === null ? "" : `, ${direction} only`;
  return [id, kind, `${shows}${way}`, state, validText(validity.from, validity.until, site.timeZone)];
}

export function validText(from: number | null, until: number | null, timeZone: string): string {
  if (from === null && until === null) return "";
  const begin = from === null ? "" : `from ${timeText(from, timeZone)} `;
  return `${begin}${until === null ? "on" : `until ${timeText(until, timeZone)}`}`;
}
