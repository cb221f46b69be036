// Starts a Mosquitto on loopback, an issuer and Postern beside each other, paired with one another, and ends them together.
import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { makeBrokerFolder } from "../src/issuer/broker-folder.ts";
import { folderInUse } from "../src/ops/folder-claim.ts";
import { freePort } from "../src/ops/free-port.ts";
import { statePaths } from "../src/ops/state-paths.ts";

const root = join(import.meta.dirname, "..");
const postern = join(root, "dist/src/cli/postern.js");
const bind = "127.0.0.1";
const site = "casa-olmo";
const controller = "board-1";

const args = process.argv.slice(2);
const state = resolve(args[args.lastIndexOf("--state") + 1] ?? "var");
const broker = join(state, "broker");
const issuer = join(state, "issuer");

if (!existsSync("/usr/sbin/mosquitto")) {
  console.error("Mosquitto is missing; install Debian's packages mosquitto and mosquitto-clients.");
  process.exit(1);
}

const inUse = await folderInUse(statePaths(state, null).controlSocket);
if (inUse !== null) {
  console.error(inUse);
  process.exit(1);
}

const ports = await choosePorts();
const address = `mqtts://localhost:${ports.port}`;
makeBrokerFolder({
  folder: broker,
  hosts: ["localhost", bind],
  bind,
  ...ports,
  user: userInfo().username,
  now: Date.now(),
});
const mosquitto = beside("/usr/sbin/mosquitto", ["-c", join(broker, "mosquitto.conf")], join(broker, "mosquitto.log"));
await untilListening();
if (!existsSync(join(issuer, "issuer.json"))) {
  run("issuer", "init", "--site", site, "--folder", issuer, "--broker-folder", broker, "--broker", address);
}
if (!existsSync(join(state, "keys", "cloud-identity.json"))) await pair();
const worker = beside(process.execPath, [postern, "issuer", "run", "--folder", issuer], join(issuer, "issuer.log"));

const own = join(issuer, "sites", site, "client");
console.log(`
  The broker answers at ${address}. Read all that passes there with:

    mosquitto_sub -V mqttv5 -h localhost -p ${ports.port} --cafile ${broker}/ca.crt --cert ${own}.crt --key ${own}.key -t 'postern/1/${site}/#' -v

  and give orders with: ${join(root, "scripts/postern")} issuer open front --folder ${issuer}
`);

const running = [process.execPath, "--enable-source-maps", postern, "run", ...args];
const controllerRun = spawn("setpriv", ["--pdeathsig", "TERM", ...running], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => controllerRun.kill(signal));
const [code] = (await once(controllerRun, "exit")) as [number | null];
await Promise.all([worker, mosquitto].map(ended));
process.exitCode = code ?? 1;

/** The usual ones, or any; whichever they were at first they stay, because the board was told so when it was paired. */
async function choosePorts(): Promise<{ readonly port: number; readonly passwordPort: number }> {
  const file = join(broker, "mosquitto.conf");
  if (!existsSync(file)) return { port: await freePort(bind, 8883), passwordPort: await freePort(bind, 8884) };
  const [port = 8883, passwordPort = 8884] = [...readFileSync(file, "utf8").matchAll(/^listener (\d+)/gm)].map(
    ([, text]) => Number(text),
  );
  for (const one of [port, passwordPort]) {
    if ((await freePort(bind, one)) !== one) {
      console.error(`Port ${one}, where this site's broker was before, is taken; end what listens there.`);
      process.exit(1);
    }
  }
  return { port, passwordPort };
}

/** A process whose words go into a file; it ends with this one, whatever ends that. */
function beside(file: string, words: readonly string[], log: string): ChildProcess {
  const into = openSync(log, "w", 0o600);
  return spawn("setpriv", ["--pdeathsig", "TERM", file, ...words], { stdio: ["ignore", into, into] });
}

async function untilListening(): Promise<void> {
  const log = join(broker, "mosquitto.log");
  while (!/mosquitto version \S+ running/.test(readFileSync(log, "utf8"))) {
    if (mosquitto.exitCode !== null) {
      console.error(`Mosquitto did not start; its own words are in ${log}.`);
      process.exit(1);
    }
    await new Promise((done) => setTimeout(done, 20));
  }
}

function run(...words: readonly string[]): void {
  execFileSync(process.execPath, [postern, ...words], { stdio: "inherit" });
}

/** As two people would: one reads the code from the board, one types it at the issuer. */
async function pair(): Promise<void> {
  const words = ["join", "--broker", `mqtts://localhost:${ports.passwordPort}`, "--state", state];
  const board = spawn(process.execPath, [postern, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  const done = once(board, "exit");
  for await (const line of createInterface({ input: board.stdout })) {
    const [code] = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(line) ?? [];
    if (code !== undefined) run("issuer", "join", code, "--controller", controller, "--again", "--folder", issuer);
  }
  const [exitCode] = (await done) as [number | null];
  if (exitCode !== 0) process.exit(1);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  await exit;
}
