// Pairing with the built product over a real Mosquitto: a code shown here, typed there, and a controller that its issuer knows.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test as plainTest } from "vitest";
import { openSqlite } from "../../../src/issuer/sql/sqlite.ts";
import { keyIdOf } from "../../../src/link/envelope.ts";
import { readIdentity } from "../../../src/link/identity.ts";
import { exampleSite, runPostern, startForTest, temporarySite } from "../command.ts";
import type { IssuerSite } from "../issuer/issuer-site.ts";
import { createIssuerSite, site } from "../issuer/issuer-site.ts";
import { poll, postern } from "../product.ts";
import { FaultyLink } from "./faulty-link.ts";
import { isMosquittoThere } from "./mosquitto.ts";
import { showCode } from "./shown-code.ts";

const test = plainTest.runIf(isMosquittoThere);

const identityFile = (state: string): string => join(state, "keys", "cloud-identity.json");

/** The ids of the keys that count for the only controller. */
async function keysAtIssuer({ folder }: IssuerSite): Promise<readonly string[]> {
  const store = openSqlite(join(folder, "issuer.db"));
  const [row] = await store.all<{ keys: string }>("SELECT keys FROM controller");
  await store.close();
  const keys: { sign: string }[] = JSON.parse(row?.keys ?? "[]");
  return keys.map(({ sign }) => keyIdOf(Buffer.from(sign, "base64url")));
}

const withCloud = exampleSite((config) => {
  config.cloud = {};
});

test("a board whose code is typed at the issuer is its controller, with keys of its own making, and connects", async () => {
  const world = await createIssuerSite();
  const { state, file } = temporarySite(withCloud);
  const joining = await showCode(world, state);
  const typed = joining.code.toLowerCase().replaceAll("-", " ");
  expect(await world.issuer("join", typed, "--controller", "gate-1")).toMatchObject({ code: 0, err: "" });
  expect(await joining.ended).toMatchObject({ code: 0, err: "" });

  expect(statSync(identityFile(state)).mode & 0o777).toBe(0o600);
  const text = readFileSync(identityFile(state), "utf8");
  const identity = readIdentity(text);
  expect(identity).toMatchObject({ site, controller: "gate-1", broker: world.broker.address });
  expect(text).toContain(world.broker.authority.certificate.split("\n")[1]);

  const worker = await world.startWorker();
  const gate = await startForTest({ config: null, configFile: file, state });
  await poll(async () => (await world.issuer("controllers")).out.includes("connected"), 200);
  await poll(async () => (await world.issuer("drift")).code === 0, 200);
  expect((await gate.status()).health.filter(({ part, state }) => part === "cloud" && state === "fault")).toEqual([]);
  await worker.kill("SIGTERM");
}, 120_000);

test("a controller that runs without a cloud is paired, and connects once the cloud is in its file and reloaded", async () => {
  const world = await createIssuerSite();
  const { state, file } = temporarySite();
  await startForTest({ config: null, configFile: file, state });
  const joining = await showCode(world, state);
  await world.issuer("join", joining.code, "--controller", "gate-1");
  const { code, out } = await joining.ended;
  expect(code).toBe(0);
  expect(out).toContain(
    'It does not use that yet: write "cloud": {} into its configuration, and say `postern reload`.',
  );

  writeFileSync(file, JSON.stringify(withCloud));
  expect(await runPostern(["reload", "--state", state])).toMatchObject({ code: 0 });
  const worker = await world.startWorker();
  await poll(async () => (await world.issuer("controllers")).out.includes("connected"), 200);
  await worker.kill("SIGTERM");
}, 120_000);

test("a controller changes over to new keys while it works: no event is lost or doubled, orders go on, old keys count no more", async () => {
  const world = await createIssuerSite();
  const { state, file } = temporarySite(withCloud);
  const joining = await showCode(world, state);
  await world.issuer("join", joining.code, "--controller", "gate-1");
  await joining.ended;
  const worker = await world.startWorker();
  const gate = await startForTest({ config: null, configFile: file, state });
  await poll(async () => (await world.issuer("drift")).code === 0, 200);
  const before = readFileSync(identityFile(state), "utf8");

  expect(await runPostern(["join", "--rotate", "--state", state])).toMatchObject({ code: 0, err: "" });
  await gate.board.send("keys front-keypad 999999#");
  await poll(async () => readFileSync(identityFile(state), "utf8") !== before, 100);
  const after = readFileSync(identityFile(state), "utf8");
  const [old, now] = [JSON.parse(before), JSON.parse(after)];
  expect([now.site, now.controller, now.issuer, now.broker, now.tls.ca]).toEqual([
    ...[old.site, old.controller, old.issuer, old.broker, old.tls.ca],
  ]);
  for (const member of ["sign", "seal"]) expect(now.device[member]).not.toBe(old.device[member]);
  for (const member of ["certificate", "key"]) expect(now.tls[member]).not.toBe(old.tls[member]);
  expect(statSync(identityFile(state)).mode & 0o777).toBe(0o600);
  expect(existsSync(`${identityFile(state)}.next`)).toBe(false);

  const signer = readIdentity(after)?.signer.id;
  await poll(async () => (await keysAtIssuer(world)).join() === signer, 200);
  await gate.board.send("keys front-keypad 888888#");
  await poll(async () => (await world.issuer("open", "front", "--controller", "gate-1")).code === 0, 200);
  await poll(async () => (await world.issuer("drift")).code === 0, 200);
  const all = ["events", "--json", "--last", "1000", "--controller", "gate-1"];
  const lines = (await world.issuer(...all)).out.trim().split("\n");
  const events = lines.map((line) => JSON.parse(line));
  const seqs = events.map(({ seq }) => seq);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, n) => n + 1));
  expect(events.filter(({ event }) => event.type === "access.denied")).toHaveLength(2);
  expect(events.filter(({ event }) => event.type === "cloud.refused")).toEqual([]);
  await worker.kill("SIGTERM");
}, 120_000);

test("an issuer changes its keys while its worker runs, once its controllers know the next one, and no message is refused", async () => {
  const world = await createIssuerSite();
  const { state, file } = temporarySite(withCloud);
  const joining = await showCode(world, state);
  await world.issuer("join", joining.code, "--controller", "gate-1");
  await joining.ended;
  await startForTest({ config: null, configFile: file, state });
  const believed = () => [...(readIdentity(readFileSync(identityFile(state), "utf8"))?.issuerKeys.keys() ?? [])];
  const [first] = believed();

  expect(await world.issuer("rotate", "finish")).toMatchObject({
    code: 1,
    err: expect.stringMatching(/No key is to come/),
  });
  const [coming = ""] = /[0-9a-f]{16}/.exec((await world.issuer("rotate", "begin")).out) ?? [];
  const early = await world.issuer("rotate", "finish");
  expect(early).toMatchObject({ code: 1, err: expect.stringMatching(/These do not know the key \w+ yet: gate-1\./) });
  const worker = await world.startWorker();
  await poll(async () => believed().join() === [first, coming].join(), 100);
  const seal = sealOf(state);
  await poll(async () => (await world.issuer("rotate", "finish")).code === 0, 500);
  await poll(async () => believed().join() === coming, 100);
  await poll(async () => (await world.issuer("open", "front", "--controller", "gate-1")).code === 0, 200);
  await poll(async () => (await world.issuer("drift")).code === 0, 200);
  const events = (await world.issuer("events", "--json", "--last", "1000")).out;
  expect(events).not.toContain('"cloud.refused"');
  expect(sealOf(state)).not.toBe(seal);
  await worker.kill("SIGTERM");
}, 120_000);

const sealOf = (state: string): string => JSON.parse(readFileSync(identityFile(state), "utf8")).issuer.seal;

test("a mistyped code is told apart and gives nothing away; the right one still pairs", async () => {
  const world = await createIssuerSite();
  const { state } = temporarySite();
  const joining = await showCode(world, state);
  const last = joining.code.at(-1) === "0" ? "1" : "0";
  const wrong = await world.issuer("join", joining.code.slice(0, -1) + last, "--controller", "gate-1");
  expect(wrong.code).toBe(1);
  expect(wrong.err).toMatch(/does not know this code: it was mistyped, or somebody stands in between/);
  expect(existsSync(identityFile(state))).toBe(false);
  expect((await world.issuer("controllers")).out).not.toContain("gate-1");
  expect(await world.issuer("join", joining.code, "--controller", "gate-1")).toMatchObject({ code: 0 });
  expect(await joining.ended).toMatchObject({ code: 0 });
}, 120_000);

test("after three wrong codes the controller ends at once and says why, having said until when it waits", async () => {
  const world = await createIssuerSite();
  const { state } = temporarySite();
  const joining = await showCode(world, state);
  const last = joining.code.at(-1) === "0" ? "1" : "0";
  for (let n = 0; n < 3; n += 1) {
    const wrong = await world.issuer("join", joining.code.slice(0, -1) + last, "--controller", "gate-1");
    expect(wrong).toMatchObject({ code: 1, err: expect.stringMatching(/does not know this code/) });
  }
  expect(await joining.ended).toMatchObject({
    code: 1,
    out: expect.stringMatching(/Waiting until \d{4}-\d\d-\d\d \d\d:\d\d for this code to be typed there\./),
    err: "postern join: Three wrong codes were typed, so this one counts no more; show a new one with `postern join`.\n",
  });
  expect(existsSync(identityFile(state))).toBe(false);
}, 120_000);

test("an issuer whose code no board shows says after a while that it waits for the board", async () => {
  const world = await createIssuerSite();
  const words = ["issuer", "join", "7QX2-K3M9-ZT0W", "--controller", "gate-1", "--folder", world.folder];
  const child = spawn(process.execPath, [postern, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = await once(child.stdout, "data");
  expect(String(said)).toBe("Waiting for the board that shows this code, 60 seconds at most.\n");
}, 60_000);

test("a board that is paired, and a name that is taken, change hands only when that is asked for", async () => {
  const world = await createIssuerSite();
  const { state } = temporarySite();
  const first = await showCode(world, state);
  await world.issuer("join", first.code, "--controller", "gate-1");
  await first.ended;
  const before = readFileSync(identityFile(state), "utf8");
  const refused = await runPostern(["join", "--broker", world.broker.passwordAddress, "--state", state]);
  expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/is paired already; --again/) });

  const second = await showCode(world, state, "--again");
  const taken = await world.issuer("join", second.code, "--controller", "gate-1");
  expect(taken).toMatchObject({ code: 1, err: expect.stringMatching(/There is a controller gate-1 at hof; --again/) });
  expect(readFileSync(identityFile(state), "utf8")).toBe(before);
  expect(await world.issuer("join", second.code, "--controller", "gate-1", "--again")).toMatchObject({ code: 0 });
  await second.ended;
  expect(readFileSync(identityFile(state), "utf8")).not.toBe(before);
}, 120_000);

test("a connection that is cut while the code is on the screen comes back, and the code still pairs", async () => {
  const world = await createIssuerSite();
  const link = await FaultyLink.open(world.broker.passwordPort);
  onTestFinished(() => link.close());
  const { state } = temporarySite();
  const joining = await showCode(world, state, "--broker", `mqtts://localhost:${link.port}`);
  link.cutAll();
  expect(await world.issuer("join", joining.code, "--controller", "gate-1")).toMatchObject({ code: 0, err: "" });
  expect(await joining.ended).toMatchObject({ code: 0, err: "" });
}, 60_000);

test("what is no code, and a broker that nobody answers at, are said in a sentence", async () => {
  const world = await createIssuerSite();
  const { state } = temporarySite();
  expect(await world.issuer("join", "7QX2", "--controller", "gate-1")).toMatchObject({
    code: 2,
    err: expect.stringMatching(/A code has twelve letters and digits/),
  });
  const certified = await runPostern(["join", "--broker", world.broker.address, "--state", state]);
  expect(certified).toMatchObject({ code: 1, out: "" });
  expect(certified.err).toBe(
    `postern join: The port of ${world.broker.address} wants a certificate, which a board has only once it is paired; pair at the broker's port for passwords, usually 8884.\n`,
  );
  await world.broker.stop();
  expect(await runPostern(["join", "--broker", world.broker.passwordAddress, "--state", state])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/The broker at \S+ does not let us in \(.+\); check the address and the port/),
  });
}, 60_000);
