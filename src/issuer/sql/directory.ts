// Documents in the store, and whom they concern: a row for each door, so that a change costs only those whom it reaches.
import type { Owned } from "../../domain/cloud-directory.ts";
import { ownedByCloud, positionOf } from "../../domain/cloud-directory.ts";
import { Fault } from "../../domain/fault.ts";
import type { DirectoryStore, DocumentChange, StoredDocument } from "../store.ts";
import type { Database, Sql } from "./database.ts";
import { one, placeholders } from "./database.ts";

interface Row {
  readonly what: Owned;
  readonly id: string;
  readonly version: number;
  readonly gone: number;
  readonly from_file: number;
  readonly body: string;
  readonly sealed: Buffer | null;
}

const everybody = "*";

export class SqlDirectory implements DirectoryStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  change(site: string, changes: readonly DocumentChange[], since?: number): Promise<number> {
    return this.#db.transaction(async (sql) => {
      // Until the end of the transaction nobody else gets versions: they become visible in their order.
      await sql.run("UPDATE site SET version = version + ? WHERE name = ?", [changes.length, site]);
      const row = await one<{ version: number }>(sql, "SELECT version FROM site WHERE name = ?", [site]);
      if (row === null)
        throw new Fault("issuer.noSite", `There is no site ${site}; make it with "postern issuer init".`);
      const before = row.version - changes.length;
      if (since !== undefined && before !== since)
        throw new Fault(
          "issuer.movedOn",
          `Somebody else has changed the directory of ${site} meanwhile; run it again.`,
        );
      for (const [n, change] of changes.entries()) await write(sql, site, change, before + n + 1);
      return row.version;
    });
  }

  async list(site: string, what: Owned | null): Promise<readonly StoredDocument[]> {
    const only = what === null ? "" : "AND what = ?";
    const params = what === null ? [site] : [site, what];
    const text = `SELECT * FROM document WHERE site = ? AND gone = 0 ${only} ORDER BY position`;
    return (await this.#db.all<Row>(text, params)).map(documentOf);
  }

  async head(site: string, doors: readonly string[]): Promise<number> {
    const seen = [...doors, everybody];
    const text = `SELECT max(version) AS version FROM audience WHERE site = ? AND door IN (${placeholders(seen)})`;
    return (await one<{ version: number | null }>(this.#db, text, [site, ...seen]))?.version ?? 0;
  }

  async changed(site: string, doors: readonly string[], above: number, limit: number) {
    const seen = [...doors, everybody];
    // A row of a door that it still has is never older than one of a door that it left.
    const text = `SELECT d.what, d.id, x.version, x.gone, d.from_file, d.body, d.sealed FROM (
        SELECT position, max(version) AS version, min(gone) AS gone FROM audience
        WHERE site = ? AND door IN (${placeholders(seen)}) AND version > ? GROUP BY position ORDER BY 2 LIMIT ?) x
      JOIN document d ON d.site = ? AND d.position = x.position ORDER BY x.version`;
    return (await this.#db.all<Row>(text, [site, ...seen, above, limit, site])).map(documentOf);
  }

  async named(site: string, doors: readonly string[], ids: readonly string[]) {
    const seen = [...doors, everybody];
    const positions = ids.flatMap((id) => ownedByCloud.map((what) => positionOf(what, id)));
    if (positions.length === 0) return [];
    const text = `SELECT d.what, d.id, x.version, x.gone, d.from_file, d.body, d.sealed FROM (
        SELECT position, max(version) AS version, min(gone) AS gone FROM audience
        WHERE site = ? AND door IN (${placeholders(seen)}) AND position IN (${placeholders(positions)}) GROUP BY position) x
      JOIN document d ON d.site = ? AND d.position = x.position ORDER BY x.version`;
    return (await this.#db.all<Row>(text, [site, ...seen, ...positions, site])).map(documentOf);
  }

  async countChanged(site: string, doors: readonly string[], above: number, limit: number): Promise<number> {
    const seen = [...doors, everybody];
    const text = `SELECT count(*) AS many FROM (SELECT DISTINCT position FROM audience
      WHERE site = ? AND door IN (${placeholders(seen)}) AND version > ? LIMIT ?) x`;
    return (await one<{ many: number }>(this.#db, text, [site, ...seen, above, limit]))?.many ?? 0;
  }

  async after(site: string, doors: readonly string[], position: string, limit: number) {
    const seen = [...doors, everybody];
    // Door by door, as one that few are concerned by is to be found among the many of a large site.
    const ofDoor = `SELECT position FROM (SELECT position FROM audience
        WHERE site = ? AND door = ? AND position > ? AND gone = 0 ORDER BY position LIMIT ?) one`;
    const text = `SELECT d.what, d.id, d.version, d.gone, d.from_file, d.body, d.sealed FROM (
        ${seen.map(() => ofDoor).join(" UNION ")} ORDER BY position LIMIT ?) x
      JOIN document d ON d.site = ? AND d.position = x.position ORDER BY d.position`;
    const params = seen.flatMap((door) => [site, door, position, limit]);
    return (await this.#db.all<Row>(text, [...params, limit, site])).map(documentOf);
  }

  async doorsChanged(site: string, above: number): Promise<readonly string[]> {
    const text = "SELECT DISTINCT door FROM audience WHERE site = ? AND version > ?";
    return (await this.#db.all<{ door: string }>(text, [site, above])).map(({ door }) => door);
  }
}

async function write(sql: Sql, site: string, change: DocumentChange, version: number): Promise<void> {
  const { what, id, content } = change;
  const position = positionOf(what, id);
  const fromFile = change.fromFile ? 1 : 0;
  await sql.run(
    `INSERT INTO document (site, position, what, id, version, gone, from_file, body, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (site, position) DO UPDATE SET version = excluded.version, gone = excluded.gone,
       from_file = excluded.from_file, body = excluded.body, sealed = excluded.sealed`,
    // Of what is gone nothing but the mark stays.
    [
      site,
      position,
      what,
      id,
      version,
      content === null ? 1 : 0,
      fromFile,
      content?.body ?? "",
      content?.sealed ?? null,
    ],
  );
  await sql.run("UPDATE audience SET gone = 1, version = ? WHERE site = ? AND position = ? AND gone = 0", [
    version,
    site,
    position,
  ]);
  for (const door of content?.doors ?? []) {
    await sql.run(
      `INSERT INTO audience (site, door, position, version, gone) VALUES (?, ?, ?, ?, 0)
       ON CONFLICT (site, door, position) DO UPDATE SET version = excluded.version, gone = 0`,
      [site, door, position, version],
    );
  }
}

const documentOf = ({ what, id, version, gone, from_file, body, sealed }: Row): StoredDocument => ({
  what,
  id,
  version,
  gone: gone === 1,
  fromFile: from_file === 1,
  body,
  sealed,
});
