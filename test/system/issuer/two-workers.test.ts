// Two workers over one PostgreSQL at a real Mosquitto, killed in turn while controllers send and the directory changes.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openMqttLink } from "../../../src/issuer/mqtt-link.ts";
import { readSiteKeys } from "../../../src/issuer/site-keys.ts";
import { openPostgres } from "../../../src/issuer/sql/postgres.ts";
import { openSqlStore } from "../../../src/issuer/sql/sql-store.ts";
import type { IssuerStore } from "../../../src/issuer/store.ts";
import { Uploader } from "../../../src/office/sync/uploader.ts";
import { ModelController } from "../../issuer/model-controller.ts";
import { isMosquittoThere } from "../broker/mosquitto.ts";
import { poll } from "../product.ts";
import type { IssuerSite } from "./issuer-site.ts";
import { createIssuerSite, site } from "./issuer-site.ts";
import { isPostgresThere, startPostgres } from "./postgres.ts";

const controllers = 12;
const events = 600;
/** The controllers' patience is 20 s by a clock of their own. */
const haste = 10;

test.runIf(isMosquittoThere && isPostgresThere)(
  "of two workers either may be killed at any time, and the database under them: each event is there once, and each controller is in step",
  async () => {
    const postgres = await startPostgres();
    onTestFinished(() => postgres.remove());
    const issuerSite = await createIssuerSite(["--postgres", postgres.url]);
    const store = await openSqlStore(await openPostgres(postgres.url), Date.now);
    onTestFinished(() => store.close());
    const gates = await Promise.all(
      Array.from({ length: controllers }, (_, n) => startGate(issuerSite, store, `gate-${n + 1}`)),
    );
    let one = await issuerSite.startWorker();
    let two = await issuerSite.startWorker();
    const file = join(issuerSite.folder, "..", "directory.json");
    const publish = async (people: number): Promise<void> => {
      const doors = gates.map(({ controller }) => `door-${controller}`);
      const all = Array.from({ length: people }, (_, n) => ({ id: `p${n}`, name: `P ${n}`, doors }));
      writeFileSync(file, JSON.stringify({ people: all }));
      expect(await issuerSite.issuer("directory", "apply", file)).toMatchObject({ code: 0 });
    };
    const grow = async (until: number): Promise<void> => {
      for (const gate of gates) {
        while (gate.rows.length < until) gate.record({ type: "door.locked", n: gate.rows.length });
      }
    };
    const heads = async (until: number): Promise<boolean> =>
      (await store.fleet.list(site)).every(({ chain }) => chain?.seq === until);

    await grow(100);
    await publish(30);
    await poll(() => heads(100), 100);
    await grow(300);
    await one.kill("SIGKILL");
    await publish(40);
    one = await issuerSite.startWorker();
    await poll(() => heads(300), 100);
    await grow(450);
    await two.kill("SIGKILL");
    await publish(35);
    await poll(() => heads(450), 100);
    two = await issuerSite.startWorker();
    await postgres.crash();
    await grow(500);
    await postgres.start();
    await poll(() => heads(500), 100);
    await grow(events);
    await Promise.all([one.kill("SIGKILL"), two.kill("SIGKILL")]);
    await publish(20);
    await issuerSite.startWorker();
    await poll(() => heads(events), 100);
    const wanted = Array.from({ length: 20 }, (_, n) => `person p${n}`).toSorted();
    await poll(async () => gates.every((gate) => gate.held().join() === wanted.join()), 100);

    for (const { controller, rows } of gates) {
      const stored = await store.record.newest(site, controller, 2 * events);
      expect(stored.map(({ seq, hash }) => `${seq} ${hash}`)).toEqual(
        rows.map(({ raw, hash }) => `${raw.seq} ${hash}`),
      );
    }
    expect(await store.record.notes(site)).toEqual([]);
  },
  180_000,
);

async function startGate({ broker, folder }: IssuerSite, store: IssuerStore, name: string): Promise<ModelController> {
  const gate = new ModelController(site, name, [`door-${name}`], readSiteKeys(folder, site));
  await store.fleet.put({ site, controller: name }, gate.keys, Date.now());
  const client = broker.clientOf(`${site}/${name}`);
  const pathOf = (part: "ca" | "cert" | "key"): string => {
    const path = join(folder, "..", `${name}.${part}`);
    writeFileSync(path, client[part]);
    return path;
  };
  const tls = { caFile: pathOf("ca"), certificateFile: pathOf("cert"), keyFile: pathOf("key") };
  const at = { url: broker.address, user: null, passwordFile: null, ...tls };
  gate.connect((parts) => {
    const link = openMqttLink(at, `${site}.${name}`, {
      ...parts,
      opened: () => {
        parts.opened();
        gate.sendState();
        gate.sync();
      },
    });
    onTestFinished(() => link.close());
    return link;
  });
  const uploader = new Uploader(
    {
      kept: () => [],
      read: (after, limit) => gate.linked(after, limit),
      send: ({ message }) => gate.say("events", message),
      acked: () => {},
      forked: () => {},
      wall: Date.now,
      mono: () => performance.now() * haste,
      later: () => {},
    },
    null,
  );
  gate.listener = (message) => {
    if (message.kind === "ack") uploader.ack(message);
  };
  uploader.opened();
  const timer = setInterval(() => {
    gate.now = Date.now();
    uploader.beat();
  }, 50);
  const asking = setInterval(() => gate.sync(), 2_000);
  onTestFinished(() => {
    clearInterval(timer);
    clearInterval(asking);
  });
  return gate;
}
