// From a command's publishing to the relay's move, over a local broker with TLS, and to where another process sees it; beside it, in
// the same run, what that cannot be quicker than: a QoS 1 message there and one back, one synced commit, one check of a signature.
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import type { MqttClient } from "mqtt";
import { connectAsync } from "mqtt";
import { machineMono } from "../../hal/machine-time.ts";
import type { Mosquitto } from "../system/broker/mosquitto.ts";
import { startMosquitto } from "../system/broker/mosquitto.ts";
import type { CloudLaunch } from "../system/cloud/cloud-launch.ts";
import { launchCloudSite } from "../system/cloud/cloud-launch.ts";
import { removeFolder } from "../system/product.ts";
import { median, ms, printHeading, printLoad, quantile, times } from "./figures.ts";

const count = Number(process.argv[2] ?? 200);
const limit = 1.5;
/** A board tells whole milliseconds, rounded down: so much too early in the middle of many. */
const halfTick = 0.5;
/** A controller drops what comes in floods. */
const gapMs = 25;

const broker = await startMosquitto();
const site = await launchCloudSite(broker);
const peers = await openPeers(broker, site);
const took = {
  command: [] as number[],
  seen: [] as number[],
  link: [] as number[],
  commit: [] as number[],
  check: [] as number[],
};
for (let n = 0; n < count; n += 1) {
  const { moved, seen } = await toRelay(site);
  took.command.push(moved);
  took.seen.push(seen);
  took.link.push(await peers.thereAndBack());
  took.commit.push(peers.commit());
  took.check.push(peers.check());
}
await peers.close();
await site.issuer.close();
await site.stop();
for (const path of [site.state, `${site.state}.config.json`]) removeFolder(path);
await broker.remove();
process.exitCode = report() ? 0 : 1;

async function toRelay({ issuer, board }: CloudLaunch): Promise<{ readonly moved: number; readonly seen: number }> {
  const moved = board.next(
    (one) => one.kind === "relay" && one["relay"] === "front-strike" && one["energized"] === true,
  );
  const text = issuer.text("command", issuer.ordering({ kind: "unlock", door: "front" }));
  const began = machineMono();
  void issuer.publish("down/command", text);
  const { atMono } = await moved;
  const took = { moved: Number(atMono) + halfTick - began, seen: machineMono() - began };
  await issuer.order({ kind: "lock", door: "front" });
  await new Promise((resolve) => setTimeout(resolve, gapMs));
  return took;
}

async function openPeers(mosquitto: Mosquitto, { state, issuer }: CloudLaunch) {
  const name = `${issuer.address.site}/peer`;
  const peer = await quick(mosquitto, name);
  const asker = await quick(mosquitto, issuer.address.site);
  const [down, up] = [`postern/1/${name}/down/command`, `postern/1/${name}/live`];
  await peer.subscribeAsync(down, { qos: 1 });
  await asker.subscribeAsync(up, { qos: 1 });
  peer.on("message", () => void peer.publishAsync(up, payload, { qos: 1 }));
  const payload = Buffer.alloc(500);
  const thereAndBack = async (): Promise<number> => {
    const back = new Promise<void>((resolve) => asker.once("message", () => resolve()));
    const began = performance.now();
    void asker.publishAsync(down, payload, { qos: 1 });
    await back;
    return performance.now() - began;
  };
  const db = new Sqlite(join(state, "peer.db"));
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  db.exec("CREATE TABLE one (id INTEGER PRIMARY KEY, body TEXT)");
  const insert = db.prepare("INSERT INTO one (body) VALUES (?)");
  const body = "x".repeat(300);
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const signature = sign(null, payload, privateKey);
  return {
    thereAndBack,
    commit: () => timed(() => insert.run(body)),
    check: () => timed(() => verify(null, payload, publicKey, signature)),
    close: async () => {
      db.close();
      await Promise.all([peer.endAsync(true), asker.endAsync(true)]);
    },
  };
}

async function quick(mosquitto: Mosquitto, name: string): Promise<MqttClient> {
  const client = await connectAsync(mosquitto.address, { protocolVersion: 5, ...mosquitto.clientOf(name) });
  (client.stream as unknown as { setNoDelay(on: boolean): void }).setNoDelay(true);
  return client;
}

function timed(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}

function report(): boolean {
  printHeading(
    "scripts/bench cloud-command",
    `${count} commands over TLS to a broker on this machine, interleaved; milliseconds`,
  );
  printLoad();
  for (const [name, all] of Object.entries(took)) {
    console.log(`${name.padEnd(10)} p50 ${ms(median(all))}   p99 ${ms(quantile(all, 0.99))}`);
  }
  const sum = median(took.link) + median(took.commit) + median(took.check);
  const ratio = median(took.command) / sum;
  const isHeld = ratio <= limit;
  console.log(
    `command p50 is ${times(ratio)} of the sum ${ms(sum)} (limit ${times(limit)}): ${isHeld ? "held" : "MISSED"}`,
  );
  return isHeld;
}
