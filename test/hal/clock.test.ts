// What is expected of time that a person or a test can move.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import type { ClockChange } from "../../hal/clock.ts";
import { Fault } from "../../hal/fault.ts";
import { createLiveClock, createVirtualClock, type SimClock } from "../../hal/sim/clock.ts";

const noon = Date.UTC(2026, 0, 1, 12);
const virtual = () => createVirtualClock({ startWallMs: noon, trusted: true });

const changesOf = (clock: SimClock): ClockChange[] => {
  const changes: ClockChange[] = [];
  clock.onChange((change) => changes.push(change));
  return changes;
};

const source = new URL("../../hal/sim/clock.ts", import.meta.url).href;
const runNode = (script: string) =>
  promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { timeout: 20_000 });

afterEach(() => {
  vi.useRealTimers();
});

test("timers fire in order of due time, those due together in order of creation, each at its due time", () => {
  const clock = virtual();
  const fired: string[] = [];
  const arm = (ms: number, name: string) => clock.after(ms, name, () => fired.push(`${name}@${clock.mono()}`));
  arm(20, "c");
  arm(10, "a");
  arm(20, "d");
  arm(10, "b");
  clock.advance(19);
  expect(fired).toEqual(["a@10", "b@10"]);
  clock.advance(1);
  expect(fired).toEqual(["a@10", "b@10", "c@20", "d@20"]);
  expect(clock.mono()).toBe(20);
});

test("a timer never fires early: fractions of a millisecond round up", () => {
  const clock = virtual();
  const fired: number[] = [];
  clock.after(10.2, "fraction", () => fired.push(clock.mono()));
  clock.advance(10);
  expect(fired).toEqual([]);
  clock.advance(1);
  expect(fired).toEqual([11]);
});

test("any set of timers, some cancelled, fires sorted by due time and creation", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ ms: fc.integer({ min: 0, max: 50 }), cancelled: fc.boolean() }), { maxLength: 60 }),
      (plan) => {
        const clock = virtual();
        const fired: number[] = [];
        const timers = plan.map(({ ms }, index) => clock.after(ms, `timer ${index}`, () => fired.push(index)));
        for (const [index, { cancelled }] of plan.entries()) if (cancelled) timers[index]?.cancel();
        clock.advance(50);
        const expected = plan
          .map(({ ms, cancelled }, index) => ({ ms, cancelled, index }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.ms - b.ms || a.index - b.index)
          .map(({ index }) => index);
        expect(fired).toEqual(expected);
      },
    ),
  );
});

test("a timer cancelled by another one that is due at the same time does not fire, and cancelling twice is harmless", () => {
  const clock = virtual();
  const fired: string[] = [];
  clock.after(5, "first", () => {
    second.cancel();
    second.cancel();
  });
  const second = clock.after(5, "second", () => fired.push("second"));
  clock.advance(10);
  expect(fired).toEqual([]);
});

test("runNext jumps to the next timer and says when none waits", () => {
  const clock = virtual();
  clock.after(3_600_000, "hour", () => undefined);
  expect(clock.nextDue()).toBe(3_600_000);
  expect(clock.runNext()).toBe(true);
  expect(clock.mono()).toBe(3_600_000);
  expect(clock.nextDue()).toBe(null);
  expect(clock.runNext()).toBe(false);
});

test("a timer that re-arms without letting time move is named in an error, whoever moves the time", () => {
  const inside = virtual();
  const again = (): void => void inside.after(0, "spinning", again);
  again();
  expect(() => inside.advance(1)).toThrow(/"spinning"/);

  const outside = virtual();
  expect(() => {
    for (;;) {
      outside.after(0, "driven from outside", () => undefined);
      outside.runNext();
    }
  }).toThrow(/"driven from outside"/);
});

test("twenty thousand timers due at one instant are no spinning timer, nor is one that re-arms with a delay", () => {
  const clock = virtual();
  let fired = 0;
  for (let count = 0; count < 20_000; count += 1) clock.after(5, "crowd", () => (fired += 1));
  const tick = (): void => {
    fired += 1;
    if (clock.mono() < 30_000) clock.after(1, "tick", tick);
  };
  tick();
  clock.advance(30_000);
  expect(fired).toBe(50_001);
});

test("time neither goes back nor moves from within a timer, and a delay must be a number", () => {
  const clock = virtual();
  clock.advance(10);
  expect(() => clock.advanceTo(9)).toThrow();
  expect(() => clock.advance(-1)).toThrow();
  expect(() => clock.after(Number.NaN, "nonsense", () => undefined)).toThrow(/"nonsense"/);
  clock.after(1, "greedy", () => clock.advance(1));
  expect(() => clock.advance(5)).toThrow(/"greedy"/);
});

test("stepping the wall moves neither monotonic time nor timers, and is reported once", () => {
  const clock = virtual();
  const changes = changesOf(clock);
  const fired: number[] = [];
  clock.after(1_000, "relock", () => fired.push(clock.mono()));
  clock.stepWall(-3_600_000);
  clock.stepWall(0);
  expect(clock.wall()).toBe(noon - 3_600_000);
  clock.advance(1_000);
  expect(fired).toEqual([1_000]);
  expect(clock.wall()).toBe(noon - 3_600_000 + 1_000);
  expect(changes).toEqual([{ kind: "stepped", byMs: -3_600_000 }]);
});

test("drift makes the wall run fast or slow against monotonic time from then on, and keeps what was gained", () => {
  const clock = virtual();
  clock.advance(1_000_000);
  clock.setDrift(100);
  clock.advance(1_000_000);
  expect(clock.wall()).toBe(noon + 2_000_000 + 100);
  clock.setDrift(-50);
  clock.advance(1_000_000);
  expect(clock.wall()).toBe(noon + 3_000_000 + 50);
  clock.setDrift(0);
  clock.advance(1_000_000);
  expect(clock.wall()).toBe(noon + 4_000_000 + 50);
});

test("a clock may start without trust; trust comes and goes, each reported once", () => {
  const clock = createVirtualClock({ startWallMs: 0, trusted: false });
  const changes = changesOf(clock);
  expect(clock.trusted()).toBe(false);
  clock.distrust();
  clock.trust();
  clock.trust();
  expect(clock.trusted()).toBe(true);
  clock.distrust();
  expect(changes).toEqual([{ kind: "trusted" }, { kind: "distrusted" }]);
});

test("slewing sets the wall without a word, and a listener that left hears nothing", () => {
  const clock = virtual();
  const heard: ClockChange[] = [];
  const leave = clock.onChange((change) => heard.push(change));
  clock.slewWallTo(noon + 5);
  expect(clock.wall()).toBe(noon + 5);
  leave();
  clock.stepWall(1_000);
  expect(heard).toEqual([]);
});

test("a step out of the calendar and a mad drift are refused and change nothing", () => {
  const clock = virtual();
  for (const attempt of [
    () => clock.stepWall(-noon - 1),
    () => clock.stepWall(1e16),
    () => clock.stepWall(Number.NaN),
    () => clock.setDrift(500_001),
    () => clock.setDrift(Number.NaN),
  ]) {
    expect(attempt).toThrow(Fault);
  }
  clock.advance(1_000);
  expect(clock.wall()).toBe(noon + 1_000);
});

test("wall and monotonic time agree with arithmetic under any steps and drifts", () => {
  const move = fc.oneof(
    fc.record({ kind: fc.constant("advance" as const), by: fc.integer({ min: 0, max: 10_000_000 }) }),
    fc.record({ kind: fc.constant("step" as const), by: fc.integer({ min: -1_000_000, max: 1_000_000 }) }),
    fc.record({ kind: fc.constant("drift" as const), by: fc.integer({ min: -1_000, max: 1_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 40 }), (moves) => {
      const clock = virtual();
      let mono = 0;
      let wall = noon;
      let ppm = 0;
      for (const { kind, by } of moves) {
        if (kind === "advance") {
          clock.advance(by);
          mono += by;
          wall += by * (1 + ppm / 1e6);
        } else if (kind === "step") {
          clock.stepWall(by);
          wall += by;
        } else {
          clock.setDrift(by);
          ppm = by;
        }
        expect(clock.mono()).toBe(mono);
        expect(Math.abs(clock.wall() - wall)).toBeLessThanOrEqual(1.01);
      }
    }),
  );
});

test("the live clock reads the machine's monotonic clock and takes steps, drift and trust alike", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "hrtime", "Date"] });
  const clock = createLiveClock({ trusted: false, startWallMs: noon });
  const changes = changesOf(clock);
  vi.advanceTimersByTime(2_000);
  expect(clock.wall()).toBe(noon + 2_000);
  clock.stepWall(60_000);
  clock.setDrift(1_000);
  vi.advanceTimersByTime(10_000);
  expect(clock.wall()).toBe(noon + 72_010);
  clock.trust();
  expect(changes).toEqual([{ kind: "stepped", byMs: 60_000 }, { kind: "trusted" }]);
  expect(clock.mono()).toBe(Math.floor(Number(process.hrtime.bigint()) / 1e6));
});

test("without a starting wall the live clock follows the machine's", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "hrtime", "Date"], now: noon });
  const clock = createLiveClock({ trusted: true });
  expect(clock.wall()).toBe(noon);
  vi.setSystemTime(noon + 8 * 3_600_000);
  expect(clock.wall()).toBe(noon + 8 * 3_600_000);
});

test("live monotonic time is comparable between processes", async () => {
  const clock = createLiveClock({ trusted: true });
  const script = `const { createLiveClock } = await import(${JSON.stringify(source)});
    console.log(createLiveClock({ trusted: true }).mono());`;
  const before = clock.mono();
  const { stdout } = await runNode(script);
  const there = Number(stdout);
  expect(there).toBeGreaterThanOrEqual(before);
  expect(there).toBeLessThanOrEqual(clock.mono());
});

test("a live timer longer than setTimeout can hold fires when due, and one cancelled on the way does not", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "hrtime", "Date"] });
  const clock = createLiveClock({ trusted: true });
  const monthMs = 30 * 86_400_000;
  const fired: string[] = [];
  clock.after(monthMs, "month", () => fired.push("month"));
  const cancelled = clock.after(monthMs, "cancelled", () => fired.push("cancelled"));
  vi.advanceTimersByTime(monthMs - 1);
  expect(fired).toEqual([]);
  cancelled.cancel();
  vi.advanceTimersByTime(1);
  expect(fired).toEqual(["month"]);
});

test("a live timer that the loop fires early waits for the rest", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const clock = createLiveClock({ trusted: true });
  let fired = 0;
  clock.after(3_600_000, "early", () => (fired += 1));
  // Only setTimeout is advanced here: the monotonic clock says that the hour is not over.
  vi.advanceTimersToNextTimer();
  expect(fired).toBe(0);
  expect(vi.getTimerCount()).toBe(1);
});

test("a process whose only live timers do not hold it ends at once", async () => {
  const script = `const { createLiveClock } = await import(${JSON.stringify(source)});
    createLiveClock({ trusted: true, holdsProcess: false }).after(3_600_000, "hour", () => {});`;
  await expect(runNode(script)).resolves.toBeDefined();
});
