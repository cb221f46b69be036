// Digits around a PIN are passed over after its owner's card, where a site asks for it, and nowhere else.
import { describe, expect, test } from "vitest";
import type { FromLedger, ToLedger } from "../../src/domain/ask.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { BootId, RunId } from "../../src/domain/ids.ts";
import type { Presentation } from "../../src/domain/presentation.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { Desk } from "../../src/ledger/desk.ts";
import { PinQueue } from "../../src/ledger/pin-hash.ts";
import { card, person, pin, putCredential, quickHash, TestLedger, wordOf } from "./ledger-fixture.ts";
import { guest, needing, publicPin, resident } from "./rules-fixture.ts";

const keypad = { reader: "front-keypad" } as const;
const anaCard = card("00B775D2");
const benCard = card("00C0FFEE");

const people: readonly DirectoryChange[] = [
  ...resident("ana", { pin: "471106", card: "00B775D2" }),
  ...resident("ben", { pin: "864202", card: "00C0FFEE" }),
  ...resident("cy", { pin: "47110", card: "00000C1C" }),
  ...publicPin("135790"),
  ...guest("eva", { pin: "902107", card: "00000E5A" }),
];

function door(change: (site: SiteSpec) => SiteSpec = (site) => site, ...more: DirectoryChange[]): TestLedger {
  const strict = needing("cardAndPin");
  const tested = new TestLedger(change({ ...strict, codes: { ...strict.codes, virtualPin: true } }));
  const outcome = tested.change(...people, ...more);
  if (!outcome.applied) throw new Error(JSON.stringify(outcome.problems));
  return tested;
}

const typedAfter = (tested: TestLedger, shown: Presentation, digits: string): string => {
  tested.present(shown);
  return tested.outcome(pin(digits), keypad);
};

const granted = (tested: TestLedger) => tested.events().filter(({ event }) => event.type === "access.granted");

test.each(["471106", "4711060", "0471106", "9947110688", "1234471106", "4711061234"])(
  "%s after Ana's card opens, and the record says what it would say of the PIN alone",
  (digits) => {
    const tested = door();
    expect(typedAfter(tested, anaCard, digits)).toBe("granted");
    expect(granted(tested)).toMatchObject([{ event: { credential: "ana-pin", person: "ana", first: "ana-card" } }]);
  },
);

test.each([
  ["more than four digits around it", anaCard, "12344711065", "factorWrong"],
  ["digits in the midst of it", anaCard, "4711906", "factorWrong"],
  ["somebody else's card", benCard, "9947110688", "factorWrong"],
  ["a PIN of five digits, its owner's card notwithstanding", card("00000C1C"), "9947110", "factorWrong"],
  ["a guest's PIN", card("00000E5A"), "99902107", "factorWrong"],
  ["a public code", anaCard, "99135790", "factorWrong"],
])("it does not with %s", (_, shown, digits, word) => {
  expect(typedAfter(door(), shown, digits)).toBe(word);
});

test("without a card before it no door passes digits over, whether or not it asks for one", () => {
  expect(door().outcome(pin("9947110688"), keypad)).toBe("unknownCredential");
  const easy = door((site) => ({ ...needing("any"), codes: site.codes }));
  expect([easy.outcome(pin("471106"), keypad), easy.outcome(pin("9947110688"), keypad)]).toEqual([
    "granted",
    "unknownCredential",
  ]);
});

test("the card has its time, and what displaced it counts", () => {
  const tested = door();
  tested.present(anaCard);
  tested.clock.pass(10_001);
  expect(tested.outcome(pin("9947110688"), keypad)).toBe("unknownCredential");
  tested.present(anaCard);
  expect(typedAfter(tested, benCard, "9947110688")).toBe("factorWrong");
});

test("where it is off, and where the apartment is typed as well, the entry is all of the PIN", () => {
  const off = door((site) => ({ ...site, codes: { ...site.codes, virtualPin: false } }));
  expect(typedAfter(off, anaCard, "9947110688")).toBe("factorWrong");
  const apartments = door((site) => ({
    ...site,
    doors: site.doors.map((one) => ({ ...one, keypadMode: "apartmentPin" })),
  }));
  apartments.present(anaCard);
  const typed = { method: "pin", digits: "9947110688", apartment: "12" } as const;
  expect(apartments.outcome(typed, keypad)).toBe("factorWrong");
});

test("a card that is shown while the PIN is hashed takes the first one's place", () => {
  const tested = door();
  tested.present(anaCard);
  const ready = tested.ready(tested.ask(pin("9947110688"), keypad));
  tested.present(benCard);
  expect(tested.ledger.commitBatch([ready], []).map(({ verdict }) => wordOf(verdict))).toEqual(["factorWrong"]);
});

describe("duress codes", () => {
  const withDuress = () => door((site) => ({ ...site, codes: { ...site.codes, duress: true } }));
  const forced = (tested: TestLedger) => tested.types().filter((type) => type === "access.duress").length;

  test("work among other digits as the PIN does, and tell the operators", () => {
    const tested = withDuress();
    expect([typedAfter(tested, anaCard, "9947110688"), forced(tested)]).toEqual(["granted", 0]);
    expect([typedAfter(tested, anaCard, "9947110188"), forced(tested)]).toEqual(["granted", 1]);
  });

  test("count where the PIN stands in the same entry: better one alarm too many", () => {
    const tested = withDuress();
    const both = putCredential("ana-pin", person("ana"), "pin", "111111");
    expect(tested.change(both)).toMatchObject({ applied: true });
    expect([typedAfter(tested, anaCard, "1111116"), forced(tested)]).toEqual(["granted", 1]);
  });
});

describe("wrong entries", () => {
  const blocks = (tested: TestLedger) =>
    tested.events().flatMap(({ event }) => {
      if (event.type === "person.blocked" || event.type === "access.limited") return [`${event.type} ${event.blockMs}`];
      return [];
    });

  test("count as many times as they hold PINs: the second one blocks the person and the door's codes", () => {
    const tested = door();
    expect(typedAfter(tested, anaCard, "9900000088")).toBe("factorWrong");
    expect(blocks(tested)).toEqual([]);
    expect(typedAfter(tested, anaCard, "9900000088")).toBe("factorWrong");
    // The door's: 30 s, 60, 120 and 240 one after the other. Ana's: four times five minutes.
    expect(blocks(tested)).toEqual(["access.limited 450000", "person.blocked 1200000"]);
    expect(tested.outcome(anaCard)).toBe("personBlocked");
    tested.clock.pass(1_199_999);
    expect(tested.outcome(anaCard)).toBe("personBlocked");
    tested.clock.pass(1);
    expect(typedAfter(tested, anaCard, "9947110688")).toBe("granted");
  });

  test("count once where no digits may be around the PIN", () => {
    const tested = door();
    for (let n = 0; n < 4; n += 1) expect(typedAfter(tested, card("00000C1C"), "9900000088")).toBe("factorWrong");
    expect(blocks(tested)).toEqual([]);
  });

  test("that were nearly the PIN are given back to the door when it succeeds, with all that they counted", () => {
    const tested = door();
    // One digit too many, in its midst: two PINs stand in it, and neither is hers.
    for (let n = 0; n < 2; n += 1) expect(typedAfter(tested, anaCard, "4711906")).toBe("factorWrong");
    expect(typedAfter(tested, anaCard, "9947110688")).toBe("granted");
    const level = tested.parts.db.prepare("SELECT level FROM guess WHERE door = 'front'").pluck().get();
    expect(level).toBe(0);
    expect(tested.parts.db.prepare("SELECT level FROM guess WHERE door = 'person:ana'").pluck().get()).toBe(4);
  });
});

describe("slow hashes", () => {
  function desk() {
    const tested = door();
    const hashes: { readonly digits: string; readonly done: (hash: Buffer | null) => void }[] = [];
    const turns: (() => void)[] = [];
    const sent: FromLedger[] = [];
    const made = new Desk({
      ledger: tested.ledger,
      pins: new PinQueue((digits, done) => void hashes.push({ digits, done })),
      now: tested.clock.now,
      send: (message) => void sent.push(message),
      schedule: (run) => void turns.push(run),
      after: () => {},
      grew: () => {},
      report: () => {},
    });
    const say = (message: ToLedger) => made.receive(message);
    const opening = { run: "run-1" as RunId, boot: "boot-1" as BootId, site: tested.ledger.site };
    say({ kind: "open", ...opening, at: tested.clock.now() });
    const show = (shown: Presentation, where: { reader: string; door?: string } = keypad) => {
      const ask = tested.ask(shown, where);
      say({ kind: "ask", ask });
      for (let run = turns.shift(); run !== undefined; run = turns.shift()) run();
      return ask.id;
    };
    /** Hashes until nothing waits; what was hashed, in its order. */
    const hashAll = (afterEach: () => void = () => {}): string[] => {
      const done: string[] = [];
      for (let next = hashes.shift(); next !== undefined; next = hashes.shift()) {
        done.push(next.digits);
        next.done(quickHash(next.digits));
        afterEach();
      }
      for (let run = turns.shift(); run !== undefined; run = turns.shift()) run();
      return done;
    };
    const words = () =>
      sent.flatMap((one) =>
        one.kind === "answer" && one.answer.stage === "committed" ? [wordOf(one.answer.verdict)] : [],
      );
    return { tested, show, hashAll, words };
  }

  test("are one for each place at which the PIN may stand, also behind the one that is it", () => {
    const made = desk();
    made.show(anaCard);
    made.show(pin("4711061234"));
    expect(made.hashAll()).toEqual(["471106", "711061", "110612", "106123", "061234"]);
    expect(made.words()).toEqual(["more: cardAndPin", "granted"]);
  });

  test("let somebody at another door in between", () => {
    const made = desk();
    made.show(anaCard);
    made.show(pin("99471106"));
    made.show(pin("864202"), { reader: "garage-reader", door: "garage" });
    expect(made.hashAll()).toEqual(["994711", "864202", "947110", "471106"]);
    expect(made.words()).toEqual(["more: cardAndPin", "granted", "granted"]);
  });

  test("end with the ask's two seconds, and nobody is let in", () => {
    const made = desk();
    made.show(anaCard);
    made.show(pin("4711061234"));
    expect(made.hashAll(() => made.tested.clock.pass(700))).toHaveLength(4);
    expect(made.words()).toEqual(["more: cardAndPin", "askExpired"]);
  });
});
