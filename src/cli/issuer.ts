// `postern issuer`: the other side, which makes what controllers take in. Picks the part and knows none of them.
import { noSuchVerb } from "./options.ts";

type Part = (args: readonly string[]) => Promise<number>;

const parts: Readonly<Record<string, () => Promise<Part>>> = {
  init: async () => (await import("./issuer/init.ts")).init,
  join: async () => (await import("./issuer/join.ts")).joinController,
  rotate: async () => (await import("./issuer/rotate.ts")).rotateKeys,
  run: async () => (await import("./issuer/run.ts")).runIssuer,
  directory: async () => (await import("./issuer/directory.ts")).issuerDirectory,
  controllers: async () => (await import("./issuer/controllers.ts")).controllers,
  commands: async () => (await import("./issuer/order.ts")).commands,
  events: async () => (await import("./issuer/events.ts")).events,
  drift: async () => (await import("./issuer/drift.ts")).drift,
  keys: async () => (await import("./issuer-keys.ts")).issuerKeys,
  pass: async () => (await import("./issuer-pass.ts")).issuerPass,
  code: async () => (await import("./issuer-code.ts")).issuerCode,
};

/** What is sent to a controller as a command. */
const orders = [
  ...["open", "lock", "unlock", "block", "doublelock", "hold", "unhold", "lockdown", "release", "clear", "revoke"],
  ...["sync", "logs", "identify", "restart"],
];

export async function issuer([part = "", ...rest]: readonly string[]): Promise<number> {
  if (orders.includes(part)) return (await import("./issuer/order.ts")).order(part, rest);
  const load = Object.hasOwn(parts, part) ? parts[part] : undefined;
  if (load === undefined)
    throw noSuchVerb("issuer", part === "" ? undefined : part, [...Object.keys(parts), ...orders]);
  return (await load())(rest);
}
