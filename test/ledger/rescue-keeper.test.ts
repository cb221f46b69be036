// What the ledger leaves for a time when no controller can start, and what it takes into the record afterwards.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { DoorId, PersonId, ScheduleId } from "../../src/domain/ids.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { RescueKeeper, type RescueKeeperParts } from "../../src/ledger/rescue-keeper.ts";
import { takeRescueLog } from "../../src/ledger/rescue-log.ts";
import { openRescue, sealRescue } from "../../src/ledger/rescue-seal.ts";
import { wires } from "../site-fixture.ts";
import { person, putCredential, putGrant, putPerson, TestLedger, temporaryFolder } from "./ledger-fixture.ts";

const key = Buffer.alloc(32, 7);
const board = { kind: "simulated", wires };

type Kept = RescueKeeperParts["board"];

class Bench {
  readonly tested = new TestLedger();
  readonly file: string;
  readonly keeper: RescueKeeper;
  #told = Promise.withResolvers<string | null>();

  constructor(kept: Kept = board, name = "rescue.json") {
    this.file = join(temporaryFolder(), name);
    const { ledger, parts } = this.tested;
    this.keeper = new RescueKeeper({
      db: parts.db,
      site: () => ledger.site,
      mark: () => ledger.copyMark,
      board: kept,
      key,
      file: this.file,
      after: (ms, run) => void (ms < 60_000 && setImmediate(run)),
      tell: (why) => this.#told.resolve(why),
    });
  }

  /** What was told of the file after this. */
  async after(...changes: DirectoryChange[]): Promise<string | null> {
    this.#told = Promise.withResolvers();
    if (changes.length > 0) expect(this.tested.change(...changes)).toMatchObject({ applied: true });
    this.keeper.noticed();
    return this.#told.promise;
  }

  cards() {
    return openRescue(key, readFileSync(this.file, "utf8"))?.cards.map(({ credential, doors }) => [credential, doors]);
  }
}

const administrator = (id: string, given: object = {}): DirectoryChange => {
  const validity = { from: null, until: null };
  const base = {
    kind: "person",
    id: id as PersonId,
    name: id,
    state: "active",
    validity,
    role: "administrator",
  } as const;
  return { op: "putPerson", person: { ...base, ...given } };
};
const withCard = (id: string, number: string): DirectoryChange[] => [
  putCredential(`${id}-card`, person(id), "card", number),
  putGrant(person(id), "front"),
];

test("only cards that administrators may use at any time are in it, with the doors that they open", async () => {
  const bench = new Bench();
  const until = { validity: { from: null, until: unixMs(9_999_999_999_999) } };
  expect(
    await bench.after(
      ...[administrator("ana"), ...withCard("ana", "00B775D2"), putGrant(person("ana"), "garage")],
      ...[putPerson("bo"), ...withCard("bo", "00000002")],
      ...[administrator("cy", { state: "suspended" }), ...withCard("cy", "00000003")],
      ...[administrator("di", until), ...withCard("di", "00000004")],
      ...[administrator("ed", { factors: "cardAndPin" }), ...withCard("ed", "00000005")],
      ...[administrator("flo"), putCredential("flo-card", person("flo"), "card", "00000006")],
      ...[
        administrator("gus"),
        putCredential("gus-pin", person("gus"), "pin", "482913"),
        putGrant(person("gus"), "front"),
      ],
    ),
  ).toBeNull();
  expect(bench.cards()).toEqual([["ana-card", ["front", "garage"]]]);
  expect(statSync(bench.file).mode & 0o777).toBe(0o600);
  expect(readFileSync(bench.file, "utf8")).not.toMatch(/B775D2/i);
});

test("a card that is marked lost leaves it, a role that is taken away too, and so does a door that is blocked", async () => {
  const bench = new Bench();
  await bench.after(administrator("ana"), ...withCard("ana", "00B775D2"), putGrant(person("ana"), "garage"));
  bench.tested.record({
    type: "door.modeChanged",
    door: "garage" as DoorId,
    mode: "blocked",
    cause: { by: "operator", who: "test" },
  });
  await bench.after();
  expect(bench.cards()).toEqual([["ana-card", ["front"]]]);
  await bench.after({ op: "setCredentialState", id: "ana-card" as never, state: "lost" });
  expect(bench.cards()).toEqual([]);
  await bench.after({ op: "setCredentialState", id: "ana-card" as never, state: "active" });
  expect(bench.cards()).toHaveLength(1);
  await bench.after(putPerson("ana"));
  expect(bench.cards()).toEqual([]);
});

test("a right at set times, or one that is barred, is none", async () => {
  const bench = new Bench();
  await bench.after(
    {
      op: "putSchedule",
      schedule: { id: "day" as ScheduleId, name: "Day", rule: { kind: "weekly", windows: [] } } as never,
    },
    ...[administrator("ana"), putCredential("ana-card", person("ana"), "card", "00B775D2")],
    { op: "putGrant", holder: person("ana"), door: "front" as DoorId, schedule: "day" as ScheduleId },
    ...[putGrant(person("ana"), "garage")],
    { op: "putGrant", holder: person("ana"), door: "garage" as DoorId, schedule: "never" as ScheduleId },
  );
  expect(bench.cards()).toEqual([]);
});

test("a file that cannot be written is told, and a site without rescue keeps none", async () => {
  const full = new Bench();
  mkdirSync(full.file);
  expect(await full.after(administrator("ana"))).toMatch(
    /^What doors open by when Postern cannot start is out of date: /,
  );
  const off = new Bench(null);
  writeFileSync(off.file, "an old one");
  off.keeper.noticed();
  await expect.poll(() => existsSync(off.file)).toBe(false);
});

test("what was altered, cut off, or sealed with another key says nothing", async () => {
  const bench = new Bench();
  await bench.after(administrator("ana"), ...withCard("ana", "00B775D2"));
  const text = readFileSync(bench.file, "utf8");
  expect(openRescue(key, text)).not.toBeNull();
  expect(openRescue(Buffer.alloc(32, 8), text)).toBeNull();
  for (let place = 0; place < text.length; place += 7) {
    const spoilt = text[place] === "0" ? "1" : "0";
    expect(openRescue(key, text.slice(0, place) + spoilt + text.slice(place + 1)), `at ${place}`).toBeNull();
    expect(openRescue(key, text.slice(0, place)), `up to ${place}`).toBeNull();
  }
  const { layout: _, ...plan } = openRescue(key, text) ?? { layout: 1 };
  expect(openRescue(key, sealRescue(key, { ...plan, layout: 2 } as never))).toBeNull();
});

test("what rescue opened is recorded once, whatever became of the file, and lines that are none are left out", () => {
  const tested = new TestLedger();
  const file = join(temporaryFolder(), "rescue.log");
  const line = (n: number, by: string, credential: string | null, door = "front") =>
    `\n${JSON.stringify({ door, by, credential, openedAt: 1_000 + n, rescue: "run", n })}`;
  const text = [
    line(1, "card", "ana-card"),
    line(2, "exit", null),
    line(3, "kick", null),
    '\n{"door":"fr',
    line(5, "fire", null, "garage"),
  ];
  const take = () => takeRescueLog(tested.ledger, file, { wall: unixMs(5_000), mono: monoMs(1), trusted: true });
  expect(take()).toBe(false);
  writeFileSync(file, text.join(""));
  expect(take()).toBe(true);
  expect(existsSync(file)).toBe(false);
  const opened = () => tested.events().flatMap(({ event }) => (event.type === "rescue.opened" ? [event] : []));
  const recorded = [
    { type: "rescue.opened", door: "front", by: "card", credential: "ana-card", openedAt: 1_001, rescue: "run", n: 1 },
    { type: "rescue.opened", door: "front", by: "exit", credential: null, openedAt: 1_002, rescue: "run", n: 2 },
    { type: "rescue.opened", door: "garage", by: "fire", credential: null, openedAt: 1_005, rescue: "run", n: 5 },
  ];
  expect(opened()).toEqual(recorded);
  writeFileSync(file, text.join(""));
  expect(take()).toBe(false);
  expect(opened()).toEqual(recorded);
});
