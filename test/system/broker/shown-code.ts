// A board in pairing, for tests: the built command shows its code and waits for somebody to type it at the issuer.
import { spawn } from "node:child_process";
import { onTestFinished } from "vitest";
import type { Ended } from "../command.ts";
import { postern } from "../product.ts";
import type { Mosquitto } from "./mosquitto.ts";

export interface Joining {
  /** As it is shown. */
  readonly code: string;
  readonly ended: Promise<Ended>;
}

/** Runs `postern join` until it shows its code, and on. */
export async function showCode(
  { broker }: { readonly broker: Pick<Mosquitto, "passwordAddress"> },
  state: string,
  ...more: readonly string[]
): Promise<Joining> {
  const args = ["join", "--broker", broker.passwordAddress, "--state", state, ...more];
  const child = spawn(process.execPath, [postern, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { out: "", err: "" };
  const ended = new Promise<Ended>((done) => child.once("close", (code, signal) => done({ code, signal, ...said })));
  child.stderr.on("data", (text) => {
    said.err += text;
  });
  const code = await new Promise<string>((found, failed) => {
    child.stdout.on("data", (text) => {
      said.out += text;
      const [shown] = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(said.out) ?? [];
      if (shown !== undefined) found(shown);
    });
    child.once("close", () => failed(new Error(said.err)));
  });
  return { code, ended };
}
