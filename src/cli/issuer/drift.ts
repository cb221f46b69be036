// `postern issuer drift`: says how far each controller is from where it should be, and what is wrong with its record.
import { parseArgs } from "node:util";
import { headOf } from "../../issuer/directory-answer.ts";
import type { Drift } from "../../issuer/drift.ts";
import { driftOf, workerText } from "../../issuer/drift.ts";
import type { Controller } from "../../issuer/store.ts";
import type { Up } from "../../link/up-messages.ts";
import { printTable } from "../table.ts";
import type { OpenIssuer } from "./open-issuer.ts";
import { issuerOption, siteOf, withIssuer } from "./open-issuer.ts";

const maxCounted = 20_000;

export async function drift(args: readonly string[]): Promise<number> {
  const options = { ...issuerOption, json: { type: "boolean", default: false } } as const;
  const { values } = parseArgs({ args: [...args], options });
  return withIssuer(values, async (open) => {
    const { name } = await siteOf(open, values);
    const rows = await open.store.fleet.list(name);
    const notes = await open.store.record.notes(name);
    const { held, lastAt } = await open.store.leases.signs();
    const drifts: (Drift & { readonly controller: string; readonly notes: readonly string[] })[] = [];
    for (const row of rows) {
      // What was noted of a board that had the name before is history.
      const own = notes.filter(({ controller, at }) => controller === row.controller && at >= row.addedAt);
      const { head, missing } = await directoryOf(open, row);
      const facts = {
        controller: row,
        head,
        missing,
        notes: own,
        ...heardOf(row),
        hasWorker: held.has(row.part),
        now: Date.now(),
      };
      drifts.push({ controller: row.controller, ...driftOf(facts), notes: own.map(({ what }) => what) });
    }
    if (values.json) console.log(JSON.stringify(drifts));
    else print(name, drifts, workerText(drifts, lastAt));
    return drifts.every(({ inStep }) => inStep) ? 0 : 1;
  });
}

function print(
  site: string,
  drifts: readonly (Drift & { readonly controller: string; readonly notes: readonly string[] })[],
  worker: string | null,
): void {
  printTable(
    ["controller", "connection", "directory", "record", "clock"],
    drifts.map(({ controller, connection, directory, record, clock }) => [
      controller,
      connection,
      directory,
      record,
      clock,
    ]),
  );
  for (const { controller, notes } of drifts) for (const note of notes) console.log(`${controller}: ${note}`);
  const off = drifts.filter(({ inStep }) => !inStep).length;
  if (drifts.length === 0) console.log(`The site ${site} has no controllers yet.`);
  else console.log(off === 0 ? `All ${drifts.length} are in step.` : `${off} of ${drifts.length} are not in step.`);
  if (worker !== null) console.log(worker);
}

async function directoryOf({ store }: OpenIssuer, { site, doors, viewVersion, directory }: Controller) {
  if (doors === null) return { head: viewVersion, missing: 0 };
  const head = await headOf(store.directory, { site, doors, viewVersion });
  const above = directory < viewVersion ? 0 : directory;
  return { head, missing: await store.directory.countChanged(site, doors, above, maxCounted) };
}

/** The last event that it says to have, and doors that it names and that are others'. */
function heardOf({ state, doors }: Controller) {
  if (state === null) return { told: null, denied: [] };
  const told = JSON.parse(state) as Pick<Up<"state">, "epoch" | "seq" | "doors">;
  const denied = told.doors.map(({ door }) => door).filter((door) => doors !== null && !doors.includes(door));
  return { told, denied };
}
