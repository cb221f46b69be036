// `postern issuer events`: shows the newest events that the issuer has taken in, of one controller or of all.
import { parseArgs } from "node:util";
import { canonicalJson } from "../../domain/canonical-json.ts";
import type { StoredEvent } from "../../issuer/store.ts";
import { Misuse } from "../misuse.ts";
import { printTable } from "../table.ts";
import { issuerOption, siteOf, withIssuer } from "./open-issuer.ts";

export async function events(args: readonly string[]): Promise<number> {
  const more = { controller: { type: "string" }, last: { type: "string", default: "50" } } as const;
  const options = { ...issuerOption, ...more, json: { type: "boolean", default: false } } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (!/^[1-9][0-9]{0,5}$/.test(values.last)) throw new Misuse("--last takes a whole number from 1 on.");
  return withIssuer(values, async (open) => {
    const { name } = await siteOf(open, values);
    const rows = await open.store.record.newest(name, values.controller ?? null, Number(values.last));
    if (values.json) for (const row of rows) console.log(JSON.stringify(plain(row)));
    else printTable(["controller", "event", "when", "type", "what"], rows.map(lineOf));
    return 0;
  });
}

const lineOf = ({ controller, seq, wall, trusted, type, body, personal }: StoredEvent): string[] => {
  const { type: _, ...rest } = JSON.parse(body) as Readonly<Record<string, unknown>>;
  const named = personal === null ? "" : ` ${personal}`;
  const when = `${new Date(wall).toISOString().slice(0, 19)}Z${trusted ? "" : "?"}`;
  return [controller, String(seq), when, type, `${canonicalJson(rest)}${named}`];
};

const plain = ({ controller, board, epoch, seq, wall, trusted, boot, body, personal, hash }: StoredEvent): object => ({
  ...{ controller, board, epoch, seq, wall, trusted, boot, hash },
  event: JSON.parse(body) as unknown,
  personal: personal === null ? null : (JSON.parse(personal) as unknown),
});
