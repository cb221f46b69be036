// A real broker, the built `postern issuer`, and built controllers that were paired with it by hand.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { readSiteKeys } from "../../../src/issuer/site-keys.ts";
import type { IdentityFile } from "../../../src/link/identity.ts";
import { privateKeyText, publicKeyText } from "../../../src/link/identity.ts";
import type { Mosquitto } from "../broker/mosquitto.ts";
import { startMosquitto } from "../broker/mosquitto.ts";
import type { Ended } from "../command.ts";
import { exampleSite, runPostern, startForTest } from "../command.ts";
import type { Product } from "../product.ts";
import { postern, removeFolder, temporaryFolder } from "../product.ts";

export const site = "hof";

export interface IssuerSite {
  readonly broker: Mosquitto;
  readonly folder: string;
  /** `postern issuer ...` */
  readonly issuer: (...words: readonly string[]) => Promise<Ended>;
  readonly startWorker: () => Promise<IssuerWorker>;
  readonly startController: (name: string, more?: ControllerOptions) => Promise<Product>;
}

export interface ControllerOptions {
  /** Another way to the broker than its own address. */
  readonly url?: string;
  /** Before the controller is there. */
  readonly prepare?: (state: string, config: string) => void;
}

export interface IssuerWorker {
  readonly process: ChildProcess;
  readonly out: () => string;
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
}

export async function createIssuerSite(more: readonly string[] = []): Promise<IssuerSite> {
  const broker = await startMosquitto();
  onTestFinished(() => broker.remove());
  const root = temporaryFolder();
  onTestFinished(() => removeFolder(root));
  const folder = join(root, "issuer");
  const issuer = (...words: readonly string[]) => runPostern(["issuer", ...words, "--folder", folder]);
  const at = ["--broker-folder", broker.folder, "--broker", broker.address, "--time-zone", "Europe/Berlin", ...more];
  const made = await issuer("init", "--site", site, ...at);
  if (made.code !== 0) throw new Error(made.err);
  return {
    broker,
    folder,
    issuer,
    startWorker: () => startWorker(folder),
    startController: (name, more = {}) => startController({ root, folder, broker, name, issuer, ...more }),
  };
}

export async function startWorker(folder: string): Promise<IssuerWorker> {
  const child = spawn(process.execPath, [postern, "issuer", "run", "--folder", folder]);
  let out = "";
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  onTestFinished(() => kill("SIGKILL"));
  await new Promise<void>((ready, failed) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        out += text;
        if (out.includes("The broker is there.")) ready();
      });
    }
    child.once("exit", () => failed(new Error(out)));
  });
  return { process: child, out: () => out, kill };
}

interface Pairing extends Pick<IssuerSite, "broker" | "folder" | "issuer">, ControllerOptions {
  readonly root: string;
  readonly name: string;
}

async function startController({ root, folder, broker, name, issuer, url, prepare }: Pairing): Promise<Product> {
  const state = join(root, name);
  const [sign, seal] = [generateKeyPairSync("ed25519"), generateKeyPairSync("x25519")];
  const keys = [`--sign-key=${publicKeyText(sign.publicKey)}`, `--seal-key=${publicKeyText(seal.publicKey)}`];
  const added = await issuer("controllers", "add", name, ...keys);
  if (added.code !== 0) throw new Error(added.err);
  const { publicSign, publicSeal } = readSiteKeys(folder, site);
  const client = broker.clientOf(`${site}/${name}`);
  const identity: IdentityFile = {
    version: 1,
    ...{ site, controller: name, broker: broker.address },
    issuer: { sign: [publicSign], seal: publicSeal },
    device: { sign: privateKeyText(sign.privateKey), seal: privateKeyText(seal.privateKey) },
    tls: { ca: client.ca, certificate: client.cert, key: client.key },
  };
  mkdirSync(join(state, "keys"), { recursive: true, mode: 0o700 });
  writeFileSync(join(state, "keys", "cloud-identity.json"), JSON.stringify(identity), { mode: 0o600 });
  const config = exampleSite((one) => {
    one.cloud = url === undefined ? {} : { broker: url };
  });
  const file = join(root, `${name}.json`);
  writeFileSync(file, JSON.stringify(config));
  prepare?.(state, JSON.stringify(config));
  return startForTest({ config: null, configFile: file, state });
}
