// The shipped broker configuration on a real Mosquitto: who gets in, who may write and read what, and what a restart keeps.
import { execFile, spawn } from "node:child_process";
import { chmodSync, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import type { IClientOptions, MqttClient } from "mqtt";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { pairingAccount, pairingIssuer } from "../../../src/link/pairing/pairing-account.ts";
import { ownPort } from "../../own-port.ts";
import { runPostern } from "../command.ts";
import { removeFolder, temporaryFolder } from "../product.ts";
import type { Mosquitto } from "./mosquitto.ts";
import { isMosquittoThere, startMosquitto } from "./mosquitto.ts";

const run = promisify(execFile);
const refusedByList = 135;

describe.skipIf(!isMosquittoThere)("the shipped configuration of the broker", () => {
  let broker: Mosquitto;
  const open: MqttClient[] = [];

  beforeAll(async () => {
    broker = await startMosquitto([{ name: "hof-12/gate-9", password: "a long password" }]);
  });
  afterAll(async () => {
    for (const client of open) client.end(true);
    await broker.remove();
  });

  const basic: IClientOptions = { protocolVersion: 5, reconnectPeriod: 0, connectTimeout: 5_000 };

  async function certified(name: string, more: IClientOptions = {}): Promise<MqttClient> {
    const client = await connectAsync(broker.address, { ...basic, ...broker.clientOf(name), ...more });
    open.push(client);
    return client;
  }

  async function named(username: string, password: string): Promise<MqttClient> {
    const ca = broker.authority.certificate;
    const client = await connectAsync(broker.passwordAddress, { ...basic, ca, username, password });
    open.push(client);
    return client;
  }

  /** The broker's reason code for a message. */
  const written = (client: MqttClient, topic: string): Promise<number | undefined> =>
    new Promise((resolve) =>
      client.publish(topic, "x", { qos: 1 }, (error, packet) => {
        resolve(error === undefined || error === null ? reasonOf(packet) : (error as { code?: number }).code);
      }),
    );

  const reasonOf = (packet: unknown): number | undefined => (packet as { reasonCode?: number } | undefined)?.reasonCode;

  /** Whether what `from` writes to a topic arrives with `to`, who reads that pattern. */
  async function arrives(from: MqttClient, topic: string, to: MqttClient, pattern: string): Promise<boolean> {
    const marker = `seen-${topic}`;
    await to.subscribeAsync(pattern, { qos: 1 });
    const heard = new Promise<boolean>((resolve) => {
      to.on("message", (at, payload) => payload.toString() === marker && resolve(at === topic));
    });
    const outcome = await new Promise<boolean>((resolve) => {
      from.publish(topic, marker, { qos: 1 }, (error) => resolve(error === undefined || error === null));
    });
    return outcome && (await heard);
  }

  it("brings what a controller writes to its issuer, and what the issuer writes to that controller", async () => {
    const [gate, issuer] = [await certified("hof-12/gate-1"), await certified("hof-12")];
    expect(await arrives(gate, "postern/1/hof-12/gate-1/up/events", issuer, "postern/1/hof-12/+/up/#")).toBe(true);
    expect(await arrives(gate, "postern/1/hof-12/gate-1/state", issuer, "postern/1/hof-12/+/state")).toBe(true);
    expect(await arrives(gate, "postern/1/hof-12/gate-1/result/me", issuer, "postern/1/hof-12/+/result/#")).toBe(true);
    expect(await arrives(issuer, "postern/1/hof-12/gate-1/down/ack", gate, "postern/1/hof-12/gate-1/down/#")).toBe(
      true,
    );
  });

  it("lets a controller write for no other one, nor to itself what is its issuer's", async () => {
    const gate = await certified("hof-12/gate-1");
    const refused = [
      "postern/1/hof-12/gate-2/up/events",
      "postern/1/hof-12/gate-2/state",
      "postern/1/hof-12/gate-1/down/command",
      "postern/1/hof-12/gate-2/down/command",
      "postern/1/other/gate-1/up/events",
      "postern/1/join/ABCD/issuer",
      "postern/1/join/ABCD/device",
    ];
    for (const topic of refused) expect([topic, await written(gate, topic)]).toEqual([topic, refusedByList]);
  });

  it("shows a controller nothing of its neighbours, whatever it subscribes to", async () => {
    const [spy, gate, issuer] = [
      await certified("hof-12/gate-3"),
      await certified("hof-12/gate-1"),
      await certified("hof-12"),
    ];
    const overheard: string[] = [];
    spy.on("message", (topic) => overheard.push(topic));
    await spy.subscribeAsync(["postern/#", "#", "postern/1/hof-12/+/down/#", "postern/1/+/+/up/#"], { qos: 1 });
    await arrives(gate, "postern/1/hof-12/gate-1/up/sync", issuer, "postern/1/hof-12/+/up/#");
    await arrives(issuer, "postern/1/hof-12/gate-1/down/command", gate, "postern/1/hof-12/gate-1/down/#");
    await arrives(issuer, "postern/1/hof-12/gate-3/down/beacon", spy, "postern/1/hof-12/gate-3/down/#");
    expect(new Set(overheard)).toEqual(new Set(["postern/1/hof-12/gate-3/down/beacon"]));
  });

  it("keeps an issuer to its own site", async () => {
    const issuer = await certified("hof-12");
    expect(await written(issuer, "postern/1/hof-13/gate-1/down/command")).toBe(refusedByList);
  });

  it("lets a board that is being paired reach the topics of pairing and nothing else", async () => {
    const [board, issuer] = [await named(pairingAccount.name, pairingAccount.password), await certified(pairingIssuer)];
    expect(await arrives(board, "postern/1/join/ABCD/device", issuer, "postern/1/join/ABCD/device")).toBe(true);
    expect(await arrives(issuer, "postern/1/join/ABCD/issuer", board, "postern/1/join/ABCD/issuer")).toBe(true);
    const refused = ["postern/1/join/ABCD/issuer", "postern/1/hof-12/gate-1/up/events", "postern/1/_join/up/x/y"];
    for (const topic of refused) expect([topic, await written(board, topic)]).toEqual([topic, refusedByList]);
  });

  it("takes a name and its password where there is no certificate, under the same access list", async () => {
    const gate = await named("hof-12/gate-9", "a long password");
    expect(await written(gate, "postern/1/hof-12/gate-1/up/events")).toBe(refusedByList);
    expect(await written(gate, "postern/1/hof-12/gate-9/up/events")).not.toBe(refusedByList);
  });

  it("refuses the nameless, wrong passwords, and names that would stand for every topic", async () => {
    const ca = broker.authority.certificate;
    await expect(connectAsync(broker.passwordAddress, { ...basic, ca })).rejects.toThrow();
    await expect(named("hof-12/gate-9", "a wrong password")).rejects.toThrow();
    const everything = await certified("+");
    expect(await written(everything, "postern/1/hof-12/gate-1/up/events")).toBe(refusedByList);
  });

  it("refuses who has no certificate, or one of another authority", async () => {
    const ca = broker.authority.certificate;
    await expect(connectAsync(broker.address, { ...basic, ca })).rejects.toThrow();
    const other = await startMosquitto();
    const stranger = { ...other.clientOf("hof-12/gate-1"), ca };
    await other.remove();
    await expect(connectAsync(broker.address, { ...basic, ...stranger })).rejects.toThrow();
  });

  it("does not speak TLS 1.1", async () => {
    const { stdout, stderr } = await run("openssl", [
      ...["s_client", "-connect", `127.0.0.1:${broker.passwordPort}`, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"],
    ]).catch((error: { stdout: string; stderr: string }) => error);
    expect(`${stdout}${stderr}`).toMatch(/protocol version|no protocols available|Cipher is \(NONE\)/);
  });

  it("drops who sends more than a message may have, and goes on serving others", async () => {
    const [gate, other] = [await certified("hof-12/gate-4"), await certified("hof-12/gate-5")];
    const closed = new Promise((resolve) => gate.once("close", () => resolve(true)));
    gate.stream.write(oversized(300_000));
    await closed;
    expect(await written(other, "postern/1/hof-12/gate-5/up/events")).not.toBe(refusedByList);
  });

  it("has what was retained and saved after it was killed", async () => {
    const own = await startMosquitto();
    try {
      const connect = async (name: string) =>
        connectAsync(own.address, { ...basic, ...own.clientOf(name), clientId: name.replace("/", ".") });
      const gate = await connect("hof-12/gate-1");
      await gate.publishAsync("postern/1/hof-12/gate-1/state", "kept", { qos: 1, retain: true });
      gate.end(true);
      await own.save();
      await own.kill();
      await own.start();
      const issuer = await connect("hof-12");
      const heard = new Promise((resolve) => issuer.once("message", (at, text) => resolve([at, text.toString()])));
      await issuer.subscribeAsync("postern/1/hof-12/+/state", { qos: 1 });
      expect(await heard).toEqual(["postern/1/hof-12/gate-1/state", "kept"]);
      issuer.end(true);
    } finally {
      await own.remove();
    }
  });

  it("for a user that is not there is refused in one sentence, and nothing is made", async () => {
    const folder = temporaryFolder();
    onTestFinished(() => removeFolder(folder));
    const own = join(folder, "broker");
    const refused = await runPostern(["broker", own, "--user", "nosuchuser"]);
    expect(refused).toMatchObject({
      code: 1,
      out: "",
      err: "postern broker: There is no user nosuchuser on this machine; name one with --user, or install Mosquitto first.\n",
    });
    expect(existsSync(own)).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)(
    "gives a folder that was made for another user to that user, who can run on it",
    async () => {
      const folder = temporaryFolder();
      onTestFinished(() => removeFolder(folder));
      chmodSync(folder, 0o755);
      const own = join(folder, "broker");
      const made = await runPostern([
        "broker",
        own,
        "--user",
        "mosquitto",
        "--bind",
        "127.0.0.1",
        ...(await twoPorts()),
      ]);
      expect(made).toMatchObject({ code: 0, err: "" });
      const child = spawn("/usr/sbin/mosquitto", ["-c", join(own, "mosquitto.conf")], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      const said = createInterface({ input: child.stderr });
      const until = (word: RegExp) => new Promise((done) => said.on("line", (line) => word.test(line) && done(line)));
      await until(/mosquitto version \S+ running/);
      const reloaded = until(/Reloading config|Error/);
      child.kill("SIGHUP");
      expect(await reloaded).toMatch(/Reloading config/);
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGTERM");
      await ended;
      expect(statSync(join(own, "data/mosquitto.db")).uid).toBe(statSync(join(own, "ca.key")).uid);
      expect(statSync(own).uid).not.toBe(0);
    },
  );
});

/** Options for two ports that nobody has. */
async function twoPorts(): Promise<readonly string[]> {
  const [port, other] = [await ownPort("127.0.0.1"), await ownPort("127.0.0.1")];
  return ["--port", String(port), "--password-port", String(other)];
}

/** A PUBLISH at QoS 0 with so many bytes in it. */
function oversized(size: number): Buffer {
  const topic = Buffer.from("postern/1/hof-12/gate-4/up/events");
  const rest = 2 + topic.length + 1 + size;
  const length = Buffer.of((rest & 0x7f) | 0x80, ((rest >> 7) & 0x7f) | 0x80, rest >> 14);
  return Buffer.concat([
    Buffer.of(0x30),
    length,
    Buffer.of(0, topic.length),
    topic,
    Buffer.of(0),
    Buffer.alloc(size, 0x78),
  ]);
}
