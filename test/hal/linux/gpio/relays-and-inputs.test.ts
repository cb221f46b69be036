// Relays and inputs on the character device, over a kernel that understands its very bytes.
import { expect, test } from "vitest";
import { actives, machine, site } from "./machine-fixture.ts";

test("a relay is released from the instant in which its line becomes an output, and follows each order", async () => {
  const { kernel, open } = machine();
  const { part } = await open();
  expect(kernel.history.get(23)).toEqual([false]);
  part.drive("strike", true);
  part.drive("strike", false);
  expect(kernel.history.get(23)).toEqual([false, true, false]);
});

test("a relay that a low level energizes begins high", async () => {
  const { kernel, open } = machine();
  const { part } = await open({ ...site, relays: [{ id: "strike", pin: 23, activeLevel: "low" }] });
  part.drive("strike", true);
  expect(kernel.history.get(23)).toEqual([true, false]);
});

test("a relay whose line does not follow is said to have failed", async () => {
  const { kernel, open } = machine();
  const { part } = await open();
  kernel.shorted.set(23, false);
  const failure = { code: "relay.failed", message: expect.stringContaining("driven high and does not follow") };
  expect(() => part.drive("strike", true)).toThrow(expect.objectContaining(failure));
});

test("an input's level is told at the start, and each change with the kernel's time", async () => {
  const { clock, kernel, open } = machine();
  const { events } = await open();
  clock.advance(1_000);
  kernel.set(5, false);
  clock.advance(50);
  kernel.set(5, true);
  expect(events).toEqual([
    { kind: "input", input: "exit", active: false, at: 0 },
    { kind: "input", input: "exit", active: true, at: 1_000 },
    { kind: "input", input: "exit", active: false, at: 1_050 },
  ]);
});

test("a contact that bounces is told once, when it has settled", async () => {
  const { clock, kernel, open } = machine();
  const { events } = await open({ ...site, inputs: [{ id: "exit", pin: 5, debounceMs: 20 }] });
  for (let n = 0; n < 7; n += 1) {
    kernel.set(5, n % 2 === 1);
    clock.advance(3);
  }
  clock.advance(100);
  expect(actives(events)).toEqual([false, true]);
});

test("an input that is active when high, and pulled down, rests inactive", async () => {
  const { kernel, open } = machine();
  const { events } = await open({ ...site, inputs: [{ id: "exit", pin: 5, activeLevel: "high", pull: "down" }] });
  kernel.set(5, true);
  expect(actives(events)).toEqual([false, true]);
});

test("a contact that chattered more than the kernel keeps is told as it stands at last", async () => {
  const { kernel, open } = machine();
  const { events } = await open();
  kernel.pause();
  for (let n = 0; n < 201; n += 1) kernel.set(5, n % 2 === 1);
  kernel.resume();
  expect(actives(events).at(-1)).toBe(true);
});

test("a contact that chatters without end is left alone, and told anew after a while", async () => {
  const { clock, kernel, open, settle } = machine();
  const { events, stateOf } = await open();
  for (let n = 0; n < 1_001; n += 1) kernel.set(5, n % 2 === 1);
  expect(stateOf("exit")).toMatchObject({ state: "lost", why: expect.stringContaining("loose wire") });
  clock.advance(250);
  await settle();
  expect([stateOf("exit")?.state, actives(events).at(-1)]).toEqual(["ok", true]);
});

test("when the board stops, all lines but the relays' are given back, and those a while later", async () => {
  const { kernel, giveBack, open } = machine();
  const { part } = await open();
  part.drive("strike", true);
  part.stop();
  expect([kernel.openCount, kernel.history.get(23)]).toEqual([1, [false, true]]);
  giveBack();
  expect([kernel.openCount, kernel.history.get(23)]).toEqual([0, [false, true, null]]);
});

test("a change of the configuration leaves a relay that stays at its level, without an instant at another", async () => {
  const { kernel, giveBack, open } = machine();
  const { part } = await open();
  part.drive("strike", true);
  part.stop();
  const { part: next } = await open({ ...site, inputs: [] });
  giveBack();
  expect(kernel.history.get(23)).toEqual([false, true]);
  next.drive("strike", false);
  expect(kernel.history.get(23)).toEqual([false, true, false]);
});

test("a relay whose polarity was corrected is released in the new one", async () => {
  const { kernel, open } = machine();
  const { part } = await open();
  part.stop();
  await open({ ...site, relays: [{ id: "strike", pin: 23, activeLevel: "low" }] });
  expect(kernel.history.get(23)).toEqual([false, null, true]);
});

test("the line of a relay that a new configuration has no more is free for something else", async () => {
  const { kernel, open } = machine();
  const { part } = await open();
  part.stop();
  const { events } = await open({ ...site, relays: [{ id: "strike", pin: 24 }], inputs: [{ id: "exit", pin: 23 }] });
  expect([kernel.history.get(23), actives(events)]).toEqual([[false, null], [false]]);
});

test("a chip that is unplugged is told of, looked for, and takes up where its relays should be by then", async () => {
  const { clock, kernel, open, settle } = machine();
  const { part, events, stateOf } = await open();
  const states = () => ["strike", "exit", "reader"].map((device) => stateOf(device)?.state);
  part.drive("strike", true);
  kernel.unplug();
  const failure = expect.objectContaining({ code: "relay.failed" });
  expect(() => part.drive("strike", true)).toThrow(failure);
  expect(() => part.drive("strike", false)).toThrow(failure);
  expect(states()).toEqual(["lost", "lost", "lost"]);
  kernel.replug();
  clock.advance(250);
  await settle();
  expect([states(), kernel.level(23)]).toEqual([["ok", "ok", "ok"], false]);
  expect(events.filter(({ kind }) => kind === "lost" || kind === "found")).toHaveLength(6);
});
