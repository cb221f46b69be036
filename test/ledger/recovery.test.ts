import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, test } from "vitest";
import type { DirectoryChange, PassGiven } from "../../src/domain/directory.ts";
import { Fault } from "../../src/domain/fault.ts";
import type { PassId } from "../../src/domain/ids.ts";
import type { LocalDate } from "../../src/domain/local-time.ts";
import { unixMs } from "../../src/domain/time.ts";
import { readAnchorFile } from "../../src/ledger/anchor.ts";
import { suspect } from "../../src/ledger/damage.ts";
import { goodCopyPath } from "../../src/ledger/good-copy.ts";
import { takePlace } from "../../src/ledger/set-aside.ts";
import {
  closedLedger,
  cutPowerAt,
  DamagedLedger,
  eventsIn,
  flipPages,
  stateFile,
  stateNames,
  verified,
} from "./damaged-ledger.ts";
import { card, noon, pass, pathsIn, person, pin, putCredential, putGrant, temporaryFolder } from "./ledger-fixture.ts";

const hour = 3_600_000;

function faultOf(run: () => unknown): Fault {
  try {
    run();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Page numbers that a table lies on, its index pages included. */
function pagesOf(folder: string, table: string): number[] {
  const db = new Sqlite(pathsIn(folder).database, { readonly: true });
  const pages = db
    .prepare<[string], number>("SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno")
    .pluck()
    .all(table);
  db.close();
  return pages;
}

const damages: readonly (readonly [string, (folder: string, database: string) => void])[] = [
  ["its first page overwritten", (folder) => flipPages(folder, [1])],
  ["the pages of people overwritten", (folder) => flipPages(folder, pagesOf(folder, "holder"))],
  [
    "a page cut off its end and one of the directory overwritten",
    (folder, database) => {
      flipPages(folder, pagesOf(folder, "credential"));
      truncateSync(database, statSync(database).size - 4_096);
    },
  ],
  ["cut to its first half page", (_, database) => truncateSync(database, 2_048)],
  ["cut to a few bytes", (_, database) => truncateSync(database, 100)],
  ["cut to nothing", (_, database) => truncateSync(database, 0)],
  [
    "the wrong first bytes",
    (_, database) =>
      writeFileSync(database, Buffer.concat([Buffer.from("SQLite format 4"), readFileSync(database).subarray(15)])),
  ],
  ["zeros all over", (_, database) => writeFileSync(database, Buffer.alloc(statSync(database).size))],
  [
    "another size of page than its own",
    (_, database) => {
      const bytes = readFileSync(database);
      bytes.writeUInt16BE(512, 16);
      writeFileSync(database, bytes);
    },
  ],
  ["deleted", (_, database) => rmSync(database)],
];

test.each(damages)("a database with %s comes back with its last good directory, deny-safe and loudly", (_, damage) => {
  const folder = closedLedger();
  const { database, keysDir } = pathsIn(folder);
  const lost = readAnchorFile(keysDir)!;
  damage(folder, database);
  const damaged = existsSync(database) ? readFileSync(database) : null;
  // SQLite reads a page only when it needs it: this is what its process leaves behind when it meets a damaged one.
  suspect(database);
  const back = new DamagedLedger(folder, noon + 3 * hour);
  expect(back.outcome(card("00B775D2"))).toBe("granted");
  expect(back.outcome(card("00C0FFEE"))).toBe("usesExhausted");
  expect(back.outcome(card("00C0FFEE"), "garage")).toBe("usesExhausted");
  expect(back.outcome(pin("4711"))).toBe("accessLimited");
  expect(back.outcome(pin("4711"), "garage")).toBe("accessLimited");
  expect(back.restored).toMatchObject({ forcedDoors: ["garage"], fire: false });
  expect(back.restored.recovery?.why).toContain("those of the copy of 2026-11-20T13:00Z");
  expect(back.faults.map(({ code }) => code)).toEqual(["ledger.recovered"]);
  expect(back.faults[0]!.message).toBe(back.restored.recovery?.why);
  const [restarted, recovered] = eventsIn(folder).map(({ event }) => event);
  const { epoch, seq, hash } = lost;
  expect(restarted).toEqual({ type: "log.restarted", lostEpoch: epoch, lostSeq: seq, lostHash: hash.toString("hex") });
  const kept = damaged === null ? null : "ledger.db.damaged-1";
  const what = { from: "copy", copyAgeMs: 3 * hour, copySeq: 2, lostSeq: seq, usedUp: 2, kept };
  expect(recovered).toMatchObject({ type: "ledger.recovered", ...what });
  expect(verified(folder)).toEqual([
    `restarted: The record before event 1 is gone: ${seq} events; the database was lost or deleted.`,
  ]);
  if (damaged !== null) expect(readFileSync(stateFile(folder, "ledger.db.damaged-1")).equals(damaged)).toBe(true);
  expect((statSync(database).mode & 0o777).toString(8)).toBe("600");
  expect((statSync(goodCopyPath(database)).mode & 0o777).toString(8)).toBe("600");
  back.ledger.close();
  expect(stateNames(folder)).toEqual(["ledger.db", ...(kept === null ? [] : [kept]), "ledger.db.good"]);
});

test("blocks of codes end after the longest time that the site knows, and a pass made anew works", () => {
  const folder = closedLedger();
  rmSync(pathsIn(folder).database);
  const back = new DamagedLedger(folder, noon + 3 * hour);
  back.clock.pass(900_001);
  expect(back.outcome(pin("4711"))).toBe("granted");
  back.ledger.close();
});

test.each([
  ["two days later", 48 * hour],
  ["with a clock that has gone back by a year", -365 * 24 * hour],
])("a recurring pass is used up in each occurrence since the copy, when the recovery happens %s", (_, laterMs) => {
  const before = new DamagedLedger();
  const window = { startMinute: 0, endMinute: 1_439 };
  const from = "2026-11-01" as LocalDate;
  const every = { every: 1, unit: "day", until: null, count: 100, except: [] } as const;
  const recurrence = { kind: "custom", from, window, ...every } as const;
  const validity = { from: null, until: unixMs(noon + 30 * 24 * hour) };
  before.change(
    {
      op: "putPass",
      pass: { kind: "pass", id: "p" as PassId, name: "Guest", state: "active", validity, usesTotal: 1, recurrence },
    },
    putCredential("c", pass("p"), "card", "00AABB00"),
    putGrant(pass("p")),
  );
  before.copy();
  before.clock.pass(24 * hour);
  expect(before.outcome(card("00AABB00"))).toBe("granted");
  before.ledger.close();
  rmSync(pathsIn(before.folder).database);
  const back = new DamagedLedger(before.folder, noon + laterMs);
  back.clock.wall = noon + 24 * hour;
  expect(back.outcome(card("00AABB00"))).toBe("usesExhausted");
  back.ledger.close();
});

test("uses in all, those of today's occurrence and a time that began with the first use are over, tomorrow's are not", () => {
  const before = new DamagedLedger();
  const day = 24 * hour;
  const validity = { from: null, until: unixMs(noon + 30 * day) };
  const window = { startMinute: 0, endMinute: 1_439 };
  const daily = { kind: "daily", from: "2026-11-01" as LocalDate, until: "2026-12-31" as LocalDate, window } as const;
  const passes: readonly Partial<PassGiven>[] = [
    { usesTotal: 5 },
    { usesPerDoor: 2, recurrence: daily },
    { activationMs: day },
    {},
  ];
  before.change(
    ...passes.flatMap((given, n): DirectoryChange[] => [
      {
        op: "putPass",
        pass: { kind: "pass", id: `p${n}` as PassId, name: "Guest", state: "active", validity, ...given },
      },
      putCredential(`c${n}`, pass(`p${n}`), "card", `00AABB0${n}`),
      putGrant(pass(`p${n}`)),
    ]),
  );
  before.copy();
  before.ledger.close();
  rmSync(pathsIn(before.folder).database);
  const back = new DamagedLedger(before.folder, noon + 3 * hour);
  const outcomes = () => passes.map((_, n) => back.outcome(card(`00AABB0${n}`)));
  expect(outcomes()).toEqual(["usesExhausted", "usesExhausted", "activationOver", "granted"]);
  expect(eventsIn(before.folder)[1]!.event).toMatchObject({ type: "ledger.recovered", usedUp: 2 });
  back.clock.pass(2 * day);
  expect(outcomes()).toEqual(["usesExhausted", "granted", "activationOver", "granted"]);
  back.ledger.close();
});

test("damage to the record alone costs no change of the directory, and is found where nobody reads", () => {
  const folder = closedLedger();
  const { database } = pathsIn(folder);
  const journal = pagesOf(folder, "journal");
  const before = new DamagedLedger(folder);
  before.change({ op: "removeHolder", holder: person("ana") });
  before.ledger.close();
  flipPages(folder, journal.slice(2, 4));
  suspect(database);
  const back = new DamagedLedger(folder, noon + 3 * hour);
  expect(back.outcome(card("00B775D2"))).toBe("unknownCredential");
  expect(back.outcome(card("00C0FFEE"), "garage")).toBe("usesExhausted");
  expect(eventsIn(folder)[1]!.event).toMatchObject({ type: "ledger.recovered", from: "damaged", copyAgeMs: 0 });
  back.ledger.close();
});

test("a clean end is believed, an unclean one has the tables looked through, and what SQLite reports has everything", () => {
  const folder = closedLedger();
  const { database } = pathsIn(folder);
  flipPages(folder, pagesOf(folder, "latch"));
  const healthy = new DamagedLedger(closedLedger());
  const wal = readFileSync(`${pathsIn(healthy.folder).database}-wal`, { flag: "a+" });
  healthy.ledger.close();
  // Nothing in this one belongs to the database: it says only that nobody closed it.
  writeFileSync(`${database}-wal`, wal.length > 0 ? wal.subarray(0, 1) : Buffer.from("x"));
  const back = new DamagedLedger(folder, noon + 3 * hour);
  expect(back.faults.map(({ code }) => code)).toEqual(["ledger.recovered"]);
  back.ledger.close();
});

test("a database that was called damaged and is whole goes on; called so again, it is not believed", () => {
  const folder = closedLedger();
  const { database } = pathsIn(folder);
  for (const expected of [[], ["ledger.recovered"], []]) {
    suspect(database);
    const next = new DamagedLedger(folder, noon + 3 * hour);
    expect(next.faults.map(({ code }) => code)).toEqual(expected);
    next.ledger.close();
  }
});

test("an operator's note ends the fault for good, and a second damage raises another", () => {
  const folder = closedLedger();
  rmSync(pathsIn(folder).database);
  const first = new DamagedLedger(folder, noon + 3 * hour);
  const { epoch } = first.restored.recovery!;
  first.ledger.close();
  const second = new DamagedLedger(folder, noon + 3 * hour);
  expect(second.restored.recovery).toEqual(first.restored.recovery);
  second.ledger.note({ type: "ledger.recoveryCleared", epoch, who: "command line" }, second.clock.now());
  second.ledger.close();
  const third = new DamagedLedger(folder, noon + 3 * hour);
  expect(third.restored.recovery).toBeUndefined();
  third.ledger.close();
  rmSync(pathsIn(folder).database);
  const fourth = new DamagedLedger(folder, noon + 3 * hour);
  expect(fourth.restored.recovery!.epoch).toBeGreaterThan(epoch);
  fourth.ledger.close();
});

test("the last three damaged files are kept", () => {
  const folder = closedLedger();
  const { database } = pathsIn(folder);
  for (let round = 1; round <= 5; round += 1) {
    writeFileSync(database, `no database ${round}`);
    new DamagedLedger(folder, noon + 3 * hour).ledger.close();
  }
  const kept = [3, 4, 5].map((n) => `ledger.db.damaged-${n}`);
  expect(stateNames(folder)).toEqual(["ledger.db", ...kept, "ledger.db.good"]);
  expect(kept.map((name) => readFileSync(stateFile(folder, name), "utf8").at(-1))).toEqual(["3", "4", "5"]);
});

test("cut off at any step, a restored database takes its place beside the old one and that one's log", () => {
  for (let n = 1, completed = false; !completed; n += 1) {
    const folder = temporaryFolder();
    const database = join(folder, "ledger.db");
    for (const suffix of ["", "-wal", "-shm", ".damaged-6", ".restored"]) writeFileSync(database + suffix, suffix);
    const cut = cutPowerAt(n);
    try {
      takePlace(database);
      completed = true;
    } catch {
      expect(existsSync(`${database}.restored`) || !existsSync(`${database}-wal`), `cut at ${n}`).toBe(true);
    }
    cut.restore();
    takePlace(database);
    const contents = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), "utf8")]);
    expect(Object.fromEntries(contents), `cut at ${n}`).toEqual({
      "ledger.db": ".restored",
      "ledger.db.damaged-6": ".damaged-6",
      "ledger.db.damaged-7": "",
      "ledger.db.damaged-7-wal": "-wal",
    });
  }
});

test("without a copy a damaged database is a fault that says how to mend it, and stays as it is", () => {
  const folder = closedLedger();
  const { database } = pathsIn(folder);
  rmSync(goodCopyPath(database));
  flipPages(folder, [1]);
  const before = readFileSync(database);
  const fault = faultOf(() => new DamagedLedger(folder));
  expect(fault.code).toBe("ledger.damaged");
  expect(fault.message).toMatch(
    /^The database is damaged \(.*\)\. There is no copy of it: put a backup in its place, or/,
  );
  expect(readFileSync(database).equals(before)).toBe(true);
  expect(stateNames(folder)).toEqual(["ledger.db"]);
});

test("a damaged copy is not taken", () => {
  const folder = closedLedger();
  const { database } = pathsIn(folder);
  for (const path of [database, goodCopyPath(database)]) truncateSync(path, 5_000);
  expect(faultOf(() => new DamagedLedger(folder)).message).toContain("Its copy is not sound either");
  expect(stateNames(folder)).toEqual(["ledger.db", "ledger.db.good"]);
});

test("with the wrong key, or none, nothing is moved until the right one is back", () => {
  const folder = closedLedger();
  const { keysDir } = pathsIn(folder);
  flipPages(folder, [1]);
  const key = join(keysDir, "credential.key");
  const right = readFileSync(key);
  writeFileSync(key, Buffer.alloc(32, 7));
  expect(faultOf(() => new DamagedLedger(folder)).code).toBe("keys.mismatch");
  rmSync(key);
  expect(faultOf(() => new DamagedLedger(folder)).code).toBe("keys.mismatch");
  expect(stateNames(folder).filter((name) => name.includes("damaged"))).toEqual([]);
  writeFileSync(key, right, { mode: 0o600 });
  const back = new DamagedLedger(folder, noon + 3 * hour);
  expect(back.outcome(card("00B775D2"))).toBe("granted");
  back.ledger.close();
});

test("a damaged source never takes the place of a good copy", () => {
  const folder = closedLedger();
  const { database } = pathsIn(folder);
  const good = readFileSync(goodCopyPath(database));
  const pages = pagesOf(folder, "credential");
  const tested = new DamagedLedger(folder);
  flipPages(folder, pages);
  expect(faultOf(() => tested.copy()).code).toBe("ledger.damaged");
  expect(readFileSync(goodCopyPath(database)).equals(good)).toBe(true);
  expect(stateNames(folder).filter((name) => name.endsWith(".partial"))).toEqual([]);
  tested.ledger.close();
});

test("the copy holds neither events nor anybody's use of a door", () => {
  const folder = closedLedger();
  const db = new Sqlite(goodCopyPath(pathsIn(folder).database), { readonly: true });
  expect(db.prepare("SELECT count(*) FROM journal").pluck().get()).toBe(0);
  expect(db.prepare("SELECT count(*) FROM holder").pluck().get()).toBe(2);
  expect(db.pragma("integrity_check", { simple: true })).toBe("ok");
  db.close();
});

test("with the anchor gone as well, the copy says how far the record went", () => {
  const folder = closedLedger();
  const { database, keysDir } = pathsIn(folder);
  const { epoch } = readAnchorFile(keysDir)!;
  rmSync(join(keysDir, "anchor"));
  rmSync(database);
  new DamagedLedger(folder, noon + 3 * hour).ledger.close();
  expect(eventsIn(folder)[0]!.event).toMatchObject({ type: "log.restarted", lostEpoch: epoch, lostSeq: 2 });
});

test("cut off at any step, the next start completes the recovery, once", () => {
  const original = closedLedger();
  flipPages(original, [1]);
  let steps = 0;
  for (let n = 1; ; n += 1) {
    const folder = temporaryFolder();
    cpSync(original, folder, { recursive: true });
    const cut = cutPowerAt(n);
    let completed = true;
    try {
      new DamagedLedger(folder, noon + 3 * hour).ledger.close();
    } catch {
      completed = false;
    }
    cut.restore();
    const back = new DamagedLedger(folder, noon + 3 * hour);
    expect(back.outcome(card("00B775D2")), `cut at ${n}`).toBe("granted");
    expect(back.outcome(card("00C0FFEE"), "garage"), `cut at ${n}`).toBe("usesExhausted");
    expect(back.restored.recovery, `cut at ${n}`).toBeDefined();
    back.ledger.close();
    const names = stateNames(folder).filter((name) => !name.endsWith(".partial") && !name.endsWith(".restoring"));
    expect(names, `cut at ${n}`).toEqual(["ledger.db", "ledger.db.damaged-1", "ledger.db.good"]);
    const types = eventsIn(folder).map(({ event }) => event.type);
    expect(types.slice(0, 2), `cut at ${n}`).toEqual(["log.restarted", "ledger.recovered"]);
    expect(
      types.filter((type) => type === "ledger.recovered"),
      `cut at ${n}`,
    ).toHaveLength(1);
    expect(verified(folder)[0], `cut at ${n}`).toMatch(/^restarted: The record before event 1 is gone: 30\d events/);
    steps = n;
    if (completed) break;
  }
  expect(steps).toBeGreaterThan(20);
});

test("a restored database whose own damage comes before it took its place is made again", () => {
  const folder = closedLedger();
  const { database } = pathsIn(folder);
  copyFileSync(goodCopyPath(database), join(folder, "keep"));
  writeFileSync(`${database}.restoring`, "half");
  rmSync(database);
  new DamagedLedger(folder, noon + 3 * hour).ledger.close();
  expect(existsSync(`${database}.restoring`)).toBe(false);
  renameSync(database, `${database}.restored`);
  truncateSync(`${database}.restored`, 6_000);
  const back = new DamagedLedger(folder, noon + 3 * hour);
  expect(back.outcome(card("00B775D2"))).toBe("granted");
  back.ledger.close();
});
