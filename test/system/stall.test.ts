// What happens at the doors while the ledger, its disk or the office stands still or works hard, and once they go on.
import { readdirSync } from "node:fs";
import { getPriority } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { LedgerReply } from "../../src/domain/ask.ts";
import { askSocket } from "../../src/ops/line-client.ts";
import { ownPort } from "../own-port.ts";
import { type Product, poll, removeFolder, startProduct, temporaryFolder } from "./product.ts";
import {
  ana,
  courier,
  enter,
  leave,
  outcomesIn,
  people,
  readRecord,
  readStory,
  scan,
  stallSite,
  tap,
  usesPerDoor,
} from "./stall-site.ts";
import { hasStrace, lockDatabase, loopingOffice, slowSyncs } from "./stalls.ts";

interface Stalled {
  readonly product: Product;
  readonly trace: string;
  readonly port: number;
  readonly ledger: number;
  readonly office: number;
}

async function startSite(recordDeadlineMs: number): Promise<Stalled> {
  const state = temporaryFolder();
  const trace = `${state}.trace`;
  const port = await ownPort("127.0.0.1");
  const product = await startProduct({
    config: stallSite(recordDeadlineMs, port),
    state,
    trace,
    preload: [loopingOffice],
  });
  onTestFinished(() => {
    product.process.kill("SIGKILL");
    for (const path of [state, trace, `${state}.config.json`]) removeFolder(path);
  });
  await product.until("office");
  expect(await product.change(people)).toMatchObject({ kind: "changed", version: 1 });
  const [ledger, office] = [product.pidOf("ledger"), product.pidOf("office")];
  if (ledger === null || office === null) throw new Error("a child of the product is missing");
  return { product, trace, port, ledger, office };
}

const afterMs = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const isSilent = (state: string): Promise<boolean> =>
  askSocket<LedgerReply>(join(state, "ledger.sock"), { kind: "export", after: null }, 300).then(
    () => false,
    (error: { code?: string }) => error.code === "socket.silent",
  );

const consoleAnswers = async (port: number): Promise<boolean> =>
  (await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) })).status < 500;

const nicenessOfThreads = (pid: number): Set<number> =>
  new Set(readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread))));

const typesIn = (state: string): Set<string> => new Set(readRecord(state).map(({ event }) => event.type));

/** Resolves when the door's last movement is in the record: the ledger then has nothing left to do. */
const untilLockedInRecord = (state: string, door: number): Promise<void> =>
  poll(async () => {
    const moves = readRecord(state).filter(({ event }) => "door" in event && event.door === `door-${door}`);
    return moves.at(-1)?.event.type === "door.locked";
  });

/** The ledger answers in order: whoever is let in now knows all earlier ones to be answered, and their readers free. */
const untilAnswered = async (product: Product): Promise<void> =>
  expect(await tap(product, 20, ana.card)).toBe("granted");

/** The ask that a reader's nth presentation became, and what the record says of it. */
function becameOf({ product, trace }: Stalled, reader: string): string[][] {
  const outcomes = outcomesIn(readRecord(product.state));
  const numbers = readStory(trace).presented.flatMap((one, index) => (one.reader === reader ? [index + 1] : []));
  return numbers.map((number) => [...outcomes].find(([ask]) => ask.endsWith(`.${number}`))?.[1] ?? []);
}

test("with the ledger stuck for five seconds and the office looping, exit works, people are turned away, and no one is let in afterwards", async () => {
  const site = await startSite(100);
  const { product, trace } = site;
  const { state } = product;
  expect(await scan(product, 3, courier.qr)).toBe("granted");
  await untilLockedInRecord(state, 3);
  const lock = lockDatabase(state);
  const fiveSeconds = afterMs(5_000);
  process.kill(site.office, "SIGUSR2");
  await leave(product, 0);
  expect(await isSilent(state)).toBe(true);

  const turnedAway = Promise.all([
    tap(product, 1, ana.card),
    enter(product, 2, ana.pin),
    scan(product, 3, courier.qr),
    tap(product, 4, "123456"),
  ]);
  let isOver = false;
  const over = turnedAway.then(() => {
    isOver = true;
  });
  for (let door = 10; !isOver; door = door === 39 ? 10 : door + 1) await leave(product, door);
  await over;
  expect(await turnedAway).toEqual(["denied", "denied", "denied", "denied"]);
  // Their readers wait for the ledger's answer and take nothing more: refused at once, and counted.
  expect(await tap(product, 1, ana.card)).toBe("denied");
  await leave(product, 0);
  await fiveSeconds;
  lock.free();

  const stalled = ["reader-1", "reader-2", "scanner-3", "reader-4"];
  await poll(async () => stalled.every((reader) => becameOf(site, reader).some((words) => words.length > 0)));
  await untilAnswered(product);
  expect(await tap(product, 1, ana.card)).toBe("granted");
  expect(await enter(product, 2, ana.pin)).toBe("granted");
  expect(await scan(product, 3, courier.qr)).toBe("granted");
  expect(await scan(product, 3, courier.qr)).toBe("denied");
  await untilLockedInRecord(state, 2);
  await poll(() => consoleAnswers(site.port));
  await product.stop();

  expect(becameOf(site, "reader-1")[0]).toEqual(["askExpired"]);
  expect(becameOf(site, "reader-2")).toEqual([["askExpired"], ["granted"]]);
  expect(becameOf(site, "scanner-3")).toEqual([["granted"], ["askExpired"], ["granted"], ["usesExhausted"]]);
  expect(becameOf(site, "reader-4")).toEqual([["askExpired"]]);
  const { openings, stale } = readStory(trace);
  expect(stale).toEqual([]);
  expect(openings.map(({ reader }) => reader)).toEqual(["scanner-3", "reader-20", "reader-1", "reader-2", "scanner-3"]);
  expect([...typesIn(state)].filter((type) => type.endsWith(".lost"))).toEqual([]);
}, 120_000);

describe.runIf(hasStrace())("a disk that stalls", () => {
  test("for five seconds: a use that it holds up is given back, nobody is let in late, and the ledger lives on", async () => {
    const site = await startSite(100);
    const { product, trace } = site;
    const { state } = product;
    await leave(product, 0);
    await untilLockedInRecord(state, 0);
    const disk = await slowSyncs(site.ledger, 5_000);
    const turnedAway = Promise.all([
      scan(product, 3, courier.qr),
      scan(product, 4, courier.qr),
      enter(product, 5, ana.pin),
      tap(product, 6, courier.card),
    ]);
    let isOver = false;
    const over = turnedAway.then(() => {
      isOver = true;
    });
    for (let door = 10; !isOver; door = door === 39 ? 10 : door + 1) await leave(product, door);
    await over;
    expect(await turnedAway).toEqual(["denied", "denied", "denied", "denied"]);
    await disk.passed;
    await disk.heal();

    const stalled = ["scanner-3", "scanner-4", "reader-5", "reader-6"];
    await poll(async () =>
      stalled.every((reader) =>
        becameOf(site, reader)[0]
          ?.at(-1)
          ?.match(/aborted|askExpired/),
      ),
    );
    await untilAnswered(product);
    // Every use is there again: two openings at each door, and no third.
    for (const door of [3, 4]) {
      expect(await scan(product, door, courier.qr)).toBe("granted");
      await untilLockedInRecord(state, door);
      expect(await scan(product, door, courier.qr)).toBe("granted");
      await untilLockedInRecord(state, door);
      expect(await scan(product, door, courier.qr)).toBe("denied");
    }
    expect(await enter(product, 5, ana.pin)).toBe("granted");
    expect(await tap(product, 6, courier.card)).toBe("granted");
    expect(product.pidOf("ledger")).toBe(site.ledger);
    await product.stop();

    const [spent] = becameOf(site, "scanner-3");
    expect(spent).toEqual(["granted", "aborted"]);
    const [entered] = becameOf(site, "reader-5");
    expect(entered).toEqual(["askExpired"]);
    const grants = readRecord(state).flatMap(({ event }) => (event.type === "access.granted" ? [event] : []));
    const usesLeft = grants.filter((event) => event.door === "door-3").map((event) => event.usesLeft);
    expect(usesLeft).toEqual([usesPerDoor - 1, usesPerDoor - 1, usesPerDoor - 2]);
    expect(readStory(trace).stale).toEqual([]);
    expect(readStory(trace).openings.map(({ reader }) => reader)).toEqual([
      "reader-20",
      ...["scanner-3", "scanner-3", "scanner-4", "scanner-4"],
      ...["reader-5", "reader-6"],
    ]);
    expect([...typesIn(state)].filter((type) => type.endsWith(".lost"))).toEqual([]);
  }, 120_000);

  test("for a second: a resident's uncounted card opens and is marked late; a pass and a PIN wait for the record", async () => {
    const site = await startSite(100);
    const { product, trace } = site;
    const { state } = product;
    /** Doors whose relay an ask has moved, with whether the grant could be read in the record at that moment. */
    const opened = new Map<string, boolean>();
    product.board.onMessage((message) => {
      const cause = String(message["cause"]);
      if (message.kind !== "relay" || message["energized"] !== true || !cause.startsWith("ask:")) return;
      const known = outcomesIn(readRecord(state)).get(cause.slice("ask:".length));
      opened.set(String(message["relay"]), known?.includes("granted") === true);
    });
    await leave(product, 0);
    await untilLockedInRecord(state, 0);
    const disk = await slowSyncs(site.ledger, 1_000);
    expect(await tap(product, 1, ana.card)).toBe("granted");
    await untilLockedInRecord(state, 1);
    expect(await tap(product, 2, courier.card)).toBe("granted");
    await untilLockedInRecord(state, 2);
    expect(await enter(product, 3, ana.pin)).toBe("granted");
    await untilLockedInRecord(state, 3);
    await disk.heal();
    await product.stop();

    expect(becameOf(site, "reader-1")).toEqual([["granted", "late"]]);
    expect(becameOf(site, "reader-2")).toEqual([["granted"]]);
    expect(becameOf(site, "reader-3")).toEqual([["granted"]]);
    expect([opened.has("relay-1"), opened.get("relay-2"), opened.get("relay-3")]).toEqual([true, true, true]);
    expect(readStory(trace).stale).toEqual([]);
  }, 120_000);
});

test("a ledger and an office that hang for good are replaced; exit works meanwhile, and every denial is recorded afterwards", async () => {
  const site = await startSite(300);
  const { product, trace } = site;
  const { state } = product;
  expect(await tap(product, 39, ana.card)).toBe("granted");
  await untilLockedInRecord(state, 39);
  process.kill(site.ledger, "SIGSTOP");
  process.kill(site.office, "SIGSTOP");

  let isReplaced = false;
  const replaced = poll(async () => typesIn(state).has("ledger.restored")).then(() => {
    isReplaced = true;
  });
  const shown: Promise<string>[] = [];
  for (let door = 0; !isReplaced && door < 30; door += 1) {
    shown.push(tap(product, door, ana.card));
    await leave(product, 30 + (door % 9));
    await Promise.race([replaced, afterMs(400)]);
  }
  await replaced;
  const signals = await Promise.all(shown);
  expect(await tap(product, 39, ana.card)).toBe("granted");
  await poll(async () => typesIn(state).has("office.restored"));
  expect(await consoleAnswers(site.port)).toBe(true);
  await untilLockedInRecord(state, 39);
  await product.stop();

  const became = signals.map((_, door) => becameOf(site, `reader-${door}`));
  expect(became.every((asks) => asks.length === 1 && asks[0]?.length === 1)).toBe(true);
  const words = became.map(([words]) => words?.[0]);
  expect(words.map((word) => (word === "granted" ? "granted" : "denied"))).toEqual(signals);
  expect(new Set(words.filter((word) => word !== "granted"))).toEqual(new Set(["askExpired", "ledgerUnavailable"]));
  expect(readStory(trace).stale).toEqual([]);
  expect([...typesIn(state)].filter((type) => type.endsWith(".lost")).sort()).toEqual(["ledger.lost", "office.lost"]);
}, 120_000);

test("for a processor every thread of the ledger stands behind the door loop, and every one of the office behind the ledger", async () => {
  const { product, ledger, office } = await startSite(300);
  // Hashing a PIN takes threads that may have come later.
  expect(await enter(product, 0, ana.pin)).toBe("granted");
  const doors = getPriority(product.process.pid);
  expect([ledger, office].map(nicenessOfThreads)).toEqual([new Set([doors + 5]), new Set([doors + 10])]);
}, 60_000);
