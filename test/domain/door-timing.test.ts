import { expect, test } from "vitest";
import { doorStatus } from "../../src/domain/door-machine.ts";
import { doorMode } from "../../src/domain/door-state.ts";
import type { AskId } from "../../src/domain/ids.ts";
import {
  access,
  clearForced,
  close,
  closedDoor,
  failSecure,
  granted,
  letGo,
  lockDown,
  loseContact,
  open,
  operator,
  play,
  press,
  request,
  tampered,
  tick,
  timed,
  wait,
} from "./door-fixture.ts";

test("a lock with a trigger delay moves that long after the grant, and at once for an exit button", () => {
  const slow = timed(failSecure, { triggerDelayMs: 3_000 });
  const { state, words } = play(slow, [[0, granted()]]);
  expect(words).toEqual([]);
  expect(wait(slow, state, 2_999).words).toEqual([]);
  expect(wait(slow, state, 3_000).words).toEqual(["unlock:ask", "door.unlocked"]);
  expect(wait(slow, state, 8_000).words.slice(2)).toEqual(["lock:time", "door.locked"]);
  expect(play(slow, [[100, press]], state).words).toEqual(["unlock:exit", "door.unlocked", "exit.pressed"]);
});

test("whoever is granted while the delay runs goes with the first, and an opening meanwhile is nobody's break-in", () => {
  const slow = timed(failSecure, { triggerDelayMs: 3_000 });
  const { state } = play(slow, [
    [0, granted({}, "run.a")],
    [1_000, granted({ extended: true }, "run.b")],
  ]);
  const passing = wait(slow, state, 3_000).state;
  expect(passing.passage).toMatchObject({ relockAt: 18_000, asks: ["run.a", "run.b"] });
  expect(play(slow, [[2_000, open]], state).words).toEqual(["door.opened"]);
});

test("a lockdown, a block or a lock while the delay runs gives the use back of everybody who waits", () => {
  const slow = timed(failSecure, { triggerDelayMs: 3_000 });
  for (const order of [lockDown(), request("block"), request("lock")]) {
    const { state, effects } = play(slow, [
      [0, granted({}, "run.a")],
      [100, granted({}, "run.b")],
      [200, order],
    ]);
    const aborted = effects.flatMap((effect) => (effect.kind === "abort" ? [`${effect.ask} ${effect.why}`] : []));
    expect(aborted).toEqual(["run.a blocked", "run.b blocked"]);
    expect(wait(slow, state, 60_000).words).toEqual([]);
  }
});

test("who needs longer has the extended times, to pass and to keep the door open", () => {
  const spec = timed(failSecure, { relockOnClose: false });
  const { state } = play(spec, [
    [0, granted({ extended: true })],
    [1_000, open],
  ]);
  expect(wait(spec, state, 14_999).words).toEqual([]);
  expect(wait(spec, state, 15_000).words).toEqual(["lock:time", "door.locked"]);
  expect(wait(spec, state, 180_999).words).not.toContain("door.heldOpen");
  expect(wait(spec, state, 181_000).words).toContain("door.heldOpen");
  const next = play(
    spec,
    [
      [200_000, close],
      [201_000, granted()],
      [202_000, open],
    ],
    wait(spec, state, 200_000).state,
  );
  expect(wait(spec, next.state, 262_000).words).toContain("door.heldOpen");
});

test("a pre-alarm warns once before the held-open alarm, is over when the door is shut, and the alarm comes all the same", () => {
  const spec = timed(failSecure, { preAlarmMs: 10_000 });
  const { state } = play(spec, [
    [0, granted()],
    [1_000, open],
  ]);
  const soon = wait(spec, state, 51_000);
  expect(soon.words.slice(-2)).toEqual(["warn", "door.heldOpenSoon"]);
  expect(doorStatus(spec, soon.state)).toMatchObject({ heldOpenSoon: true, heldOpen: false });
  expect(doorStatus(spec, play(spec, [[52_000, close]], soon.state).state).heldOpenSoon).toBe(false);
  const late = wait(spec, soon.state, 100_000);
  expect(late.words).toEqual(["door.heldOpen"]);
  expect(doorStatus(spec, late.state)).toMatchObject({ heldOpenSoon: false, heldOpen: true });
});

test("no alarm about a door's times comes while it is unlocked on purpose, and they start when it is locked again", () => {
  const spec = timed(failSecure, { preAlarmMs: 10_000 });
  const { state } = play(spec, [
    [0, request("unlock")],
    [1_000, open],
  ]);
  expect(wait(spec, state, 900_000).words).toEqual([]);
  const locked = play(spec, [[900_000, request("lock")]], state).state;
  expect(wait(spec, locked, 950_000).words).toEqual(["warn", "door.heldOpenSoon"]);
  expect(wait(spec, locked, 960_000).words).toContain("door.heldOpen");
});

test("a bistable door switches with each grant and stays so; exit button and operator open it for one passage only", () => {
  const spec = { ...failSecure, mode: "bistable" } as const;
  const first = play(spec, [[0, granted()]]);
  expect(first.words).toEqual(["unlock:ask", "door.unlocked", "door.modeChanged"]);
  expect(wait(spec, first.state, 3_600_000).words).toEqual([]);
  const second = play(spec, [[10_000, granted()]], first.state);
  expect(second.words).toEqual(["lock:ask", "door.locked", "door.modeChanged", "shut:ask"]);
  for (const input of [press, access]) {
    const passing = play(
      spec,
      [
        [20_000, input],
        [20_100, letGo],
      ],
      second.state,
    );
    expect(doorMode(passing.state)).toBe("accessed");
    expect(wait(spec, passing.state, 60_000).words).toEqual(["lock:time", "door.locked"]);
  }
  expect(play(spec, [[20_000, access]], first.state).words).toEqual([]);
});

test("a bistable door that somebody switches to locked still lets out who has just pressed the exit button", () => {
  const spec = { ...failSecure, mode: "bistable" } as const;
  const { state, words } = play(spec, [
    [0, granted()],
    [9_000, press],
    [9_100, letGo],
    [10_000, granted()],
  ]);
  expect(words).not.toContain("lock:ask");
  expect(wait(spec, state, 14_000).words).toEqual(["lock:time", "door.locked"]);
});

test("in a lockdown a bistable door lets an exempt person in for one passage and is locked down afterwards", () => {
  const spec = { ...failSecure, mode: "bistable" } as const;
  const { state } = play(spec, [
    [0, lockDown()],
    [1_000, granted({ lockdownExempt: true })],
  ]);
  expect(doorMode(state)).toBe("accessed");
  expect(doorMode(wait(spec, state, 60_000).state)).toBe("lockedDown");
});

test("a lockdown with a time ends locked when it is over, and one ordered again counts from the newer order", () => {
  const { state } = play(failSecure, [
    [0, request("unlock")],
    [1_000, lockDown(60_000)],
    [31_000, lockDown(60_000)],
  ]);
  expect(wait(failSecure, state, 90_999).words).toEqual([]);
  const after = wait(failSecure, state, 91_000);
  expect(after.words).toEqual(["door.modeChanged"]);
  expect(doorMode(after.state)).toBe("locked");
});

test("the record says how long a lockdown lasts, so that a restart can put the rest of it in force", () => {
  const { effects } = play(failSecure, [
    [0, lockDown(60_000)],
    [10_000, lockDown()],
  ]);
  const left = effects.flatMap((effect) =>
    effect.kind === "record" && effect.event.type === "door.modeChanged" ? [effect.event.leftMs] : [],
  );
  expect(left).toEqual([60_000, null]);
});

const told = (effects: ReturnType<typeof play>["effects"]): string[] =>
  effects.flatMap((effect) =>
    effect.kind === "record" && "ask" in effect.event ? [`${effect.event.type} ${effect.event.ask}`] : [],
  );

test("who was let in has taken the passage when the door opens, be it in the grace, and has not when the grace is over", () => {
  const asks = ["run.a", "run.b"] as AskId[];
  const { state } = play(failSecure, [
    [0, granted({}, asks[0])],
    [1_000, granted({}, asks[1])],
  ]);
  expect(told(play(failSecure, [[2_000, open]], state).effects)).toEqual(["access.taken run.a", "access.taken run.b"]);
  const locked = wait(failSecure, state, 6_000);
  expect(told(locked.effects)).toEqual([]);
  expect(told(play(failSecure, [[8_000, open]], locked.state).effects)).toEqual([
    "access.taken run.a",
    "access.taken run.b",
  ]);
  expect(told(wait(failSecure, locked.state, 9_000).effects)).toEqual([
    "access.notTaken run.a",
    "access.notTaken run.b",
  ]);
});

test("whose passage ended unopened has not taken it when the next one begins", () => {
  const locked = wait(failSecure, play(failSecure, [[0, granted({}, "run.a")]]).state, 5_000).state;
  const next = play(
    failSecure,
    [
      [5_500, granted({}, "run.b")],
      [6_000, open],
    ],
    locked,
  );
  expect(told(next.effects)).toEqual(["access.notTaken run.a", "access.taken run.b"]);
});

test("a door that cannot be seen, or that stands open, says nothing of the kind or says it at once", () => {
  const blind = { ...failSecure, contact: null };
  const unseen = play(blind, [[0, granted()]], { ...closedDoor, contact: "unknown" });
  expect(told([...unseen.effects, ...wait(blind, unseen.state, 60_000).effects])).toEqual([]);
  const lost = play(failSecure, [
    [0, granted()],
    [100, loseContact],
  ]);
  expect(told([...lost.effects, ...wait(failSecure, lost.state, 60_000).effects])).toEqual([]);
  const standing = play(failSecure, [[0, granted({}, "run.a")]], { ...closedDoor, contact: "open" });
  expect(told(standing.effects)).toEqual(["access.taken run.a"]);
});

test("without the forced option an opening that nobody was let in for alarms nobody", () => {
  const quiet = { ...failSecure, alarms: { ...failSecure.alarms, forced: false } };
  expect(play(quiet, [[0, open]]).words).toEqual(["door.opened"]);
});

test("a latched alarm is cleared by a command, by an administrator twice, by its time, and by switching its option off", () => {
  const spec = {
    ...failSecure,
    alarms: { forced: true, resetMs: 600_000, administratorTwiceMs: 10_000 },
  };
  const forced = play(spec, [
    [0, open],
    [1_000, close],
    [1_500, tampered(true)],
    [1_600, tampered(false)],
  ]).state;
  expect(doorStatus(spec, forced)).toMatchObject({ forced: true, tampered: true });
  expect(play(spec, [[2_000, clearForced]], forced).words).toEqual(["door.forcedCleared"]);

  const administrator = granted({ administrator: "ada" });
  const twice = (second: number, who = administrator) =>
    play(
      spec,
      [
        [2_000, administrator],
        [second, who],
      ],
      forced,
    ).words.filter((one) => one.endsWith("Cleared"));
  expect(twice(12_000)).toEqual(["door.forcedCleared", "door.tamperCleared"]);
  expect(twice(12_001)).toEqual([]);
  expect(twice(3_000, granted({ administrator: "bob" }))).toEqual([]);
  expect(twice(3_000, granted())).toEqual([]);

  expect(wait(spec, forced, 600_000).words).toEqual(["door.forcedCleared"]);
  expect(wait(spec, forced, 601_500).words).toEqual(["door.forcedCleared", "door.tamperCleared"]);

  const off = { ...spec, alarms: { ...spec.alarms, forced: false }, tampers: [] };
  const restored = play(off, [
    [0, { kind: "restoreForced" }],
    [0, { kind: "restoreTamper" }],
  ]);
  expect(restored.words).toEqual(["door.forcedCleared", "door.tamperCleared"]);
  expect(doorStatus(off, restored.state)).toMatchObject({ forced: false, tampered: false });
});

test("a tamper alarm does not end by itself, nor by an administrator, while its contact still reports", () => {
  const spec = { ...failSecure, alarms: { forced: true, resetMs: 60_000, administratorTwiceMs: 10_000 } };
  const { state } = play(spec, [
    [0, tampered(true)],
    [1_000, granted({ administrator: "ada" })],
    [2_000, granted({ administrator: "ada" })],
  ]);
  expect(wait(spec, state, 3_600_000).words).not.toContain("door.tamperCleared");
  expect(
    play(
      spec,
      [
        [100_000, tampered(false)],
        [100_000, tick],
      ],
      state,
    ).words,
  ).toContain("door.tamperCleared");
});

test("a lock ordered right after an exit button was pressed waits for its time, and a held one for the hand", () => {
  for (const order of [request("lock"), request("block"), lockDown(), request("doubleLock")]) {
    const { state, words } = play(failSecure, [
      [0, press],
      [200, letGo],
      [1_000, order],
    ]);
    expect(words.some((one) => one.startsWith("lock:"))).toBe(false);
    expect(wait(failSecure, state, 5_000).words).toContain("lock:time");
    const held = play(failSecure, [
      [0, press],
      [20_000, order],
    ]);
    expect(held.words.some((one) => one.startsWith("lock:"))).toBe(false);
    expect(play(failSecure, [[21_000, letGo]], held.state).words).toEqual(["lock:time", "door.locked"]);
  }
});

test("an operator's access names the operator as what moved the lock", () => {
  expect(play(failSecure, [[0, access]]).effects[0]).toEqual({ kind: "unlock", cause: operator });
});
