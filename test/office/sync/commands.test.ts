import { describe, expect, test } from "vitest";
import type { CloudRequest, LedgerReply, LedgerRequest } from "../../../src/domain/ask.ts";
import type { CloudRefusal, JournalEvent } from "../../../src/domain/events.ts";
import type { DoorCommand } from "../../../src/domain/status.ts";
import type { Down } from "../../../src/link/down-messages.ts";
import type { Outcome } from "../../../src/office/outcome.ts";
import { Challenges } from "../../../src/office/sync/challenges.ts";
import { CommandDesk } from "../../../src/office/sync/command-desk.ts";
import { isFresh } from "../../../src/office/sync/command-rules.ts";
import { Refusals } from "../../../src/office/sync/refusals.ts";

const now = 1_790_000_000_000;
const command = (order: object, over: object = {}) =>
  ({
    kind: "command",
    id: "A".repeat(22),
    do: order,
    by: "anna",
    at: now,
    until: now + 30_000,
    challenge: null,
    ...over,
  }) as Down<"command">;
const open = { kind: "open", door: "front" };

describe("a command is fresh", () => {
  const trusted = { wall: now, trusted: true, challenges: [] };
  const untrusted = { wall: 0, trusted: false, challenges: ["word"] };

  test("within its time by a clock that is believed", () => {
    expect(isFresh(command(open), trusted)).toBe(true);
    for (const over of [
      { until: now },
      { at: now + 30_001, until: now + 60_000 },
      { until: now + 60_001 },
      { at: now + 10, until: now },
      { at: now - 3_600_000, until: now + 1_000 },
    ])
      expect(isFresh(command(open, over), trusted)).toBe(false);
  });

  test("by the challenge alone while nobody vouches for the clock", () => {
    expect(isFresh(command(open), untrusted)).toBe(false);
    expect(isFresh(command(open, { challenge: "word" }), untrusted)).toBe(true);
    expect(isFresh(command(open, { challenge: "other" }), untrusted)).toBe(false);
    expect(isFresh(command(open, { challenge: "word", until: now + 3_600_000 }), untrusted)).toBe(false);
  });

  test("and a challenge counts for two minutes of monotonic time", () => {
    let mono = 0;
    let drawn = 0;
    const challenges = new Challenges(
      () => mono,
      (size) => Buffer.alloc(size, ++drawn),
    );
    const first = challenges.current();
    mono = 59_999;
    expect(challenges.current()).toBe(first);
    mono = 60_000;
    expect(challenges.current()).not.toBe(first);
    expect(challenges.living()).toContain(first);
    mono = 120_000;
    expect(challenges.living()).not.toContain(first);
  });
});

function desk(over: Partial<ConstructorParameters<typeof CommandDesk>[0]> = {}) {
  const asked: (CloudRequest | LedgerRequest)[] = [];
  const told: [string, DoorCommand][] = [];
  const refused: string[] = [];
  const clock = { wall: now };
  let isFreshId = true;
  const parts = {
    now: () => ({ wall: clock.wall, trusted: true, challenges: [] }),
    mayOpen: true,
    isBlocked: (_: string) => false,
    ask: async (request: CloudRequest | LedgerRequest): Promise<LedgerReply | null> => {
      asked.push(request);
      if (request.kind === "cloudCommand") return { kind: "commandTaken", fresh: isFreshId };
      return { kind: "changed", version: 2 };
    },
    doors: async (who: string, one: DoorCommand): Promise<Outcome> => {
      told.push([who, one]);
      return { ok: true };
    },
    sync: () => void told.push(["sync", { kind: "clearFire" }]),
    logs: async () => ["a line"],
    restart: () => "Nobody would start it again.",
    refused: (why: string) => void refused.push(why),
    ...over,
  };
  const take = (order: object, more: object = {}) => new CommandDesk(parts).take(command(order, more));
  const seenBefore = () => {
    isFreshId = false;
  };
  return { take, asked, told, refused, clock, seenBefore };
}

describe("a command", () => {
  test("is in the record before the doors hear of it, in the name of whoever gave it", async () => {
    const { take, asked, told } = desk();
    expect(await take(open)).toEqual({ code: "done", why: null });
    expect(asked).toEqual([{ kind: "cloudCommand", id: "A".repeat(22), what: "open", by: "anna" }]);
    expect(told).toEqual([["cloud: anna", { kind: "access", door: "front", by: "cloud" }]]);
  });

  test("that was taken before, or cannot be recorded, does nothing", async () => {
    const again = desk();
    again.seenBefore();
    expect(await again.take(open)).toBeNull();
    expect([again.told, again.refused]).toEqual([[], ["repeated"]]);
    const unrecorded = desk({ ask: async () => null });
    expect(await unrecorded.take(open)).toMatchObject({ code: "failed" });
    expect(unrecorded.told).toEqual([]);
  });

  test("that waited for the disk until its time was over does nothing", async () => {
    const bench = desk({
      ask: async () => {
        bench.clock.wall = now + 40_000;
        return { kind: "commandTaken", fresh: true };
      },
    });
    expect(await bench.take(open)).toMatchObject({ code: "late" });
    expect(bench.told).toEqual([]);
  });

  test("to revoke is a change by the cloud's own word", async () => {
    const { take, asked } = desk();
    await take({ kind: "revoke", of: "pass", id: "courier" });
    expect(asked[1]).toEqual({ kind: "cloudRevoke", of: "pass", id: "courier", version: null, by: "cloud: anna" });
  });

  test("to restart is refused where nobody would start it again; the log comes back with its result", async () => {
    const { take } = desk();
    expect(await take({ kind: "restart" })).toEqual({ code: "refused", why: "Nobody would start it again." });
    expect(await take({ kind: "logs", lines: 5 })).toEqual({ code: "done", why: null, log: ["a line"] });
  });

  test("that the doors do not take says why", async () => {
    const { take } = desk({ doors: async () => ({ ok: false, code: "refused", problem: "Front door is blocked." }) });
    expect(await take(open)).toEqual({ code: "refused", why: "Front door is blocked." });
  });
});

test("refusals are told once a cause and minute, with their number, and a flood is dropped", () => {
  const told: JournalEvent[] = [];
  let mono = 0;
  const refusals = new Refusals(
    (event) => told.push(event),
    () => mono,
  );
  const why: CloudRefusal = "unsigned";
  for (let n = 0; n < 40; n += 1) refusals.count(why);
  refusals.beat();
  expect(told).toEqual([{ type: "cloud.refused", why, count: 1 }]);
  mono = 60_000;
  refusals.beat();
  expect(told.at(-1)).toEqual({ type: "cloud.refused", why, count: 39 });
  const admitted = Array.from({ length: 280 }, () => refusals.admits()).filter(Boolean);
  expect(admitted).toHaveLength(200);
  mono = 61_000;
  expect(refusals.admits()).toBe(true);
});

test("where the cloud may not open, it can neither shorten a lockdown nor lift a block", async () => {
  const { take, told } = desk({ mayOpen: false, isBlocked: (door) => door === "blocked" });
  for (const order of [
    open,
    { kind: "lockDown", doors: [], forMs: 1 },
    { kind: "lock", door: "blocked" },
    { kind: "doubleLock", door: "blocked" },
  ])
    expect(await take(order)).toMatchObject({ code: "forbidden" });
  expect(told).toEqual([]);
  expect(await take({ kind: "lockDown", doors: [], forMs: null })).toMatchObject({ code: "done" });
  expect(await take({ kind: "lock", door: "front" })).toMatchObject({ code: "done" });
});
