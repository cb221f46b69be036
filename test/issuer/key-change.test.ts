// A site's keys that change while workers run: on one machine, and on two whose folders are copies.
import { cpSync } from "node:fs";
import { expect, test } from "vitest";
import { idOfKey, keysCounted, markIn } from "../../src/issuer/counted-keys.ts";
import { beginChange, claimKeys, comingKey, finishChange } from "../../src/issuer/key-change.ts";
import { SiteKeyFolder } from "../../src/issuer/site-key-folder.ts";
import { beginKeys, changeKeys, makeSiteKeys, readSiteKeys } from "../../src/issuer/site-keys.ts";
import { temporaryFolder } from "../ledger/ledger-fixture.ts";
import { createBench, person, site } from "./bench.ts";
import type { ModelController } from "./model-controller.ts";

type Bench = Awaited<ReturnType<typeof createBench>>;

/** Far apart, so that two workers have some each. */
const names = ["front", "back", "cellar", "attic", "yard", "shed"];

async function fleet(bench: Bench): Promise<readonly ModelController[]> {
  const gates = await Promise.all(names.map((name) => bench.addController(name, [`${name}-door`])));
  for (const gate of gates) gate.tellsKeys = true;
  return gates;
}

async function speak({ broker }: Bench, gates: readonly ModelController[]): Promise<void> {
  for (const gate of gates) {
    gate.now += 1;
    gate.sendState();
  }
  await broker.settled();
}

async function beats({ beat }: Bench, many: number): Promise<void> {
  for (let n = 0; n < many; n += 1) await beat();
}

const believed = (gates: readonly ModelController[]) => [...new Set(gates.map(({ believes }) => believes.join()))];

test("a running worker tells of a key to come, works with it once it is in place, and seals with the one beside it", async () => {
  const bench = await createBench();
  const gates = await fleet(bench);
  await bench.startWorker("one");
  await speak(bench, gates);
  const before = bench.keys;
  const coming = await beginChange(bench.changing(), site);
  await beats(bench, 2);
  expect(believed(gates)).toEqual([[before.signer.id, idOfKey(coming)].join()]);
  expect(await comingKey(bench.changing(), site)).toBe(coming);

  await finishChange(bench.changing(), site);
  await beats(bench, 2);
  expect(believed(gates)).toEqual([idOfKey(coming)]);
  const after = readSiteKeys(bench.folder, site);
  expect([after.publicSign, after.publicSeal === before.publicSeal]).toEqual([coming, false]);

  // Both ways, what is sealed is sealed with the new key, and read.
  const [front] = gates;
  front?.recordNamed({ type: "access.granted" }, { name: "Ana Ruiz" });
  front?.sendEvents(1, 1);
  await bench.publish([person("ana", "front-door")]);
  await beats(bench, 2);
  expect(front?.secrets.get("ana-pin-1")).toBe("473110");
  expect((await bench.store.record.newest(site, "front", 1))[0]?.personal).toBe('{"name":"Ana Ruiz"}');
  expect((await bench.store.record.notes(site)).map(({ kind }) => kind)).toEqual([]);
});

test("a controller that was away over a change is told by the key before, and what is sealed reaches it until then", async () => {
  const bench = await createBench();
  const [front] = await fleet(bench);
  await bench.startWorker("one");
  await speak(bench, [front!]);
  front!.tellsKeys = false;
  await beginChange(bench.changing(), site);
  await finishChange(bench.changing(), site);
  await bench.publish([person("ana", "front-door")]);
  front!.unread = [];
  await beats(bench, 2);
  // It heard what it cannot read; then it comes back.
  front!.recordNamed({ type: "access.granted" }, { name: "Ana Ruiz" });
  front!.sendEvents(1, 1);
  await bench.broker.settled();
  expect((await bench.store.record.newest(site, "front", 1))[0]?.personal).toBe('{"name":"Ana Ruiz"}');
  front!.tellsKeys = true;
  await speak(bench, [front!]);
  await beats(bench, 2);
  expect(front!.believes).toEqual([readSiteKeys(bench.folder, site).signer.id]);
  expect(front!.secrets.get("ana-pin-1")).toBe("473110");
});

test("of two machines one of which has not got the new keys yet, neither tells controllers otherwise", async () => {
  const bench = await createBench();
  const gates = await fleet(bench);
  const other = bench.copyFolder();
  await bench.startWorker("one");
  await bench.startWorker("two", other);
  await beats(bench, 6);
  await speak(bench, gates);
  const coming = await beginChange(bench.changing(), site);
  const told = () => bench.broker.published.filter(({ payload }) => payload.includes('"kind":"keys"'));
  await beats(bench, 3);
  const both = [bench.keys.signer.id, idOfKey(coming)].join();
  expect(believed(gates)).toEqual([both]);
  const many = told().length;
  expect(many).toBe(gates.length);
  // Each says where it stands again and again, whichever of the two it says it to.
  for (let n = 0; n < 3; n += 1) {
    await speak(bench, gates);
    await beats(bench, 1);
  }
  expect([believed(gates), told().length]).toEqual([[both], many]);
});

test("a machine that got the folder between the two steps goes over to the new key by itself", async () => {
  const bench = await createBench();
  const gates = await fleet(bench);
  const other = bench.copyFolder();
  await bench.startWorker("one");
  await bench.startWorker("two", other);
  await beats(bench, 6);
  await speak(bench, gates);
  const coming = await beginChange(bench.changing(), site);
  cpSync(bench.folder, other, { recursive: true });
  await beats(bench, 6);
  await finishChange(bench.changing(), site);
  await beats(bench, 3);
  expect(believed(gates)).toEqual([idOfKey(coming)]);
  for (const gate of gates) gate.sync();
  await bench.broker.settled();
  expect(bench.told.filter((line) => line.includes("keys"))).toEqual([]);
  expect((await bench.store.leases.renew("two", 10_000)).length).toBe(32);
});

test("a machine whose folder lacks the key that counts leaves everything to others, says so, and works on once it has it", async () => {
  const bench = await createBench();
  const gates = await fleet(bench);
  const other = bench.copyFolder();
  await bench.startWorker("one");
  await bench.startWorker("two", other);
  await beats(bench, 6);
  await speak(bench, gates);
  const coming = await beginChange(bench.changing(), site);
  await beats(bench, 2);
  await finishChange(bench.changing(), site);
  await beats(bench, 12);
  for (const gate of gates) {
    gate.record({ type: "door.locked" });
    gate.sendEvents(1, 1);
  }
  await bench.broker.settled();
  expect(gates.map(({ acked }) => acked?.seq)).toEqual(gates.map(() => 1));
  expect(believed(gates)).toEqual([idOfKey(coming)]);
  const said = bench.told.filter((line) => line.startsWith("The keys of hof in this folder"));
  expect(said).toHaveLength(1);
  expect(said[0]).toContain('copy sites/hof from the machine on which "postern issuer rotate" was run last');

  // There no command can change keys, and none that was begun elsewhere is doubled.
  await expect(beginChange(bench.changing(other), site)).rejects.toThrow("are not those that count");

  cpSync(bench.folder, other, { recursive: true });
  await beats(bench, 10);
  expect((await bench.store.leases.renew("two", 10_000)).length).toBe(32);
});

test("a change that is under way elsewhere is neither begun nor finished in another copy", async () => {
  const bench = await createBench();
  const other = bench.copyFolder();
  const coming = await beginChange(bench.changing(), site);
  await expect(beginChange(bench.changing(other), site)).rejects.toThrow("go on where it was begun");
  await expect(finishChange(bench.changing(other), site)).rejects.toThrow("go on where it was begun");
  expect(await beginChange(bench.changing(), site)).toBe(coming);
  await finishChange(bench.changing(), site);
  expect(await comingKey(bench.changing(), site)).toBeNull();
});

test("a change that was cut off between the store and the folder is completed by the next command", async () => {
  const bench = await createBench();
  const coming = await beginChange(bench.changing(), site);
  const copy = bench.copyFolder();
  await finishChange(bench.changing(copy), site);
  // The store has gone over, and this folder has not.
  const counted = markIn((await bench.store.sites.list())[0]?.keys ?? "");
  expect(keysCounted(readSiteKeys(bench.folder, site), counted)?.publicSign).toBe(coming);
  const second = await beginChange(bench.changing(), site);
  expect(readSiteKeys(bench.folder, site)).toMatchObject({ publicSign: coming, next: { publicSign: second } });
});

test("a store that was restored from before the last change takes the folder's keys, and from longer before when it is told so", async () => {
  const bench = await createBench();
  const marked = async () => (await bench.store.sites.list())[0]!.keys;
  const look = async () => bench.changing().counted.look(await bench.store.sites.list());
  const change = async (): Promise<string> => {
    await beginChange(bench.changing(), site);
    await finishChange(bench.changing(), site);
    return readSiteKeys(bench.folder, site).publicSign;
  };
  await look();
  const backup = (await marked())!;
  expect(markIn(backup).sign).toEqual([bench.keys.publicSign]);
  const second = await change();
  await bench.store.sites.setKeys(site, await marked(), backup);
  expect([await look(), markIn((await marked())!).sign]).toEqual([{ isNew: true }, [second]]);

  const third = await change();
  await bench.store.sites.setKeys(site, await marked(), backup);
  expect(await look()).toMatchObject({ problem: expect.stringContaining("rotate claim") });
  expect(await claimKeys(bench.changing(), site)).toBe(third);
  expect(await look()).toEqual({ isNew: true });
});

test("a folder that is being copied is worked with as it was until its files are whole", async () => {
  const folder = temporaryFolder();
  makeSiteKeys(folder, site);
  const files = new SiteKeyFolder(folder);
  const before = files.keysOf(site);
  expect(files.keysOf(site)).toBe(before);
  beginKeys(folder, site);
  changeKeys(folder, site);
  expect(files.keysOf(site).old?.publicSign).toBe(before.publicSign);
  expect(files.keysOf(site).old?.publicSeal).toBe(before.publicSeal);
});
