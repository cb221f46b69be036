// `postern osdp`: shows how OSDP readers and their lines stand, gives one reader a key of its own, and writes down what crosses
// a line for whoever looks for a fault.
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { printable } from "../config/problem.ts";
import type { SiteQuestion } from "../site-questions.ts";
import { askController } from "./control.ts";
import { Misuse } from "./misuse.ts";
import { noSuchVerb, onlyWord, pathsOf, stateOption } from "./options.ts";
import { siteAt } from "./site-view.ts";

const verbs = ["show", "pair", "stop", "trace"] as const;
const minuteMs = 60_000;
const maxPairMinutes = 10;
const maxTraceMinutes = 24 * 60;

interface DeviceStanding {
  readonly device: string;
  readonly state: string;
  readonly why: string;
}

export async function osdp(args: readonly string[]): Promise<number> {
  const options = { minutes: { type: "string", default: "10" }, ...stateOption } as const;
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  const [verb = "show", ...words] = positionals;
  const ask = (question: SiteQuestion) => askController(values, question);
  switch (verb) {
    case "show": {
      const reply = await askController<{ devices: readonly DeviceStanding[]; problem?: string }>(values, {
        kind: "readers",
      });
      console.log(
        standingText(
          reply.devices,
          siteAt(values).readers.map(({ id }) => String(id)),
        ),
      );
      return 0;
    }
    case "pair": {
      const reader = onlyWord(words, "the reader");
      const minutes = minutesOf(values.minutes, maxPairMinutes);
      await ask({ kind: "pair", reader, forMs: minutes * minuteMs });
      console.log(
        `${reader} may be given a key for ${minutes} minutes. The record says when it took one: postern log.`,
      );
      return 0;
    }
    case "stop":
      await ask({ kind: "endPairing", reader: onlyWord(words, "the reader") });
      console.log("Ended.");
      return 0;
    case "trace": {
      const [line, name, ...more] = words;
      if (line === undefined || name === undefined || more.length > 0 || name !== basename(name)) {
        throw new Misuse("Name the line and a new file, without a folder: it goes into the state folder.");
      }
      // The only folder that the service may write to, and nobody else may read.
      const file = join(pathsOf(values).folder, name);
      const minutes = minutesOf(values.minutes, maxTraceMinutes);
      await ask({ kind: "traceLine", line, file, forMs: minutes * minuteMs });
      console.log(`What crosses ${line} goes into ${file} for ${minutes} minutes; open it with Wireshark.`);
      return 0;
    }
    default:
      throw noSuchVerb("osdp", verb, verbs);
  }
}

function minutesOf(text: string, most: number): number {
  const minutes = Number(text);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > most) throw new Misuse(`Minutes are 1 to ${most}.`);
  return minutes;
}

function standingText(devices: readonly DeviceStanding[], readers: readonly string[]): string {
  const shown = devices.filter(({ device }) => readers.includes(device));
  if (shown.length === 0) return "This controller has no readers.";
  const width = Math.max(...shown.map(({ device }) => device.length));
  return shown
    .map(({ device, state, why }) => printable(`${device.padEnd(width)}  ${state}${why === "" ? "" : `: ${why}`}`))
    .join("\n");
}
