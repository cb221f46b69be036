// `postern issuer rotate`: gives a site's issuer other keys, once its controllers believe the coming one that signs.
import { parseArgs } from "node:util";
import { idOfKey } from "../../issuer/counted-keys.ts";
import type { KeyChangeParts } from "../../issuer/key-change.ts";
import { beginChange, claimKeys, comingKey, finishChange } from "../../issuer/key-change.ts";
import { believedBy } from "../../issuer/roster.ts";
import { noSuchVerb } from "../options.ts";
import type { OpenIssuer } from "./open-issuer.ts";
import { issuerOption, namedSite, withIssuer } from "./open-issuer.ts";

const options = { ...issuerOption, "leave-behind": { type: "boolean", default: false } } as const;

export async function rotateKeys(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const { values } = parseArgs({ args: rest, options });
  if (verb !== "begin" && verb !== "finish" && verb !== "claim")
    throw noSuchVerb("issuer rotate", verb, ["begin", "finish", "claim"]);
  return withIssuer(values, async (open) => {
    const { name } = await namedSite(open, values);
    const parts = { ...open, sites: open.store.sites };
    if (verb === "begin") await begin(parts, name);
    else if (verb === "finish") await finish(open, parts, name, values["leave-behind"]);
    else console.log(`The key ${idOfKey(await claimKeys(parts, name))} of this folder signs for ${name}.`);
    return 0;
  });
}

async function begin(parts: KeyChangeParts, site: string): Promise<void> {
  const coming = await beginChange(parts, site);
  console.log(`The key ${idOfKey(coming)} is to sign for ${site}; running workers tell the controllers of it.`);
  console.log(`Copy sites/${site} to each machine that has a copy; then: "postern issuer rotate finish".`);
}

async function finish(open: OpenIssuer, parts: KeyChangeParts, site: string, leaveBehind: boolean): Promise<void> {
  const coming = await comingKey(parts, site);
  if (coming === null) throw new Error(`No key is to come; begin with "postern issuer rotate begin".`);
  const id = idOfKey(coming);
  const unaware = (await open.store.fleet.list(site)).filter((row) => believedBy(row)?.includes(id) !== true);
  if (unaware.length > 0 && !leaveBehind) {
    const names = unaware.map(({ controller }) => controller).join(", ");
    throw new Error(`These do not know the key ${id} yet: ${names}. Wait for them, or leave them with --leave-behind.`);
  }
  await finishChange(parts, site);
  console.log(
    `The key ${id} signs for ${site} now; running workers tell the controllers so, and of the one that seals.`,
  );
}
