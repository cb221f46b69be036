// An issuer's worker over a store and a broker in memory, with a clock that stands until a test moves it.

import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { CountedKeys } from "../../src/issuer/counted-keys.ts";
import { knownDocuments, planEdits } from "../../src/issuer/directory-edit.ts";
import type { IssuedDocument } from "../../src/issuer/documents.ts";
import { SiteKeyFolder } from "../../src/issuer/site-key-folder.ts";
import { makeSiteKeys, readSiteKeys } from "../../src/issuer/site-keys.ts";
import { openSqlStore } from "../../src/issuer/sql/sql-store.ts";
import { openSqlite } from "../../src/issuer/sql/sqlite.ts";
import type { IssuerStore } from "../../src/issuer/store.ts";
import { Worker } from "../../src/issuer/worker.ts";
import { commitTo, hashEvent } from "../../src/ledger/chain.ts";
import { MemoryBroker } from "./memory-broker.ts";
import { ModelController } from "./model-controller.ts";

export const site = "hof";

export async function createBench() {
  const folder = mkdtempSync(join(tmpdir(), "postern-issuer-"));
  makeSiteKeys(folder, site);
  const keys = readSiteKeys(folder, site);
  const clock = { now: 1_000_000 };
  const store = await openSqlStore(openSqlite(":memory:"), () => clock.now);
  await store.sites.add(site, "Europe/Berlin");
  const broker = new MemoryBroker();
  const told: string[] = [];
  const workers: Worker[] = [];
  const box = { key: keys.secrets, random: randomBytes };
  onTestFinished(async () => {
    for (const worker of workers) await worker.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  /** Another machine's copy of the folder. */
  const copyFolder = (): string => {
    const copy = mkdtempSync(join(tmpdir(), "postern-issuer-"));
    onTestFinished(() => rmSync(copy, { recursive: true }));
    cpSync(folder, copy, { recursive: true });
    return copy;
  };

  /** What `postern issuer rotate` works with in a folder. */
  const changing = (from = folder) => {
    const folderKeysOf = (name: string) => readSiteKeys(from, name);
    return { sites: store.sites, folder: from, folderKeysOf, counted: new CountedKeys(store.sites, folderKeysOf) };
  };

  const startWorker = async (name: string, from = folder): Promise<Worker> => {
    const files = new SiteKeyFolder(from);
    const worker = new Worker({
      ...{
        forgetNamesDays: 30,
        name,
        store,
        chain: { hashEvent, commitTo },
        now: () => clock.now,
        mono: () => clock.now,
      },
      ...{
        folderKeysOf: (site: string) => files.keysOf(site),
        certify: () => null,
        openLink: broker.open,
        tell: (what: string) => told.push(what),
      },
    });
    workers.push(worker);
    await broker.settled();
    await worker.beat();
    return worker;
  };

  const addController = async (name: string, doors: readonly string[]): Promise<ModelController> => {
    const controller = new ModelController(site, name, doors, keys);
    await store.fleet.put({ site, controller: name }, controller.keys, clock.now);
    controller.connect(broker.open);
    await broker.settled();
    return controller;
  };

  /** As `postern issuer directory apply` does it. */
  const publish = async (documents: readonly IssuedDocument[], complete = false): Promise<void> => {
    const known = await knownDocuments(store.directory, site, box);
    const all = new Set(complete ? (["schedule", "holiday", "person", "pass"] as const) : []);
    const { changes } = planEdits(known, documents, all, box);
    if (changes.length > 0) await store.directory.change(site, changes);
  };

  const beat = async (): Promise<void> => {
    clock.now += 1_000;
    for (const worker of workers) await worker.beat();
    await broker.settled();
  };
  return {
    ...{ store, broker, told, clock, keys, folder, copyFolder, changing },
    startWorker,
    addController,
    publish,
    beat,
  };
}

export const stateOf = async (store: IssuerStore, controller: string) => (await store.fleet.get({ site, controller }))!;

export const person = (id: string, ...doors: readonly string[]): IssuedDocument => ({
  what: "person",
  id,
  body: { name: `Name of ${id}`, state: "active", validity: { from: null, until: null } },
  credentials: [{ id: `${id}-pin-1`, kind: "pin", secret: `47${id.length}110` }],
  grants: doors.map((door) => ({ door, schedule: "always" })),
});

export const schedule = (id: string): IssuedDocument => ({
  what: "schedule",
  id,
  body: { name: `Schedule ${id}`, rule: { kind: "always" } },
});
