// Which doors another one of their group keeps shut.
import { expect, test } from "vitest";
import { lockedDoor } from "../../src/domain/door-state.ts";
import type { AskId, DoorId, InputId } from "../../src/domain/ids.ts";
import { isInterlocked, isSecured } from "../../src/domain/interlock.ts";
import { monoMs } from "../../src/domain/time.ts";

const groups = [
  ["a", "b", "c"],
  ["c", "d"],
].map((group) => group.map((id) => id as DoorId));

test.each<[string, string, boolean]>([
  ["a", "", false],
  ["a", "b", true],
  ["a", "a", false],
  ["b", "a", true],
  ["d", "a", false],
  ["d", "c", true],
  ["c", "d", true],
  ["e", "abcd", false],
])("door %s with %j open: kept shut is %s", (door, open, expected) => {
  expect(isInterlocked(groups, door as DoorId, (other) => !open.includes(other))).toBe(expected);
});

const watched = { contact: "contact" as InputId };
const blind = { contact: null };

test("a door is secured when it is locked and closed, or locked where nothing could see it", () => {
  expect(isSecured(watched, { ...lockedDoor, contact: "closed" })).toBe(true);
  expect(isSecured(watched, { ...lockedDoor, contact: "open" })).toBe(false);
  expect(isSecured(watched, { ...lockedDoor, contact: "unknown" })).toBe(false);
  expect(isSecured(blind, { ...lockedDoor, contact: "unknown" })).toBe(true);
});

test("a door that is unlocked, or about to be, is not secured, in whatever way", () => {
  const closed = { ...lockedDoor, contact: "closed" } as const;
  const delayed = {
    at: monoMs(1),
    cause: { by: "ask", ask: "1" as AskId },
    extended: false,
    mayHoldOpen: false,
    asks: [],
  } as const;
  expect(isSecured(watched, { ...closed, fire: true })).toBe(false);
  expect(isSecured(watched, { ...closed, standing: { name: "unlocked" } })).toBe(false);
  expect(isSecured(watched, { ...closed, standing: { name: "blocked" } })).toBe(true);
  expect(isSecured(watched, { ...closed, delayed })).toBe(false);
});
