// What waits to be sent is bounded, and only alarms are sent again.
import { expect, test } from "vitest";
import type { SendOutcome } from "../../src/office/actions/action-queue.ts";
import { ActionQueue } from "../../src/office/actions/action-queue.ts";

function openQueue() {
  const reports: string[] = [];
  const timers: { readonly ms: number; readonly run: () => void }[] = [];
  const queue = new ActionQueue({
    report: (action, outcome) => reports.push(`${action} ${outcome.ok ? "done" : outcome.why}`),
    later: (ms, run) => {
      timers.push({ ms, run });
      return () => {};
    },
  });
  return { queue, reports, timers };
}

const failing: SendOutcome = { ok: false, why: "unreachable" };

test("an alarm is tried ten times, each after twice as long, and anything else once", async () => {
  const { queue, timers } = openQueue();
  let tries = 0;
  const ended = Promise.withResolvers<void>();
  const send = async (): Promise<SendOutcome> => {
    tries += 1;
    // The retry is armed once this turn is over.
    setImmediate(() => timers.at(-1)?.run());
    return failing;
  };
  queue.add({ action: "guard", isAlarm: true, send, ended: ended.resolve });
  await ended.promise;
  expect(tries).toBe(10);
  expect(timers.map(({ ms }) => ms)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  const once = Promise.withResolvers<void>();
  queue.add({ action: "gate", isAlarm: false, send: async () => failing, ended: once.resolve });
  await once.promise;
  expect(timers).toHaveLength(9);
});

test("four are under way at once, sixty-four wait at most, and the rest is refused and told", async () => {
  const { queue, reports } = openQueue();
  const waiting: ((outcome: SendOutcome) => void)[] = [];
  let ended = 0;
  for (let n = 0; n < 70; n += 1) {
    queue.add({
      action: `a${n}`,
      isAlarm: false,
      send: () => new Promise((done) => waiting.push(done)),
      ended: () => {
        ended += 1;
      },
    });
  }
  expect(waiting).toHaveLength(4);
  expect(reports).toEqual(Array.from({ length: 6 }, (_, n) => `a${64 + n} queueFull`));
  expect(ended).toBe(6);
});
