// `postern issuer controllers`: lists the controllers of a site, adds one by its public keys, removes one, or hands a door to one.
import { parseArgs } from "node:util";
import { publicKeyFrom } from "../../link/envelope.ts";
import { namePattern } from "../../link/topics.ts";
import { Misuse } from "../misuse.ts";
import { noSuchVerb, onlyWord } from "../options.ts";
import { printTable } from "../table.ts";
import { issuerOption, siteOf, withIssuer } from "./open-issuer.ts";

export async function controllers(args: readonly string[]): Promise<number> {
  const [verb = "list", ...rest] = args;
  if (verb.startsWith("-")) return list(args);
  if (verb === "list") return list(rest);
  if (verb === "add") return add(rest);
  if (verb === "remove") return remove(rest);
  if (verb === "give") return give(rest);
  throw noSuchVerb("issuer controllers", verb, ["list", "add", "remove", "give"]);
}

async function list(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: issuerOption });
  return withIssuer(values, async (open) => {
    const { name } = await siteOf(open, values);
    const rows = await open.store.fleet.list(name);
    if (rows.length === 0) console.log(`The site ${name} has no controllers yet; pair one with "postern issuer join".`);
    printTable(
      ["controller", "doors", "connection", "added"],
      rows.map(({ controller, doors, online, seenAt, addedAt }) => [
        controller,
        doors === null ? "not known yet" : doors.join(", "),
        seenAt === null ? "never" : online ? "connected" : "away",
        new Date(addedAt).toISOString().slice(0, 10),
      ]),
    );
    return 0;
  });
}

async function add(args: readonly string[]): Promise<number> {
  const options = { ...issuerOption, "sign-key": { type: "string" }, "seal-key": { type: "string" } } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const controller = onlyWord(positionals, "the controller");
  if (!namePattern.test(controller))
    throw new Misuse("A controller's name has 1 to 32 small letters, digits and hyphens.");
  const sign = publicKeyIn("ed25519", values["sign-key"], "--sign-key");
  const seal = publicKeyIn("x25519", values["seal-key"], "--seal-key");
  return withIssuer(values, async (open) => {
    const { name: site } = await siteOf(open, values);
    const isNew = await open.store.fleet.put({ site, controller }, { sign, seal, tls: null }, Date.now());
    console.log(
      isNew ? `${controller} is added to ${site}.` : `${controller} has these keys from now on, beside those before.`,
    );
    return 0;
  });
}

async function remove(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: issuerOption });
  const controller = onlyWord(positionals, "the controller");
  return withIssuer(values, async (open) => {
    const { name: site } = await siteOf(open, values);
    if (!(await open.store.fleet.remove({ site, controller })))
      throw new Error(`There is no controller "${controller}" at ${site}.`);
    console.log(`${controller} is removed: nothing it sends is taken any more, and its events stay.`);
    return 0;
  });
}

async function give(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: issuerOption });
  const [door, controller, ...more] = positionals;
  if (door === undefined || controller === undefined || more.length > 0)
    throw new Misuse("Name the door and the controller that is to have it.");
  return withIssuer(values, async (open) => {
    const { name: site } = await siteOf(open, values);
    if (!(await open.store.fleet.giveDoor({ site, controller }, door)))
      throw new Error(
        `No controller "${controller}" at ${site} says that it has the door "${door}"; set the door up there first.`,
      );
    console.log(`${controller} has the door ${door} now, and no other controller of ${site}.`);
    return 0;
  });
}

function publicKeyIn(kind: "ed25519" | "x25519", text: string | undefined, option: string): string {
  const isKey = text !== undefined && publicKeyFrom(kind, Buffer.from(text, "base64url")) !== null;
  if (!isKey)
    throw new Misuse(`${option} takes a raw public key of 32 bytes in base64url, as the controller shows it.`);
  return text;
}
