// `postern issuer rotate`: gives a site's issuer another key to sign with, once its controllers believe that one too.
import { parseArgs } from "node:util";
import { beginSigning, changeSigning } from "../../issuer/issuer-folder.ts";
import type { Controller } from "../../issuer/store.ts";
import type { Up } from "../../link/up-messages.ts";
import { noSuchVerb } from "../options.ts";
import { issuerOption, siteOf, withIssuer } from "./open-issuer.ts";

const restart = "Start its workers anew (postern issuer run), so that they work with it.";

export async function rotateKeys(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const options = { ...issuerOption, "leave-behind": { type: "boolean", default: false } } as const;
  const { values } = parseArgs({ args: rest, options });
  if (verb === "begin") {
    return withIssuer(values, async (open) => {
      const { name } = await siteOf(open, values);
      console.log(`The key ${beginSigning(open.folder, name)} is to sign for ${name}. ${restart}`);
      console.log('When all controllers know it: "postern issuer rotate finish".');
      return 0;
    });
  }
  if (verb !== "finish") throw noSuchVerb("issuer rotate", verb, ["begin", "finish"]);
  return withIssuer(values, async (open) => {
    const { name } = await siteOf(open, values);
    if (open.keysOf(name).counted.length < 2)
      throw new Error(`No key is to come; begin with "postern issuer rotate begin".`);
    const coming = beginSigning(open.folder, name);
    const unaware = (await open.store.fleet.list(name)).filter((row) => !knows(row, coming));
    if (unaware.length > 0 && !values["leave-behind"]) {
      const names = unaware.map(({ controller }) => controller).join(", ");
      throw new Error(
        `These do not know the key ${coming} yet: ${names}. Wait for them, or leave them with --leave-behind.`,
      );
    }
    changeSigning(open.folder, name);
    console.log(`The key ${coming} signs for ${name} now. ${restart}`);
    return 0;
  });
}

function knows({ state }: Controller, key: string): boolean {
  const { issuerKeys = [] }: Partial<Up<"state">> = state === null ? {} : JSON.parse(state);
  return issuerKeys.includes(key);
}
