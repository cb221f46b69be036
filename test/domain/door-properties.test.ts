import { expect, test } from "vitest";
import type { DoorInput } from "../../src/domain/door-input.ts";
import { doorDeadline, stepDoor } from "../../src/domain/door-machine.ts";
import type { DoorEffect, DoorState } from "../../src/domain/door-state.ts";
import { isUnlocked } from "../../src/domain/door-state.ts";
import { askBehind } from "../../src/domain/events.ts";
import type { InputId, RelayId } from "../../src/domain/ids.ts";
import type { RelayInput } from "../../src/domain/relay-machine.ts";
import { relayDeadline, releasedRelay, stepRelay } from "../../src/domain/relay-machine.ts";
import type { AuxRelaySpec, DoorSpec } from "../../src/domain/site.ts";
import { monoMs } from "../../src/domain/time.ts";
import type { Random } from "../sim/random.ts";
import { seededRandom } from "../sim/random.ts";
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
  lockDown,
  loseContact,
  open,
  operator,
  request,
  tampered,
  tick,
  timetable,
} from "./door-fixture.ts";

const exits = ["exit", "second"] as InputId[];
const seeds = Array.from({ length: 400 }, (_, index) => `door-${index}`);

function anyDoor(random: Random): DoorSpec {
  return {
    ...failSafe,
    lock: random.pick(["failSecure", "failSafe"]),
    mode: random.pick(["monostable", "bistable"]),
    contact: random.chance(0.8) ? failSafe.contact : null,
    exitButtons: exits,
    alarms: {
      forced: random.chance(0.8),
      resetMs: random.pick([0, 30_000]),
      administratorTwiceMs: random.pick([0, 10_000]),
    },
    timing: {
      ...failSafe.timing,
      triggerDelayMs: random.pick([0, 0, 3_000]),
      preAlarmMs: random.pick([0, 10_000]),
      relockOnClose: random.chance(0.5),
    },
  };
}

function anyInput(random: Random, spec: DoorSpec): DoorInput {
  const orders = ["lock", "unlock", "block", "doubleLock", "lockOpen", "lockOpenRelease", "lockDownRelease"] as const;
  const roll = random.next();
  if (roll < 0.2) {
    const rights = {
      extended: random.chance(0.2),
      mayHoldOpen: random.chance(0.2),
      administrator: random.chance(0.3) ? "ada" : null,
      lockdownExempt: random.chance(0.3),
    };
    return granted(rights);
  }
  if (roll < 0.35) return { kind: "exit", input: random.pick(exits), pressed: random.chance(0.6) };
  if (roll < 0.38) return { kind: "exitLost", input: random.pick(exits) };
  if (roll < 0.55) return spec.contact === null ? tick : random.pick([open, close, open, close, loseContact]);
  if (roll < 0.7) return request(random.pick(orders));
  if (roll < 0.75) return lockDown(random.pick([null, 5_000, 60_000]));
  if (roll < 0.85) return timetable(random.pick(["none", "holdOpen", "awaitFirst", "lockDown"]), random.chance(0.5));
  if (roll < 0.89) return random.pick([fire, fireCleared]);
  if (roll < 0.93) return tampered(random.chance(0.5));
  return random.pick([access, clearForced, clearTamper]);
}

/** What the shell and the wires know: the relay, as the effects move it, and what became of each grant. */
class Walked {
  state: DoorState;
  /** As it was before the last input. */
  before: DoorState;
  unlocked = false;
  now = 0;
  readonly spec: DoorSpec;
  readonly fates = new Map<string, string[]>();
  /** What says that a grant was let through, or that it never will be. */
  readonly settled = new Map<string, string[]>();

  constructor(spec: DoorSpec) {
    this.spec = spec;
    this.state = spec.contact === null ? { ...closedDoor, contact: "unknown" } : closedDoor;
    this.before = this.state;
  }

  give(input: DoorInput): readonly DoorEffect[] {
    this.before = this.state;
    const { state, effects } = stepDoor(this.spec, this.state, input, monoMs(this.now));
    this.state = state;
    if (input.kind === "grant") {
      this.fates.set(input.ask, []);
      this.settled.set(input.ask, []);
    }
    for (const effect of effects) {
      if (effect.kind === "unlock") this.unlocked = true;
      if (effect.kind === "lock") this.unlocked = false;
      if (effect.kind === "abort") {
        this.fates.get(effect.ask)?.push("aborted");
        this.settled.get(effect.ask)?.push("aborted");
      }
      if (effect.kind !== "record") continue;
      const { event } = effect;
      if (event.type === "access.admitted") this.settled.get(event.ask)?.push("admitted");
      // A lock that moves for somebody changes the door's mode as well, in the same step.
      const mover = askBehind(event);
      if (mover !== null && this.settled.get(mover)?.at(-1) !== "moved") this.settled.get(mover)?.push("moved");
      if (event.type === "access.taken" || event.type === "access.notTaken")
        this.fates.get(event.ask)?.push(event.type);
    }
    return effects;
  }

  waitUntil(until: number): void {
    for (let due = doorDeadline(this.spec, this.state); due !== null && due <= until; ) {
      this.now = Math.max(this.now, due);
      this.give(tick);
      due = doorDeadline(this.spec, this.state);
      if (due !== null && due <= this.now) throw new Error(`a timer would spin at ${due}`);
    }
    this.now = until;
  }
}

function walk(seed: string, each: (door: Walked, input: DoorInput, effects: readonly DoorEffect[]) => void): Walked {
  const random = seededRandom(seed);
  const door = new Walked(anyDoor(random));
  for (let step = 0; step < 120; step += 1) {
    door.waitUntil(door.now + (random.chance(0.3) ? 0 : random.magnitude(1, 40_000)));
    const input = anyInput(random, door.spec);
    each(door, input, door.give(input));
  }
  return door;
}

test("the relay is always as the state says, and an exit button that is pressed always leaves it unlocked", () => {
  for (const seed of seeds) {
    walk(seed, (door, input) => {
      if (door.unlocked !== isUnlocked(door.state)) throw new Error(`${seed}: the relay and the state differ`);
      const stuck = door.state.exits.some((exit) => exit.stuck && "input" in input && exit.input === input.input);
      if (input.kind !== "exit" || !input.pressed || stuck) return;
      if (!door.unlocked) throw new Error(`${seed}: ${input.input} was pressed and the door stayed locked`);
    });
  }
});

test("whatever has happened, once nobody holds a button and time goes by, only a mode that was ordered keeps the door unlocked", () => {
  const ends = new Set<string>();
  for (const seed of seeds) {
    const door = walk(seed, () => {});
    for (const input of exits) door.give({ kind: "exit", input, pressed: false });
    door.waitUntil(door.now + 3_600_000);
    const { standing, passage, delayed, fire: burning } = door.state;
    expect([seed, passage, delayed]).toEqual([seed, null, null]);
    expect(doorDeadline(door.spec, door.state)).toBeNull();
    const mayStayOpen = standing.name === "unlocked" || standing.name === "lockedOpen" || burning;
    expect([seed, door.unlocked]).toEqual([seed, mayStayOpen]);
    if (standing.name === "lockedDown") expect(standing.until).toBeNull();
    ends.add(standing.name);
  }
  expect([...ends].sort()).toEqual(["blocked", "doubleLocked", "locked", "lockedDown", "lockedOpen", "unlocked"]);
});

test("a door that was only ever passed through ends locked, energized or released as its lock needs", () => {
  for (const seed of seeds) {
    const random = seededRandom(seed);
    const door = new Walked({ ...anyDoor(random), mode: "monostable" });
    const passages = () => random.pick([granted(), access, lockDown(random.between(1, 60_000)), open, close]);
    for (let step = 0; step < 40; step += 1) {
      door.waitUntil(door.now + random.magnitude(1, 40_000));
      door.give(
        random.chance(0.3) ? { kind: "exit", input: random.pick(exits), pressed: random.chance(0.5) } : passages(),
      );
    }
    for (const input of exits) door.give({ kind: "exit", input, pressed: false });
    door.waitUntil(door.now + 3_600_000);
    expect([seed, door.state.standing.name, door.unlocked]).toEqual([seed, "locked", false]);
  }
});

test("of each grant at most one thing becomes: it was taken, it was not, or it was given back", () => {
  const seen = new Set<string>();
  for (const seed of seeds) {
    const door = walk(seed, () => {});
    door.waitUntil(door.now + 3_600_000);
    for (const [ask, fates] of door.fates) {
      if (fates.length > 1) throw new Error(`${seed}: ${ask} was ${fates.join(" and ")}`);
      for (const fate of fates) seen.add(fate);
    }
  }
  expect([...seen].sort()).toEqual(["aborted", "access.notTaken", "access.taken"]);
});

test("each grant is settled exactly once: something moved for it, it was admitted, or it was given back", () => {
  const seen = new Set<string>();
  for (const seed of seeds) {
    const door = walk(seed, () => {});
    door.waitUntil(door.now + 3_600_000);
    for (const [ask, ends] of door.settled) {
      if (ends.length !== 1) throw new Error(`${seed}: ${ask} was settled by ${ends.join(" and ")}.`);
      for (const end of ends) seen.add(end);
    }
  }
  expect([...seen].sort()).toEqual(["aborted", "admitted", "moved"]);
});

test("in a block nobody is let in, and in a lockdown nobody who is not exempt, whatever else is going on", () => {
  for (const seed of seeds) {
    walk(seed, ({ before: { standing } }, input, effects) => {
      if (input.kind !== "grant") return;
      const barred = standing.name === "blocked" || (standing.name === "lockedDown" && !input.rights.lockdownExempt);
      if (barred && !effects.every(({ kind }) => kind === "abort")) throw new Error(`${seed}: ${input.ask} was let in`);
    });
  }
});

test("a further relay that falls back by itself always does, whatever has driven it, and a bistable one waits for nothing", () => {
  for (const seed of seeds) {
    const random = seededRandom(seed);
    const spec: AuxRelaySpec = {
      relay: "gate" as RelayId,
      mode: random.pick(["monostable", "bistable"]),
      delayMs: random.pick([0, 2_000]),
      holdMs: random.between(100, 10_000),
      methods: ["card", "exit", "operator"],
    };
    let [state, now, energized] = [releasedRelay, 0, false];
    const give = (input: RelayInput): void => {
      const step = stepRelay(spec, state, input, monoMs(now));
      state = step.state;
      if (step.drive !== null) energized = step.drive.energized;
      if (energized !== state.energized) throw new Error(`${seed}: the relay and the state differ`);
    };
    const wait = (until: number): void => {
      for (let due = relayDeadline(state); due !== null && due <= until; due = relayDeadline(state)) {
        now = Math.max(now, due);
        give({ kind: "tick" });
      }
      now = until;
    };
    for (let step = 0; step < 100; step += 1) {
      wait(now + random.magnitude(1, 20_000));
      const method = random.pick(["card", "pin", "exit", "operator"] as const);
      give(random.chance(0.8) ? { kind: "drive", method, cause: operator } : { kind: "shut", cause: operator });
      if (method === "exit" && step % 7 === 0) {
        give({ kind: "drive", method, cause: operator });
        expect(energized).toBe(true);
      }
    }
    wait(now + 60_000);
    expect(relayDeadline(state)).toBeNull();
    if (spec.mode === "monostable") expect([seed, energized]).toEqual([seed, false]);
  }
});
