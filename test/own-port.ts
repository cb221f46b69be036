// A port for a test's server that stays its own, also while that server is down; only for tests, which may run beside each other.
import { freePort } from "../src/ops/free-port.ts";

/** Below the ports that Linux gives to whoever asks for any, so that nobody gets one of these by chance. */
const firstPort = 10_000;
const portsOfWorker = 400;
const workers = 50;

const worker = Number(process.env["VITEST_POOL_ID"] ?? 0) % workers;
let turn = process.pid;

export async function ownPort(host: string): Promise<number> {
  for (let tries = 0; tries < portsOfWorker; tries += 1) {
    turn += 1;
    const port = firstPort + worker * portsOfWorker + (turn % portsOfWorker);
    if ((await freePort(host, port)) === port) return port;
  }
  throw new Error(`no port from ${firstPort + worker * portsOfWorker} on is free`);
}
