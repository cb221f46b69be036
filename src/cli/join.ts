// `postern join`: shows a code, and becomes a controller of whichever issuer it is typed at.
import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadAccepted } from "../config/choose.ts";
import { makeKeysFolder, writeDurably } from "../ledger/keys.ts";
import { joinAsDevice } from "../link/pairing/join-as-device.ts";
import { codeLifeMs, makeJoinCode, shownCode } from "../link/pairing/join-code.ts";
import type { OwnKeys } from "../link/pairing/join-identity.ts";
import { identityOf, makeOwnKeys } from "../link/pairing/join-identity.ts";
import type { Papers } from "../link/pairing/join-messages.ts";
import { formerIdentityFile, makeNextKeys, nextKeysFile } from "../link/pairing/next-keys.ts";
import { pairingBrokerPattern } from "../link/pairing/pairing-account.ts";
import type { StatePaths } from "../ops/state-paths.ts";
import { Misuse } from "./misuse.ts";
import { pathsOf, stateOption } from "./options.ts";
import { timeText } from "./spoken-time.ts";

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
  if (broker === undefined || !pairingBrokerPattern.test(broker)) {
    throw new Misuse("Name the broker with --broker, such as mqtts://broker.example:8884.");
  }
  const paths = pathsOf(values);
  if (existsSync(paths.identityFile) && !values.again) {
    throw new Error(
      `This controller is paired already; --again makes it somebody else's. Its keys are ${paths.identityFile}.`,
    );
  }
  const accepted = loadAccepted(paths.folder);
  const keys = makeOwnKeys();
  const code = makeJoinCode(randomBytes);
  const papers = await joinAsDevice({
    ...{ broker, code, keys, random: randomBytes },
    ready: () => showWhatToType(shownCode(code), accepted.ok ? accepted.config.site.timeZone : null),
    keep: (told) => store(paths, keys, told),
    anew: "show a new one with `postern join`",
  });
  console.log(`This controller is ${papers.controller} of the site ${papers.site} now.`);
  if (accepted.ok && accepted.config.cloud === null) {
    console.log('It does not use that yet: write "cloud": {} into its configuration, and say `postern reload`.');
  }
  return 0;
}

/** The time as the site's own clock shows it, where the site is known. */
function showWhatToType(code: string, siteZone: string | null): void {
  const until = timeText(Date.now() + codeLifeMs, siteZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone);
  console.log(`At the issuer:\n\n    postern issuer join ${code} --controller NAME\n`);
  console.log(`Waiting until ${until} for this code to be typed there.`);
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
  for (const file of [nextKeysFile, formerIdentityFile]) rmSync(file(paths.identityFile), { force: true });
  writeDurably(paths.identityFile, Buffer.from(`${JSON.stringify(identity, null, 2)}\n`), 0o600);
}
