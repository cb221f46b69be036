// The whole directory, page by page, for those who may have it: card numbers and plates in plain, codes as tokens.
import type { Database } from "better-sqlite3";
import type { CardTechnology, KnownPart } from "../domain/card-format.ts";
import type { Credential, Source } from "../domain/directory.ts";
import type {
  DirectoryPage,
  ExportedCredential,
  ExportedHolder,
  HolderKey,
  Owned,
} from "../domain/directory-export.ts";
import type { Holiday, Schedule } from "../domain/schedule.ts";
import { unixMs } from "../domain/time.ts";
import { holderOf } from "./directory.ts";
import { readBack } from "./readable.ts";
import type { Tokens } from "./tokens.ts";

const holdersPerPage = 200;

interface CredentialRow {
  readonly id: Credential["id"];
  readonly kind: Credential["kind"];
  readonly state: Credential["state"];
  readonly token: Buffer;
  readonly twin: Buffer | null;
  readonly digits: number | null;
  readonly sealed: Buffer | null;
  readonly valid_from: number | null;
  readonly valid_until: number | null;
  readonly direction: Credential["direction"];
  readonly known: KnownPart | null;
  readonly technology: CardTechnology | null;
}

type HolderRow = Parameters<typeof holderOf>[0];

/** Each page is of one moment; whoever reads several sees to it that they are of the same version. */
export function readDirectoryPage(db: Database, tokens: Tokens, after: HolderKey | null): DirectoryPage {
  const rows = db
    .prepare<[string, string], HolderRow>(
      `SELECT * FROM holder WHERE (kind, id) > (?, ?) ORDER BY kind, id LIMIT ${holdersPerPage}`,
    )
    .all(after?.kind ?? "", after?.id ?? "");
  const last = rows.length < holdersPerPage ? undefined : rows.at(-1);
  return {
    holders: holdersOf(db, tokens, rows),
    next: last === undefined ? null : { kind: last.kind as HolderKey["kind"], id: last.id },
    schedules: after === null ? schedulesOf(db) : [],
    holidays: after === null ? holidaysOf(db) : [],
  };
}

function holdersOf(db: Database, tokens: Tokens, rows: readonly HolderRow[]): ExportedHolder[] {
  const credentials = db.prepare<[string, string], CredentialRow>(
    `SELECT c.*, (SELECT t.token FROM credential t WHERE t.twin_of = c.id) AS twin FROM credential c
     WHERE c.holder_kind = ? AND c.holder_id = ? AND c.twin_of IS NULL ORDER BY c.id`,
  );
  const grants = db.prepare<[string, string], ExportedHolder["grants"][number]>(
    `SELECT door, schedule FROM holder_grant WHERE holder_kind = ? AND holder_id = ?
     ORDER BY CASE holder_kind WHEN 'pass' THEN place END, door, schedule`,
  );
  const uses = db.prepare<[string], ExportedHolder["uses"][number]>(
    "SELECT door, occurrence, spent FROM use_count WHERE pass = ? AND spent > 0 ORDER BY door, occurrence",
  );
  const activations = db.prepare<[string], ExportedHolder["activations"][number]>(
    "SELECT occurrence, at FROM pass_activation WHERE pass = ? ORDER BY occurrence",
  );
  return rows.map((row) => ({
    holder: holderOf(row),
    credentials: credentials.all(row.kind, row.id).map((one) => credentialOf(one, tokens)),
    grants: grants.all(row.kind, row.id),
    uses: row.kind === "pass" ? uses.all(row.id) : [],
    activations: row.kind === "pass" ? activations.all(row.id) : [],
  }));
}

function credentialOf(row: CredentialRow, tokens: Tokens): ExportedCredential {
  const { id, kind, state, direction, known, technology, digits } = row;
  const secret = readBack(tokens, row);
  const token = row.token.toString("base64url");
  const twin = row.twin?.toString("base64url") ?? null;
  return {
    id,
    kind,
    state,
    validity: {
      from: row.valid_from === null ? null : unixMs(row.valid_from),
      until: row.valid_until === null ? null : unixMs(row.valid_until),
    },
    direction,
    secret,
    code: secret === null ? { token, digits, twin } : null,
    known,
    technology,
  };
}

const schedulesOf = (db: Database): Owned<Schedule>[] =>
  db
    .prepare<[], { id: Schedule["id"]; name: string; rule: string; source: Source }>(
      "SELECT * FROM schedule WHERE id NOT IN ('always', 'never') ORDER BY id",
    )
    .all()
    .map(({ rule, ...row }) => ({ ...row, rule: JSON.parse(rule) as Schedule["rule"] }));

const holidaysOf = (db: Database): Owned<Holiday>[] =>
  db
    .prepare<[], { id: Holiday["id"]; name: string; body: string; source: Source }>("SELECT * FROM holiday ORDER BY id")
    .all()
    .map(({ body, ...row }) => ({ ...(JSON.parse(body) as Holiday), ...row }));
