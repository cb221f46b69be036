// A board that is paired anew under its name: only given other keys, and after it came back from a copy with another past.
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openJournalReader } from "../../../src/ledger/journal-reader.ts";
import { exampleSite, startForTest, temporarySite } from "../command.ts";
import type { IssuerSite } from "../issuer/issuer-site.ts";
import { createIssuerSite } from "../issuer/issuer-site.ts";
import type { Product } from "../product.ts";
import { poll, removeFolder } from "../product.ts";
import { isMosquittoThere } from "./mosquitto.ts";
import { showCode } from "./shown-code.ts";

const withCloud = exampleSite((config) => {
  config.cloud = {};
});

interface Kept {
  readonly board: number;
  readonly epoch: number;
  readonly seq: number;
  readonly hash: string;
  readonly event: { readonly type: string };
}

async function eventsAt(world: IssuerSite): Promise<readonly Kept[]> {
  const { out } = await world.issuer("events", "--json", "--last", "1000", "--controller", "gate-1");
  return out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Kept);
}

async function pairAgain(world: IssuerSite, state: string): Promise<void> {
  const joining = await showCode(world, state, "--again");
  expect(await world.issuer("join", joining.code, "--controller", "gate-1", "--again")).toMatchObject({ code: 0 });
  expect(await joining.ended).toMatchObject({ code: 0 });
}

function hashesIn(state: string): readonly string[] {
  const journal = openJournalReader(join(state, "ledger.db"));
  try {
    return [...journal.rows()].map(({ hash }) => hash.toString("hex"));
  } finally {
    journal.close();
  }
}

const isInStep = async (world: IssuerSite): Promise<boolean> => (await world.issuer("drift")).code === 0;

/** Somebody tries a code, and the issuer has heard of so many. */
async function tries(gate: Product, world: IssuerSite, many: number): Promise<void> {
  await gate.board.send(`keys front-keypad ${String(many).repeat(6)}#`);
  const denied = async () => (await eventsAt(world)).filter(({ event }) => event.type === "access.denied");
  await poll(async () => (await denied()).length === many, 200);
  await poll(() => isInStep(world), 200);
}

test.runIf(isMosquittoThere)(
  "paired anew a board goes on with its record, and one that came back with another past has all of that taken",
  async () => {
    const world = await createIssuerSite();
    const { state, file } = temporarySite(withCloud);
    const first = await showCode(world, state);
    await world.issuer("join", first.code, "--controller", "gate-1");
    await first.ended;
    const worker = await world.startWorker();
    const start = () => startForTest({ config: null, configFile: file, state });
    let gate = await start();
    await tries(gate, world, 1);

    await pairAgain(world, state);
    await tries(gate, world, 2);
    const once = await eventsAt(world);
    expect(new Set(once.map(({ board }) => board)).size).toBe(1);
    expect(once.map(({ seq }) => seq)).toEqual(once.map((_, n) => n + 1));

    await gate.stop();
    const copy = `${state}-copy`;
    onTestFinished(() => removeFolder(copy));
    cpSync(state, copy, { recursive: true });
    gate = await start();
    await tries(gate, world, 3);
    const before = await eventsAt(world);
    await gate.stop();
    // Its last word, that it stops, may be at the issuer too or come no more.
    const past = hashesIn(state);
    removeFolder(state);
    cpSync(copy, state, { recursive: true });
    gate = await start();
    await gate.board.send("keys front-keypad 666666#");
    await poll(async () => (await world.issuer("drift")).out.includes("FORKED"), 200);

    const identity = join(state, "keys", "cloud-identity.json");
    const keys = readFileSync(identity, "utf8");
    await pairAgain(world, state);
    expect(readFileSync(identity, "utf8")).not.toBe(keys);
    await poll(() => isInStep(world), 200);
    const after = await eventsAt(world);
    const [board] = before.map((one) => one.board);
    const kept = after.filter((one) => one.board === board);
    const fresh = after.filter((one) => one.board !== board);
    expect(kept.slice(0, before.length)).toEqual(before);
    expect(kept.map(({ hash }) => hash)).toEqual(past.slice(0, kept.length));
    expect(fresh.map(({ seq }) => seq)).toEqual(fresh.map((_, n) => n + 1));
    expect(fresh.map(({ hash }) => hash)).not.toEqual(before.slice(0, fresh.length).map(({ hash }) => hash));
    expect(fresh.slice(0, once.length).map(({ hash }) => hash)).toEqual(once.map(({ hash }) => hash));
    await worker.kill("SIGTERM");
  },
  120_000,
);
