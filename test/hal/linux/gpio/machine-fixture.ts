// A machine with a header's chip, and the part of the board that works its lines, over the tests' kernel.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { BoardEvent, BoardSpec } from "../../../../hal/board.ts";
import { createHeldLines } from "../../../../hal/linux/gpio/held-lines.ts";
import { openGpio } from "../../../../hal/linux/gpio/part.ts";
import { createVirtualClock } from "../../../../hal/sim/clock.ts";
import type { FakeChip } from "./fake-kernel.ts";
import { FakeKernel } from "./fake-kernel.ts";

export const header: FakeChip = { name: "gpiochip0", label: "pinctrl-bcm2711", lines: 58 };
export const expander: FakeChip = { name: "gpiochip1", label: "raspberrypi-exp-gpio", lines: 8 };
export const pins = { d0: 17, d1: 18 };
export const site: BoardSpec = {
  relays: [{ id: "strike", pin: 23 }],
  inputs: [{ id: "exit", pin: 5 }],
  readers: [{ id: "reader", kind: "wiegand", pins, format: "w26", keypad: false }],
};

/** With the kernel's switch for outputs that outlive their driver; null is a kernel without one. */
export function sysRoot(persist: "Y" | "N" | null): string {
  const root = mkdtempSync(join(tmpdir(), "sys-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  if (persist !== null) {
    const parameters = join(root, "module/pinctrl_bcm2835/parameters");
    mkdirSync(parameters, { recursive: true });
    writeFileSync(join(parameters, "persist_gpio_outputs"), `${persist}\n`);
  }
  return root;
}

export function machine(chips: readonly FakeChip[] = [expander, header], root = "/nowhere") {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const kernel = new FakeKernel(clock, chips);
  const givenBack: (() => void)[] = [];
  const held = createHeldLines((giveBack) => givenBack.push(giveBack));
  const open = async (spec: BoardSpec = site) => {
    const part = await openGpio(spec, clock, { kernel, held, sysRoot: root });
    const events: BoardEvent[] = [];
    part.start((event) => events.push(event));
    return { part, events, stateOf: (device: string) => part.health().find((one) => one.device === device) };
  };
  return {
    clock,
    kernel,
    open,
    /** The time in which a changed configuration takes the lines over is up. */
    giveBack: () => {
      for (const run of givenBack) run();
    },
    /** Until what was asked for anew has come or failed. */
    settle: () => new Promise<void>((resolve) => setImmediate(resolve)),
  };
}

export const actives = (events: readonly BoardEvent[]): readonly boolean[] =>
  events.flatMap((event) => (event.kind === "input" ? [event.active] : []));

export const frames = (events: readonly BoardEvent[]) =>
  events.flatMap((event) => (event.kind === "frame" ? [[event.bits, event.at] as const] : []));
