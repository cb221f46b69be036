// Relays and contacts through the kernel's older files, over a stand-in for onoff that keeps electrical levels.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Gpio as RealGpio } from "onoff";
import { expect, onTestFinished, test } from "vitest";
import type { BoardEvent, BoardSpec } from "../../../../hal/board.ts";
import type { SysfsMachine } from "../../../../hal/linux/gpio/sysfs-part.ts";
import { openSysfs } from "../../../../hal/linux/gpio/sysfs-part.ts";
import { createVirtualClock } from "../../../../hal/sim/clock.ts";
import { actives, site } from "./machine-fixture.ts";

/** `/sys/class/gpio` as a Raspberry Pi 4 with a new kernel has it: the header's lines are counted from 512. */
function sysRoot(): string {
  const root = mkdtempSync(join(tmpdir(), "sys-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [base, label, lines] of [
    [512, "pinctrl-bcm2711", 58],
    [570, "raspberrypi-exp-gpio", 8],
  ] as const) {
    const folder = join(root, `class/gpio/gpiochip${base}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "label"), `${label}\n`);
    writeFileSync(join(folder, "base"), `${base}\n`);
    writeFileSync(join(folder, "ngpio"), `${lines}\n`);
  }
  return root;
}

function pi(root = sysRoot()) {
  const levels = new Map<number, boolean[]>();
  const exported = new Set<number>();
  const watchers = new Map<number, (error: null, value: 0 | 1) => void>();
  class Gpio {
    readonly #number: number;
    readonly #activeLow: boolean;
    constructor(number: number, direction: string, edge?: unknown, options?: { activeLow?: boolean }) {
      const { activeLow = false } = (typeof edge === "object" ? (edge as typeof options) : options) ?? {};
      this.#number = number;
      this.#activeLow = activeLow;
      exported.add(number);
      if (direction !== "in") this.#drive(direction === "high");
    }
    writeSync(value: 0 | 1): void {
      this.#drive((value === 1) !== this.#activeLow);
    }
    readSync(): 0 | 1 {
      return (levels.get(this.#number)?.at(-1) ?? true) !== this.#activeLow ? 1 : 0;
    }
    watch(callback: (error: null, value: 0 | 1) => void): void {
      watchers.set(this.#number, callback);
    }
    unexport(): void {
      exported.delete(this.#number);
    }
    #drive(level: boolean): void {
      levels.set(this.#number, [...(levels.get(this.#number) ?? []), level]);
    }
  }
  const machine: SysfsMachine = { root, Gpio: Gpio as unknown as typeof RealGpio, held: new Map() };
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const open = async (spec: BoardSpec) => {
    const part = await openSysfs({ ...spec, gpio: { chip: null, driver: "sysfs" } }, clock, machine);
    const events: BoardEvent[] = [];
    part.start((event) => events.push(event));
    return { part, events, stateOf: (device: string) => part.health().find((one) => one.device === device) };
  };
  return { levels, exported, watchers, open };
}

test("pins are counted from where the header's chip begins, and a relay begins released", async () => {
  const { levels, open } = pi();
  const { part } = await open(site);
  part.drive("strike", true);
  expect(levels.get(512 + 23)).toEqual([false, true]);
});

test("a relay that a low level energizes begins high", async () => {
  const { levels, open } = pi();
  const { part } = await open({ ...site, relays: [{ id: "strike", pin: 23, activeLevel: "low" }] });
  part.drive("strike", true);
  expect(levels.get(512 + 23)).toEqual([true, false]);
});

test("a contact's level and its changes are told", async () => {
  const { watchers, open } = pi();
  const { events } = await open(site);
  watchers.get(512 + 5)?.(null, 1);
  watchers.get(512 + 5)?.(null, 1);
  expect(actives(events)).toEqual([false, true]);
});

test("a change of the configuration leaves a relay that stays at its level, and gives back one that is gone", async () => {
  const { levels, exported, open } = pi();
  const relays = [
    { id: "strike", pin: 23 },
    { id: "gate", pin: 24 },
  ];
  const { part } = await open({ ...site, relays });
  part.drive("strike", true);
  part.stop();
  await open(site);
  expect(levels.get(512 + 23)).toEqual([false, true]);
  expect([exported.has(512 + 23), exported.has(512 + 24)]).toEqual([true, false]);
});

test("a reader is refused with what mends it, and that relays outlive Postern is a fault", async () => {
  const { open } = pi();
  const { stateOf } = await open(site);
  expect(stateOf("reader")).toMatchObject({ state: "lost", why: expect.stringContaining('"chardev"') });
  expect(stateOf("board lines")).toMatchObject({ state: "faulty", why: expect.stringContaining("stay as they are") });
});

test("a machine without these files says so", async () => {
  const { open } = pi("/nowhere");
  const { stateOf } = await open(site);
  expect(stateOf("strike")?.why).toMatch(/has no chip .*; set gpio\.driver to "chardev"/);
});
