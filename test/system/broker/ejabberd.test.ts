// A cluster of two real ejabberd nodes between a built controller and a built issuer, and what that broker lets whom do.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import type { IClientOptions, MqttClient } from "mqtt";
import { connect } from "mqtt";
import { expect, onTestFinished, test as plainTest } from "vitest";
import { openJournalReader } from "../../../src/ledger/journal-reader.ts";
import { pairingAccount } from "../../../src/link/pairing/pairing-account.ts";
import type { Ended } from "../command.ts";
import { exampleSite, runPostern, startForTest, temporarySite } from "../command.ts";
import { startWorker } from "../issuer/issuer-site.ts";
import type { Product } from "../product.ts";
import { poll, removeFolder, temporaryFolder } from "../product.ts";
import type { EjabberdCluster, EjabberdNode } from "./ejabberd.ts";
import { clusterName, isEjabberdThere, startEjabberd } from "./ejabberd.ts";
import { showCode } from "./shown-code.ts";

const site = "hof";
const test = plainTest.runIf(isEjabberdThere);
const sharedSubscriptionsNotSupported = 0x9e;
const namedAddresses = join(import.meta.dirname, "named-addresses.mjs");

type Issuer = (...words: readonly string[]) => Promise<Ended>;

const people = (...names: readonly string[]): string =>
  JSON.stringify({ people: names.map((id, n) => ({ id, name: id, pin: `04711${n}`, doors: ["front"] })) });

async function clusterForTest(): Promise<EjabberdCluster> {
  const cluster = await startEjabberd(site);
  onTestFinished(() => cluster.remove());
  return cluster;
}

interface Paired extends Product {
  /** From now on the cluster's name stands for these. */
  readonly nameServer: (...nodes: readonly EjabberdNode[]) => void;
}

/** Its code is shown at one node and typed at the other; then it knows the cluster by a name that stands for the first alone. */
async function startPaired(cluster: EjabberdCluster, issuer: Issuer, account: object): Promise<Paired> {
  const [one] = cluster.nodes;
  const { state, file, folder } = temporarySite(
    exampleSite((config) => {
      config.cloud = { broker: cluster.address, ...account };
    }),
  );
  const joining = await showCode({ broker: { passwordAddress: cluster.addressOf(one) } }, state);
  expect(await issuer("join", joining.code, "--controller", "gate-1")).toMatchObject({ code: 0, err: "" });
  expect(await joining.ended).toMatchObject({ code: 0, err: "" });
  const names = join(folder, "names.json");
  const nameServer = (...nodes: readonly EjabberdNode[]): void =>
    writeFileSync(names, JSON.stringify({ [clusterName]: nodes.map(({ address }) => address) }));
  nameServer(one);
  const env = { POSTERN_TEST_NAMES: names };
  const product = await startForTest({ config: null, configFile: file, state, preload: [namedAddresses], env });
  return { ...product, nameServer };
}

/** Somebody leaves, again and again. */
async function press({ board }: Product, times: number): Promise<void> {
  for (let n = 0; n < times; n += 1) {
    await board.send("press front-exit");
    await board.send("release front-exit");
  }
}

test("when one node of two is killed under load, controller and issuer meet at the other, and each event and change is there once", async () => {
  const cluster = await clusterForTest();
  const [one, two] = cluster.nodes;
  const root = temporaryFolder();
  onTestFinished(() => removeFolder(root));
  const passwordOf = (name: string): string => join(root, `${name}.secret`);
  const register = (name: string, password: string): Promise<string> => {
    writeFileSync(passwordOf(name), `${password}\n`, { mode: 0o600 });
    return one.order("register", name, site, password);
  };
  await Promise.all([
    register("gate-1", "a long one"),
    register("_issuer", "a longer one"),
    register(pairingAccount.name, pairingAccount.password),
  ]);
  const folder = join(root, "issuer");
  const issuer = (...words: readonly string[]) => runPostern(["issuer", ...words, "--folder", folder]);
  const broker = ["--broker", cluster.addressOf(two), "--ca", join(cluster.folder, "ca.crt")];
  const user = ["--user", `_issuer@${site}`, "--password-file", passwordOf("_issuer")];
  const made = await issuer("init", "--site", site, "--time-zone", "Europe/Berlin", ...broker, ...user);
  expect(made).toMatchObject({ code: 0, err: "" });
  const worker = await startWorker(folder);
  const gate = await startPaired(cluster, issuer, { user: `gate-1@${site}`, passwordFile: passwordOf("gate-1") });

  const file = join(root, "directory.json");
  const publish = async (...who: readonly string[]): Promise<void> => {
    writeFileSync(file, people(...who));
    expect(await issuer("directory", "apply", file)).toMatchObject({ code: 0, err: "" });
    await poll(async () => (await issuer("drift")).code === 0, 200);
  };
  const store = new Sqlite(join(folder, "issuer.db"), { readonly: true });
  onTestFinished(() => void store.close());
  const granted = (times: number): Promise<void> =>
    poll(async () => {
      const found = store.prepare("SELECT count(*) AS times FROM event WHERE type = 'access.granted'").get();
      return (found as { times: number }).times === times;
    }, 50);

  await poll(async () => (await issuer("controllers")).out.includes("connected"), 200);
  expect(one.said.join()).toContain(`Opened MQTT session for gate-1@${site}/`);
  expect(two.said.join()).not.toContain(`Opened MQTT session for gate-1@${site}/`);
  await publish("ana");
  await gate.board.send("keys front-keypad 047110#");
  await granted(1);
  expect(await issuer("open", "garage")).toMatchObject({ code: 0, out: "gate-1: done.\n" });

  gate.nameServer(one, two);
  const pressing = press(gate, 60);
  await one.kill();
  await pressing;
  await gate.board.send("keys front-keypad 047110#");
  await granted(2);
  expect(two.said.join()).toContain(`Opened MQTT session for gate-1@${site}/`);
  await publish("ana", "bob");
  await gate.board.send("keys front-keypad 047111#");
  await granted(3);
  expect(await issuer("open", "garage")).toMatchObject({ code: 0, out: "gate-1: done.\n" });

  const here = openJournalReader(join(gate.state, "ledger.db"));
  onTestFinished(() => here.close());
  const theirs = store.prepare<[], { seq: number; hash: string }>("SELECT seq, hash FROM event ORDER BY seq");
  await poll(async () => theirs.all().length === here.head(), 50);
  const ours = [...here.rows()].map(({ seq, hash }) => ({ seq, hash: hash.toString("hex") }));
  expect(theirs.all()).toEqual(ours);
  expect(ours.length).toBeGreaterThan(60);
  await worker.kill("SIGTERM");
}, 120_000);

/** `heard` gets the topics of what comes. */
async function connected(
  cluster: EjabberdCluster,
  node: EjabberdNode,
  more: IClientOptions,
  heard: (topic: string, payload: Buffer) => void = () => {},
): Promise<MqttClient> {
  const { ca } = cluster.clientOf("nobody");
  const client = connect(cluster.addressOf(node), { protocolVersion: 5, reconnectPeriod: 0, ca, ...more });
  client.on("message", heard);
  await new Promise<void>((done, failed) => {
    client.once("connect", () => done());
    client.on("error", failed);
  });
  onTestFinished(() => client.endAsync(true));
  return client;
}

/** Subscribes; the broker's reason where it refuses. */
const read = (client: MqttClient, filter: string): Promise<string> =>
  client.subscribeAsync(filter, { qos: 1, rap: true }).then(
    () => "granted",
    (error: Error) => error.message,
  );

const write = (client: MqttClient, topic: string, text = "text", retain = false): Promise<string> =>
  client.publishAsync(topic, text, { qos: 1, retain }).then(
    () => "granted",
    (error: Error) => error.message,
  );

test("every user keeps to its own topics, by password or certificate, and a session moves from node to node", async () => {
  const cluster = await clusterForTest();
  const [one, two] = cluster.nodes;
  await Promise.all(["gate-1", "_issuer", "_join"].map((user) => one.order("register", user, site, "secret")));
  const login = (user: string, clientId: string): IClientOptions => {
    return { username: `${user}@${site}`, password: "secret", clientId };
  };
  const base = `postern/1/${site}`;
  const gate = await connected(cluster, one, login("gate-1", "hof.gate-1"));
  const issuer = await connected(cluster, two, login("_issuer", "issuer-1"));
  const joining = await connected(cluster, two, { ...login("_join", "board"), username: "_join" });
  const { cert, key } = cluster.clientOf(`gate-2@${site}`);
  const shown = { cert, key, clientId: "hof.gate-2" };
  const second = await connected(cluster, two, { ...shown, username: `gate-2@${site}` });
  await expect(connected(cluster, two, { ...shown, username: `gate-1@${site}` })).rejects.toThrow("Not authorized");
  await expect(connected(cluster, two, { ...login("gate-1", "x"), password: "wrong" })).rejects.toThrow(
    "Not authorized",
  );

  expect(await read(gate, `${base}/gate-1/down/#`)).toBe("granted");
  for (const filter of [
    "#",
    `${base}/+/down/#`,
    `${base}/gate-2/down/#`,
    `${base}/gate-1/up/#`,
    "postern/1/join/+/device",
  ])
    expect(await read(gate, filter)).toContain("invalid");
  for (const topic of ["state", "live", "up/events", "result/all"])
    expect(await write(gate, `${base}/gate-1/${topic}`)).toBe("granted");
  for (const topic of ["gate-2/state", "gate-1/down/command", "gate-2/down/ack"])
    expect(await write(gate, `${base}/${topic}`)).toContain("invalid");
  expect(await write(second, `${base}/gate-2/state`)).toBe("granted");
  expect(await write(second, `${base}/gate-1/state`)).toContain("invalid");
  for (const filter of ["+/state", "+/live", "gate-1/up/events", "+/result/+"])
    expect(await read(issuer, `${base}/${filter}`)).toBe("granted");
  expect(await read(issuer, "postern/1/other/+/live")).toContain("invalid");
  expect(await write(issuer, `${base}/gate-1/up/events`)).toContain("invalid");
  expect(await write(joining, "postern/1/join/ABCD/device")).toBe("granted");
  for (const topic of ["postern/1/join/ABCD/issuer", `${base}/_join/state`, `${base}/gate-1/down/command`])
    expect(await write(joining, topic)).toContain("invalid");

  const session = { clean: false, properties: { sessionExpiryInterval: 600 } };
  const moving: IClientOptions = { ...login("gate-1", "moving"), ...session };
  const before = await connected(cluster, one, moving);
  await read(before, `${base}/gate-1/down/#`);
  await before.endAsync(true);
  expect(await write(issuer, `${base}/gate-1/down/ack`)).toBe("granted");
  const kept = Promise.withResolvers<string>();
  await connected(cluster, two, moving, kept.resolve);
  expect(await kept.promise).toBe(`${base}/gate-1/down/ack`);
}, 120_000);

test("what the cluster lacks is as docs/fleet.md says: no shared subscriptions, kept messages at one node only", async () => {
  const cluster = await clusterForTest();
  const [one, two] = cluster.nodes;
  await Promise.all(["gate-1", "_issuer"].map((user) => one.order("register", user, site, "secret")));
  const gate = await connected(cluster, one, {
    username: `gate-1@${site}`,
    password: "secret",
    clientId: "hof.gate-1",
  });
  const state = `postern/1/${site}/gate-1/state`;
  expect(await write(gate, state, "kept", true)).toBe("granted");
  const asIssuer = (clientId: string): IClientOptions => ({
    username: `_issuer@${site}`,
    password: "secret",
    clientId,
  });
  const firstAt = async (node: EjabberdNode): Promise<string> => {
    const first = Promise.withResolvers<string>();
    const heard = (_: string, payload: Buffer): void => first.resolve(String(payload));
    const issuer = await connected(cluster, node, asIssuer(`at ${node.address}`), heard);
    expect(await read(issuer, state)).toBe("granted");
    expect(await write(gate, state, "new")).toBe("granted");
    return first.promise;
  };
  expect(await firstAt(two)).toBe("new");
  expect(await firstAt(one)).toBe("kept");

  const sharing = await connected(cluster, two, asIssuer("sharing"));
  const ended = new Promise<number | undefined>((why) =>
    sharing.once("disconnect", ({ reasonCode }) => why(reasonCode)),
  );
  void read(sharing, `$share/workers/postern/1/${site}/+/live`);
  expect(await ended).toBe(sharedSubscriptionsNotSupported);
}, 120_000);
