// What a broker can do that has turned: it replays, keeps, edits, swaps, forges and floods. No lock moves by it, no right is
// added or comes back, and each attempt stands in the record.
import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { CloudDocument } from "../../../src/domain/cloud-directory.ts";
import type { CloudRefusal } from "../../../src/domain/events.ts";
import { keyIdOf, rawPublicKey } from "../../../src/link/envelope.ts";
import { topicOf } from "../../../src/link/topics.ts";
import { poll } from "../product.ts";
import type { CloudSite } from "./cloud-site.ts";
import { startCloudSite } from "./cloud-site.ts";
import { startPlainBroker } from "./plain-broker.ts";

let broker: Awaited<ReturnType<typeof startPlainBroker>>;
beforeAll(async () => {
  broker = await startPlainBroker();
});
afterAll(() => broker.stop());

const open = { kind: "open", door: "front" } as const;
const strangers = generateKeyPairSync("ed25519");
const stranger = { id: keyIdOf(rawPublicKey(strangers.publicKey)), privateKey: strangers.privateKey };

const person = (version: number, over: object = {}): CloudDocument =>
  ({
    what: "person",
    id: "mallory",
    version,
    body: { name: "Mallory", state: "active", validity: { from: null, until: null } },
    credentials: [{ id: "mallory-card", kind: "card", mark: "1", secret: "00B775D2" }],
    grants: [{ door: "front", schedule: "always" }],
    ...over,
  }) as unknown as CloudDocument;

/** The attempt was recorded, nothing moved, and the honest issuer is heard all the same. */
async function refused(site: CloudSite, why: CloudRefusal): Promise<void> {
  await site.recorded((event) => event.type === "cloud.refused" && event.why === why);
  expect(site.driven).toEqual([]);
  expect(await site.issuer.order({ kind: "lock", door: "garage" })).toMatchObject({ code: "done" });
  expect(site.driven.filter((relay) => relay === "front-strike")).toEqual([]);
}

/** Whoever was to get in by the card does not. */
async function staysOut(site: CloudSite, card = "00B775D2"): Promise<void> {
  const answer = site.board.next((one) => one.kind === "signal" && one["reader"] === "front-reader");
  await site.board.send(`tap front-reader ${card}`);
  expect((await answer)["signal"]).toBe("denied");
}

test("a command that is sent again opens once", async () => {
  const site = await startCloudSite(broker.url);
  const ordering = site.issuer.ordering(open);
  const text = site.issuer.text("command", ordering);
  const answered = site.issuer.next("result", ({ id }) => id === ordering.id);
  await site.issuer.publish("down/command", text);
  expect((await answered).message).toMatchObject({ ok: true });
  for (let n = 0; n < 5; n += 1) await site.issuer.publish("down/command", text);
  await site.recorded((event) => event.type === "cloud.refused" && event.why === "repeated");
  await site.issuer.order({ kind: "lock", door: "garage" });
  expect(site.driven.filter((relay) => relay === "front-strike")).toHaveLength(1);
});

test("a command that the broker kept for who connects next opens nothing", async () => {
  const site = await startCloudSite(broker.url);
  await site.issuer.command(open, {}, { retain: true });
  await site.recorded((event) => event.type === "cloud.refused" && event.why === "retained");
  // What was kept meets the next connection as well.
  process.kill(site.pidOf("office") ?? 0, "SIGKILL");
  await poll(async () => site.refusals("retained") === 2);
  expect(site.driven).toEqual([]);
});

test("a command of which anything was edited opens nothing", async () => {
  const site = await startCloudSite(broker.url);
  const text = site.issuer.text("command", site.issuer.ordering({ kind: "lock", door: "front" }));
  await site.issuer.publish("down/command", text.replace('"kind":"lock"', '"kind":"open"'));
  await refused(site, "unsigned");
});

test("a command by a stranger's key opens nothing, even under the issuer's key id", async () => {
  const site = await startCloudSite(broker.url);
  await site.issuer.command(open, {}, { by: stranger });
  await site.issuer.command(open, {}, { by: { ...stranger, id: site.issuer.signer.id } });
  await refused(site, "unsigned");
});

test("a command for a neighbour, well signed by the same issuer, opens nothing here", async () => {
  const site = await startCloudSite(broker.url);
  await site.issuer.command(open, { controller: "gate-2" });
  await refused(site, "foreign");
});

test("a command for the controller of that name at another site opens nothing here", async () => {
  const site = await startCloudSite(broker.url);
  await site.issuer.command(open, { site: "hof-13" });
  await refused(site, "foreign");
});

test("a command that was held back until its time was over opens nothing", async () => {
  const site = await startCloudSite(broker.url);
  await site.issuer.command(open, { at: Date.now() - 60_000, until: Date.now() - 1_000 });
  await refused(site, "stale");
});

test("a command that would last for ever, or comes from the future, opens nothing", async () => {
  const site = await startCloudSite(broker.url);
  await site.issuer.command(open, { until: Date.now() + 86_400_000 });
  await site.issuer.command(open, { at: Date.now() + 3_600_000, until: Date.now() + 3_630_000 });
  await refused(site, "stale");
});

test("a command on another topic, or another message on that of commands, does nothing", async () => {
  const site = await startCloudSite(broker.url);
  await site.issuer.command(open, {}, { place: "down/directory" });
  await site.issuer.say("beacon", { version: 9 }, { place: "down/command" });
  await refused(site, "misplaced");
});

test("an answer cannot be sent to a topic that is not the controller's own, and then nothing is done", async () => {
  const site = await startCloudSite(broker.url);
  await site.issuer.command(open, {}, { properties: { responseTopic: topicOf(site.issuer.address, "down/command") } });
  await refused(site, "misplaced");
});

test("a forged right is none: a delta by a stranger's key", async () => {
  const site = await startCloudSite(broker.url);
  const text = site.issuer.text("delta", { from: 0, version: 1, documents: [], more: false }, stranger);
  await site.issuer.publish("down/directory", text);
  await refused(site, "unsigned");
  await staysOut(site);
});

test("a right that was edited into an honest delta is none", async () => {
  const site = await startCloudSite(broker.url);
  const honest = site.issuer.stepText({ kind: "delta", from: 0, version: 1, documents: [person(1, { grants: [] })] });
  await site.issuer.publish(
    "down/directory",
    honest.replace('"grants":[]', '"grants":[{"door":"front","schedule":"always"}]'),
  );
  await refused(site, "unsigned");
  await staysOut(site);
});

test("a right that was taken back does not come back with the delta that once gave it", async () => {
  const site = await startCloudSite(broker.url);
  const giving = site.issuer.stepText({ kind: "delta", from: 0, version: 1, documents: [person(1)] });
  await site.issuer.publish("down/directory", giving);
  await site.recorded((event) => event.type === "directory.changed" && event.by === "cloud");
  const gone: CloudDocument = { what: "gone", of: "person", id: "mallory", version: 2 };
  await site.issuer.step({ kind: "delta", from: 1, version: 2, documents: [gone] });
  await site.recorded((event) => event.type === "directory.changed" && event.version === 2);
  await site.issuer.publish("down/directory", giving);
  await refused(site, "stale");
  await staysOut(site);
});

test("a right that was taken back does not come back with an old snapshot, and nothing newer goes by it", async () => {
  const site = await startCloudSite(broker.url);
  const old = site.issuer.stepText({
    kind: "chunk",
    snapshot: 1,
    after: null,
    upTo: null,
    version: 1,
    documents: [person(1)],
  });
  await site.issuer.publish("down/directory", old);
  await site.recorded((event) => event.type === "directory.changed" && event.by === "cloud");
  const documents: CloudDocument[] = [{ what: "gone", of: "person", id: "mallory", version: 2 }];
  await site.issuer.step({ kind: "delta", from: 1, version: 2, documents });
  await site.recorded((event) => event.type === "directory.changed" && event.version === 2);
  await site.issuer.publish("down/directory", old);
  await refused(site, "stale");
  await staysOut(site);
});

test("the directory of a neighbour, with codes sealed for them, is not taken", async () => {
  const site = await startCloudSite(broker.url);
  const text = site.issuer.stepText(
    { kind: "delta", from: 0, version: 1, documents: [person(1)] },
    { controller: "gate-2" },
  );
  await site.issuer.publish("down/directory", text);
  await refused(site, "foreign");
  await staysOut(site);
});

test("what is sealed for one kind of message cannot be moved into another", async () => {
  const site = await startCloudSite(broker.url);
  const sealed = site.issuer.seal("chunk", ["00B775D2"]);
  const document = { ...person(1), credentials: [{ id: "c", kind: "card", mark: "1", secret: 0 }] };
  await site.issuer.say("delta", { from: 0, version: 1, documents: [document], more: false, sealed });
  await refused(site, "unsealable");
  await staysOut(site);
});

test("a directory that the broker kept is not taken from it", async () => {
  const site = await startCloudSite(broker.url);
  await site.issuer.say(
    "delta",
    { from: 7, version: 8, documents: [person(8, { credentials: [] })], more: false },
    { retain: true },
  );
  process.kill(site.pidOf("office") ?? 0, "SIGKILL");
  await site.recorded((event) => event.type === "cloud.refused" && event.why === "retained");
  expect(site.driven).toEqual([]);
});

test("a forged acknowledgement moves nothing, and one of another past is an alarm", async () => {
  const site = await startCloudSite(broker.url);
  site.issuer.acknowledges = false;
  const { epoch, seq } = await site.issuer.seen("sync");
  await site.issuer.say("ack", { epoch, seq: 1, hash: "ab".repeat(32), nonce: null }, { by: stranger });
  await refused(site, "unsigned");
  await site.issuer.say("ack", { epoch, seq: 1, hash: "ab".repeat(32), nonce: null });
  expect(await site.recorded(({ type }) => type === "cloud.forked")).toMatchObject({ epoch, seq: 1 });
  expect(seq).toBeGreaterThan(0);
});

test("an older beacon does not hide that there is a newer directory", async () => {
  const site = await startCloudSite(broker.url);
  const older = site.issuer.text("beacon", { version: 1, at: Date.now() - 60_000 });
  await site.issuer.say("beacon", { version: 5 });
  await site.issuer.publish("down/beacon", older);
  await refused(site, "stale");
});

test("messages that are too long, no JSON, or hostile in their members are refused, and the controller lives on", async () => {
  const site = await startCloudSite(broker.url);
  await site.issuer.publish("down/command", Buffer.alloc(270_000, 0x7b));
  await site.recorded((event) => event.type === "cloud.refused" && event.why === "oversized");
  const hostile = [
    '{"__proto__":{"kind":"command"}}',
    "[]",
    "\u0000",
    `${"[".repeat(50_000)}`,
    '{"kind":{"toString":1}}',
    "{'or'1=1--}",
  ];
  for (const text of hostile) await site.issuer.publish("down/command", text);
  await refused(site, "malformed");
});

test("a flood of messages is dropped unread, and a resident gets in meanwhile", async () => {
  const site = await startCloudSite(broker.url);
  await site.change([
    {
      op: "putPerson",
      person: {
        kind: "person",
        id: "ana" as never,
        name: "Ana",
        state: "active",
        validity: { from: null, until: null },
      },
    },
    {
      op: "putCredential",
      id: "ana-card" as never,
      kind: "card",
      secret: "00C0FFEE",
      holder: { kind: "person", id: "ana" as never },
    },
    {
      op: "putGrant",
      holder: { kind: "person", id: "ana" as never },
      door: "front" as never,
      schedule: "always" as never,
    },
  ]);
  const text = site.issuer.text("command", site.issuer.ordering(open), stranger);
  const flood = Promise.all(Array.from({ length: 3_000 }, () => site.issuer.publish("down/command", text)));
  const answer = site.board.next((one) => one.kind === "signal" && one["reader"] === "front-reader");
  await site.board.send("tap front-reader 00C0FFEE");
  expect((await answer)["signal"]).toBe("granted");
  await flood;
  await site.recorded((event) => event.type === "cloud.refused" && event.why === "flooded");
  expect(site.driven).toEqual(["front-strike"]);
});

test("a site that does not let the cloud open refuses to, and still locks", async () => {
  const site = await startCloudSite(broker.url, { cloud: { mayOpen: false } });
  for (const order of [open, { kind: "unlock", door: "front" }, { kind: "lockOpen", door: "front" }] as const)
    expect(await site.issuer.order(order)).toMatchObject({ code: "forbidden" });
  expect(await site.issuer.order({ kind: "lockDown", doors: [], forMs: null })).toMatchObject({ code: "done" });
  expect(await site.issuer.order({ kind: "lockDownRelease", doors: [] })).toMatchObject({ code: "forbidden" });
  expect(site.driven).not.toContain("front-strike");
});
