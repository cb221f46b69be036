import { expect, test } from "vitest";
import type { LedgerReply } from "../../src/domain/ask.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { DoorId, PassId } from "../../src/domain/ids.ts";
import { ChangeDesk } from "../../src/ledger/change-desk.ts";
import { PinQueue } from "../../src/ledger/pin-hash.ts";
import {
  ana,
  card,
  courier,
  person,
  pin,
  putCredential,
  putGrant,
  putPerson,
  quickHash,
  TestLedger,
} from "./ledger-fixture.ts";

/** A desk whose slices run one at a time, with whatever a test does in between. */
function openDesk(tested: TestLedger) {
  const slices: (() => void)[] = [];
  const desk = new ChangeDesk({
    ledger: tested.ledger,
    pins: new PinQueue((digits, done) => done(quickHash(digits))),
    desk: {
      instant: tested.clock.now,
      troubled: (error) => {
        throw error;
      },
      well: () => {},
    },
    grew: () => {},
    schedule: (run) => void slices.push(run),
  });
  const owner = {};
  return {
    stages: desk.stages,
    owner,
    stage(...changes: DirectoryChange[]): LedgerReply {
      let reply: LedgerReply | null = null;
      for (let first = 0; first < changes.length; first += 2_000) {
        desk.stages.add(owner, changes.slice(first, first + 2_000), (told) => {
          reply = told;
        });
      }
      return reply!;
    },
    apply(by: string | null = "tester", between: (slice: number) => void = () => {}): LedgerReply {
      let reply: LedgerReply | null = null;
      desk.stages.apply(owner, by, (told) => {
        reply = told;
      });
      for (let slice = 0; reply === null; slice += 1) {
        between(slice);
        slices.shift()!();
      }
      return reply;
    },
  };
}

const resident = (n: number): readonly DirectoryChange[] => [
  putPerson(`p${n}`),
  putCredential(`p${n}-card`, person(`p${n}`), "card", (0x10000000 + n).toString(16).toUpperCase()),
  putGrant(person(`p${n}`)),
];

test("what is staged in parts is applied at once, recorded as one change of so many steps", () => {
  const tested = new TestLedger();
  const desk = openDesk(tested);
  expect(desk.stage(...ana)).toEqual({ kind: "staged", steps: ana.length });
  expect(tested.outcome(card("00B775D2"))).toBe("unknownCredential");
  expect(desk.stage(...courier(1))).toMatchObject({ steps: ana.length + courier(1).length });
  expect(desk.apply("import")).toMatchObject({ kind: "changed", version: 1 });
  expect(tested.last()).toEqual({ type: "directory.changed", version: 1, by: "import", steps: 11, origin: "imported" });
  expect([pin("4711"), card("00B775D2"), card("00C0FFEE")].map((one) => tested.outcome(one))).toEqual([
    "granted",
    "granted",
    "granted",
  ]);
});

test("one bad step in thousands changes nothing and is named by its number", () => {
  const tested = new TestLedger();
  const desk = openDesk(tested);
  const residents = Array.from({ length: 1_000 }, (_, n) => resident(n)).flat();
  desk.stage(...residents, putGrant(person("nobody")), putPerson("last"));
  expect(desk.apply()).toMatchObject({
    kind: "refused",
    problems: [{ step: 3_000, problem: 'There is no person "nobody".' }],
  });
  expect(tested.ledger.directoryVersion).toBe(0);
  expect(tested.outcome(card("10000000"))).toBe("unknownCredential");
});

test("two people's equal codes are found at the end, however far apart they were staged", () => {
  const tested = new TestLedger();
  const desk = openDesk(tested);
  desk.stage(...resident(0), putCredential("p0-pin", person("p0"), "pin", "4711"));
  desk.stage(...Array.from({ length: 500 }, (_, n) => resident(n + 1)).flat());
  desk.stage(putCredential("p499-pin", person("p499"), "pin", "4711"));
  expect(desk.apply()).toMatchObject({ kind: "refused", problems: [{ problem: "This code is already taken." }] });
  expect(tested.ledger.directoryVersion).toBe(0);
});

test("a change that is only tried says what would be said, and changes nothing", () => {
  const tested = new TestLedger();
  const desk = openDesk(tested);
  desk.stage(...ana);
  expect(desk.apply(null)).toMatchObject({ kind: "changed", version: 1 });
  expect(tested.outcome(card("00B775D2"))).toBe("unknownCredential");
  expect(desk.apply("after the trial")).toMatchObject({ kind: "changed", version: 1 });
  expect(tested.outcome(card("00B775D2"))).toBe("granted");
});

test("what happens at the doors meanwhile stays: a use spent between two slices is spent afterwards", () => {
  const tested = new TestLedger();
  tested.change(...courier(2));
  const desk = openDesk(tested);
  desk.stage(...Array.from({ length: 300 }, (_, n) => resident(n)).flat());
  const words: string[] = [];
  expect(
    desk.apply("import", (slice) => void (slice % 5 === 0 && words.push(tested.outcome(card("00C0FFEE"))))),
  ).toMatchObject({
    kind: "changed",
  });
  expect(words.slice(0, 3)).toEqual(["granted", "granted", "usesExhausted"]);
  expect(tested.outcome(card("00C0FFEE"))).toBe("usesExhausted");
});

test("a directory that is changed meanwhile has the draft begun again, and neither change is lost", () => {
  const tested = new TestLedger();
  const desk = openDesk(tested);
  desk.stage(...Array.from({ length: 300 }, (_, n) => resident(n)).flat());
  const reply = desk.apply("import", (slice) => void (slice === 3 && tested.change(...ana)));
  expect(reply).toMatchObject({ kind: "changed", version: 2 });
  expect([card("00B775D2"), card("10000000")].map((one) => tested.outcome(one))).toEqual(["granted", "granted"]);
});

test("uses that were spent elsewhere come along and never become fewer", () => {
  const tested = new TestLedger();
  const desk = openDesk(tested);
  const spent = { op: "putUses", pass: "courier" as PassId, door: "front" as DoorId, occurrence: 0, spent: 1 } as const;
  desk.stage(...courier(1), spent);
  desk.apply();
  expect(tested.outcome(card("00C0FFEE"))).toBe("usesExhausted");
  tested.change({ ...spent, spent: 0 });
  expect(tested.outcome(card("00C0FFEE"))).toBe("usesExhausted");
});

test("one import at a time, and what was staged goes with whom it belongs to", () => {
  const tested = new TestLedger();
  const desk = openDesk(tested);
  desk.stage(...ana);
  const told: LedgerReply[] = [];
  const tell = (reply: LedgerReply) => void told.push(reply);
  desk.stages.add({}, [putPerson("x")], tell);
  expect(told.at(-1)).toEqual({ kind: "error", problem: "Another import is under way; try again later." });
  desk.stages.drop(desk.owner);
  desk.stages.add({}, [putPerson("x")], tell);
  expect(told.at(-1)).toEqual({ kind: "staged", steps: 1 });
});

test("20,000 people come in at once while a resident goes in and out between thousands of slices", () => {
  const tested = new TestLedger();
  tested.change(...ana);
  const desk = openDesk(tested);
  desk.stage(...Array.from({ length: 20_000 }, (_, n) => resident(n)).flat());
  let grants = 0;
  const reply = desk.apply("import", () => {
    if (tested.outcome(card("00B775D2")) === "granted") grants += 1;
  });
  expect(reply).toMatchObject({ kind: "changed", version: 2 });
  expect(grants).toBeGreaterThan(1_000);
  expect(tested.outcome(card((0x10000000 + 19_999).toString(16).toUpperCase()))).toBe("granted");
});
