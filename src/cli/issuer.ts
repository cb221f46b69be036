// `postern issuer`: the other side, which makes what controllers take in. Picks the part and knows none of them.
import { noSuchVerb } from "./options.ts";

type Part = (args: readonly string[]) => Promise<number>;

const parts: Readonly<Record<string, () => Promise<Part>>> = {
  keys: async () => (await import("./issuer-keys.ts")).issuerKeys,
  pass: async () => (await import("./issuer-pass.ts")).issuerPass,
  code: async () => (await import("./issuer-code.ts")).issuerCode,
};

export async function issuer([part = "", ...rest]: readonly string[]): Promise<number> {
  const load = Object.hasOwn(parts, part) ? parts[part] : undefined;
  if (load === undefined) throw noSuchVerb("issuer", part === "" ? undefined : part, Object.keys(parts));
  return (await load())(rest);
}
