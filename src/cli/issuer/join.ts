// `postern issuer join`: makes the board that shows a code a controller of a site, over the broker that both can reach.
import { createPublicKey, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { OpenAuthority } from "../../issuer/authority.ts";
import { certifyClient, certifyController, makeTlsKey, openAuthority, privatePem } from "../../issuer/authority.ts";
import type { SiteKeys } from "../../issuer/counted-keys.ts";
import type { IssuerFile } from "../../issuer/issuer-folder.ts";
import { attemptMs, readJoinCode } from "../../link/pairing/join-code.ts";
import { JoinIssuer } from "../../link/pairing/join-issuer.ts";
import type { JoinLine } from "../../link/pairing/join-line.ts";
import { openJoinLine } from "../../link/pairing/join-line.ts";
import type { DeviceKeys, Papers } from "../../link/pairing/join-messages.ts";
import { pairingIssuer } from "../../link/pairing/pairing-account.ts";
import type { Address } from "../../link/topics.ts";
import { namePattern } from "../../link/topics.ts";
import { Misuse } from "../misuse.ts";
import { onlyWord } from "../options.ts";
import type { OpenIssuer } from "./open-issuer.ts";
import { issuerOption, siteOf, withIssuer } from "./open-issuer.ts";

const quietMs = 2_000;
const wrongCode =
  "Whoever answered does not know this code: it was mistyped, or somebody stands in between. Nothing was given away; type it once more, or have a new one shown.";
const waiting = `Waiting for the board that shows this code, ${attemptMs / 1_000} seconds at most.`;
const noAnswer =
  "No board answers to this code; see that it still shows it (after three wrong ones, or ten minutes, it counts no more and another has to be shown), and that it reaches the same broker.";

export async function joinController(args: readonly string[]): Promise<number> {
  const options = {
    ...issuerOption,
    controller: { type: "string" },
    broker: { type: "string" },
    again: { type: "boolean", default: false },
  } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const code = readJoinCode(positionals.length > 1 ? positionals.join("") : onlyWord(positionals, "the code"));
  if (code === null)
    throw new Misuse("A code has twelve letters and digits, as the controller shows it: 7QX2-K3M9-ZT0W.");
  const { controller } = values;
  if (controller === undefined || !namePattern.test(controller)) {
    throw new Misuse(
      "Name the controller with --controller: 1 to 32 small letters, digits and hyphens, such as gate-1.",
    );
  }
  return withIssuer(values, async (open) => {
    const { name: site } = await siteOf(open, values);
    const address = { site, controller };
    if ((await open.store.fleet.get(address)) !== null && !values.again) {
      throw new Error(`There is a controller ${controller} at ${site}; --again gives its name to this board.`);
    }
    const authority = open.file.authority === null ? null : openAuthority(open.file.authority, Date.now());
    const facts = { address, file: open.file, authority, site: open.keysOf(site), broker: values.broker ?? null };
    await joined(new JoinIssuer(code, randomBytes), code.channel, facts, (keys) => enrol(open, address, keys));
    console.log(`The board is ${controller} of ${site} now.`);
    return 0;
  });
}

/** A board that takes another's place has its name, and the old one's keys count no more. */
async function enrol({ store }: OpenIssuer, address: Address, { sign, seal, tls }: DeviceKeys): Promise<void> {
  const keys = { sign, seal, tls };
  if (!(await store.fleet.put(address, keys, Date.now()))) await store.fleet.replace(address, keys, Date.now());
}

interface Facts {
  readonly address: Address;
  readonly file: IssuerFile;
  readonly authority: OpenAuthority | null;
  readonly site: SiteKeys;
  /** What the controller is told of where the broker is. */
  readonly broker: string | null;
}

async function joined(
  issuer: JoinIssuer,
  channel: string,
  facts: Facts,
  enrolled: (keys: DeviceKeys) => Promise<void>,
): Promise<void> {
  const outcome = Promise.withResolvers<void>();
  let line: JoinLine | null = null;
  const heard = async (payload: Buffer): Promise<void> => {
    const step = issuer.take(payload);
    if (step.kind === "say") await line?.say(step.text, true);
    if (step.kind === "wrong") {
      await line?.say(step.text, false);
      throw new Error(wrongCode);
    }
    if (step.kind === "done") outcome.resolve();
    if (step.kind !== "keys") return;
    const papers = papersFor(facts, step.keys);
    await enrolled(step.keys);
    await line?.say(issuer.grant(papers), true);
  };
  line = await openJoinLine({
    url: facts.file.broker.url,
    channel,
    side: "issuer",
    access: accessOf(facts),
    heard: (payload) => void heard(payload).catch(outcome.reject),
    failed: (why) => outcome.reject(new Error(why)),
  });
  const late = setTimeout(() => outcome.reject(new Error(noAnswer)), attemptMs);
  const quiet = setTimeout(() => console.log(waiting), quietMs);
  try {
    await line.say(issuer.offer, true);
    await outcome.promise;
  } finally {
    for (const timer of [late, quiet]) clearTimeout(timer);
    await line.close();
  }
}

function papersFor({ address, file, authority, site, broker }: Facts, { tls }: DeviceKeys): Papers {
  const { caFile } = file.broker;
  return {
    ...address,
    issuer: { sign: [...site.counted], seal: site.publicSeal },
    broker: broker ?? file.broker.url,
    ca: caFile === null ? null : readFileSync(caFile, "utf8"),
    certificate: authority === null ? null : certificateFor(address, tls, authority),
  };
}

function certificateFor(address: Address, tls: string, authority: OpenAuthority): string {
  const certificate = certifyController(authority, address, tls, Date.now());
  if (certificate !== null) return certificate;
  throw new Error("The board sent a key for TLS that is not on P-256; bring its software up to date.");
}

/** Under a name that may pair and no more; where the broker knows passwords, the issuer's own has to be let do it. */
function accessOf({ file: { broker }, authority }: Facts) {
  const ca = broker.caFile === null ? {} : { ca: readFileSync(broker.caFile, "utf8") };
  if (authority === null) {
    const { user, passwordFile } = broker;
    const username = user === null ? {} : { username: user };
    const password = passwordFile === null ? {} : { password: readFileSync(passwordFile, "utf8").trim() };
    return { ...ca, ...username, ...password };
  }
  const key = makeTlsKey();
  const cert = certifyClient(authority, createPublicKey(key), pairingIssuer, Date.now());
  return { ...ca, cert, key: privatePem(key) };
}
