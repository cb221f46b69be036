// `postern watch`: shows what the wires report, as it comes, to whoever has just connected a reader.
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { WatchPage } from "../../hal/watched-board.ts";
import { printable } from "../config/problem.ts";
import { askController } from "./control.ts";
import { Misuse } from "./misuse.ts";
import { stateOption } from "./options.ts";
import { siteAt } from "./site-view.ts";
import { deviceOf, watchLine } from "./watch-line.ts";

const askEveryMs = 200;

export async function watch(args: readonly string[]): Promise<number> {
  const options = { reveal: { type: "boolean", default: false }, ...stateOption } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [device, ...more] = positionals;
  if (more.length > 0) throw new Misuse("Name one reader or input, or none for all of them.");
  const site = siteAt(values);
  let page = await askController<WatchPage & { problem?: string }>(values, { kind: "watch", after: null });
  console.error(
    `Show a card, press a key; Ctrl-C ends it. ${values.reveal ? "" : "Keys and codes are hidden."}`.trim(),
  );
  let isOver = false;
  process.once("SIGINT", () => {
    isOver = true;
  });
  while (!isOver) {
    await setTimeout(askEveryMs);
    page = await askController(values, { kind: "watch", after: page.next });
    if (page.missed > 0) console.log(`… ${page.missed} more came than could be shown.`);
    for (const event of page.events) {
      if (device === undefined || deviceOf(event) === device) {
        console.log(printable(watchLine(event, site.readers, values.reveal)));
      }
    }
  }
  return 0;
}
