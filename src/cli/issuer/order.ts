// `postern issuer open` and the like: has a controller do something now, and says what became of it; `commands` lists what was ordered.
import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { parseArgs } from "node:util";
import { parseDuration } from "../../../hal/sim/command.ts";
import { printable } from "../../config/problem.ts";
import type { Order, Outcome } from "../../issuer/commander.ts";
import { Commander } from "../../issuer/commander.ts";
import { downSchemas } from "../../link/down-messages.ts";
import { Misuse } from "../misuse.ts";
import { printTable } from "../table.ts";
import type { OpenIssuer } from "./open-issuer.ts";
import { issuerOption, linkOpener, siteOf, withIssuer } from "./open-issuer.ts";
import type { Target } from "./order-targets.ts";
import { targetsOf } from "./order-targets.ts";
import { revokeInDirectory } from "./revoke.ts";

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
    const targets =
      what.kind === "revoke"
        ? await revokeInDirectory(open, site, what)
        : targetsOf(what, values.controller, await open.store.fleet.list(site));
    if (targets.length === 0) console.log("No controller has a door of theirs; the directory says so from now on.");
    return targets.length === 0 ? 0 : orderAll(open, site, targets, values.by ?? userInfo().username);
  });
}

async function orderAll(open: OpenIssuer, site: string, targets: readonly Target[], by: string): Promise<number> {
  const openLink = await linkOpener(open);
  const { store, keysOf } = open;
  const commander = new Commander({ store, keysOf, openLink, now: Date.now, asker: randomUUID() });
  try {
    const outcomes = await Promise.all(
      targets.map(({ controller, order: one }) => commander.order({ site, controller }, one, by, forMs)),
    );
    const codes = outcomes.map((outcome, n) => report(outcome, targets[n]?.controller ?? ""));
    return Math.max(...codes);
  } finally {
    await commander.close();
  }
}

function report(outcome: Outcome, controller: string): number {
  if (outcome.kind === "answered" && outcome.result.ok) {
    for (const line of outcome.log ?? []) console.log(printable(String(line)));
    console.log(`${controller}: done.`);
    return 0;
  }
  console.error(`${controller}: ${whyNot(outcome)}`);
  return 1;
}

function whyNot(outcome: Outcome): string {
  switch (outcome.kind) {
    case "unknownController":
      return 'There is no such controller; "postern issuer controllers" lists them.';
    case "unreachableBroker":
      return `The broker cannot be reached (${outcome.why}); check issuer.json and the broker.`;
    case "silent":
      return "It did not answer: it was done or was not. Look at its state and events before you order it again.";
    case "answered": {
      const { code, why } = outcome.result;
      return `${code}${why === null ? "" : `: ${printable(why)}`}`;
    }
  }
}

function orderIn([kind = "", ...words]: readonly string[], time: string | undefined, lines: string | undefined): Order {
  if (words.length > mostWords(kind, words[0])) throw new Misuse(needOf(kind));
  const parsed = downSchemas.command.shape.do.safeParse(orderOf(kind, words, time, lines));
  if (parsed.success) return parsed.data;
  throw new Misuse(needOf(kind));
}

/** Whoever says more than an order takes must not be told that it was done. */
function mostWords(kind: string, first: string | undefined): number {
  switch (kind) {
    case "lockdown":
    case "release":
      return Number.POSITIVE_INFINITY;
    case "clear":
      return first === "fire" ? 1 : 2;
    case "revoke":
      return 2;
    case "sync":
    case "restart":
    case "logs":
    case "identify":
      return 0;
    default:
      return 1;
  }
}

/** What an order asks for, where it lacks something or has too much. */
function needOf(kind: string): string {
  switch (kind) {
    case "revoke":
      return 'Say what is revoked: "revoke person|pass|credential ID".';
    case "clear":
      return 'Say what is cleared: "clear fire", or "clear forced|tamper DOOR".';
    case "logs":
      return '"logs" takes no word but --lines, a number from 1 to 1000; name the controller with --controller.';
    case "identify":
      return '"identify" takes no word but --for, a time from 1s to 10min; name the controller with --controller.';
    case "sync":
    case "restart":
      return `"${kind}" takes no word; name the controller with --controller.`;
    case "lockdown":
    case "release":
      return `"${kind}" takes doors by their ids, or none for all of them.`;
    default:
      return `"${kind}" takes one door: "postern issuer ${kind} DOOR".`;
  }
}

function orderOf(kind: string, words: readonly string[], time: string | undefined, lines: string | undefined): unknown {
  const [first, second] = words;
  switch (kind) {
    case "lockdown":
      return { kind: "lockDown", doors: words, forMs: time === undefined ? null : msOf(time) };
    case "release":
      return { kind: "lockDownRelease", doors: words };
    case "clear":
      return { kind: clearings[first ?? ""] ?? null, ...(first === "fire" ? {} : { door: second }) };
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

const clearings: Readonly<Record<string, string>> = { fire: "clearFire", forced: "clearForced", tamper: "clearTamper" };
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
