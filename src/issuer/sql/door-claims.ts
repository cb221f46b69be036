// Whose a door is, within a site: the first controller that named it keeps it while it names it; knows nothing of documents.
import type { Address } from "../../link/topics.ts";
import type { Database, Sql } from "./database.ts";
import { one } from "./database.ts";

interface Holding {
  readonly name: string;
  readonly doors: string;
}

/** Until the end of the transaction nobody else gets doors of that site. */
export async function lockDoors(db: Database, sql: Sql, site: string): Promise<void> {
  await one(sql, `SELECT name FROM site WHERE name = ?${db.dialect.forUpdate}`, [site]);
}

/** Which of these doors are free or the controller's own, in their order. */
export async function ownOf(sql: Sql, { site, controller }: Address, named: readonly string[]) {
  const taken = new Set((await othersOf(sql, { site, controller })).flatMap(doorsOf));
  return named.filter((door) => !taken.has(door));
}

/** Others that hold the door, with what stays theirs without it. */
export async function holdersOf(sql: Sql, address: Address, door: string) {
  const others = await othersOf(sql, address);
  return others.flatMap((other) => {
    const doors = doorsOf(other);
    return doors.includes(door) ? [{ name: other.name, rest: doors.filter((one) => one !== door) }] : [];
  });
}

/** What a controller said that it has, whosever it is. */
export const namedIn = (state: string | null): readonly string[] =>
  state === null
    ? []
    : ((JSON.parse(state) as { readonly doors?: readonly { readonly door: string }[] }).doors ?? []).map(
        ({ door }) => door,
      );

const doorsOf = ({ doors }: Holding): readonly string[] => JSON.parse(doors) as readonly string[];

function othersOf(sql: Sql, { site, controller }: Address): Promise<readonly Holding[]> {
  const text = "SELECT name, doors FROM controller WHERE site = ? AND name <> ? AND doors IS NOT NULL";
  return sql.all<Holding>(text, [site, controller]);
}
