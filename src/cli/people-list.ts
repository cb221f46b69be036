// `postern people list`: who there is, what they show and which doors open for them, and who has not come in for long.
import { parseArgs } from "node:util";
import type { CardPolicy } from "../domain/card-format.ts";
import { formatOf, formatPartly } from "../domain/card-format.ts";
import type { ExportedCredential, ExportedHolder } from "../domain/directory-export.ts";
import type { CardCode } from "../domain/presentation.ts";
import { always } from "../domain/schedule.ts";
import type { SiteSpec } from "../domain/site.ts";
import { guessReport } from "./guess-report.ts";
import { readLastUse } from "./last-use.ts";
import { calendarOf, everybody } from "./ledger-client.ts";
import { liveCodesOf } from "./live-codes.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { stateOption } from "./options.ts";
import { isEndedPass, tellEnded } from "./pass-words.ts";
import { siteAt } from "./site-view.ts";
import { timeText } from "./spoken-time.ts";
import { printTable } from "./table.ts";

const dayMs = 86_400_000;
const hintLength = 2;

export async function listPeople(args: readonly string[]): Promise<number> {
  const options = { unused: { type: "string" }, all: { type: "boolean", default: false }, ...stateOption } as const;
  const { values } = parseArgs({ args: [...args], options });
  const unusedDays = values.unused === undefined ? null : daysOf(values.unused);
  const holders = (await everybody(values)).toSorted((a, b) => a.holder.id.localeCompare(b.holder.id));
  const listed = values.all ? holders : holders.filter((one) => !isEndedPass(one));
  const site = siteAt(values);
  if (unusedDays !== null) return listUnused(listed, unusedDays, site, values);
  printTable(
    ["ID", "NAME", "KIND", "SHOWS", "DOORS"],
    listed.map((one) => rowOf(one, site.cards)),
  );
  tellEnded(holders.length - listed.length);
  if (holders.length === 0) console.log("Nobody may enter yet; `postern people add` lets somebody in.");
  const { schedules } = await calendarOf(values);
  for (const line of guessReport(liveCodesOf(holders, schedules, Date.now()), site.guessing, site.codes.partition))
    console.log(line);
  for (const line of outdatedPublicCodes(holders, site.codes.publicLength)) console.log(line);
  return 0;
}

function rowOf({ holder, credentials, grants, uses }: ExportedHolder, cards: CardPolicy): readonly string[] {
  const shown = credentials.map((one) => {
    const hint = hintOf(one, cards);
    const text = hint === "" ? one.kind : `${one.kind} …${hint}`;
    return one.state === "active" ? text : `${text} (${one.state})`;
  });
  const doors = grants.map(({ door, schedule }) => {
    const spent = uses.filter((one) => one.door === door).reduce((sum, one) => sum + one.spent, 0);
    const limits = [schedule === always.id ? "" : schedule, spent === 0 ? "" : `${spent} used`];
    const text = limits.filter((limit) => limit !== "").join(", ");
    return text === "" ? door : `${door} (${text})`;
  });
  const { id, name, kind, state } = holder;
  const what = state === "active" ? kind : `${kind}, ${state}`;
  return [id, name, what, shown.join(", ") || "no credentials", doors.join(", ") || "no doors"];
}

/** The end of the number, as it stands on the card. */
function hintOf({ kind, secret, known, technology }: ExportedCredential, cards: CardPolicy): string {
  if (secret === null) return "";
  if (kind === "plate") return secret.slice(-hintLength);
  const shown = formatPartly(secret as CardCode, known, formatOf(cards, technology));
  return (shown.split("/")[0] ?? "").slice(-hintLength);
}

/** All public codes have one length: after it was changed, the others open nothing until they are set anew. */
const outdatedPublicCodes = (holders: readonly ExportedHolder[], length: number): string[] =>
  holders
    .filter(({ holder }) => holder.kind === "public")
    .flatMap(({ holder, credentials }) =>
      credentials.flatMap(({ code }) => {
        if (code === null || code.digits === length) return [];
        return [
          `${holder.id}: its code has ${code.digits} digits and opens nothing; "codes.publicLength" is ${length}.`,
        ];
      }),
    );

function daysOf(text: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new Misuse("--unused takes a number of days, 1 to 9999.");
  return Number(text);
}

function listUnused(
  holders: readonly ExportedHolder[],
  days: number,
  { timeZone }: SiteSpec,
  where: StateValues,
): number {
  const lastUse = readLastUse(where);
  const before = Date.now() - days * dayMs;
  const rows = holders
    .filter(({ holder }) => holder.kind !== "public")
    .map(({ holder }) => ({ holder, last: lastUse.of(holder) }))
    .filter(({ last }) => last === null || last < before)
    .toSorted((a, b) => (a.last ?? 0) - (b.last ?? 0))
    .map(({ holder: { id, name, kind }, last }) => [
      id,
      name,
      kind,
      last === null ? "never" : timeText(last, timeZone),
    ]);
  printTable(["ID", "NAME", "KIND", "LAST USED"], rows);
  if (rows.length === 0) console.log(`Everybody has come in within ${days} days.`);
  else if (lastUse.sinceWall !== null && lastUse.sinceWall > before) {
    console.log(`The record begins on ${timeText(lastUse.sinceWall, timeZone)}; what was before it, it cannot tell.`);
  }
  return 0;
}
