import { expect, test } from "vitest";
import type { DoorInput } from "../../src/domain/door-input.ts";
import { doorMode } from "../../src/domain/door-state.ts";
import {
  failSecure,
  granted,
  letGo,
  lockDown,
  play,
  press,
  request,
  tick,
  timed,
  timetable,
  wait,
} from "./door-fixture.ts";

const holder = { mayHoldOpen: true };

test("acceptance 19: with activation required the door stays shut at the start, the first permitted opening holds it, an unpermitted user's opening is a normal pulse, and the end of the schedule closes it", () => {
  const { state: waiting, words } = play(failSecure, [[0, timetable("awaitFirst")]]);
  expect(words).toEqual([]);
  expect(doorMode(waiting)).toBe("locked");

  const pulse = play(failSecure, [[1_000, granted()]], waiting);
  expect(pulse.words).toEqual(["unlock:ask", "door.unlocked"]);
  const shut = wait(failSecure, pulse.state, 60_000).state;
  expect(doorMode(shut)).toBe("locked");

  const held = play(failSecure, [[100_000, granted(holder)]], shut);
  expect(held.words).toEqual(["unlock:ask", "door.unlocked", "door.modeChanged"]);
  expect(wait(failSecure, held.state, 30_000_000).words).toEqual([]);

  const end = play(failSecure, [[30_000_000, timetable("none")]], held.state);
  expect(end.words).toEqual(["lock:schedule", "door.locked", "door.modeChanged", "shut:schedule"]);
  expect(doorMode(end.state)).toBe("locked");
});

test("an exit button begins no holding open, and neither does a trigger delay lose it", () => {
  const slow = timed(failSecure, { triggerDelayMs: 2_000 });
  const exited = play(slow, [
    [0, timetable("awaitFirst")],
    [1_000, press],
    [1_100, letGo],
  ]).state;
  expect(doorMode(wait(slow, exited, 60_000).state)).toBe("locked");
  const held = wait(slow, play(slow, [[60_000, granted(holder)]], exited).state, 3_600_000).state;
  expect(doorMode(held)).toBe("unlocked");
});

test("a schedule that holds the door open unlocks it at its start and locks it at its end, whoever unlocked it again meanwhile", () => {
  const begun = play(failSecure, [[0, timetable("holdOpen")]]);
  expect(begun.words).toEqual(["unlock:schedule", "door.unlocked", "door.modeChanged"]);
  const end = play(
    failSecure,
    [
      [1_000, request("lock")],
      [2_000, request("unlock")],
      [9_000, timetable("none")],
    ],
    begun.state,
  );
  expect(end.words).toContain("lock:schedule");
});

test("a grant while the door is held open is for the record only; the relay stays as it is", () => {
  for (const mode of ["monostable", "bistable"] as const) {
    const spec = { ...failSecure, mode };
    const { state } = play(spec, [[0, timetable("holdOpen")]]);
    const { words } = play(
      spec,
      [
        [1_000, granted()],
        [2_000, granted(holder)],
        [3_000, press],
        [3_100, letGo],
      ],
      state,
    );
    expect(words).toEqual(["access.admitted", "access.admitted", "exit.pressed"]);
  }
});

test("where it may be ended by hand, the credential of somebody who may hold the door open locks it until the schedule begins again", () => {
  const { state } = play(failSecure, [[0, timetable("holdOpen", true)]]);
  expect(play(failSecure, [[1_000, granted()]], state).words).toEqual(["access.admitted"]);
  const ended = play(failSecure, [[2_000, granted(holder)]], state);
  expect(ended.words).toEqual(["lock:ask", "door.locked", "door.modeChanged", "shut:ask"]);
  const pulse = wait(failSecure, play(failSecure, [[3_000, granted(holder)]], ended.state).state, 60_000);
  expect(doorMode(pulse.state)).toBe("locked");
  const again = play(
    failSecure,
    [
      [100_000, timetable("none")],
      [200_000, timetable("holdOpen", true)],
    ],
    pulse.state,
  );
  expect(doorMode(again.state)).toBe("unlocked");
});

test("one that waited for its first person and was ended by hand is not begun again by the next card", () => {
  const { state } = play(failSecure, [
    [0, timetable("awaitFirst", true)],
    [1_000, granted(holder)],
    [2_000, granted(holder)],
    [3_000, granted(holder)],
  ]);
  expect(doorMode(state)).toBe("accessed");
  expect(doorMode(wait(failSecure, state, 60_000).state)).toBe("locked");
});

test("a scheduled lockdown lets exempt people and exits through, returns to itself, and ends locked", () => {
  const { state } = play(failSecure, [[0, timetable("lockDown")]]);
  expect(play(failSecure, [[1_000, granted()]], state).words).toEqual(["abort"]);
  for (const input of [granted({ lockdownExempt: true }), press]) {
    const passed = wait(
      failSecure,
      play(
        failSecure,
        [
          [1_000, input],
          [1_100, letGo],
        ],
        state,
      ).state,
      60_000,
    ).state;
    expect(doorMode(passed)).toBe("lockedDown");
  }
  const end = play(failSecure, [[90_000, timetable("none")]], state);
  expect(end.words).toEqual(["door.modeChanged"]);
  expect(doorMode(end.state)).toBe("locked");
});

test("an exempt person who may end a scheduled lockdown is let in and ends it", () => {
  const { state, words } = play(failSecure, [
    [0, timetable("lockDown", true)],
    [1_000, granted({ lockdownExempt: true, mayHoldOpen: true })],
  ]);
  expect(words).toContain("unlock:ask");
  expect(doorMode(wait(failSecure, state, 60_000).state)).toBe("locked");
});

test("an operator's lockdown outlasts the schedule, and its expiry leaves a scheduled one in force", () => {
  const outlasts = play(failSecure, [
    [0, timetable("lockDown")],
    [1_000, lockDown()],
    [9_000, timetable("none")],
  ]).state;
  expect(doorMode(outlasts)).toBe("lockedDown");
  const { state } = play(failSecure, [
    [0, lockDown(60_000)],
    [1_000, timetable("lockDown")],
  ]);
  const { state: expired, effects } = wait(failSecure, state, 60_000);
  expect(effects).toEqual([
    { kind: "record", event: expect.objectContaining({ cause: { by: "schedule", schedule: "opening-hours" } }) },
  ]);
  expect(doorMode(expired)).toBe("lockedDown");
  expect(doorMode(play(failSecure, [[70_000, timetable("none")]], expired).state)).toBe("locked");
});

test("a schedule opens no door that is blocked, locked down or locked open, nor one whose lockdown has just expired", () => {
  for (const order of [request("block"), lockDown(60_000), request("lockOpen")]) {
    const before = play(failSecure, [[0, order]]).state;
    const { state, words } = play(failSecure, [[1_000, timetable("holdOpen")]], before);
    expect(words).toEqual([]);
    expect(state.standing).toEqual(before.standing);
  }
  const { state } = play(failSecure, [
    [0, lockDown(60_000)],
    [1_000, timetable("holdOpen")],
  ]);
  expect(doorMode(wait(failSecure, state, 60_000).state)).toBe("locked");
});

test("a timetable that is told again as it is changes nothing, and one that changes from lockdown to holding open opens", () => {
  const { state } = play(failSecure, [[0, timetable("lockDown")]]);
  expect(
    play(
      failSecure,
      [
        [1_000, timetable("lockDown")],
        [1_000, tick],
      ],
      state,
    ).words,
  ).toEqual([]);
  expect(doorMode(play(failSecure, [[2_000, timetable("holdOpen")]], state).state)).toBe("unlocked");
});

test("a lockdown that was ended by hand begins again the next time, however little the clock is believed", () => {
  const unsure = { ...timetable("none"), unsure: true } as DoorInput;
  const { state } = play(failSecure, [
    [0, timetable("lockDown")],
    [1_000, request("lockDownRelease")],
    [2_000, unsure],
    [3_000, timetable("lockDown")],
  ]);
  expect(doorMode(state)).toBe("lockedDown");
  const held = [
    [0, timetable("holdOpen")],
    [1_000, request("lock")],
    [2_000, unsure],
  ] as const;
  expect(doorMode(play(failSecure, [...held, [3_000, timetable("holdOpen")]]).state)).toBe("locked");
  const known = play(failSecure, [...held, [3_000, timetable("none")], [4_000, timetable("holdOpen")]]).state;
  expect(doorMode(known)).toBe("unlocked");
});
