import { argon2Sync } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { adoptSite } from "../../src/cli/site-adoption.ts";
import type { Presentation } from "../../src/domain/presentation.ts";
import { later } from "../../src/domain/time.ts";
import { fetchDirectory } from "../../src/exchange/apply.ts";
import { newPassphrase, seal, unseal } from "../../src/exchange/sealed-export.ts";
import { writeDirectory } from "../../src/exchange/write-directory.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { pinHashCost } from "../../src/ledger/pin-hash.ts";
import { readSiteSecrets } from "../../src/ledger/site-secrets.ts";
import { slowSecretOf } from "../../src/ledger/tokens.ts";
import { openOnDisk, pathsIn, pin, TestClock, TestLedger, temporaryFolder, wordOf } from "../ledger/ledger-fixture.ts";
import { site } from "../site-fixture.ts";
import { portOver, silent } from "./exchange-bench.ts";
import { attempts, everything } from "./one-of-everything.ts";

const asking = new TestLedger();

/** As a door would ask, with the slow hash of that ledger's own salt. */
function outcomes(ledger: Ledger, clock: TestClock, shown: readonly Presentation[] = attempts): string[] {
  return ["front", "garage"].flatMap((door) =>
    shown.map((presentation) => {
      const secret = slowSecretOf(presentation);
      const salt = { nonce: ledger.siteSalt, ...pinHashCost };
      const hash = secret === null ? null : argon2Sync("argon2id", { message: secret, ...salt });
      const presentedAt = clock.now();
      const expiresAt = later(presentedAt.mono, 2_000);
      const ask = { ...asking.ask(presentation, { door }), presentedAt, expiresAt };
      const word = wordOf(ledger.commitBatch([ledger.readyAsk(ask, hash)], [])[0]!.verdict);
      // So that no wrong code blocks the next.
      clock.pass(120_000);
      return `${door} ${word}`;
    }),
  );
}

async function sealedSite(passphrase: string) {
  const folder = temporaryFolder();
  const clock = new TestClock();
  const ledger = openOnDisk(folder, clock);
  const { apply, port } = portOver(ledger, clock);
  const applied = await apply(everything);
  if (!applied.ok) throw new Error(JSON.stringify(applied.problems));
  // One use of the guest's two.
  outcomes(ledger, clock, [pin("00554433")]);
  const secrets = readSiteSecrets(pathsIn(folder));
  if (secrets === null) throw new Error("no secrets");
  const directory = writeDirectory(await fetchDirectory(port), site.cards, null);
  return { ledger, clock, directory, sealed: await seal({ directory, site: secrets }, passphrase) };
}

test("acceptance 20: a sealed export on an empty controller decides a list of attempts as the first one does", async () => {
  const passphrase = newPassphrase();
  const first = await sealedSite(passphrase);
  const opened = await unseal(first.sealed, passphrase.toLowerCase().replaceAll("-", " "));
  if (!opened.ok) throw new Error(opened.problem);
  const folder = temporaryFolder();
  mkdirSync(join(folder, "state"));
  const outcome = await adoptSite(pathsIn(folder), site, opened.content, silent);
  expect(outcome).toMatchObject({ ok: true });
  const clock = new TestClock();
  clock.pass(first.clock.mono - clock.mono);
  const second = openOnDisk(folder, clock, "2");
  const told = outcomes(first.ledger, first.clock);
  expect(outcomes(second, clock)).toEqual(told);
  expect(new Set(told.map((one) => one.split(" ")[1])).size).toBeGreaterThan(5);
}, 60_000);

test("a sealed export shows nothing of what is in it, and opens for its passphrase alone and only whole", async () => {
  const content = { directory: '{"people": "Ana"}', site: { key: Buffer.alloc(32, 7), salt: Buffer.alloc(16, 9) } };
  const bytes = await seal(content, "correct horse battery");
  expect(bytes.includes("Ana")).toBe(false);
  expect(await unseal(bytes, "CORRECT HORSE BATTERY")).toEqual({ ok: true, content });
  const wrong = { ok: false, problem: "The passphrase does not open this export, or the file is damaged." };
  expect(await unseal(bytes, "correct horse batterz")).toEqual(wrong);
  for (const at of [20, 40, bytes.length - 20, bytes.length - 1]) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    expect(await unseal(damaged, "correct horse battery")).toEqual(wrong);
  }
  expect(await unseal(bytes.subarray(0, 30), "correct horse battery")).toMatchObject({ ok: false });
});

test("an export of one site is refused by a controller with keys of its own, and a failed import leaves nothing behind", async () => {
  const taken = temporaryFolder();
  openOnDisk(taken).close();
  const content = { directory: "{}", site: { key: Buffer.alloc(32, 7), salt: Buffer.alloc(16, 9) } };
  await expect(adoptSite(pathsIn(taken), site, content, silent)).rejects.toThrow("people or keys of its own");
  const folder = temporaryFolder();
  mkdirSync(join(folder, "state"));
  const bad = { ...content, directory: '{"people": [{"id": "a", "name": "A", "doors": ["nowhere"]}]}' };
  expect(await adoptSite(pathsIn(folder), site, bad, silent)).toMatchObject({ ok: false });
  expect([...readdirSync(folder), ...readdirSync(join(folder, "state"))]).toEqual(["state"]);
});
