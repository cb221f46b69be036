import { expect, test } from "vitest";
import { duressTwin } from "../../src/domain/duress.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { hashCodes } from "../../src/ledger/code-hashes.ts";
import { site } from "../site-fixture.ts";
import { card, person, pin, putCredential, quickHash, seeded, TestLedger } from "./ledger-fixture.ts";
import { guest, needing, publicPin, resident } from "./rules-fixture.ts";

const withDuress = (using: SiteSpec = site): SiteSpec => ({ ...using, codes: { ...using.codes, duress: true } });
const keypad = { reader: "front-keypad" } as const;

function duressLedger(using: SiteSpec = site): TestLedger {
  const tested = new TestLedger(withDuress(using));
  tested.change(...resident("ana", { pin: "4711", card: "00B775D2" }), ...resident("ben", { card: "00C0FFEE" }));
  return tested;
}

const told = (tested: TestLedger): JournalEvent[] => tested.events().map(({ event }) => event);

test("a duress code opens with the very bytes of the PIN's own verdict, and tells of it in the same transaction", () => {
  const normal = duressLedger();
  const forced = duressLedger();
  const ask = normal.ask(pin("4711"), keypad);
  const forcedAsk = forced.ask(pin("4716"), keypad);
  const verdicts = [normal.decideAll([ask]), forced.decideAll([forcedAsk])].map((answers) => JSON.stringify(answers));
  expect(verdicts[1]).toBe(verdicts[0]);
  const extra = told(forced).at(-1);
  expect(extra).toEqual({ type: "access.duress", ask: forcedAsk.id, door: "front", person: "ana" });
  expect(told(forced).slice(0, -1)).toEqual(told(normal));
  expect(told(forced).at(-2)).toMatchObject({ type: "access.granted", credential: "ana-pin" });
});

/** Counts what the database is asked to do. */
function countStatements(tested: TestLedger, work: () => void): Map<string, number> {
  const counts = new Map<string, number>();
  const prototype = Object.getPrototypeOf(tested.parts.db.prepare("SELECT 1"));
  const originals = { run: prototype.run, get: prototype.get, all: prototype.all };
  for (const name of ["run", "get", "all"] as const) {
    prototype[name] = function counted(this: { source: string }, ...given: unknown[]) {
      counts.set(this.source, (counts.get(this.source) ?? 0) + 1);
      return originals[name].apply(this, given);
    };
  }
  try {
    work();
  } finally {
    Object.assign(prototype, originals);
  }
  return counts;
}

test("a duress code costs what the PIN costs, and one more event", () => {
  const [normal, forced] = ["4711", "4716"].map((digits) => {
    const tested = duressLedger();
    const ready = tested.ready(tested.ask(pin(digits), keypad));
    return countStatements(tested, () => void tested.ledger.commitBatch([ready], []));
  });
  const insert = [...(forced?.keys() ?? [])].filter((sql) => sql.startsWith("INSERT INTO journal"));
  expect(insert).toHaveLength(1);
  expect(forced?.get(insert[0]!)).toBe(2);
  expect(normal?.get(insert[0]!)).toBe(1);
  forced?.set(insert[0]!, 1);
  expect(forced).toEqual(normal);
});

test("a duress code that is denied is denied like the PIN, and named like it", () => {
  const tested = duressLedger();
  tested.change({ op: "removeGrant", holder: person("ana"), door: "front" as never, schedule: "always" as never });
  expect(tested.outcome(pin("4716"), keypad)).toBe("noGrant");
  expect(tested.last()).toMatchObject({ type: "access.denied", credential: "ana-pin", person: "ana" });
});

test("a duress code is a second factor like the PIN, and tells of it", () => {
  const tested = duressLedger(needing("cardAndPin"));
  tested.present(card("00B775D2"));
  expect(tested.outcome(pin("4716"), keypad)).toBe("granted");
  expect(tested.last()).toMatchObject({ type: "access.duress", person: "ana" });
});

test("of two people the first may have been forced as well", () => {
  const tested = duressLedger(needing("twoPeople"));
  expect(tested.outcome(pin("4716"), keypad)).toBe("more: twoPeople");
  expect(tested.outcome(card("00C0FFEE"))).toBe("granted");
  expect(tested.last()).toMatchObject({ type: "access.duress", person: "ana" });
});

test("a PIN that is lost or removed takes its duress code along", () => {
  const tested = duressLedger();
  tested.change({ op: "setCredentialState", id: "ana-pin" as never, state: "lost" });
  expect(tested.outcome(pin("4716"), keypad)).toBe("credentialLost");
  tested.change({ op: "removeCredential", id: "ana-pin" as never });
  expect(tested.outcome(pin("4716"), keypad)).toBe("unknownCredential");
});

test("without the policy no PIN has a duress code, and codes of passes and the public never have one", () => {
  const off = new TestLedger();
  off.change(...resident("ana", { pin: "4711" }));
  expect(off.outcome(pin("4716"), keypad)).toBe("unknownCredential");
  const on = duressLedger();
  on.change(...guest("eva", { pin: "90210" }), ...publicPin("135790"));
  expect(on.outcome(pin(duressTwin("90210")), keypad)).toBe("unknownCredential");
  expect(on.outcome(pin(duressTwin("135790")), keypad)).toBe("unknownCredential");
});

test("nobody can take a code that is somebody's duress code, nor a code whose duress code is taken", () => {
  const tested = duressLedger();
  for (const digits of ["4716", "4711"]) {
    expect(tested.change(...resident("dan", { pin: digits }))).toMatchObject({ applied: false });
    expect(tested.change(...guest("eva", { pin: digits }))).toMatchObject({ applied: false });
  }
  expect(tested.change(...publicPin("135790"))).toMatchObject({ applied: true });
  expect(tested.change(...resident("dan", { pin: "135795" }))).toMatchObject({ applied: false });
});

/** A number below `below`, the same for the same seed. */
function dice(seed: string): (below: number) => number {
  const bytes = seeded(seed);
  return (below) => bytes(4).readUInt32BE() % below;
}

test("in random directories no duress code is a live code at any door, and each means whom it is made for", () => {
  for (let round = 0; round < 12; round += 1) {
    const roll = dice(`duress ${round}`);
    const tested = new TestLedger(withDuress());
    const live = new Map<string, string>();
    for (let step = 0; step < 60; step += 1) {
      const digits = String(roll(100)).padStart(2, "0");
      const kind = roll(4);
      const who = `${kind > 1 ? "person" : "pass"}-${roll(30)}`;
      const changes =
        kind === 0
          ? guest(who, { pin: digits })
          : kind === 1
            ? guest(who, { code: digits })
            : resident(who, { pin: digits });
      const { applied } = tested.change(...changes);
      if (!applied) continue;
      const id = kind === 1 ? `${who}-code` : `${who}-pin`;
      for (const [code, owner] of live) if (owner === id || owner === `${id}~`) live.delete(code);
      live.set(digits, id);
      if (kind > 1) live.set(duressTwin(digits), `${id}~`);
    }
    const clashes = tested.parts.db
      .prepare(
        `SELECT count(*) FROM credential twin JOIN credential live ON live.token = twin.token AND live.id <> twin.id
         JOIN holder_grant a ON a.holder_kind = twin.holder_kind AND a.holder_id = twin.holder_id
         JOIN holder_grant b ON b.holder_kind = live.holder_kind AND b.holder_id = live.holder_id AND b.door = a.door
         WHERE twin.twin_of IS NOT NULL`,
      )
      .pluck()
      .get();
    expect(clashes).toBe(0);
    for (const [code, owner] of live) {
      if (!owner.endsWith("~")) continue;
      tested.parts.db.prepare("DELETE FROM guess").run();
      const before = tested.events().length;
      expect(tested.outcome(pin(code), keypad)).toBe("granted");
      const [granted, duress] = tested
        .events()
        .slice(before)
        .map(({ event }) => event);
      expect(granted).toMatchObject({ person: owner.slice(0, -5), credential: owner.slice(0, -1) });
      expect(duress).toMatchObject({ type: "access.duress" });
    }
  }
});

test("a stolen credential alarms when it is shown; a lost one is only denied", () => {
  const tested = duressLedger();
  tested.change({ op: "setCredentialState", id: "ana-card" as never, state: "stolen" });
  const ask = tested.ask(card("00B775D2"));
  expect(tested.decideAll([ask])[0]?.verdict).toEqual({ granted: false, reason: "credentialStolen" });
  const event = { ask: ask.id, door: "front", credential: "ana-card" };
  expect(tested.last()).toEqual({ type: "credential.stolenUsed", ...event });
  tested.change({ op: "setCredentialState", id: "ana-card" as never, state: "lost" });
  expect(tested.outcome(card("00B775D2"))).toBe("credentialLost");
  expect(tested.last()).toMatchObject({ type: "access.denied", reason: "credentialLost" });
});

test("putting a PIN under its old id replaces its duress code", () => {
  const tested = duressLedger();
  tested.change(putCredential("ana-pin", person("ana"), "pin", "9000"));
  expect(tested.outcome(pin("4716"), keypad)).toBe("unknownCredential");
  expect(tested.outcome(pin("9005"), keypad)).toBe("granted");
});

test("a PIN whose duress code could not be made is not taken without it", () => {
  const changes = [putCredential("ana-pin", person("ana"), "pin", "4711")];
  const found: number[] = [];
  for (const failing of ["4711", duressTwin("4711"), "none"]) {
    hashCodes(
      changes,
      true,
      (digits, done) => done(digits === failing ? null : quickHash(digits)),
      (hashes) => found.push(hashes.size),
    );
  }
  expect(found).toEqual([0, 0, 1]);
});
