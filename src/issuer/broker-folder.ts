// Fills a folder with all that a Mosquitto for Postern needs: configuration, access list, authority, certificate, passwords.
import { createPrivateKey, createPublicKey, pbkdf2Sync, randomBytes, X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pairingAccount } from "../link/pairing/pairing-account.ts";
import type { OpenAuthority } from "./authority.ts";
import { certifyServer, makeTlsKey, openAuthority, privatePem } from "./authority.ts";

const dayMs = 86_400_000;
/** A certificate that ends within this is made anew. */
const renewalDays = 60;
const hashRounds = 101;
const templates = new URL("../../broker/", import.meta.url);

export interface BrokerAccount {
  readonly name: string;
  readonly password: string;
}

export interface BrokerSettings {
  /** Without spaces: Mosquitto would not find it. */
  readonly folder: string;
  /** Under which names and addresses clients reach it. */
  readonly hosts: readonly [string, ...string[]];
  /** The address that it listens on. */
  readonly bind: string;
  readonly port: number;
  readonly passwordPort: number;
  /** As whom it runs when root starts it. */
  readonly user: string;
  readonly now: number;
  /** Beside the one for pairing, and only where there is no file of passwords yet. */
  readonly accounts?: readonly BrokerAccount[];
}

/** What is there and still good stays, so that certificates that were given out go on being believed. */
export function makeBrokerFolder(settings: BrokerSettings): OpenAuthority {
  const { folder, now, accounts = [] } = settings;
  mkdirSync(join(folder, "data"), { recursive: true, mode: 0o700 });
  const authority = openAuthority(folder, now);
  if (!isServerGood(settings)) makeServer(settings, authority);
  const passwords = join(folder, "passwords");
  if (!existsSync(passwords)) write(passwords, [pairingAccount, ...accounts].map(passwordLine).join(""), 0o600);
  write(join(folder, "acl"), template("acl", settings), 0o600);
  write(join(folder, "mosquitto.conf"), template("mosquitto.conf", settings), 0o600);
  return authority;
}

function isServerGood({ folder, hosts, now }: BrokerSettings): boolean {
  const [certificatePath, keyPath] = [join(folder, "server.crt"), join(folder, "server.key")];
  if (!existsSync(certificatePath) || !existsSync(keyPath)) return false;
  const found = new X509Certificate(readFileSync(certificatePath));
  const own = createPrivateKey(readFileSync(keyPath));
  const isNamed = hosts.every((host) => (found.checkHost(host) ?? found.checkIP(host)) !== undefined);
  return isNamed && found.checkPrivateKey(own) && Date.parse(found.validTo) > now + renewalDays * dayMs;
}

function makeServer({ folder, hosts, now }: BrokerSettings, authority: OpenAuthority): void {
  const key = makeTlsKey();
  write(join(folder, "server.crt"), certifyServer(authority, createPublicKey(key), hosts, now), 0o644);
  write(join(folder, "server.key"), privatePem(key), 0o600);
}

/** As mosquitto_passwd writes it: PBKDF2 with SHA-512. */
function passwordLine({ name, password }: BrokerAccount): string {
  const salt = randomBytes(12);
  const hash = pbkdf2Sync(password, salt, hashRounds, 64, "sha512");
  return `${name}:$7$${hashRounds}$${salt.toString("base64")}$${hash.toString("base64")}\n`;
}

function template(name: string, { folder, bind, port, passwordPort, user }: BrokerSettings): string {
  const values: Readonly<Record<string, string>> = {
    FOLDER: folder,
    BIND: bind,
    PORT: String(port),
    PASSWORD_PORT: String(passwordPort),
    USER: user,
  };
  const text = readFileSync(new URL(name, templates), "utf8");
  return text.replace(/@([A-Z_]+)@/g, (whole, word: string) => values[word] ?? whole);
}

const write = (path: string, text: string, mode: number): void => writeFileSync(path, text, { mode });
