// Starts the built product at a broker, with an issuer in the caller's hands.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { IdentityFile } from "../../../src/link/identity.ts";
import { examplePath } from "../../config/example.ts";
import { madeIdentity } from "../../link/made-identity.ts";
import type { Mosquitto } from "../broker/mosquitto.ts";
import type { Product } from "../product.ts";
import { startProduct, temporaryFolder } from "../product.ts";
import { TestIssuer } from "./test-issuer.ts";

export interface CloudSiteOptions {
  readonly cloud?: object;
  // biome-ignore lint/suspicious/noExplicitAny: tests put wrong types on purpose.
  readonly edit?: (site: any) => void;
  /** In place of the example's. */
  readonly config?: object;
  /** Where it has been before. */
  readonly state?: string;
  /** Before the controller is there. */
  readonly opened?: (issuer: TestIssuer) => void;
  /** Another way to the broker than its own address, for the controller. */
  readonly url?: string;
}

export interface CloudLaunch extends Product {
  readonly issuer: TestIssuer;
}

/** A broker with the shipped configuration, or the address of one without TLS on loopback. */
export type BrokerAt = Mosquitto | string;

export async function launchCloudSite(broker: BrokerAt, options: CloudSiteOptions = {}): Promise<CloudLaunch> {
  const address = { site: "hof-12", controller: `gate-${randomBytes(4).toString("hex")}` };
  const made = madeIdentity(address, tlsAt(broker, `${address.site}/${address.controller}`));
  const state = options.state ?? temporaryFolder();
  mkdirSync(join(state, "keys"), { mode: 0o700, recursive: true });
  writeFileSync(join(state, "keys", "cloud-identity.json"), JSON.stringify(made.file), { mode: 0o600 });
  const url = typeof broker === "string" ? broker : broker.address;
  const config = options.config === undefined ? JSON.parse(readFileSync(examplePath, "utf8")) : { ...options.config };
  delete config.$schema;
  config.console = { port: 0 };
  config.cloud = { broker: options.url ?? url, ...options.cloud };
  options.edit?.(config);
  const client = typeof broker === "string" ? {} : broker.clientOf(address.site);
  const issuer = await TestIssuer.open(url, address, made.issuer, client);
  options.opened?.(issuer);
  const product = await startProduct({ config, state });
  await issuer.seen("sync");
  return { ...product, issuer };
}

function tlsAt(broker: BrokerAt, name: string): IdentityFile["tls"] {
  if (typeof broker === "string") return { ca: null, certificate: null, key: null };
  const { ca, cert, key } = broker.clientOf(name);
  return { ca, certificate: cert, key };
}
