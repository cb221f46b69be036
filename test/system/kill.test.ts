// Kills each process of the product at random instants under a stream of people, and holds what is left against the record.
import { randomInt } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { Choice } from "./choice.ts";
import { createChoice } from "./choice.ts";
import type { Role } from "./kill-victim.ts";
import { roles, Victim } from "./kill-victim.ts";
import type { Stream } from "./presentation-stream.ts";
import { openStream } from "./presentation-stream.ts";
import { poll } from "./product.ts";
import { holdAgainst, lastChapter, recordedGrants, shedCount, usesSpent } from "./record-evidence.ts";

const seed = Number(process.env["POSTERN_SEED"] ?? randomInt(2 ** 31));
const killsPerVictim = 100;
const victims: Victim[] = [];
const streams: Stream[] = [];

console.log(`kill.test.ts: POSTERN_SEED=${seed}`);
afterAll(async () => {
  for (const victim of victims) await victim.remove();
  for (const stream of streams) await stream.stop();
});

interface Kill {
  readonly role: Role;
  /** Without waiting until what was killed before is of use again. */
  readonly early: boolean;
  readonly afterMs: number;
}

interface Outcome {
  readonly victim: Victim;
  readonly problems: readonly string[];
  readonly unrecordedMoves: number;
  readonly exitCode: number | null;
}

test("200 kills lose no event whose relay moved, double none, break no chain and energize no relay", {
  timeout: 600_000,
}, async () => {
  // Settled, so that no process of the one outlives a failure of the other.
  for (const outcome of await Promise.allSettled([disturb(seed, 0), disturb(seed + 1_000_000, 300)])) {
    if (outcome.status === "rejected") throw outcome.reason;
    const { victim, problems, unrecordedMoves, exitCode } = outcome.value;
    const context = `POSTERN_SEED=${seed}`;
    expect(problems, context).toEqual([]);
    expect(exitCode, context).toBe(0);
    const record = victim.record();
    checkSubstance(victim, unrecordedMoves);
    const count = record.length;
    expect(await victim.verify(), context).toContain(` ${count} events in one chain`);
    expect(await victim.verify("--seed", victim.auditSeed()), context).toMatch(new RegExp(`\\b${count} .*\\baudit `));
  }
});

async function disturb(ownSeed: number, recordDeadlineMs: number): Promise<Outcome> {
  const choice = createChoice(ownSeed);
  const victim = new Victim(recordDeadlineMs);
  victims.push(victim);
  await killFirstStarts(victim, choice);
  await victim.populate();
  const stream = openStream(victim.boardSocket, ownSeed);
  streams.push(stream);
  let killed: Role = "main";
  for (const { role, early, afterMs } of planKills(choice)) {
    if (!early) {
      await victim.back(killed);
      if (recordDeadlineMs === 0) checkGrants(victim);
    }
    await pause(afterMs);
    await victim.kill(role);
    killed = role;
  }
  for (const role of roles) await victim.back(role);
  await stream.stop();
  const { asks } = victim.currentLife();
  const shed = asks.filter(({ outcome }) => outcome === "shed").length;
  await poll(async () => shedCount(lastChapter(victim.record())) >= shed);
  const counted = await victim.countedUses();
  const exitCode = await victim.stop();
  const record = victim.record();
  const { problems, unrecordedMoves } = holdAgainst(victim.lives(), record);
  expect(counted).toEqual(usesSpent(record));
  return { victim, problems, unrecordedMoves, exitCode };
}

/** Before anything is there to be lost, the files and keys of a new site are made: that must not be half done either. */
async function killFirstStarts(victim: Victim, choice: Choice): Promise<void> {
  for (let start = 0; start < 6; start += 1) {
    await pause(choice.below(800));
    await victim.kill("main");
  }
}

function planKills(choice: Choice): Kill[] {
  const shares = Array.from({ length: killsPerVictim }, (_, n) => roles[n % roles.length] ?? "main");
  return choice.shuffled(shares).map((role) => {
    const early = choice.chance(0.25);
    return { role, early, afterMs: choice.below(early ? 300 : 1_000) };
  });
}

/** With no deadline for the disk nothing moves before it is on record, at any moment. */
function checkGrants(victim: Victim): void {
  const { opened } = victim.currentLife();
  const granted = recordedGrants(victim.record());
  expect(opened.filter(({ ask }) => !granted.has(ask))).toEqual([]);
}

/** That enough has happened for the rest to mean something, and that the record followed closely. */
function checkSubstance(victim: Victim, unrecordedMoves: number): void {
  const record = victim.record();
  const lives = victim.lives();
  const count = (is: (event: JournalEvent) => boolean): number => record.filter(({ event }) => is(event)).length;
  const moves = lives.flatMap((life) => life.moves);
  const opened = lives.flatMap((life) => life.opened);
  const lost = count(({ type }) => type === "ledger.lost");
  const unavailable = count((event) => event.type === "access.denied" && event.reason === "ledgerUnavailable");
  const exits = moves.filter(({ text }) => text.startsWith("pressed")).length;
  const kills = `${lives.length - 1} kills of main, ${lost} losses of the ledger`;
  console.log(
    `${kills}: ${record.length} events; ${opened.length} doors opened by asks, ${exits} exits pressed, ` +
      `${unavailable} asks without a ledger, ${unrecordedMoves} of ${moves.length} moves not handed over`,
  );
  expect(lives.length).toBeGreaterThan(killsPerVictim / roles.length);
  expect(lost).toBeGreaterThan(killsPerVictim / roles.length / 2);
  expect(count(({ type }) => type === "office.lost")).toBeGreaterThan(killsPerVictim / roles.length / 2);
  expect(opened.length).toBeGreaterThan(killsPerVictim);
  expect(exits).toBeGreaterThan(killsPerVictim);
  expect(unavailable).toBeGreaterThan(killsPerVictim / 2);
  expect(count((event) => event.type === "access.granted" && event.usesLeft !== null)).toBeGreaterThan(killsPerVictim);
  expect(unrecordedMoves).toBeLessThan(moves.length / 10);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
