// New keys that the broker refuses lock nobody out: the former ones are kept until the issuer has answered under the new ones.
import { createPublicKey } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { OpenAuthority } from "../../../src/issuer/authority.ts";
import { certifyController, makeTlsKey, openAuthority, privatePem } from "../../../src/issuer/authority.ts";
import type { IdentityFile } from "../../../src/link/identity.ts";
import { formerIdentityFile } from "../../../src/link/pairing/next-keys.ts";
import { DoorDesk } from "../../../src/office/door-desk.ts";
import { OwnHealth } from "../../../src/office/own-health.ts";
import { IdentityTurns } from "../../../src/office/sync/identity-turns.ts";
import { openSync } from "../../../src/office/sync/open-sync.ts";
import { madeIdentity } from "../../link/made-identity.ts";
import { isMosquittoThere, startMosquitto } from "../../system/broker/mosquitto.ts";
import { TestIssuer } from "../../system/cloud/test-issuer.ts";
import { FakeJournal } from "../fake-journal.ts";
import { FakeLineServer } from "../fake-line-server.ts";

const address = { site: "hof-12", controller: "gate-1" };

function files() {
  const folder = mkdtempSync(join(tmpdir(), "postern-turns-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const identityFile = join(folder, "cloud-identity.json");
  return { folder, identityFile, formerFile: formerIdentityFile(identityFile) };
}

function turns() {
  const { identityFile, formerFile } = files();
  writeFileSync(identityFile, "new");
  writeFileSync(formerFile, "former");
  const troubles: string[] = [];
  let mono = 0;
  const some = new IdentityTurns({ identityFile, mono: () => mono, trouble: (why) => troubles.push(why) });
  const refuse = (times: number) => {
    for (let n = 0; n < times; n += 1) some.refused();
  };
  const pass = (ms: number) => {
    mono += ms;
  };
  return {
    turns: some,
    refuse,
    pass,
    troubles,
    identityFile,
    formerFile,
    text: () => readFileSync(identityFile, "utf8"),
  };
}

test("new keys that the issuer has answered are the only ones from then on", () => {
  const { turns: some, refuse, identityFile, formerFile, troubles } = turns();
  refuse(2);
  some.proven();
  expect(existsSync(formerFile)).toBe(false);
  refuse(10);
  expect([some.file, troubles]).toEqual([identityFile, []]);
});

test("refused three times they give way to the former ones, which stay once the issuer has answered those", () => {
  const { turns: some, refuse, identityFile, formerFile, text, troubles } = turns();
  refuse(3);
  expect([some.file, text()]).toEqual([formerFile, "new"]);
  some.proven();
  expect([some.file, text(), existsSync(formerFile)]).toEqual([identityFile, "former", false]);
  expect(troubles.at(-1)).toMatch(
    /former keys are in use again; see the broker's log, then run `postern join --rotate`/,
  );
});

test("former ones that the issuer does not answer, or that are refused as well, give way to the new ones again", () => {
  const { turns: some, refuse, pass, identityFile, formerFile } = turns();
  refuse(3);
  pass(299_999);
  expect(some.file).toBe(formerFile);
  pass(1);
  expect(some.file).toBe(identityFile);
  refuse(3);
  expect(some.file).toBe(formerFile);
  refuse(3);
  expect(some.file).toBe(identityFile);
});

function paired(authority: OpenAuthority, ca: string) {
  const key = makeTlsKey();
  const own = madeIdentity(address, { ca, certificate: null, key: privatePem(key) });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" }).toString("base64url");
  const certificate = certifyController(authority, address, spki, Date.now());
  const file: IdentityFile = { ...own.file, tls: { ...own.file.tls, certificate } };
  return { ...own, file };
}

test.skipIf(!isMosquittoThere)(
  "a real broker that refuses the new certificate has the controller back under its former keys",
  async () => {
    const broker = await startMosquitto();
    onTestFinished(() => broker.remove());
    const { folder, identityFile, formerFile } = files();
    const ca = broker.authority.certificate;
    const former = paired(broker.authority, ca);
    const strangers = openAuthority(join(folder, "authority"), Date.now());
    writeFileSync(identityFile, JSON.stringify(paired(strangers, ca).file), { mode: 0o600 });
    writeFileSync(formerFile, JSON.stringify(former.file), { mode: 0o600 });
    const issuer = await TestIssuer.open(broker.address, address, former.issuer, broker.clientOf(address.site));
    onTestFinished(() => issuer.close());
    const ledger = new FakeLineServer(join(folder, "ledger.sock"));
    ledger.answer = (line, _, say) => {
      const standing = { acked: { epoch: 0, seq: 0 }, directory: { version: 0, snapshot: null }, waiting: [] };
      say(JSON.parse(line).kind === "cloudState" ? { kind: "cloudState", ...standing } : { kind: "noted" });
    };
    await ledger.listen();
    onTestFinished(() => ledger.close());
    const own = new OwnHealth(Date.now, () => {});
    const mono = () => performance.now();
    const cloud = {
      ...{ broker: broker.address, caFile: null, user: null, passwordFile: null, mayOpen: true, identityFile },
      ...{ boot: "boot-1", version: "1", isWatchedOver: false },
    };
    const journal = new FakeJournal();
    const sync = openSync(cloud, { databasePath: "none", ledgerSocket: ledger.path } as never, {
      ...{ openJournal: () => journal.open(), clock: { wall: Date.now, mono }, own, note: () => {} },
      desk: new DoorDesk(() => {}, mono),
    });
    onTestFinished(() => sync.close());
    const beat = setInterval(() => sync.beat(), 50);
    onTestFinished(() => clearInterval(beat));
    const { nonce } = await issuer.seen("sync");
    await issuer.say("ack", { epoch: 0, seq: 0, hash: "0".repeat(64), nonce });
    await expect.poll(() => existsSync(formerFile), { timeout: 20_000 }).toBe(false);
    expect(readFileSync(identityFile, "utf8")).toBe(JSON.stringify(former.file));
    expect(own.facts().map(({ part }) => part)).toEqual(["cloud keys"]);
  },
);
