// `postern time`: shows whose word the clock is believed on, sets it, confirms it, and forgets what a wrong one once told.
import { parseArgs } from "node:util";
import type { TimeRequest, TimeStatus } from "../domain/status.ts";
import { unixMs } from "../domain/time.ts";
import { askController } from "./control.ts";
import { Misuse } from "./misuse.ts";
import { noSuchVerb, stateOption } from "./options.ts";
import { siteAt } from "./site-view.ts";
import { secondOf, secondText } from "./spoken-time.ts";

const verbs = ["show", "set", "confirm", "forget"] as const;

export async function time(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: stateOption });
  const [verb = "show", ...words] = positionals;
  const { timeZone } = siteAt(values);
  const request = requestOf(verb, words, timeZone);
  const status = await askController<TimeStatus & { problem?: string }>(values, request);
  console.log(`${secondText(unixMs(status.wallMs), timeZone)} (${timeZone})`);
  console.log(standingWords(status));
  if (request.kind === "timeForget") console.log("Times that were told before do not count any more.");
  return 0;
}

function requestOf(verb: string, words: readonly string[], timeZone: string): TimeRequest {
  if (verb === "set") return { kind: "timeSet", wallMs: secondOf(words, { nowWall: Date.now(), timeZone }) };
  if (words.length > 0) throw new Misuse(`"${verb}" takes nothing more.`);
  if (verb === "show") return { kind: "time" };
  if (verb === "confirm") return { kind: "timeConfirm" };
  if (verb === "forget") return { kind: "timeForget" };
  throw noSuchVerb("time", verb, verbs);
}

function standingWords({ source, proven }: TimeStatus): string {
  switch (source) {
    case null:
      return "Nobody vouches for it: rights that are limited in time open nothing. Set it with `postern time set`, or say `postern time confirm` if it is right.";
    case "network":
      return proven ? "The network told it, and proved it." : "The network told it, without proof.";
    case "site":
      return "Somebody on site vouches for it.";
    case "chip":
      return "The clock chip kept it over the last power cut.";
    case "simulated":
      return "It is a simulated board's, which believes its own clock.";
  }
}
