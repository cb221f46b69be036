// What the pages that listen are sent, and what happens to those that come back, fall behind or overstay.
import { expect, test } from "vitest";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { DoorId, InputId } from "../../src/domain/ids.ts";
import { EventStream, fetchFrom, logIn, openStream } from "./http-client.ts";
import { boardSnapshot, type OfficeBench, openBench, statusOf } from "./office-bench.ts";

const opened: JournalEvent = { type: "door.opened", door: "front" as DoorId };
const seqsOf = (events: readonly { readonly seq: number }[]): number[] => events.map((event) => event.seq);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

function logInAgain(bench: OfficeBench): Promise<string> {
  const codeExpiresWallMs = bench.clock.wallMs + 60_000;
  bench.office.renewCode({ kind: "code", codeDigest: bench.opening().codeDigest ?? "", codeExpiresWallMs });
  return logIn(bench.address);
}

async function withBench(run: (bench: OfficeBench, cookie: string) => Promise<void>, events = 0): Promise<void> {
  const bench = await openBench();
  for (let n = 0; n < events; n += 1) bench.journal.append(opened);
  const cookie = await logIn(bench.address);
  try {
    await run(bench, cookie);
  } finally {
    await bench.close();
  }
}

test("a new page is sent the site, the doors, the board and the last fifty events", () =>
  withBench(async (bench, cookie) => {
    bench.publish([statusOf("front")]);
    const stream = await EventStream.open(bench.address, cookie);
    const site = (await stream.next("site")).data;
    expect(site.doors.map((door) => door.name)).toEqual(["Front door", "Garage"]);
    expect(site.simulated).toBe(true);
    expect((await stream.next("doors")).data.doors).toEqual([statusOf("front")]);
    expect((await stream.next("board")).name).toBe("board");
    const journal = await stream.next("journal");
    expect(journal.data.reset).toBe(true);
    expect(seqsOf(journal.data.events)).toEqual(range(31, 80));
    expect(journal.id).toBe("80");
  }, 80));

test("a page is never sent the session key, the code's digest, a path or a policy", () =>
  withBench(async (bench, cookie) => {
    const stream = await EventStream.open(bench.address, cookie);
    const text = JSON.stringify((await stream.next("site")).data);
    const { sessionKeyHex, codeDigest, ledgerSocket, databasePath } = bench.opening();
    for (const secret of [sessionKeyHex, codeDigest, ledgerSocket, databasePath, "guessing"])
      expect(text).not.toContain(secret);
  }));

test("a page that comes back gets exactly what it missed", () =>
  withBench(async (bench, cookie) => {
    const resumed = await EventStream.open(bench.address, cookie, "/events", { "last-event-id": "70" });
    expect((await resumed.next("journal")).data).toMatchObject({
      reset: false,
      events: range(71, 80).map((seq) => ({ seq })),
    });
    const asked = await EventStream.open(bench.address, cookie, "/events?after=80");
    expect((await asked.next("journal")).data).toEqual({ reset: false, events: [] });
  }, 80));

test("a page that missed too much, or speaks of another record, starts afresh", () =>
  withBench(async (bench, cookie) => {
    for (const id of ["5", "0", "501", "99999999999999", "-1", "1e3", "nonsense", "7; DROP TABLE", "0x10"]) {
      const stream = await EventStream.open(bench.address, cookie, "/events", { "last-event-id": id });
      const { data } = await stream.next("journal");
      expect(data.reset, id).toBe(true);
      expect(seqsOf(data.events), id).toEqual(range(451, 500));
      stream.close();
      await stream.ended;
    }
  }, 500));

test("when another record takes the place of the one that is read, every page starts afresh", () =>
  withBench(async (bench, cookie) => {
    const stream = await EventStream.open(bench.address, cookie);
    await stream.next("journal");
    bench.journal.replaced = bench.journal.opened;
    bench.journal.append(opened);
    bench.ledger.say({ kind: "head", seq: 81 });
    const { data } = await stream.next("journal");
    expect(data.reset).toBe(true);
    expect(seqsOf(data.events)).toEqual(range(32, 81));
  }, 80));

test("events follow each commit to every page, each once and in order", () =>
  withBench(async (bench, cookie) => {
    const first = await EventStream.open(bench.address, cookie);
    await first.next("journal");
    const second = await EventStream.open(bench.address, cookie);
    await second.next("journal");
    const heard: number[][] = [[], []];
    for (let n = 0; n < 5; n += 1) {
      const { seq } = bench.journal.append(opened);
      bench.ledger.say({ kind: "head", seq });
      for (const [index, stream] of [first, second].entries()) {
        const { data, id } = await stream.next("journal");
        expect(data.reset).toBe(false);
        expect(id).toBe(String(data.events.at(-1)?.seq));
        heard[index]?.push(...seqsOf(data.events));
      }
    }
    expect(heard).toEqual([range(4, 8), range(4, 8)]);
  }, 3));

test("a page that joins between a commit and its news hears of it once", () =>
  withBench(async (bench, cookie) => {
    const stream = await EventStream.open(bench.address, cookie);
    await stream.next("journal");
    bench.journal.append(opened);
    const late = await EventStream.open(bench.address, cookie);
    expect(seqsOf((await late.next("journal")).data.events)).toEqual([1, 2]);
    expect(seqsOf((await stream.next("journal")).data.events)).toEqual([2]);
    bench.journal.append(opened);
    bench.ledger.say({ kind: "head", seq: 3 });
    expect(seqsOf((await late.next("journal")).data.events)).toEqual([3]);
    expect(seqsOf((await stream.next("journal")).data.events)).toEqual([3]);
  }, 1));

test("a flood of events reaches a page as its end, not as its length", () =>
  withBench(async (bench, cookie) => {
    const stream = await EventStream.open(bench.address, cookie);
    await stream.next("journal");
    for (let n = 0; n < 5_000; n += 1) bench.journal.append(opened);
    bench.ledger.say({ kind: "head", seq: 5_000 });
    const { data } = await stream.next("journal");
    expect(data.reset).toBe(true);
    expect(seqsOf(data.events)).toEqual(range(4_951, 5_000));
  }));

test("what the board does is drawn, and what is typed or tapped on it never leaves the office", () =>
  withBench(async (bench, cookie) => {
    const stream = await openStream(bench.address, cookie);
    bench.board.say({ kind: "event", event: { kind: "key", reader: "front-keypad", key: "7", at: 5 } });
    bench.board.say({ kind: "event", event: { kind: "frame", reader: "front-reader", bits: "1010", at: 5 } });
    bench.board.say({ kind: "event", event: { kind: "text", reader: "front-scanner", text: "SECRET", at: 5 } });
    bench.board.say({ kind: "relay", relay: "front-strike", energized: true, cause: "ask", atMono: 6 });
    const drawn = await stream.next("board", (board) => board.relays["front-strike"] === true);
    expect(JSON.stringify(drawn)).not.toContain("SECRET");
    bench.board.say({ kind: "event", event: { kind: "input", input: "front-contact", active: true, at: 7 } });
    await stream.next("board", (board) => board.inputs["front-contact"] === true);
    bench.board.say({ kind: "event", event: { kind: "lost", device: "front-reader", why: "unplugged", at: 8 } });
    await stream.next("board", (board) => board.readers["front-reader"]?.lost === true);
    bench.board.say({ kind: "signal", reader: "front-keypad", signal: "granted", atMono: 9 });
    expect((await stream.next("signal")).data).toEqual({ reader: "front-keypad", signal: "granted" });
  }));

test("a flood of signals reaches a page as few, the last one of each reader among them", () =>
  withBench(async (bench, cookie) => {
    const stream = await openStream(bench.address, cookie);
    for (let n = 0; n < 2_000; n += 1)
      bench.board.say({ kind: "signal", reader: "front-keypad", signal: "denied", atMono: n });
    bench.board.say({ kind: "signal", reader: "front-keypad", signal: "granted", atMono: 2_001 });
    let heard = 0;
    for (;;) {
      const { data } = await stream.next("signal");
      heard += 1;
      if (data.signal === "granted") break;
    }
    expect(heard).toBeLessThan(100);
  }));

test("lines that no board sends are passed over", () =>
  withBench(async (bench, cookie) => {
    const stream = await openStream(bench.address, cookie);
    for (const odd of ["null", "7", "[]", '"x"', "{}", '{"kind":"relay"}', '{"kind":"event"}', '{"kind":"snapshot"}']) {
      bench.board.say(odd);
    }
    bench.board.say(boardSnapshot);
    expect((await stream.next("board", (board) => board.readers["front-keypad"] !== undefined)).data.connected).toBe(
      true,
    );
  }));

test("a board that goes away and comes back is said to be away, and drawn anew", () =>
  withBench(async (bench, cookie) => {
    const stream = await openStream(bench.address, cookie);
    const back = bench.board.nextClient();
    bench.board.dropClients();
    await stream.next("board", (board) => !board.connected);
    await stream.next("doors", ({ health }) => health.some((fact) => fact.part === "board line"));
    await back;
    await stream.next("board", (board) => board.connected);
    await stream.next("doors", ({ health }) => health.length === 0);
  }));

test("a record that cannot be read is said so, and read again when it can", () =>
  withBench(async (bench, cookie) => {
    const stream = await EventStream.open(bench.address, cookie);
    await stream.next("journal");
    bench.journal.broken = "disk I/O error";
    bench.ledger.say({ kind: "head", seq: 9 });
    const { data } = await stream.next("doors", ({ health }) => health.length > 0);
    expect(data.health[0]).toMatchObject({
      part: "record",
      state: "fault",
      why: expect.stringContaining("disk I/O error"),
    });
    bench.journal.broken = null;
    bench.journal.append(opened);
    expect(seqsOf((await stream.next("journal")).data.events)).toEqual([1]);
  }));

test("doors and their alarms reach the pages as they change", () =>
  withBench(async (bench, cookie) => {
    const stream = await EventStream.open(bench.address, cookie);
    await stream.next("doors");
    bench.publish([statusOf("front", { forced: true, contact: "open", stuckExits: ["front-exit" as InputId] })]);
    const { data } = await stream.next("doors");
    expect(data.doors[0]).toMatchObject({ forced: true, contact: "open", stuckExits: ["front-exit"] });
  }));

test("a seventeenth page is refused, and let in when another one goes", () =>
  withBench(async (bench, cookie) => {
    await EventStream.open(bench.address, cookie);
    const guest = await logInAgain(bench);
    await Promise.all(range(1, 15).map(() => EventStream.open(bench.address, guest)));
    const refused = await fetchFrom(bench.address, "/events", { cookie: guest });
    expect([refused.status, refused.json.code]).toEqual([503, "tooManyPages"]);
    await fetchFrom(bench.address, "/logout", { cookie, body: {} });
    await EventStream.open(bench.address, guest);
    expect(bench.office.pages()).toBe(16);
  }));

test("a page that does not read is let go, and the others are not held up", () =>
  withBench(async (bench, cookie) => {
    const slow = await EventStream.open(bench.address, cookie);
    const quick = await EventStream.open(bench.address, cookie);
    slow.response.pause();
    const filler = "x".repeat(200_000);
    let rounds = 0;
    while (bench.office.pages() === 2 && rounds < 500) {
      rounds += 1;
      const name = `${rounds} ${filler}`;
      bench.publish([statusOf("front", { name })]);
      await quick.next("doors", ({ doors }) => doors[0]?.name === name);
    }
    expect(rounds).toBeLessThan(500);
    bench.publish([statusOf("front", { mode: "blocked" })]);
    await quick.next("doors", ({ doors }) => doors[0]?.mode === "blocked");
  }));

test("logging out ends the session's pages, and no one else's", () =>
  withBench(async (bench, cookie) => {
    const stream = await EventStream.open(bench.address, cookie);
    const other = await EventStream.open(bench.address, await logInAgain(bench));
    await fetchFrom(bench.address, "/logout", { cookie, body: {} });
    await stream.ended;
    bench.publish([statusOf("front", { mode: "blocked" })]);
    await other.next("doors", ({ doors }) => doors[0]?.mode === "blocked");
  }));

test("a page does not outlive its session", () =>
  withBench(async (bench, cookie) => {
    const stream = await EventStream.open(bench.address, cookie);
    bench.clock.wallMs += 12 * 3_600_000;
    bench.office.beat();
    await stream.ended;
    expect(bench.office.pages()).toBe(0);
  }));
