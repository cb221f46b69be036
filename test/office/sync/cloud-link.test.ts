// The link between a broker and a ledger that only notes what it is asked.
import { expect, onTestFinished, test } from "vitest";
import type { LedgerReply, LedgerRequest } from "../../../src/domain/ask.ts";
import { unixMs } from "../../../src/domain/time.ts";
import { readIdentity } from "../../../src/link/identity.ts";
import { DoorDesk } from "../../../src/office/door-desk.ts";
import { OwnHealth } from "../../../src/office/own-health.ts";
import { CloudLink } from "../../../src/office/sync/cloud-link.ts";
import { madeIdentity } from "../../link/made-identity.ts";
import { startPlainBroker } from "../../system/cloud/plain-broker.ts";
import { TestIssuer } from "../../system/cloud/test-issuer.ts";
import { FakeJournal } from "../fake-journal.ts";

const address = { site: "hof", controller: "gate-1" };
const none = { epoch: 0, seq: 0, hash: "0".repeat(64) };

async function opened(waiting: readonly string[] = []) {
  const broker = await startPlainBroker();
  onTestFinished(() => broker.stop());
  const made = madeIdentity(address);
  const identity = readIdentity(JSON.stringify(made.file));
  if (identity === null) throw new Error("no identity");
  const issuer = await TestIssuer.open(broker.url, address, made.issuer);
  onTestFinished(() => issuer.close());
  const journal = new FakeJournal();
  const asked: LedgerRequest[] = [];
  const directory = { version: 0, snapshot: null };
  const ask = (request: LedgerRequest): Promise<LedgerReply> => {
    asked.push(request);
    const state = { kind: "cloudState", head: none, acked: { epoch: 0, seq: 0 }, directory, waiting } as const;
    return Promise.resolve(request.kind === "cloudState" ? (state as unknown as LedgerReply) : { kind: "noted" });
  };
  let mono = 1_000;
  const desk = new DoorDesk(
    () => {},
    () => mono,
  );
  const link = new CloudLink({
    identity,
    opening: { databasePath: "none" },
    openLedger: (ready) => {
      setImmediate(ready);
      return { ask, close: () => {} };
    },
    openJournal: () => journal.open(),
    turns: { refused: () => {}, proven: () => {} },
    clock: { wall: () => 0, mono: () => mono },
    desk,
    own: new OwnHealth(Date.now, () => {}),
    note: () => {},
    cloud: {
      ...{ broker: broker.url, caFile: null, user: null, passwordFile: null, mayOpen: true, identityFile: "none" },
      ...{ boot: "boot-1", version: "1", isWatchedOver: false },
    },
  });
  onTestFinished(() => link.close());
  return {
    ...{ issuer, link, desk },
    asked: (kind: LedgerRequest["kind"]) => asked.filter((one) => one.kind === kind),
    pass: (ms: number) => {
      mono += ms;
    },
  };
}

test("only the answer to its newest question tells the ledger what time it is at the issuer, once", async () => {
  const { issuer, asked, pass } = await opened();
  const { nonce } = await issuer.seen("sync");
  pass(700);
  const at = Date.now() - 5_000;
  await issuer.say("ack", { ...none, at, nonce: null });
  await issuer.say("ack", { ...none, at, nonce: "another question" });
  for (const _ of [1, 2]) await issuer.say("ack", { ...none, at, nonce });
  await issuer.say("beacon", { version: 0, at });
  await expect.poll(() => asked("cloudFresh"), { timeout: 20_000 }).toHaveLength(1);
  expect(asked("cloudProven")).toEqual([{ kind: "cloudProven", at: unixMs(at), agoMs: 700 }]);
});

test("while nobody vouches for the clock the issuer is asked anew each quarter of an hour", async () => {
  const { issuer, link, asked, pass } = await opened();
  const { nonce } = await issuer.seen("sync");
  await issuer.say("ack", { ...none, nonce });
  await expect.poll(() => asked("cloudProven"), { timeout: 20_000 }).toHaveLength(1);
  pass(899_999);
  link.beat();
  expect(issuer.heard.filter(({ message }) => message.kind === "sync")).toHaveLength(1);
  const again = issuer.next("sync", (sync) => sync.nonce !== nonce);
  pass(1);
  link.beat();
  await again;
});

test("what was refused is named each quarter of an hour, by a controller with a clock as well", async () => {
  const { issuer, link, desk, asked, pass } = await opened(["ana"]);
  desk.publish({ kind: "doors", doors: [], health: [], time: { aheadMs: 0, source: "network", proven: true } });
  const { nonce, refused } = await issuer.seen("sync");
  expect(refused).toEqual(["ana"]);
  await issuer.say("ack", { ...none, nonce });
  await expect.poll(() => asked("cloudProven"), { timeout: 20_000 }).toHaveLength(1);
  const again = issuer.next("sync", (sync) => sync.nonce !== nonce && sync.refused.join() === "ana");
  pass(900_000);
  link.beat();
  await again;
});
