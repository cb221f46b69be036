import { describe, expect, test } from "vitest";
import type { JournalEvent, LinkedEvent } from "../../../src/domain/events.ts";
import { upSchemas } from "../../../src/link/up-messages.ts";
import { Backoff } from "../../../src/office/backoff.ts";
import type { EventBatch, Place } from "../../../src/office/sync/event-batch.ts";
import { planBatch } from "../../../src/office/sync/event-batch.ts";
import { LiveAlarms } from "../../../src/office/sync/live-alarms.ts";
import { Uploader } from "../../../src/office/sync/uploader.ts";
import { FakeJournal } from "../fake-journal.ts";

interface Gap {
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly kept: readonly { readonly seq: number }[];
}

const envelope = {
  kind: "events",
  site: "hof",
  controller: "gate",
  at: 1,
  key: "0".repeat(16),
  signature: "A".repeat(86),
};
const enveloped = (message: object) => ({ ...envelope, ...message });

const pressed = { type: "exit.pressed", door: "front", input: "front-exit" } as unknown as JournalEvent;
const forced = { type: "door.forced", door: "front" } as unknown as JournalEvent;

function bench(acked: Place | null = null) {
  const journal = new FakeJournal();
  const sent: EventBatch[] = [];
  const kept: LinkedEvent[] = [];
  const told: Place[] = [];
  const forks: Place[] = [];
  const clock = { mono: 0, wall: Date.UTC(2026, 2, 12, 8, 30) };
  const later = { count: 0 };
  const uploader = new Uploader(
    {
      read: (after, limit) => journal.linked(after, limit),
      kept: (after, before, limit) => kept.filter(({ seq }) => seq > after.seq && seq < before).slice(0, limit),
      send: (batch) => sent.push(batch),
      acked: (place) => told.push(place),
      forked: (place) => forks.push(place),
      wall: () => clock.wall,
      mono: () => clock.mono,
      later: () => {
        later.count += 1;
      },
    },
    acked,
  );
  const record = (count: number) => {
    for (let n = 0; n < count; n += 1) journal.append(pressed);
  };
  const ack = (seq: number, over: object = {}) => {
    const hash = seq.toString(16).padStart(64, "0");
    return uploader.ack({ epoch: 1, seq, hash, nonce: null, ...over } as Parameters<Uploader["ack"]>[0]);
  };
  const ends = () => sent.map(({ last }) => last.seq);
  return { journal, uploader, sent, kept, told, forks, clock, later, record, ack, ends };
}

describe("the upload", () => {
  test("sends four batches ahead and goes on with each that the issuer acknowledges", () => {
    const { uploader, record, ack, ends, told } = bench();
    record(1_100);
    uploader.opened();
    expect(ends()).toEqual([200, 400, 600, 800]);
    ack(200);
    ack(600);
    expect(ends()).toEqual([200, 400, 600, 800, 1_000, 1_100]);
    ack(1_100);
    expect(told.at(-1)).toEqual({ epoch: 1, seq: 1_100 });
  });

  test("sends history at a pace that leaves a small board to its doors", () => {
    const { uploader, record, ends, clock, later } = bench();
    record(1_100);
    clock.wall += 86_400_000;
    uploader.opened();
    expect([ends(), later.count]).toEqual([[200], 1]);
    clock.mono = 49;
    uploader.grew();
    expect(ends()).toEqual([200]);
    clock.mono = 50;
    uploader.grew();
    expect(ends()).toEqual([200, 400]);
  });

  test("begins again from the last acknowledgement when none comes, and after each new connection", () => {
    const { uploader, record, ends, clock, ack } = bench();
    record(300);
    uploader.opened();
    ack(200);
    clock.mono = 19_000;
    uploader.beat();
    expect(ends()).toEqual([200, 300]);
    clock.mono = 21_000;
    uploader.beat();
    expect(ends()).toEqual([200, 300, 300]);
    uploader.gone();
    uploader.opened();
    expect(ends()).toEqual([200, 300, 300, 300]);
  });

  test("sends again at once what an issuer did not hear that came later than the broker", () => {
    const { uploader, record, ends, ack } = bench();
    record(300);
    uploader.asked("first");
    uploader.opened();
    ack(0, { nonce: "first" });
    expect(ends()).toEqual([200, 300]);
    uploader.asked("second");
    ack(0, { nonce: "second" });
    ack(0, { nonce: "second" });
    expect(ends()).toEqual([200, 300, 200, 300]);
    uploader.asked("third");
    ack(300, { nonce: "third" });
    expect(ends()).toEqual([200, 300, 200, 300]);
  });

  test("says of a record that is new to the issuer when its beginning is gone", () => {
    const { journal, uploader, record, sent, ack } = bench();
    record(300);
    journal.events.splice(0, 100);
    uploader.opened();
    expect(sent[0]?.message["gap"]).toMatchObject({ fromSeq: 1, toSeq: 100, kept: [] });
    expect(ack(0, { epoch: 0 })).toBe(true);
  });

  test("goes on over a restart from where the ledger knows the issuer to be", () => {
    const { uploader, record, sent } = bench({ epoch: 1, seq: 250 });
    record(260);
    uploader.opened();
    expect(sent[0]?.message["events"]).toHaveLength(10);
    expect(sent[0]?.message["gap"]).toBeUndefined();
  });

  test("an old acknowledgement changes nothing; one that goes back counts as the answer to the newest question only", () => {
    const { uploader, record, ends, ack } = bench();
    record(400);
    uploader.opened();
    ack(400);
    expect(ack(100)).toBe(false);
    uploader.asked("first");
    uploader.asked("second");
    expect(ack(100, { nonce: "first" })).toBe(false);
    expect(ends()).toEqual([200, 400]);
    expect(ack(100, { nonce: "second" })).toBe(true);
    expect(ends()).toEqual([200, 400, 300, 400]);
  });

  test("an acknowledgement of another past stops it, until the issuer agrees again", () => {
    const { uploader, record, forks, ends, ack } = bench();
    record(300);
    uploader.opened();
    ack(200, { hash: "ab".repeat(32) });
    ack(200, { hash: "ab".repeat(32) });
    expect(forks).toEqual([{ epoch: 1, seq: 200 }]);
    record(50);
    uploader.grew();
    expect(ends()).toEqual([200, 300]);
    ack(300);
    expect(ends()).toEqual([200, 300, 350]);
  });

  test("sends the alarms that were kept of what is missing, however many, each once and in order", () => {
    const { uploader, journal, record, sent, kept, ack } = bench({ epoch: 1, seq: 10 });
    record(2_000);
    kept.push(...journal.linked(0, 1_500).filter(({ seq }) => seq % 3 === 0));
    journal.events.splice(0, 1_500);
    uploader.opened();
    for (let n = 0; n < sent.length; n += 1) ack(sent[n]!.last.seq);
    const gaps = sent.flatMap(({ message }) => (message["gap"] as Gap | undefined) ?? []);
    const taken = sent.flatMap(({ message }) => [
      ...((message["gap"] as Gap | undefined)?.kept ?? []),
      ...(message["events"] as readonly { readonly seq: number }[]),
    ]);
    expect(gaps[0]?.fromSeq).toBe(11);
    expect(gaps.length).toBeGreaterThan(1);
    expect(gaps.at(-1)?.toSeq).toBe(1_500);
    expect(gaps.every(({ fromSeq }, n) => n === 0 || fromSeq === gaps[n - 1]!.toSeq + 2)).toBe(true);
    const alarms = Array.from({ length: 497 }, (_, n) => 12 + 3 * n);
    expect(taken.map(({ seq }) => seq)).toEqual([...alarms, ...Array.from({ length: 500 }, (_, n) => 1_501 + n)]);
    for (const { message } of sent) expect(upSchemas.events.safeParse(enveloped(message)).error).toBeUndefined();
  });

  test("goes on when what it has just sent leaves the record before it is acknowledged", () => {
    const { uploader, journal, record, ends, ack } = bench({ epoch: 1, seq: 10 });
    record(1_300);
    uploader.opened();
    journal.events.splice(0, 600);
    expect(ack(210)).toBe(true);
    expect(ack(610)).toBe(true);
    expect(ends()).toEqual([210, 410, 610, 810, 1_010, 1_210, 1_300]);
  });

  test("tells what is missing where the record was cut before the issuer had it", () => {
    const { uploader, journal, record, sent } = bench({ epoch: 1, seq: 10 });
    record(100);
    journal.events.splice(0, 60);
    uploader.opened();
    expect(sent[0]?.message["gap"]).toMatchObject({
      fromSeq: 11,
      toSeq: 60,
      lastHash: (60).toString(16).padStart(64, "0"),
    });
  });

  test("begins a record anew that numbers from the start again", () => {
    const { uploader, journal, record, sent } = bench({ epoch: 1, seq: 5_000 });
    journal.epoch = 2;
    record(3);
    uploader.opened();
    expect(sent[0]?.message).toMatchObject({ epoch: 2 });
    expect(sent[0]?.last.seq).toBe(3);
  });
});

describe("a batch", () => {
  const rows = (count: number, personal: { readonly name: string } | null = null, epoch = 1): LinkedEvent[] => {
    const journal = new FakeJournal();
    journal.epoch = epoch;
    for (let n = 0; n < count; n += 1) journal.append(pressed, personal?.name ?? null);
    return journal.linked(0, count);
  };
  const nothing = { epoch: 0, seq: 0 };

  test("carries names apart, to be sealed", () => {
    const batch = planBatch(rows(2, { name: "Ana Ruiz" }), nothing, 0);
    expect(JSON.stringify(batch?.message)).not.toContain("Ana");
    expect(batch?.sealed).toHaveLength(2);
  });

  test("says that it is of the past when its last event is more than a minute old", () => {
    const all = rows(3);
    const last = all.at(-1)!.at.wall;
    expect(planBatch(all, nothing, last + 59_000)?.message["historical"]).toBe(false);
    expect(planBatch(all, nothing, last + 61_000)?.message["historical"]).toBe(true);
  });

  test("ends where the next event does not follow, and before it grows too long", () => {
    const all = rows(150);
    const long = all.map((row) => ({
      ...row,
      event: { ...pressed, pad: "x".repeat(2_000) } as unknown as JournalEvent,
    }));
    expect(planBatch(long, nothing, 0)!.last.seq).toBeLessThan(60);
    expect(planBatch([...all.slice(0, 5), ...all.slice(6)], nothing, 0)?.last.seq).toBe(5);
    expect(planBatch([...all.slice(0, 5), ...rows(9, null, 2).slice(5)], nothing, 0)?.last.seq).toBe(5);
  });
});

describe("alarms", () => {
  function alarms() {
    const journal = new FakeJournal();
    const sent: number[] = [];
    const broker = { takes: true };
    const live = new LiveAlarms({
      read: (after, limit) => journal.after(after, limit),
      head: () => ({ epoch: journal.epoch, seq: journal.head() }),
      send: async ({ seq }) => {
        if (broker.takes) sent.push(seq);
        return broker.takes;
      },
    });
    return { journal, live, sent, broker };
  }
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

  test("overtake everything that was recorded before, of which none is sent", async () => {
    const { journal, live, sent } = alarms();
    journal.append(forced);
    live.opened();
    for (const event of [pressed, forced, pressed]) journal.append(event);
    live.grew();
    await settled();
    expect(sent).toEqual([3]);
  });

  test("of a time without connection are sent when it is back, the newest hundred", async () => {
    const { journal, live, sent, broker } = alarms();
    journal.append(pressed);
    live.opened();
    await settled();
    broker.takes = false;
    for (let n = 0; n < 150; n += 1) journal.append(forced);
    live.grew();
    live.gone();
    await settled();
    broker.takes = true;
    live.opened();
    await settled();
    expect(sent).toEqual(Array.from({ length: 100 }, (_, n) => n + 52));
  });
});

test("alarms of a record that began anew are live as well, though it numbers from the start again", async () => {
  const journal = new FakeJournal();
  const sent: number[] = [];
  const live = new LiveAlarms({
    read: (after, limit) => journal.after(after, limit),
    head: () => ({ epoch: journal.epoch, seq: journal.head() }),
    send: async ({ seq }) => sent.push(seq) > 0,
  });
  for (let n = 0; n < 50; n += 1) journal.append(pressed);
  live.opened();
  journal.events.length = 0;
  journal.epoch = 2;
  for (const event of [pressed, forced]) journal.append(event);
  live.grew();
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(sent).toEqual([2]);
});

test("an issuer that holds more than this record has got to yet holds another past", () => {
  const { uploader, record, forks, ends, ack } = bench({ epoch: 1, seq: 90 });
  record(100);
  uploader.opened();
  uploader.asked("question");
  ack(500, { nonce: "question" });
  expect(forks).toEqual([{ epoch: 1, seq: 500 }]);
  expect(ends()).toEqual([100]);
});

test("a broker is called again ever more slowly, at random, and at once after a sound connection", () => {
  const most = new Backoff(() => 1, 300_000);
  const waits = Array.from({ length: 11 }, () => most.after(0, false));
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300].map((seconds) => seconds * 1_000));
  expect(most.after(60_000, false)).toBe(1_000);
  expect(most.after(0, false)).toBe(2_000);
  most.served();
  expect(most.after(0, false)).toBe(1_000);
  expect(new Backoff(() => 0, 300_000).after(0, false)).toBe(0);
  expect(new Backoff(() => 0, 300_000).after(0, true)).toBe(60_000);
});
