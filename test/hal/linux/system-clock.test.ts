// Whom the machine's clock is believed on: the network, a chip, somebody on site; and what happens when it jumps.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ClockChange, UnixMs } from "../../../hal/clock.ts";
import { openTimeKernel } from "../../../hal/linux/kernel-time.ts";
import type { TimePolicy } from "../../../hal/linux/system-clock.ts";
import { createSystemClock, judgeTime } from "../../../hal/linux/system-clock.ts";

const morning = Date.UTC(2026, 10, 25, 8);

beforeEach(() => void vi.useFakeTimers({ now: morning, toFake: ["setTimeout", "clearTimeout", "Date", "hrtime"] }));
afterEach(() => void vi.useRealTimers());

const opened: { stop(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.stop();
});

function machine(policy: Partial<TimePolicy> = {}, kept: number | null = null) {
  const kernel = { synchronised: false, fromChip: false, refuses: null as string | null };
  const memory = { offsetMs: kept };
  let wallOffset = 0;
  const clock = createSystemClock({
    policy: { network: "plain", chip: false, ...policy },
    kernel: async () => ({
      synchronised: () => kernel.synchronised,
      setFromChip: () => kernel.fromChip,
      set(wallMs) {
        if (kernel.refuses === null) wallOffset += wallMs - (Date.now() + wallOffset);
        return kernel.refuses;
      },
    }),
    memory: {
      load: () => memory.offsetMs,
      save: (offsetMs) => {
        memory.offsetMs = offsetMs;
      },
    },
    readings: { wall: () => Date.now() + wallOffset, mono: () => Number(process.hrtime.bigint()) / 1e6 },
  });
  opened.push(clock);
  const changes: ClockChange[] = [];
  clock.onChange((change) => changes.push(change));
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  const stepOutside = (byMs: number): void => {
    wallOffset += byMs;
  };
  return { clock, kernel, memory, changes, pass, stepOutside };
}

test("a clock that nobody vouches for is not trusted, and one that the network holds is, without being proven", async () => {
  const { clock, kernel, changes, pass } = machine();
  await pass(1_000);
  expect(clock.trusted()).toBe(false);
  kernel.synchronised = true;
  await pass(1_000);
  expect([clock.standing(), clock.proven(), changes]).toEqual([
    { source: "network", proven: false },
    false,
    [{ kind: "trusted" }],
  ]);
});

test("whoever sets the time on site is believed, proof included, also after a restart of Postern", async () => {
  const { clock, memory, changes, pass } = machine();
  await pass(0);
  clock.set((morning + 3_600_000) as UnixMs);
  expect(clock.standing()).toEqual({ source: "site", proven: true });
  expect(changes).toEqual([{ kind: "stepped", byMs: 3_600_000 }, { kind: "trusted" }]);
  const again = machine({}, memory.offsetMs === null ? null : memory.offsetMs - 3_600_000);
  expect(again.clock.standing().source).toBe("site");
});

test("a jump that nobody on site made takes that word away, and is told", async () => {
  const { clock, memory, changes, stepOutside, pass } = machine();
  await pass(0);
  clock.vouch();
  stepOutside(-86_400_000);
  await pass(1_000);
  expect([clock.trusted(), memory.offsetMs]).toEqual([false, null]);
  expect(changes).toEqual([{ kind: "trusted" }, { kind: "stepped", byMs: -86_400_000 }, { kind: "distrusted" }]);
});

test("a time daemon that slews the clock by moments takes nothing away", async () => {
  const { clock, changes, stepOutside, pass } = machine();
  await pass(0);
  clock.vouch();
  for (let n = 0; n < 20; n += 1) {
    stepOutside(100);
    await pass(1_000);
  }
  expect([clock.standing().source, changes]).toEqual(["site", [{ kind: "trusted" }]]);
});

test("a word given for another time is not taken over from the last run", () => {
  const { clock, memory } = machine();
  clock.vouch();
  expect(machine({}, Number(memory.offsetMs) + 6_000).clock.trusted()).toBe(false);
});

test("a machine that refuses says what to do instead, and nobody is believed for it", async () => {
  const { clock, kernel, pass } = machine();
  await pass(0);
  kernel.refuses = "Postern may not do that here";
  expect(() => clock.set(morning as UnixMs)).toThrow(/could not be set: Postern may not.*postern time confirm/);
  expect(clock.trusted()).toBe(false);
});

test("the chip's time counts where the site says that one is fitted, until the clock jumps", async () => {
  const { clock, kernel, stepOutside, pass } = machine({ chip: true });
  kernel.fromChip = true;
  await pass(1_000);
  expect(clock.standing()).toEqual({ source: "chip", proven: false });
  stepOutside(60_000);
  await pass(1_000);
  expect(clock.trusted()).toBe(false);
});

test.each([
  ["proven", { source: "network", proven: true }],
  ["plain", { source: "network", proven: false }],
  ["ignored", { source: "chip", proven: false }],
] as const)("a network that is %s", (network, standing) => {
  const facts = { isVouched: false, isSynchronised: true, isFromChip: true };
  expect(judgeTime({ network, chip: true }, facts)).toEqual(standing);
});

test("this machine's kernel answers, and refuses a time before 1970", async () => {
  vi.useRealTimers();
  const kernel = await openTimeKernel();
  expect([typeof kernel.synchronised(), typeof kernel.setFromChip()]).toEqual(["boolean", "boolean"]);
  expect(kernel.set(-10_000)).toMatch(/kernel says error|may not/);
});
