// A door for the machine's tests, what it can be told, and a way to play a story to it.
import { noRights } from "../../src/domain/ask.ts";
import type { DoorInput, ModeRequest } from "../../src/domain/door-input.ts";
import { doorDeadline, stepDoor } from "../../src/domain/door-machine.ts";
import type { DoorEffect, DoorState } from "../../src/domain/door-state.ts";
import { lockedDoor } from "../../src/domain/door-state.ts";
import type { Cause } from "../../src/domain/events.ts";
import type { AskId, InputId, ScheduleId } from "../../src/domain/ids.ts";
import type { DoorSpec } from "../../src/domain/site.ts";
import { monoMs } from "../../src/domain/time.ts";
import { frontDoor } from "../site-fixture.ts";

export const failSecure: DoorSpec = {
  ...frontDoor,
  contact: "contact" as InputId,
  exitButtons: ["exit" as InputId],
  tampers: ["tamper" as InputId],
};
export const failSafe: DoorSpec = { ...failSecure, lock: "failSafe" };
export const timed = (spec: DoorSpec, timing: Partial<DoorSpec["timing"]>): DoorSpec => ({
  ...spec,
  timing: { ...spec.timing, ...timing },
});

export const operator: Cause = { by: "operator", who: "operator" };
const schedule = "opening-hours" as ScheduleId;

let asks = 0;
export const granted = (rights: Partial<typeof noRights> = {}, ask = `run.${++asks}`): DoorInput => ({
  kind: "grant",
  ask: ask as AskId,
  rights: { ...noRights, ...rights },
});
export const request = (name: Exclude<ModeRequest["request"], "lockDown">): DoorInput => ({
  kind: "request",
  request: name,
  cause: operator,
});
export const lockDown = (forMs: number | null = null): DoorInput => ({
  kind: "request",
  request: "lockDown",
  forMs,
  cause: operator,
});
export const timetable = (state: "none" | "holdOpen" | "awaitFirst" | "lockDown", mayEnd = false): DoorInput => ({
  kind: "timetable",
  state,
  schedule: state === "none" ? null : schedule,
  mayEnd,
});
export const access: DoorInput = { kind: "access", cause: operator };
export const press: DoorInput = { kind: "exit", input: "exit" as InputId, pressed: true };
export const letGo: DoorInput = { kind: "exit", input: "exit" as InputId, pressed: false };
export const open: DoorInput = { kind: "contact", level: "open" };
export const close: DoorInput = { kind: "contact", level: "closed" };
export const loseContact: DoorInput = { kind: "contact", level: "unknown" };
export const tampered = (active: boolean): DoorInput => ({ kind: "tamper", input: "tamper" as InputId, active });
export const fire: DoorInput = { kind: "fire" };
export const fireCleared: DoorInput = { kind: "fireCleared", who: "operator" };
export const clearForced: DoorInput = { kind: "clearForced", who: "operator" };
export const clearTamper: DoorInput = { kind: "clearTamper", who: "operator" };
export const tick: DoorInput = { kind: "tick" };

export const closedDoor: DoorState = { ...lockedDoor, contact: "closed" };

/** Plays inputs at times and returns the last state with every effect, as short words. */
export function play(spec: DoorSpec, script: readonly (readonly [number, DoorInput])[], from: DoorState = closedDoor) {
  let state = from;
  const effects: DoorEffect[] = [];
  for (const [at, input] of script) {
    const step = stepDoor(spec, state, input, monoMs(at));
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects, words: effects.map(word) };
}

/** Ticks at every deadline, as the shell does, until then. */
export function wait(spec: DoorSpec, from: DoorState, untilMs: number) {
  let state = from;
  const effects: DoorEffect[] = [];
  for (let due = doorDeadline(spec, state); due !== null && due <= untilMs; due = doorDeadline(spec, state)) {
    const step = stepDoor(spec, state, tick, due);
    if (step.state === state) throw new Error(`nothing happened at the deadline ${due}`);
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects, words: effects.map(word) };
}

export function word(effect: DoorEffect): string {
  if (effect.kind === "record") return effect.event.type;
  return "cause" in effect ? `${effect.kind}:${effect.cause.by}` : effect.kind;
}
