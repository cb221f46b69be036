// `postern issuer run`: a worker that takes events, publishes directories and answers, until it is told to end.
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { machineMono } from "../../../hal/machine-time.ts";
import { printable } from "../../config/problem.ts";
import { certifyController, openAuthority } from "../../issuer/authority.ts";
import { Worker } from "../../issuer/worker.ts";
import { chainPort, issuerOption, linkOpener, withIssuer } from "./open-issuer.ts";

const beatMs = 1_000;

export async function runIssuer(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: issuerOption });
  return withIssuer(values, async (open) => {
    const openLink = await linkOpener(open);
    const { store, folderKeysOf } = open;
    const authority = open.file.authority === null ? null : openAuthority(open.file.authority, Date.now());
    const tell = (what: string): void => console.log(printable(`${new Date().toISOString()} ${what}`));
    const name = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
    const worker = new Worker({
      name,
      store,
      folderKeysOf,
      openLink,
      chain: chainPort,
      certify: (address, tls) => (authority === null ? null : certifyController(authority, address, tls, Date.now())),
      tell,
      forgetNamesDays: open.file.forgetNamesDays,
      now: Date.now,
      mono: machineMono,
    });
    await worker.beat();
    const timer = setInterval(() => void worker.beat(), beatMs);
    await new Promise((stop) => {
      process.once("SIGINT", stop);
      process.once("SIGTERM", stop);
    });
    clearInterval(timer);
    await worker.close();
    return 0;
  });
}
