import { expect, test } from "vitest";
import type { DoorInput } from "../../src/domain/door-input.ts";
import { stepDoor } from "../../src/domain/door-machine.ts";
import type { DoorState } from "../../src/domain/door-state.ts";
import { doorMode, isUnlocked } from "../../src/domain/door-state.ts";
import { monoMs } from "../../src/domain/time.ts";
import {
  access,
  clearForced,
  clearTamper,
  close,
  closedDoor,
  failSafe,
  fire,
  fireCleared,
  granted,
  letGo,
  lockDown,
  loseContact,
  open,
  play,
  press,
  request,
  tampered,
  tick,
  timetable,
  wait,
} from "./door-fixture.ts";

/**
 * The modes against everything that may change them, read from ONVIF's Door Control service (wsdl/ver10/pacs/doorcontrol.wsdl of
 * github.com/onvif/specs): Locked gives momentary access; Accessed returns to the mode before it; Blocked allows all but
 * AccessDoor; LockedDown and LockedOpen allow nothing but their release; DoubleLocked is Locked where there is one lock.
 * What ONVIF leaves open: a release goes to Locked; exempt people are let in in a lockdown; exit and fire stand above all.
 *
 * A cell is the mode that follows. `+` has unlocked, `-` has locked, `+` in a fire tells the relay once more. `refused` says so to
 * whoever asked, `aborted` gives the use of a grant back; both change nothing. The door is a fail-safe one, closed.
 */
const modes = `
                | locked       | unlocked      | passing       | leaving      | blocked      | lockedDown   | exempt       | lockedOpen   | doubleLocked  | burning      | burningDown
grant           | accessed+    | unlocked      | accessed      | accessed     | aborted      | aborted      | aborted      | lockedOpen   | accessed+     | lockedOpen   | aborted
grantExempt     | accessed+    | unlocked      | accessed      | accessed     | aborted      | accessed+    | accessed     | lockedOpen   | accessed+     | lockedOpen   | lockedOpen
access          | accessed+    | unlocked      | accessed      | accessed     | refused      | refused      | refused      | refused      | accessed+     | lockedOpen   | refused
lock            | locked       | locked-       | locked-       | accessed     | locked       | refused      | refused      | refused      | locked        | lockedOpen   | refused
unlock          | unlocked+    | unlocked      | unlocked      | unlocked     | unlocked+    | refused      | refused      | refused      | unlocked+     | lockedOpen   | refused
block           | blocked      | blocked-      | blocked-      | accessed     | blocked      | refused      | refused      | refused      | blocked       | lockedOpen   | refused
doubleLock      | doubleLocked | doubleLocked- | doubleLocked- | accessed     | doubleLocked | refused      | refused      | refused      | doubleLocked  | lockedOpen   | refused
lockOpen        | lockedOpen+  | lockedOpen    | lockedOpen    | lockedOpen   | lockedOpen+  | refused      | refused      | refused      | lockedOpen+   | lockedOpen   | refused
lockOpenRelease | refused      | refused       | refused       | refused      | refused      | refused      | refused      | locked-      | refused       | refused      | refused
lockDown        | lockedDown   | lockedDown-   | lockedDown-   | accessed     | lockedDown   | lockedDown   | lockedDown-  | refused      | lockedDown    | lockedOpen   | lockedOpen
lockDownRelease | refused      | refused       | refused       | refused      | refused      | locked       | accessed     | refused      | refused       | refused      | lockedOpen
exit            | accessed+    | unlocked      | accessed      | accessed     | accessed+    | accessed+    | accessed     | lockedOpen   | accessed+     | lockedOpen   | lockedOpen
exitLetGo       | locked       | unlocked      | accessed      | accessed     | blocked      | lockedDown   | accessed     | lockedOpen   | doubleLocked  | lockedOpen   | lockedOpen
fire            | lockedOpen+  | lockedOpen+   | lockedOpen+   | lockedOpen+  | lockedOpen+  | lockedOpen+  | lockedOpen+  | lockedOpen+  | lockedOpen+   | lockedOpen   | lockedOpen
fireCleared     | locked       | unlocked      | accessed      | accessed     | blocked      | lockedDown   | accessed     | lockedOpen   | doubleLocked  | locked-      | lockedDown-
holdOpen        | unlocked+    | unlocked      | unlocked      | unlocked     | blocked      | lockedDown   | accessed     | lockedOpen   | unlocked+     | lockedOpen   | lockedOpen
awaitFirst      | locked       | unlocked      | accessed      | accessed     | blocked      | lockedDown   | accessed     | lockedOpen   | doubleLocked  | lockedOpen   | lockedOpen
dailyLockDown   | lockedDown   | lockedDown-   | lockedDown-   | accessed     | lockedDown   | lockedDown   | accessed     | lockedOpen   | lockedDown    | lockedOpen   | lockedOpen
noTimetable     | locked       | unlocked      | accessed      | accessed     | blocked      | lockedDown   | accessed     | lockedOpen   | doubleLocked  | lockedOpen   | lockedOpen
interlocked     | locked       | unlocked      | accessed      | accessed     | blocked      | lockedDown   | accessed     | lockedOpen   | doubleLocked  | lockedOpen   | lockedOpen
tick            | locked       | unlocked      | accessed      | accessed     | blocked      | lockedDown   | accessed     | lockedOpen   | doubleLocked  | lockedOpen   | lockedOpen
tenMinutes      | locked       | unlocked      | locked-       | locked-      | blocked      | lockedDown   | lockedDown-  | lockedOpen   | doubleLocked  | lockedOpen   | lockedOpen
`;

const stories: Readonly<Record<string, readonly DoorInput[]>> = {
  locked: [],
  unlocked: [request("unlock")],
  passing: [granted()],
  leaving: [press, letGo],
  blocked: [request("block")],
  lockedDown: [lockDown()],
  exempt: [lockDown(), granted({ lockdownExempt: true })],
  lockedOpen: [request("lockOpen")],
  doubleLocked: [request("doubleLock")],
  burning: [fire],
  burningDown: [lockDown(), fire],
};

const inputs: Readonly<Record<string, DoorInput>> = {
  grant: granted(),
  grantExempt: granted({ lockdownExempt: true }),
  access,
  lock: request("lock"),
  unlock: request("unlock"),
  block: request("block"),
  doubleLock: request("doubleLock"),
  lockOpen: request("lockOpen"),
  lockOpenRelease: request("lockOpenRelease"),
  lockDown: lockDown(),
  lockDownRelease: request("lockDownRelease"),
  exit: press,
  exitLetGo: letGo,
  fire,
  fireCleared,
  holdOpen: timetable("holdOpen"),
  awaitFirst: timetable("awaitFirst"),
  dailyLockDown: timetable("lockDown"),
  noTimetable: timetable("none"),
  interlocked: { kind: "interlocked" },
  tick,
};

const standing = (story: string): DoorState =>
  play(
    failSafe,
    (stories[story] ?? []).map((input) => [0, input]),
  ).state;

const cells = (row: string): string[] => row.split("|").map((cell) => cell.trim());
const [columns = [], ...rows] = modes.trim().split("\n").map(cells);
// The first heading is empty, and trimming the whole has taken its bar along.
const heads = columns[0] === "" ? columns.slice(1) : columns;

for (const [name = "", ...row] of rows) {
  test(`${name}, in every mode`, () => {
    const got = Object.fromEntries(heads.map((story) => [story, outcome(story, name)]));
    expect(got).toEqual(Object.fromEntries(heads.map((story, index) => [story, row[index]])));
  });
}

function outcome(story: string, name: string): string {
  const state = standing(story);
  const input = inputs[name];
  const step = input === undefined ? wait(failSafe, state, 600_000) : stepDoor(failSafe, state, input, monoMs(100));
  const kinds: readonly string[] = step.effects.map(({ kind }) => kind);
  for (const no of ["refuse", "abort"]) {
    if (!kinds.includes(no)) continue;
    expect(step.state).toBe(state);
    expect(kinds).toEqual([no]);
    return no === "refuse" ? "refused" : "aborted";
  }
  const moves = `${kinds.includes("unlock") ? "+" : ""}${kinds.includes("lock") ? "-" : ""}`;
  expect(isUnlocked(step.state)).toBe(moves === "" ? isUnlocked(state) : moves === "+");
  return `${doorMode(step.state)}${moves}`;
}

test("the table leaves out no mode, and names what every row is", () => {
  expect(heads).toEqual(Object.keys(stories));
  expect(rows.map(([name]) => name)).toEqual([...Object.keys(inputs), "tenMinutes"]);
  for (const row of rows) expect(row).toHaveLength(heads.length + 1);
});

/** The contact and the alarms, in every mode: what is recorded. The door is closed at first, save where the row says otherwise. */
const alarms: Readonly<
  Record<
    string,
    {
      readonly from?: readonly DoorInput[];
      readonly input: DoorInput;
      readonly gives: Readonly<Record<string, readonly string[]>>;
    }
  >
> = {
  "the door is opened": {
    input: open,
    gives: {
      locked: ["door.opened", "door.forced"],
      unlocked: ["door.opened"],
      passing: ["door.opened", "access.taken"],
      leaving: ["door.opened"],
      blocked: ["door.opened", "door.forced"],
      lockedDown: ["door.opened", "door.forced"],
      exempt: ["door.opened", "access.taken"],
      lockedOpen: ["door.opened"],
      doubleLocked: ["door.opened", "door.forced"],
      burning: ["door.opened"],
      burningDown: ["door.opened"],
    },
  },
  "the open door falls shut": {
    from: [open],
    input: close,
    gives: {
      ...everywhere("door.closed"),
      passing: ["lock:contact", "door.locked", "door.closed"],
      leaving: ["lock:contact", "door.locked", "door.closed"],
      exempt: ["lock:contact", "door.locked", "door.closed"],
    },
  },
  "the contact is lost": { input: loseContact, gives: everywhere() },
  "the contact says again that the door is closed": { input: close, gives: everywhere() },
  "a reader is tampered with": { input: tampered(true), gives: everywhere("door.tampered") },
  "a tamper contact reports again": { from: [tampered(true)], input: tampered(true), gives: everywhere() },
  "a tamper alarm is cleared while it still reports": {
    from: [tampered(true)],
    input: clearTamper,
    gives: everywhere("refuse"),
  },
  "a tamper alarm is cleared": {
    from: [tampered(true), tampered(false)],
    input: clearTamper,
    gives: everywhere("door.tamperCleared"),
  },
  "no tamper alarm is cleared": { input: clearTamper, gives: everywhere() },
  "a forced alarm is cleared": {
    from: [{ kind: "restoreForced" }],
    input: clearForced,
    gives: everywhere("door.forcedCleared"),
  },
  "no forced alarm is cleared": { input: clearForced, gives: everywhere() },
  "a forced alarm is restored": { input: { kind: "restoreForced" }, gives: everywhere() },
  "a tamper alarm is restored": { input: { kind: "restoreTamper" }, gives: everywhere() },
  "a lost exit button is lost again": { input: { kind: "exitLost", input: "exit" as never }, gives: everywhere() },
};

function everywhere(...words: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.keys(stories).map((story) => [story, words]));
}

for (const [name, { from = [], input, gives }] of Object.entries(alarms)) {
  test(`when ${name}, every mode records what belongs to it`, () => {
    for (const story of Object.keys(stories)) {
      const state = play(
        failSafe,
        from.map((one) => [10, one]),
        standing(story),
      ).state;
      const { words } = play(failSafe, [[20, input]], state);
      expect([story, words]).toEqual([story, gives[story]]);
    }
  });
}

test("what the last run left in force is put in force without a word, and undoes nothing that has been ordered since", () => {
  for (const story of Object.keys(stories)) {
    for (const input of [{ kind: "restoreLockDown", leftMs: 60_000 }, { kind: "restoreBlock" }] as const) {
      const state = standing(story);
      const step = stepDoor(failSafe, state, input, monoMs(100));
      expect(step.effects).toEqual([]);
      const isFree = state.standing.name === "locked";
      const mode = input.kind === "restoreBlock" ? "blocked" : "lockedDown";
      expect(step.state.standing.name).toBe(isFree ? mode : state.standing.name);
    }
  }
});

test("a door on which nobody has ever been is closed, locked and has nothing to wait for", () => {
  expect(doorMode(closedDoor)).toBe("locked");
  expect(wait(failSafe, closedDoor, Number.MAX_SAFE_INTEGER).effects).toEqual([]);
});
