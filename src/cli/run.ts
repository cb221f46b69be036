// `postern run`: starts the controller in this terminal and shows the console's one-time code to whoever sits there.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runController } from "../main.ts";
import type { Controller } from "../ops/run-options.ts";
import type { ServiceNotify } from "../ops/service-notify.ts";
import { openServiceNotify } from "../ops/service-notify.ts";
import { showEntry } from "./entry.ts";
import { stateOption } from "./options.ts";

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { config: { type: "string" }, trace: { type: "string" }, ...stateOption },
  });
  // Whatever any process of the controller writes is its own user's alone.
  process.umask(0o077);
  let controller: Controller | null = null;
  let isStopAsked = false;
  let notify: ServiceNotify | null = null;
  const stop = () => {
    isStopAsked = true;
    notify?.stopping();
    void controller?.stop();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  notify = await openServiceNotify(process.env);
  controller = await runController({
    configPath: values.config === undefined ? null : resolve(values.config),
    stateDir: resolve(values.state),
    keysDir: values.keys === undefined ? null : resolve(values.keys),
    tracePath: values.trace === undefined ? null : resolve(values.trace),
    showEntry,
  });
  notify.ready();
  if (isStopAsked) await controller.stop();
  await controller.stopped;
  notify.end();
  return 0;
}
