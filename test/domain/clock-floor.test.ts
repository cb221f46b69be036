// How far back a clock may be set, and how far ahead a lie may carry the floor.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ClockFloor } from "../../src/domain/clock-floor.ts";
import { believedAbove, noFloor, raisedFloor } from "../../src/domain/clock-floor.ts";
import type { Instant } from "../../src/domain/time.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";

const proven = (wall: number, mono: number): Instant => ({ wall: unixMs(wall), mono: monoMs(mono), trusted: true });
const plain = (wall: number, mono: number): Instant => ({ ...proven(wall, mono), plain: true });
const after = (...instants: readonly Instant[]): ClockFloor => instants.reduce(raisedFloor, noFloor);
const year = 365 * 86_400_000;

test("a proven time raises the floor as far as it says", () => {
  expect(after(proven(1_000_000, 0), proven(year, 1)).wall).toBe(year);
});

test("the very first time counts, proven or not", () => {
  expect(after(plain(1_000_000, 50)).wall).toBe(1_000_000);
});

test("a network's lie about the year does not make the true time be refused afterwards", () => {
  const floor = after(proven(1_000_000, 0), plain(1_000_000 + year, 60_000), plain(1_000_000 + 2 * year, 120_000));
  expect(believedAbove(plain(1_120_000, 121_000), floor.wall).trusted).toBe(true);
});

test("without proof the floor still follows the time as it passes, and holds against a clock that is set back", () => {
  const floor = after(proven(1_000_000, 0), plain(1_600_000, 600_000), plain(2_200_000, 1_200_000));
  expect(floor.wall).toBe(2_200_000);
  expect(believedAbove(plain(1_500_000, 1_201_000), floor.wall).trusted).toBe(false);
});

test("a kept floor of another run is raised from when this run's clock first spoke", () => {
  const kept: ClockFloor = { wall: 5_000_000, mono: null };
  const first = raisedFloor(kept, plain(9_000_000, 70_000));
  expect(first).toEqual({ wall: 5_000_000, mono: 70_000 });
  expect(raisedFloor(first, plain(9_010_000, 80_000)).wall).toBe(5_010_000);
});

test("an untrusted time raises nothing", () => {
  expect(after({ ...proven(year, 0), trusted: false })).toEqual(noFloor);
});

test("whatever is told without proof, the floor never runs ahead of the time that has passed, and never sinks", () => {
  const lie = fc.record({
    wall: fc.integer({ min: 0, max: 10 * year }),
    passes: fc.integer({ min: 0, max: 3_600_000 }),
  });
  fc.assert(
    fc.property(fc.array(lie, { maxLength: 30 }), (lies) => {
      let floor = after(proven(year, 0));
      let mono = 0;
      for (const { wall, passes } of lies) {
        mono += passes;
        const next = raisedFloor(floor, plain(wall, mono));
        expect(next.wall).toBeGreaterThanOrEqual(floor.wall);
        expect(next.wall).toBeLessThanOrEqual(year + mono);
        floor = next;
      }
    }),
  );
});
