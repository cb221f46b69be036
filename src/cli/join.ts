// `postern join`: shows a code, and becomes a controller of whichever issuer it is typed at.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadAccepted } from "../config/choose.ts";
import { makeKeysFolder, writeDurably } from "../ledger/keys.ts";
import type { JoinCode } from "../link/pairing/join-code.ts";
import { codeLifeMs, makeJoinCode, shownCode } from "../link/pairing/join-code.ts";
import { JoinDevice } from "../link/pairing/join-device.ts";
import type { OwnKeys } from "../link/pairing/join-identity.ts";
import { identityOf, makeOwnKeys, publicHalves } from "../link/pairing/join-identity.ts";
import type { Papers } from "../link/pairing/join-messages.ts";
import { makeNextKeys, nextKeysFile } from "../link/pairing/next-keys.ts";
import { pairingAccount } from "../link/pairing/pairing-account.ts";
import type { StatePaths } from "../ops/state-paths.ts";
import type { JoinLine } from "./join-line.ts";
import { openJoinLine } from "./join-line.ts";
import { Misuse } from "./misuse.ts";
import { pathsOf, stateOption } from "./options.ts";

const brokerPattern = /^mqtts:\/\/[A-Za-z0-9.-]{1,253}(:[1-9]\d{0,4})?$/;
const minuteMs = 60_000;

export async function join(args: readonly string[]): Promise<number> {
  const options = {
    ...stateOption,
    broker: { type: "string" },
    again: { type: "boolean", default: false },
    rotate: { type: "boolean", default: false },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  if (values.rotate) return rotate(pathsOf(values));
  const { broker } = values;
  if (broker === undefined || !brokerPattern.test(broker)) {
    throw new Misuse("Name the broker with --broker, such as mqtts://broker.example:8884.");
  }
  const paths = pathsOf(values);
  if (existsSync(paths.identityFile) && !values.again) {
    throw new Error(
      `This controller is paired already; --again makes it somebody else's. Its keys are ${paths.identityFile}.`,
    );
  }
  const keys = makeOwnKeys();
  const code = makeJoinCode(randomBytes);
  const papers = await paired(broker, code, keys, (told) => store(paths, keys, told));
  console.log(`This controller is ${papers.controller} of the site ${papers.site} now.`);
  const accepted = loadAccepted(paths.folder);
  if (accepted.ok && accepted.config.cloud === null) {
    console.log('It does not use that yet: write "cloud": {} into its configuration.');
  }
  return 0;
}

/** The running controller sees them, hands them over under the present ones, and changes over when the issuer has them. */
function rotate({ identityFile }: StatePaths): number {
  if (!existsSync(identityFile)) throw new Error("This controller is not paired yet; pair it first.");
  const file = nextKeysFile(identityFile);
  if (!existsSync(file)) writeDurably(file, Buffer.from(makeNextKeys()), 0o600);
  console.log("New keys are made; the controller works with them as soon as its issuer has answered.");
  return 0;
}

/** The keys are on the disk before the issuer hears that they are. */
function store(paths: StatePaths, keys: OwnKeys, papers: Papers): void {
  const identity = identityOf(keys, papers);
  if (identity === null) throw new Error("The issuer sent a certificate for another key; pair again.");
  makeKeysFolder(paths.keysDir);
  writeDurably(paths.identityFile, Buffer.from(`${JSON.stringify(identity, null, 2)}\n`), 0o600);
}

async function paired(broker: string, code: JoinCode, keys: OwnKeys, keep: (papers: Papers) => void): Promise<Papers> {
  const device = new JoinDevice(code, publicHalves(keys), randomBytes);
  const outcome = Promise.withResolvers<Papers>();
  let line: JoinLine | null = null;
  const heard = async (payload: Buffer): Promise<void> => {
    const { say, papers, isSpent } = device.take(payload);
    if (papers !== undefined) keep(papers);
    if (isSpent === true) throw new Error("The code was typed wrongly three times; run this again for another one.");
    if (say !== null) await line?.say(say, false);
    if (papers !== undefined) outcome.resolve(papers);
  };
  line = await openJoinLine({
    url: broker,
    channel: code.channel,
    side: "device",
    // Whoever the broker may be: it is the code that tells the issuer from everybody else.
    access: { username: pairingAccount.name, password: pairingAccount.password, rejectUnauthorized: false },
    heard: (payload) => void heard(payload).catch(outcome.reject),
    failed: (why) => outcome.reject(new Error(why)),
  });
  console.log(`Within ten minutes, at the issuer:\n\n    postern issuer join ${shownCode(code)} --controller NAME\n`);
  const late = setTimeout(() => {
    outcome.reject(
      new Error(`Nobody typed the code within ${codeLifeMs / minuteMs} minutes; run this again for another one.`),
    );
  }, codeLifeMs);
  try {
    return await outcome.promise;
  } finally {
    clearTimeout(late);
    await line.close();
  }
}
