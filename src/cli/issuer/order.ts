// `postern issuer open` and the like: has a controller do something now, and says what became of it; `commands` lists what was ordered.
import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { parseDuration } from "../../../hal/sim/command.ts";
import { printable } from "../../config/problem.ts";
import type { Order, Outcome } from "../../issuer/commander.ts";
import { Commander } from "../../issuer/commander.ts";
import type { FleetStore } from "../../issuer/store.ts";
import { downSchemas } from "../../link/down-messages.ts";
import { Misuse } from "../misuse.ts";
import { printTable } from "../table.ts";
import { issuerOption, linkOpener, siteOf, withIssuer } from "./open-issuer.ts";

const forMs = 10_000;
const usualBlinkMs = 30_000;
const usualLogLines = 200;

export async function order(verb: string, args: readonly string[]): Promise<number> {
  const more = {
    controller: { type: "string" },
    for: { type: "string" },
    lines: { type: "string" },
    by: { type: "string" },
  } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...issuerOption, ...more },
  });
  const what = orderIn([verb, ...positionals], values.for, values.lines);
  return withIssuer(values, async (open) => {
    const { name: site } = await siteOf(open, values);
    const controller = await controllerFor(open.store.fleet, site, values.controller, what);
    const openLink = await linkOpener(open);
    const { store, keysOf } = open;
    const commander = new Commander({ store, keysOf, openLink, now: Date.now, asker: randomUUID() });
    try {
      const by = values.by ?? userInfo().username;
      return report(await commander.order({ site, controller }, what, by, forMs), controller);
    } finally {
      await commander.close();
    }
  });
}

function report(outcome: Outcome, controller: string): number {
  switch (outcome.kind) {
    case "unknownController":
      throw new Error(`There is no controller "${controller}"; "postern issuer controllers" lists them.`);
    case "unreachableBroker":
      throw new Error(`The broker cannot be reached (${outcome.why}); check issuer.json and the broker.`);
    case "silent":
      throw new Error(
        `${controller} did not answer: it was done or was not. Look at its state and events before you order it again.`,
      );
    case "answered": {
      const { ok, code, why } = outcome.result;
      for (const line of outcome.log ?? []) console.log(printable(String(line)));
      if (ok) console.log(`${controller}: done.`);
      else console.error(`${controller}: ${code}${why === null ? "" : `: ${printable(why)}`}`);
      return ok ? 0 : 1;
    }
  }
}

/** A door tells its controller, where it is one door only. */
async function controllerFor(fleet: FleetStore, site: string, named: string | undefined, what: Order): Promise<string> {
  if (named !== undefined) return named;
  const all = await fleet.list(site);
  const door = "door" in what ? what.door : null;
  const having = door === null ? all : all.filter(({ doors }) => doors?.includes(door));
  const [only, ...others] = having;
  if (only !== undefined && others.length === 0) return only.controller;
  throw new Misuse(
    `Name the controller with --controller; there are ${all.map(({ controller }) => controller).join(", ") || "none"}.`,
  );
}

function orderIn([kind = "", ...words]: readonly string[], time: string | undefined, lines: string | undefined): Order {
  const parsed = downSchemas.command.shape.do.safeParse(orderOf(kind, words, time, lines));
  if (parsed.success) return parsed.data;
  throw new Misuse(`"${[kind, ...words].join(" ")}" lacks something, or has too much.`);
}

function orderOf(
  kind: string,
  [first, second, ...rest]: readonly string[],
  time: string | undefined,
  lines: string | undefined,
): unknown {
  const doors = [first, second, ...rest].filter((word) => word !== undefined);
  switch (kind) {
    case "lockdown":
      return { kind: "lockDown", doors, forMs: time === undefined ? null : msOf(time) };
    case "release":
      return { kind: "lockDownRelease", doors };
    case "clear":
      return first === "fire"
        ? { kind: "clearFire" }
        : { kind: first === "forced" ? "clearForced" : "clearTamper", door: second };
    case "revoke":
      return { kind, of: first, id: second };
    case "logs":
      return { kind, lines: lines === undefined ? usualLogLines : Number(lines) };
    case "identify":
      return { kind, forMs: time === undefined ? usualBlinkMs : msOf(time) };
    case "sync":
    case "restart":
      return { kind };
    default:
      return { kind: doorOrders[kind] ?? kind, door: first };
  }
}

const doorOrders: Readonly<Record<string, string>> = {
  doublelock: "doubleLock",
  hold: "lockOpen",
  unhold: "lockOpenRelease",
};

function msOf(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new Misuse(`--for takes a time such as 30s, 30m or 2h, not "${text}".`);
  return ms;
}

export async function commands(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: issuerOption });
  return withIssuer(values, async (open) => {
    const { name } = await siteOf(open, values);
    const rows = await open.store.commands.list(name, maxListed);
    printTable(
      ["when", "controller", "order", "by", "result"],
      rows.map(({ sentAt, controller, what, who, code, why }) => [
        `${new Date(sentAt).toISOString().slice(0, 19)}Z`,
        ...[controller, what, who, code === null ? "not answered" : why === null ? code : `${code}: ${why}`],
      ]),
    );
    return 0;
  });
}

const maxListed = 100;
