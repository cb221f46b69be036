import { expect, test } from "vitest";
import type { Answer, Ask, FromLedger, RecordEntry, ToLedger } from "../../src/domain/ask.ts";
import type { BootId, RunId } from "../../src/domain/ids.ts";
import type { Presentation } from "../../src/domain/presentation.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { ChangeDesk } from "../../src/ledger/change-desk.ts";
import { Desk } from "../../src/ledger/desk.ts";
import { PinQueue } from "../../src/ledger/pin-hash.ts";
import { site } from "../site-fixture.ts";
import { ana, card, courier, person, pin, putCredential, quickHash, TestLedger, wordOf } from "./ledger-fixture.ts";

/** A desk whose turns, waits and hashes happen only when the test says so. */
class TestDesk {
  readonly tested: TestLedger;
  readonly sent: FromLedger[] = [];
  readonly grown: number[] = [];
  readonly changes: ChangeDesk;
  desk: Desk;
  readonly #turns: (() => void)[] = [];
  #waits: { ms: number; run: () => void }[] = [];
  readonly #hashes: { digits: string; done: (hash: Buffer | null) => void }[] = [];
  #site: SiteSpec;

  constructor(using: SiteSpec = site) {
    this.tested = new TestLedger(using);
    this.#site = using;
    this.tested.change(...ana, ...courier(1));
    const pins = new PinQueue((digits, done) => this.#hashes.push({ digits, done }));
    this.desk = new Desk({
      ledger: this.tested.ledger,
      pins,
      now: this.tested.clock.now,
      send: (message) => this.sent.push(message),
      schedule: (run) => this.#turns.push(run),
      after: (ms, run) => this.#waits.push({ ms, run }),
      grew: (seq) => this.grown.push(seq),
      report: (fault) => this.tested.faults.push(fault),
    });
    const { ledger } = this.tested;
    this.changes = new ChangeDesk({ ledger, pins, desk: this.desk, grew: () => {} });
  }

  open(run = "run-1"): this {
    this.say({
      kind: "open",
      run: run as RunId,
      boot: "boot-1" as BootId,
      site: this.#site,
      at: this.tested.clock.now(),
    });
    return this;
  }

  say(message: ToLedger): void {
    this.desk.receive(message);
  }

  ask(presentation: Presentation, at: { door?: string; reader?: string; id?: string } = {}): Ask {
    const ask = this.tested.ask(presentation, at);
    this.say({ kind: "ask", ask });
    return ask;
  }

  record(...what: RecordEntry["what"][]): readonly RecordEntry[] {
    const entries = what.map((one) => this.tested.entry(one));
    this.say({ kind: "record", entries });
    return entries;
  }

  /** Runs what is scheduled, until nothing is. */
  turn(): void {
    for (let run = this.#turns.shift(); run !== undefined; run = this.#turns.shift()) run();
  }

  /** The shortest wait is over. Returns how long it was. */
  wait(): number {
    const [next] = this.#waits.splice(0, 1);
    if (next === undefined) throw new Error("nothing waits");
    this.tested.clock.pass(next.ms);
    next.run();
    this.turn();
    return next.ms;
  }

  get waits(): number {
    return this.#waits.length;
  }

  hash(fails = false): void {
    const next = this.#hashes.shift();
    if (next === undefined) throw new Error("nothing is being hashed");
    next.done(fails ? null : quickHash(next.digits));
  }

  get hashing(): number {
    return this.#hashes.length;
  }

  answers(): string[] {
    return this.sent.flatMap((message) =>
      message.kind === "answer"
        ? [`${message.answer.ask.split(".")[1]} ${message.answer.stage} ${wordOf(message.answer.verdict)}`]
        : [],
    );
  }

  answersTo(ask: Ask): Answer[] {
    return this.sent.flatMap((message) =>
      message.kind === "answer" && message.answer.ask === ask.id ? [message.answer] : [],
    );
  }

  health(): string[] {
    return this.sent.flatMap((message) => {
      if (message.kind === "trouble") return [message.why];
      return message.kind === "well" ? ["well"] : [];
    });
  }

  acknowledged(): number[] {
    return this.sent.flatMap((message) => (message.kind === "recorded" ? [message.upTo] : []));
  }

  /** From now on there is no room for another page. */
  fillDisk(): void {
    const { db } = this.tested.parts;
    db.exec("CREATE TABLE ballast (bytes BLOB)");
    db.pragma(`max_page_count = ${db.pragma("page_count", { simple: true }) as number}`);
    try {
      for (;;) db.prepare("INSERT INTO ballast VALUES (zeroblob(500))").run();
    } catch {}
    try {
      for (;;) this.tested.parts.db.prepare("INSERT INTO ballast VALUES (zeroblob(1))").run();
    } catch {}
    // Until the page of the journal itself is full.
    try {
      for (;;) this.tested.ledger.note({ type: "controller.stopped" }, this.tested.clock.now());
    } catch {}
  }

  freeDisk(): void {
    this.tested.parts.db.pragma("max_page_count = 1000000");
  }
}

const opened = { type: "door.opened", door: "front" } as never;

test("`open` is answered with what must be in force again, and a ping with its number", () => {
  const desk = new TestDesk();
  desk.tested.record({ type: "fire.raised", input: "fire-panel" as never });
  desk.open();
  desk.say({ kind: "ping", n: 7 });
  expect(desk.sent).toMatchObject([
    { kind: "ready", restored: { forcedDoors: [], fire: true } },
    { kind: "calendar" },
    { kind: "pong", n: 7 },
  ]);
});

test("before `open` nothing is decided or recorded", () => {
  const desk = new TestDesk();
  const before = desk.tested.types().length;
  desk.ask(card("00B775D2"));
  desk.record(opened);
  desk.turn();
  expect(desk.answers()).toEqual(["1 committed ledgerUnavailable"]);
  expect(desk.acknowledged()).toEqual([]);
  expect(desk.tested.types()).toHaveLength(before);
});

test("asks that wait together share one transaction, and records with them", () => {
  const desk = new TestDesk().open();
  for (let n = 0; n < 10; n += 1) desk.ask(card(n % 2 === 0 ? "00B775D2" : "00000000"));
  desk.record(opened, opened);
  expect(desk.sent.map(({ kind }) => kind)).toEqual(["ready", "calendar"]);
  desk.turn();
  expect(desk.grown).toHaveLength(1);
  expect(desk.answers().filter((answer) => answer.includes("committed"))).toHaveLength(10);
  expect(desk.acknowledged()).toEqual([2]);
});

test("an uncounted card is answered tentatively first; PINs, QR codes, counted cards and denials are not", () => {
  const desk = new TestDesk().open();
  desk.ask(card("00B775D2"));
  desk.ask({ method: "qr", text: "ANA-HELLO" });
  desk.ask(card("00C0FFEE"));
  desk.ask(card("00000000"));
  desk.ask(pin("4711"));
  desk.hash();
  desk.turn();
  expect(desk.answers()).toEqual([
    "1 tentative granted",
    "1 committed granted",
    "2 committed granted",
    "3 committed granted",
    "4 committed unknownCredential",
    "5 committed granted",
  ]);
});

test("the tentative answer leaves before anything is written", () => {
  const desk = new TestDesk().open();
  const { db } = desk.tested.parts;
  let inRecord = -1;
  Object.assign(desk.sent, {
    push(message: FromLedger) {
      if (message.kind === "answer" && message.answer.stage === "tentative") {
        inRecord = desk.tested.types().filter((type) => type === "access.granted").length;
        expect(db.inTransaction).toBe(false);
      }
      return Array.prototype.push.call(this, message);
    },
  });
  desk.ask(card("00B775D2"));
  desk.turn();
  expect(inRecord).toBe(0);
  expect(desk.answers()).toEqual(["1 tentative granted", "1 committed granted"]);
});

test("without a record deadline every answer waits for the commit", () => {
  const desk = new TestDesk({ ...site, recordDeadlineMs: 0 }).open();
  desk.ask(card("00B775D2"));
  desk.turn();
  expect(desk.answers()).toEqual(["1 committed granted"]);
});

test("PINs are hashed one at a time and in order, and cards do not wait for them", () => {
  const desk = new TestDesk().open();
  desk.ask(pin("4711"), { reader: "a" });
  desk.ask(pin("1111"), { reader: "b" });
  desk.ask(card("00B775D2"));
  desk.turn();
  expect(desk.hashing).toBe(1);
  expect(desk.answers()).toEqual(["3 tentative granted", "3 committed granted"]);
  desk.hash();
  desk.turn();
  desk.hash();
  desk.turn();
  expect(desk.answers().slice(2)).toEqual(["1 committed granted", "2 committed unknownCredential"]);
});

test("an entry that is too long takes as long as any other", () => {
  const desk = new TestDesk().open();
  desk.ask(pin(null));
  expect(desk.hashing).toBe(1);
  desk.hash();
  desk.turn();
  expect(desk.answers()).toEqual(["1 committed entryInvalid"]);
});

test("a PIN that waited too long is not hashed, only denied and recorded as expired", () => {
  const desk = new TestDesk().open();
  desk.ask(pin("1111"), { reader: "a" });
  desk.ask(pin("4711"), { reader: "b" });
  desk.tested.clock.pass(2_000);
  desk.hash();
  expect(desk.hashing).toBe(0);
  desk.turn();
  expect(desk.answers()).toEqual(["1 committed askExpired", "2 committed askExpired"]);
  expect(desk.tested.types().slice(-2)).toEqual(["access.denied", "access.denied"]);
});

test("a PIN that cannot be hashed is denied as unavailable, which is recorded", () => {
  const desk = new TestDesk().open();
  desk.ask(pin("4711"));
  desk.hash(true);
  desk.turn();
  expect(desk.answers()).toEqual(["1 committed ledgerUnavailable"]);
  expect(desk.tested.last()).toMatchObject({ type: "access.denied", ask: "run-1.1", reason: "ledgerUnavailable" });
});

test("the sixty-fifth ask that waits is turned away as busy, PINs being hashed included", () => {
  const desk = new TestDesk().open();
  desk.ask(pin("4711"), { reader: "keypad" });
  for (let n = 0; n < 65; n += 1) desk.ask(card("00B775D2"), { reader: `r-${n}` });
  expect(desk.answers()).toEqual(["65 committed busy", "66 committed busy"]);
  desk.turn();
  expect(desk.answers().filter((answer) => answer.endsWith("committed granted"))).toHaveLength(63);
  expect(desk.tested.types().filter((type) => type === "access.granted")).toHaveLength(63);
});

test("an ask that the door loop has settled meanwhile is not decided any more, and its reader is freed", () => {
  const desk = new TestDesk().open();
  const hashing = desk.ask(pin("4711"), { reader: "a" });
  const waiting = desk.ask(card("00B775D2"), { reader: "b" });
  const shown = (ask: Ask) => ({ ask: ask.id, door: ask.door, reader: ask.reader, method: ask.presentation.method });
  desk.record(
    { settle: "unanswered", shown: shown(hashing), reason: "askExpired" },
    { settle: "unanswered", shown: shown(waiting), reason: "askExpired" },
  );
  desk.hash();
  desk.turn();
  expect(desk.answers()).toEqual(["1 committed askExpired", "2 committed askExpired"]);
  const asked = desk.tested.events().filter(({ event }) => event.type === "access.denied");
  expect(asked.map(({ event }) => event)).toMatchObject([{ ask: hashing.id }, { ask: waiting.id }]);
  expect(desk.tested.types()).not.toContain("access.granted");
});

test("records are acknowledged after their commit, once each, and again when they come again", () => {
  const desk = new TestDesk().open();
  const entries = desk.record(opened, opened, opened);
  expect(desk.acknowledged()).toEqual([]);
  desk.turn();
  expect(desk.acknowledged()).toEqual([3]);
  desk.say({ kind: "record", entries });
  desk.turn();
  expect(desk.acknowledged()).toEqual([3, 3]);
  expect(desk.tested.types().filter((type) => type === "door.opened")).toHaveLength(3);
});

test("a long backlog of records holds no ask up: they are taken in batches", () => {
  const desk = new TestDesk().open();
  desk.record(...Array(1_000).fill(opened));
  desk.ask(card("00B775D2"));
  desk.turn();
  expect(desk.acknowledged()).toEqual([200, 400, 600, 800, 1_000]);
  const granted = desk.sent.findIndex((message) => message.kind === "answer");
  const recorded = desk.sent.findIndex((message) => message.kind === "recorded");
  expect(granted).toBeLessThan(recorded);
});

test("a full disk decides nothing and loses nothing: records wait, denials are recorded when there is room again", () => {
  const desk = new TestDesk().open();
  desk.fillDisk();
  const before = desk.tested.types().length;
  const counted = desk.ask(card("00C0FFEE"));
  const unknown = desk.ask(card("00000000"));
  desk.record(opened, opened);
  desk.turn();
  expect(desk.answersTo(counted)).toMatchObject([{ stage: "committed", verdict: { reason: "ledgerUnavailable" } }]);
  expect(desk.answersTo(unknown)).toMatchObject([{ verdict: { granted: false, reason: "ledgerUnavailable" } }]);
  expect(desk.acknowledged()).toEqual([]);
  expect(desk.tested.types()).toHaveLength(before);
  expect(desk.tested.faults.map((fault) => fault.code)).toEqual(["ledger.notCommitted"]);
  expect([desk.wait(), desk.wait(), desk.wait()]).toEqual([100, 200, 400]);
  desk.freeDisk();
  desk.wait();
  expect(desk.acknowledged()).toEqual([2]);
  expect(desk.tested.types().slice(before).sort()).toEqual([
    "access.denied",
    "access.denied",
    "door.opened",
    "door.opened",
  ]);
  expect(desk.waits).toBe(0);
  expect(desk.tested.faults).toHaveLength(1);
  desk.ask(card("00C0FFEE"));
  desk.turn();
  expect(desk.tested.last()).toMatchObject({ type: "access.granted", usesLeft: 0 });
});

test("a disk that is full is told to the door loop once, and that it is well again after the first commit", () => {
  const desk = new TestDesk().open();
  desk.record(opened);
  desk.turn();
  expect(desk.health()).toEqual([]);
  desk.fillDisk();
  desk.record(opened);
  desk.ask(card("00C0FFEE"));
  desk.turn();
  desk.wait();
  desk.wait();
  expect(desk.health()).toEqual(["The disk is full: nothing can be recorded."]);
  desk.freeDisk();
  desk.wait();
  desk.record(opened);
  desk.turn();
  expect(desk.health()).toEqual(["The disk is full: nothing can be recorded.", "well"]);
});

test("another kind of trouble is told as well, and a second time of trouble again", () => {
  const desk = new TestDesk().open();
  desk.fillDisk();
  desk.record(opened);
  desk.turn();
  desk.freeDisk();
  desk.tested.parts.db.pragma("query_only = ON");
  desk.wait();
  desk.tested.parts.db.pragma("query_only = OFF");
  desk.wait();
  desk.tested.parts.db.pragma("query_only = ON");
  desk.record(opened);
  desk.turn();
  expect(desk.health()).toEqual([
    "The disk is full: nothing can be recorded.",
    "The database may not be written: nothing can be recorded.",
    "well",
    "The database may not be written: nothing can be recorded.",
  ]);
});

test("a note or a change that the disk refuses is trouble too, and one that it takes ends it", () => {
  const desk = new TestDesk().open();
  const { db } = desk.tested.parts;
  const change = () => desk.changes.take("ops", [putCredential("new", person("ana"), "qr", "HELLO AGAIN")], () => {});
  const note = () => desk.desk.note({ type: "console.entered", how: "code" });
  const why = "The database may not be written: nothing can be recorded.";
  db.pragma("query_only = ON");
  change();
  expect(note).toThrow();
  expect(desk.health()).toEqual([why]);
  db.pragma("query_only = OFF");
  change();
  expect(desk.health()).toEqual([why, "well"]);
  db.pragma("query_only = ON");
  expect(note).toThrow();
  db.pragma("query_only = OFF");
  note();
  expect(desk.health()).toEqual([why, "well", why, "well"]);
});

test("retries come at most every five seconds and go on for ever", () => {
  const desk = new TestDesk().open();
  desk.fillDisk();
  desk.record(opened);
  desk.turn();
  const waits = Array.from({ length: 12 }, () => desk.wait());
  expect(Math.max(...waits)).toBe(5_000);
  expect(desk.waits).toBe(1);
});

test("with a full disk a resident's uncounted card still has its tentative answer; the door loop settles it later", () => {
  const desk = new TestDesk().open();
  desk.fillDisk();
  const ask = desk.ask(card("00B775D2"));
  desk.turn();
  expect(desk.answersTo(ask).map((answer) => answer.stage)).toEqual(["tentative"]);
  const { verdict } = desk.answersTo(ask)[0]!;
  const shown = { ask: ask.id, door: ask.door, reader: ask.reader, method: ask.presentation.method };
  desk.record({ settle: "late", shown, verdict: verdict as never });
  // Its reader is free again at once, although the disk is still full.
  expect(desk.answersTo(ask).map((answer) => answer.stage)).toEqual(["tentative", "committed"]);
  desk.turn();
  desk.freeDisk();
  desk.wait();
  expect(desk.tested.last()).toMatchObject({ type: "access.granted", ask: ask.id, late: true });
  expect(desk.tested.types().filter((type) => type === "access.granted")).toHaveLength(1);
});

test("a use is not spent and a guess not counted by a commit that failed", () => {
  const desk = new TestDesk().open();
  desk.fillDisk();
  desk.ask(card("00C0FFEE"));
  desk.ask(pin("9999"));
  desk.hash();
  desk.turn();
  expect(desk.tested.parts.db.prepare("SELECT count(*) FROM use_count").pluck().get()).toBe(0);
  expect(desk.tested.parts.db.prepare("SELECT count(*) FROM guess").pluck().get()).toBe(0);
});

test("one record that can never be taken does not keep the others out", () => {
  const desk = new TestDesk().open();
  const tooLong = { type: "ledger.lost", why: "x".repeat(20_000) } as const;
  desk.ask(card("00B775D2"));
  desk.record(opened, tooLong, opened);
  desk.turn();
  expect(desk.answers()).toContain("1 committed granted");
  expect(desk.acknowledged().at(-1)).toBe(3);
  expect(desk.tested.types().filter((type) => type === "door.opened")).toHaveLength(2);
  expect(desk.tested.faults.map((fault) => fault.code)).toEqual(["journal.oversized"]);
});

test("another run starts afresh: what the old one still had under way is forgotten", () => {
  const desk = new TestDesk().open();
  desk.ask(card("00B775D2"));
  desk.ask(pin("4711"));
  desk.record(opened);
  desk.open("run-2");
  desk.hash();
  desk.turn();
  expect(desk.answers()).toEqual([]);
  expect(desk.tested.types()).not.toContain("door.opened");
});

test("the last words before the end are committed", () => {
  const desk = new TestDesk().open();
  desk.record(...Array(450).fill(opened));
  desk.desk.flush();
  expect(desk.acknowledged().at(-1)).toBe(450);
});

test("at the end an ask that still waits is forgotten: nothing is decided or spent for somebody who cannot be let in", () => {
  const desk = new TestDesk().open();
  desk.ask(card("00C0FFEE"));
  desk.ask(card("00B775D2"));
  desk.ask(pin("4711"));
  desk.record(opened);
  desk.desk.flush();
  desk.hash();
  desk.turn();
  expect(desk.answers()).toEqual([]);
  expect(desk.acknowledged()).toEqual([1]);
  expect(desk.tested.types().slice(-1)).toEqual(["door.opened"]);
  expect(desk.tested.types().filter((type) => type.startsWith("access."))).toEqual([]);
  expect(desk.tested.parts.db.prepare("SELECT count(*) FROM use_count").pluck().get()).toBe(0);
});

test("more unacknowledged records than the door loop may send end the ledger instead of growing without end", () => {
  const desk = new TestDesk().open();
  expect(() => desk.record(...Array(20_001).fill(opened))).toThrow("more records than it may");
});

test("old events are dropped while nothing waits", () => {
  const desk = new TestDesk({ ...site, keepEvents: 500 }).open();
  desk.record(...Array(2_600).fill(opened));
  desk.turn();
  expect(desk.tested.types().filter((type) => type === "log.pruned")).toHaveLength(2);
  expect(desk.tested.events()[0]!.seq).toBe(2_001);
  expect(desk.grown.at(-1)).toBe(desk.tested.ledger.headSeq);
});

test("the clock for what others note is the door loop's, carried on", () => {
  const desk = new TestDesk().open();
  const { clock } = desk.tested;
  clock.trusted = false;
  clock.wall = 5_000_000;
  desk.record(opened);
  // The ledger's own process knows another wall clock.
  clock.trusted = true;
  clock.wall = 9_000_000;
  clock.mono += 250;
  expect(desk.desk.instant()).toEqual({ wall: 5_000_250, mono: clock.mono, trusted: false });
});

test("a change of the directory hashes its PINs behind those of people at doors", () => {
  const desk = new TestDesk().open();
  const replies: unknown[] = [];
  const steps = [
    putCredential("courier-pin", { kind: "pass", id: "courier" as never }, "pin", "5555"),
    putCredential("ana-pin", person("ana"), "pin", "6666"),
  ];
  desk.changes.take("ops", steps, (reply) => replies.push(reply));
  desk.changes.take("ops", [putCredential("ana-pin", person("ana"), "pin", "5555")], (reply) => replies.push(reply));
  desk.ask(pin("4711"));
  desk.hash();
  desk.hash();
  desk.turn();
  expect(desk.answers()).toEqual(["1 committed granted"]);
  expect(replies).toEqual([]);
  desk.hash();
  expect(replies).toMatchObject([{ kind: "changed", version: 2 }]);
  desk.hash();
  expect(replies[1]).toEqual({
    kind: "refused",
    problems: [{ step: 0, problem: "This code is already taken.", remedy: "Choose another code." }],
  });
});

test("a change that the disk refuses is answered as an error and changes nothing", () => {
  const desk = new TestDesk().open();
  desk.fillDisk();
  const replies: { kind: string }[] = [];
  const many = Array.from({ length: 200 }, (_, n) => putCredential(`q-${n}`, person("ana"), "qr", `text ${n}`)).slice(
    0,
    4,
  );
  desk.changes.take("ops", many, (reply) => replies.push(reply));
  expect(replies.map((reply) => reply.kind)).toEqual(["error"]);
  expect(desk.tested.ledger.directoryVersion).toBe(1);
});

test("more changes than can wait are turned away", () => {
  const desk = new TestDesk().open();
  const replies: { kind: string }[] = [];
  for (let n = 0; n < 18; n += 1) {
    desk.changes.take("ops", [putCredential("ana-pin", person("ana"), "pin", "5555")], (reply) => replies.push(reply));
  }
  expect(replies.map((reply) => reply.kind)).toEqual(["error", "error"]);
});
