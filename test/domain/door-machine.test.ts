import { expect, test } from "vitest";
import { noRights } from "../../src/domain/ask.ts";
import type { DoorInput } from "../../src/domain/door-input.ts";
import { doorDeadline, doorStatus, stepDoor } from "../../src/domain/door-machine.ts";
import type { DoorEffect, DoorState } from "../../src/domain/door-state.ts";
import { doorMode, lockedDoor } from "../../src/domain/door-state.ts";
import type { AskId, DoorId, InputId, RelayId } from "../../src/domain/ids.ts";
import type { DoorSpec } from "../../src/domain/site.ts";
import { monoMs } from "../../src/domain/time.ts";
import { frontDoor } from "../site-fixture.ts";

const failSecure: DoorSpec = {
  ...frontDoor,
  id: "front" as DoorId,
  name: "Front door",
  lock: "failSecure",
  relay: "strike" as RelayId,
  contact: "contact" as InputId,
  exitButtons: ["exit" as InputId],
  methods: ["pin", "card", "qr"],
};
const failSafe: DoorSpec = { ...failSecure, lock: "failSafe" };
const exit = "exit" as InputId;
const grant: DoorInput = { kind: "grant", ask: "run.1" as AskId, rights: noRights };
const press: DoorInput = { kind: "exit", input: exit, pressed: true };
const letGo: DoorInput = { kind: "exit", input: exit, pressed: false };
const open: DoorInput = { kind: "contact", level: "open" };
const close: DoorInput = { kind: "contact", level: "closed" };
const loseContact: DoorInput = { kind: "contact", level: "unknown" };
const fire: DoorInput = { kind: "fire" };
const fireCleared: DoorInput = { kind: "fireCleared", who: "operator" };
const clearForced: DoorInput = { kind: "clearForced", who: "operator" };
const tick: DoorInput = { kind: "tick" };

/** Plays inputs at times and returns the last state with every effect, as short words. */
function play(spec: DoorSpec, script: readonly (readonly [number, DoorInput])[], from: DoorState = closed) {
  let state = from;
  const words: string[] = [];
  for (const [at, input] of script) {
    const step = stepDoor(spec, state, input, monoMs(at));
    state = step.state;
    words.push(...step.effects.map(word));
  }
  return { state, words };
}

function word(effect: DoorEffect): string {
  if (effect.kind === "record") return effect.event.type;
  return "cause" in effect ? `${effect.kind}:${effect.cause.by}` : effect.kind;
}

const closed: DoorState = { ...lockedDoor, contact: "closed" };

test("a grant unlocks at once and the door locks again when its time is over", () => {
  const { words, state } = play(failSecure, [
    [0, grant],
    [4_999, tick],
    [5_000, tick],
  ]);
  expect(words).toEqual(["unlock:ask", "door.unlocked", "lock:time", "door.locked"]);
  expect(doorStatus(failSecure, state).locked).toBe(true);
});

test("a second grant extends the passage and never shortens it", () => {
  const { words } = play(failSecure, [
    [0, grant],
    [3_000, grant],
    [5_000, tick],
    [8_000, tick],
  ]);
  expect(words).toEqual(["unlock:ask", "door.unlocked", "access.admitted", "lock:time", "door.locked"]);
});

test("the door locks early once it falls shut after having been opened, and not before", () => {
  const { words } = play(failSecure, [
    [0, grant],
    [1_000, open],
    [2_000, close],
    [5_000, tick],
  ]);
  expect(words).toEqual([
    "unlock:ask",
    "door.unlocked",
    "door.opened",
    "access.taken",
    "lock:contact",
    "door.locked",
    "door.closed",
  ]);
  const stays = play({ ...failSecure, timing: { ...failSecure.timing, relockOnClose: false } }, [
    [0, grant],
    [1_000, open],
    [2_000, close],
  ]);
  expect(doorMode(stays.state)).toBe("accessed");
});

test("a door that was already open when it was unlocked also locks when it falls shut", () => {
  const { state } = play(
    failSecure,
    [
      [0, grant],
      [500, close],
    ],
    { ...closed, contact: "open", openSince: monoMs(0) },
  );
  expect(doorMode(state)).toBe("locked");
});

test("opening a locked door is a forced entry; opening within the grace after relocking is not", () => {
  expect(play(failSecure, [[0, open]]).words).toEqual(["door.opened", "door.forced"]);
  const late = play(failSecure, [
    [0, grant],
    [5_000, tick],
    [7_000, open],
  ]);
  expect(late.words.slice(-2)).toEqual(["door.opened", "access.taken"]);
  const tooLate = play(failSecure, [
    [0, grant],
    [5_000, tick],
    [7_001, open],
  ]);
  expect(tooLate.words.at(-1)).toBe("door.forced");
});

test("a forced alarm stays through closing, reopening and a grant, and is recorded once until it is cleared", () => {
  const { words, state } = play(failSecure, [
    [0, open],
    [1_000, close],
    [10_000, open],
    [11_000, close],
    [20_000, grant],
    [25_000, tick],
  ]);
  expect(words.filter((one) => one === "door.forced")).toHaveLength(1);
  expect(state.forcedSince).not.toBeNull();
  const cleared = stepDoor(failSecure, state, clearForced, monoMs(26_000));
  expect(cleared.state.forcedSince).toBeNull();
  expect(cleared.effects.map(word)).toEqual(["door.forcedCleared"]);
});

test("a door found open at the start is not a forced entry, and neither is a contact that comes back open", () => {
  expect(play(failSecure, [[0, open]], lockedDoor).words).toEqual(["door.opened"]);
  expect(
    play(failSecure, [
      [0, loseContact],
      [9_000, open],
    ]).words,
  ).toEqual(["door.opened"]);
});

test("a door left open alarms after its time, whether it was unlocked by then or not, and the alarm ends with closing", () => {
  const { words, state } = play(failSecure, [
    [0, grant],
    [1_000, open],
    [5_000, tick],
    [60_999, tick],
    [61_000, tick],
    [61_500, tick],
    [70_000, close],
  ]);
  expect(words.filter((one) => one.startsWith("door.heldOpen"))).toEqual(["door.heldOpen", "door.heldOpenCleared"]);
  expect(state.heldOpen).toBe(false);
});

test("the exit button unlocks in every state that can be unlocked, and re-pressing extends", () => {
  const { words } = play(failSecure, [
    [0, press],
    [200, letGo],
    [4_000, press],
    [4_200, letGo],
    [5_000, tick],
    [9_000, tick],
  ]);
  expect(words).toEqual(["unlock:exit", "door.unlocked", "exit.pressed", "exit.pressed", "lock:time", "door.locked"]);
});

test("a held exit button keeps the door unlocked, up to thirty seconds, then alarms and lets it lock", () => {
  const { words, state } = play(failSecure, [
    [0, press],
    [5_000, tick],
    [29_999, tick],
    [30_000, tick],
  ]);
  expect(words).toEqual(["unlock:exit", "door.unlocked", "exit.pressed", "exit.stuck", "lock:time", "door.locked"]);
  expect(doorStatus(failSecure, state).stuckExits).toEqual([exit]);
  const freed = stepDoor(failSecure, state, letGo, monoMs(40_000));
  expect(freed.effects.map(word)).toEqual(["exit.freed"]);
  const again = stepDoor(failSecure, freed.state, press, monoMs(41_000));
  expect(again.effects.map(word)).toContain("unlock:exit");
});

test("a stuck exit button does not take another button's or a credential's way out", () => {
  const stuck = play(failSecure, [
    [0, press],
    [30_000, tick],
  ]).state;
  const other: DoorInput = { kind: "exit", input: "second" as InputId, pressed: true };
  expect(stepDoor(failSecure, stuck, other, monoMs(31_000)).effects.map(word)).toContain("unlock:exit");
  expect(stepDoor(failSecure, stuck, grant, monoMs(31_000)).effects.map(word)).toContain("unlock:ask");
});

test("falling shut does not lock while somebody holds the exit button", () => {
  const { state } = play(failSecure, [
    [0, press],
    [1_000, open],
    [2_000, close],
  ]);
  expect(doorMode(state)).toBe("accessed");
});

test("fire releases a fail-safe door until it is cleared, and no passage, time or closing locks it meanwhile", () => {
  const { words, state } = play(failSafe, [
    [0, grant],
    [1_000, fire],
    [2_000, open],
    [3_000, close],
    [90_000, tick],
    [91_000, grant],
    [92_000, press],
    [93_000, letGo],
    [99_000, tick],
  ]);
  expect(words).toEqual([
    "unlock:ask",
    "door.unlocked",
    "unlock:fire",
    "door.unlocked",
    "door.opened",
    "door.closed",
    "access.admitted",
    "exit.pressed",
  ]);
  expect(doorStatus(failSafe, state)).toMatchObject({ mode: "lockedOpen", locked: false, fire: true });
  expect(stepDoor(failSafe, state, fireCleared, monoMs(100_000)).effects.map(word)).toEqual([
    "lock:operator",
    "door.locked",
  ]);
});

test("fire leaves a fail-secure door to its exit button", () => {
  expect(play(failSecure, [[0, fire]]).words).toEqual([]);
});

const situations: Record<string, DoorState> = {
  locked: closed,
  open: { ...closed, contact: "open", openSince: monoMs(0) },
  forced: { ...closed, contact: "open", openSince: monoMs(0), forcedSince: monoMs(0) },
  accessed: play(failSafe, [[0, grant]]).state,
  fire: play(failSafe, [[0, fire]]).state,
};

test("the deadline is never in the past once the tick for it has run, so that no timer spins", () => {
  for (const state of Object.values(situations)) {
    let current = state;
    for (let now = 0; now < 200_000; ) {
      const due = doorDeadline(failSafe, current);
      if (due === null) break;
      expect(due).toBeGreaterThanOrEqual(now === 0 ? 0 : now);
      now = Math.max(now, due);
      current = stepDoor(failSafe, current, tick, monoMs(now)).state;
      expect(doorDeadline(failSafe, current) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now);
    }
  }
});

test("whoever holds the exit button while a fire release ends, or has just pressed it, still gets out, and the door locks behind them", () => {
  const held = play(failSafe, [
    [0, fire],
    [1_000, press],
    [9_000, fireCleared],
  ]);
  expect(held.words).not.toContain("lock:operator");
  expect(doorMode(held.state)).toBe("accessed");
  expect(stepDoor(failSafe, held.state, letGo, monoMs(9_500)).effects.map(word)).toContain("lock:time");
  const pressed = play(failSafe, [
    [0, fire],
    [1_000, press],
    [1_200, letGo],
    [2_000, fireCleared],
    [5_999, tick],
    [6_000, tick],
  ]);
  expect(pressed.words.slice(-2)).toEqual(["lock:time", "door.locked"]);
});

test("a stuck exit button stays stuck over a broken wire until it has been seen let go", () => {
  const stuck = play(failSecure, [
    [0, press],
    [30_000, tick],
    [31_000, { kind: "exitLost", input: exit }],
    [32_000, press],
  ]);
  expect(stuck.words.filter((one) => one === "unlock:exit")).toHaveLength(1);
  const again = play(
    failSecure,
    [
      [33_000, letGo],
      [34_000, press],
    ],
    stuck.state,
  );
  expect(again.words).toContain("unlock:exit");
});
