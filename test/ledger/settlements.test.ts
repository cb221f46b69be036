import { expect, test } from "vitest";
import type { Ask, Settlement, Verdict } from "../../src/domain/ask.ts";
import { noRights } from "../../src/domain/ask.ts";
import type { Shown } from "../../src/domain/events.ts";
import { ana, card, courier, pass, person, putCredential, putGrant, putPass, TestLedger } from "./ledger-fixture.ts";
import { garage, guest } from "./rules-fixture.ts";

const shownOf = (ask: Ask): Shown => ({
  ask: ask.id,
  door: ask.door,
  reader: ask.reader,
  method: ask.presentation.method,
});

const aborted = (ask: Ask): Settlement => ({ settle: "aborted", ask: ask.id, door: ask.door, why: "expired" });
const unanswered = (ask: Ask, reason: "ledgerUnavailable" | "askExpired" = "ledgerUnavailable"): Settlement => ({
  settle: "unanswered",
  shown: shownOf(ask),
  reason,
});
const late = (ask: Ask): Settlement => {
  const verdict: Extract<Verdict, { granted: true }> = {
    granted: true,
    usesLeft: null,
    directoryVersion: 1,
    credential: "ana-card" as never,
    person: "ana" as never,
    pass: null,
    ...noRights,
  };
  return { settle: "late", shown: shownOf(ask), verdict };
};

type Before = "nothing" | "granted" | "denied" | "aborted" | "late";

/** What is on record of the ask, what settles it, and what the record says then. */
const table: readonly (readonly [Before, "aborted" | "unanswered" | "late", readonly string[]])[] = [
  ["nothing", "aborted", []],
  ["nothing", "unanswered", ["access.denied"]],
  ["nothing", "late", ["access.granted"]],
  ["granted", "aborted", ["access.aborted"]],
  ["granted", "unanswered", ["access.aborted"]],
  ["granted", "late", ["access.late"]],
  ["denied", "aborted", []],
  ["denied", "unanswered", []],
  ["denied", "late", ["access.granted"]],
  ["aborted", "aborted", []],
  ["aborted", "unanswered", []],
  ["aborted", "late", ["access.late"]],
  ["late", "aborted", ["access.aborted"]],
  ["late", "late", []],
];

for (const restarts of ["same ledger", "restarted ledger", "ledger of another run"] as const) {
  test.each(table)(`with %s on record, %s is settled (${restarts})`, (before, settle, expected) => {
    const tested = new TestLedger();
    tested.change(...ana);
    const ask = tested.ask(card(before === "denied" ? "12345678" : "00B775D2"));
    if (before !== "nothing") tested.decideAll([ask]);
    if (before === "aborted") tested.record(aborted(ask));
    if (before === "late") tested.record(late(ask));
    if (restarts === "restarted ledger") tested.restart();
    if (restarts === "ledger of another run") tested.restart("run-2", "boot-2");
    const known = tested.types().length;
    const settlement = { aborted, unanswered, late }[settle](ask);
    tested.record(settlement);
    expect(tested.types().slice(known)).toEqual(expected);
    tested.record(settlement);
    expect(tested.types().slice(known)).toEqual(expected);
  });
}

test("an unanswered ask is recorded with the door loop's reason, and an answered one as lost", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  const unseen = tested.ask(card("00B775D2"));
  tested.record(unanswered(unseen, "askExpired"));
  expect(tested.last()).toEqual({
    type: "access.denied",
    ...shownOf(unseen),
    credential: null,
    person: null,
    pass: null,
    reason: "askExpired",
    directoryVersion: 1,
  });
  const committed = tested.ask(card("00B775D2"));
  tested.decideAll([committed]);
  tested.record(unanswered(committed));
  expect(tested.last()).toEqual({ type: "access.aborted", ask: committed.id, door: "front", why: "ledgerLost" });
});

test("a late grant is recorded as such, with the person's name", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  const ask = tested.ask(card("00B775D2"));
  tested.record(late(ask));
  expect(tested.events().at(-1)).toMatchObject({
    event: { type: "access.granted", late: true, person: "ana", credential: "ana-card" },
    personal: { name: "Ana Ruiz" },
  });
});

test("an aborted grant gives its use back once, however often it is said and whoever says it", () => {
  const tested = new TestLedger();
  tested.change(...courier(2));
  const ask = tested.ask(card("00C0FFEE"));
  tested.decideAll([ask]);
  const entry = tested.entry(aborted(ask));
  tested.ledger.commitBatch([], [entry, entry]);
  tested.ledger.commitBatch([], [entry]);
  tested.record(unanswered(ask), aborted(ask));
  expect(tested.present(card("00C0FFEE"))).toMatchObject({ granted: true, usesLeft: 1 });
});

test("a use of a pass that was removed is not given to its successor of the same name", () => {
  const tested = new TestLedger();
  tested.change(...courier(1));
  const ask = tested.ask(card("00C0FFEE"));
  tested.decideAll([ask]);
  tested.change({ op: "removeHolder", holder: pass("courier") });
  tested.change(...courier(1));
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
  tested.record(aborted(ask));
  expect(tested.outcome(card("00C0FFEE"))).toBe("usesExhausted");
});

test("a settlement in the batch of a later ask comes first: the use given back is there for it", () => {
  const tested = new TestLedger();
  tested.change(...courier(1));
  const first = tested.ask(card("00C0FFEE"));
  tested.decideAll([first]);
  const second = tested.ask(card("00C0FFEE"));
  const [answer] = tested.decideAll([second], [tested.entry(aborted(first))]);
  expect(answer!.verdict).toMatchObject({ granted: true, usesLeft: 0 });
});

test("each numbered record is taken once, also by a restarted ledger, and a new run counts anew", () => {
  const tested = new TestLedger();
  const opened = { type: "door.opened", door: "front" } as never;
  const entries = [tested.entry(opened), tested.entry(opened)];
  tested.ledger.commitBatch([], entries);
  tested.ledger.commitBatch([], entries);
  tested.restart();
  tested.ledger.commitBatch([], [...entries, tested.entry(opened)]);
  expect(tested.types()).toEqual(Array(3).fill("door.opened"));
  tested.restart("run-2");
  tested.record(opened);
  expect(tested.types()).toHaveLength(4);
});

test("a forced door and a fire stay in force over restarts until somebody clears them", () => {
  const tested = new TestLedger();
  tested.record(
    { type: "door.forced", door: "front" as never },
    { type: "door.forced", door: "garage" as never },
    { type: "door.forced", door: "front" as never },
    { type: "fire.raised", input: "fire-panel" as never },
  );
  expect(tested.restart()).toMatchObject({ forcedDoors: ["front", "garage"], fire: true });
  tested.record(
    { type: "door.forcedCleared", door: "front" as never, who: "ops" },
    { type: "fire.cleared", who: "ops" },
  );
  expect(tested.restart("run-2")).toMatchObject({ forcedDoors: ["garage"], fire: false });
});

test("a decision is explained by the directory version that it names", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  tested.change(putPass("later"), putCredential("later-card", pass("later"), "card", "0000FFFF"));
  tested.change(putGrant(pass("later")));
  expect(tested.present(card("0000FFFF"))).toMatchObject({ granted: true, directoryVersion: 3 });
  tested.change({ op: "removeHolder", holder: person("ana") });
  tested.outcome(card("00B775D2"));
  expect(tested.last()).toMatchObject({ reason: "unknownCredential", directoryVersion: 4 });
});

test("a first use that is given back leaves the pass's limited time to the use that stands", () => {
  const tested = new TestLedger();
  tested.change(...guest("joe", { card: "00C0FFEE" }, { activationMs: 3_600_000 }));
  const first = tested.ask(card("00C0FFEE"));
  tested.decideAll([first]);
  tested.clock.pass(100);
  expect(tested.outcome(card("00C0FFEE"), garage)).toBe("granted");
  tested.record(aborted(first));
  tested.clock.pass(3_600_000 - 1);
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
  tested.clock.pass(1);
  expect(tested.outcome(card("00C0FFEE"))).toBe("activationOver");
});

test("a use from before the pass had a limited time does not begin one when a later use is given back", () => {
  const tested = new TestLedger();
  tested.change(...guest("joe", { card: "00C0FFEE" }));
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
  tested.clock.pass(7_200_000);
  const [limited] = guest("joe", { card: "00C0FFEE" }, { activationMs: 3_600_000 });
  if (limited !== undefined) tested.change(limited);
  const second = tested.ask(card("00C0FFEE"));
  tested.decideAll([second]);
  tested.record(aborted(second));
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
});

test("a pass whose first use begins its time waits for the disk", () => {
  const tested = new TestLedger();
  tested.change(...ana, ...guest("joe", { card: "00C0FFEE" }, { activationMs: 3_600_000 }));
  const asks = [tested.ask(card("00C0FFEE")), tested.ask(card("00B775D2"))];
  const early = tested.ledger.preview(asks.map((ask) => tested.ready(ask)));
  expect(early.map(({ ask }) => ask)).toEqual([asks[1]!.id]);
});
