// `postern broker`: makes the folder that a Mosquitto for controllers and issuers runs on.
import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeBrokerFolder } from "../issuer/broker-folder.ts";
import { Misuse } from "./misuse.ts";
import { onlyWord } from "./options.ts";

const hostPattern = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/;

export async function broker(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      host: { type: "string", multiple: true, default: ["localhost"] },
      bind: { type: "string", default: "0.0.0.0" },
      port: { type: "string", default: "8883" },
      "password-port": { type: "string", default: "8884" },
      user: { type: "string", default: userInfo().username },
    },
  });
  const folder = resolve(onlyWord(positionals, "the folder"));
  if (/\s/.test(folder)) throw new Misuse(`${folder}: Mosquitto takes no spaces here; name another folder.`);
  const [first = "localhost", ...more] = values.host;
  for (const host of values.host) if (!hostPattern.test(host)) throw new Misuse(`${host} is no name of a host.`);
  const isForOther = values.user !== userInfo().username;
  if (isForOther) expectGivable(values.user);
  makeBrokerFolder({
    folder,
    hosts: [first, ...more],
    bind: values.bind,
    port: portOf(values.port),
    passwordPort: portOf(values["password-port"]),
    user: values.user,
    now: Date.now(),
  });
  // Mosquitto gives up being root before it reads its lists anew.
  if (isForOther) give(folder, values.user);
  console.log(`Start it with: mosquitto -c ${join(folder, "mosquitto.conf")}`);
  return 0;
}

/** Before anything is made. */
function expectGivable(user: string): void {
  try {
    execFileSync("id", ["-u", "--", user], { stdio: "ignore" });
  } catch {
    throw new Error(`There is no user ${user} on this machine; name one with --user, or install Mosquitto first.`);
  }
  if (process.getuid?.() === 0) return;
  throw new Error(`Only root can give the folder to ${user}; say it with sudo, or leave --user out.`);
}

function give(folder: string, user: string): void {
  try {
    execFileSync("chown", ["-R", `${user}:`, folder], { stdio: "ignore" });
  } catch {
    throw new Error(`${folder} is made, but could not be given to ${user}; have its file system take owners.`);
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Misuse(`${text} is no port; write 1 to 65535.`);
  return port;
}
