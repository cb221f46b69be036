// Which chip the pins are on, and what is said when a line cannot be had.
import { expect, test } from "vitest";
import { header, machine, site, sysRoot } from "./machine-fixture.ts";

test("a machine without lines says so for each device, and what mends it", async () => {
  const { open } = machine([]);
  const { part, events } = await open();
  expect(events.map(({ kind }) => kind)).toEqual(["lost", "lost", "lost"]);
  expect(part.health()[0]?.why).toMatch(/no \/dev\/gpiochip\*.*run Postern on a board with lines/);
});

test.each(["doorsim", "gpiochip7"])(
  "of several chips the one is taken that the configuration calls %s",
  async (chip) => {
    const { open } = machine([header, { name: "gpiochip7", label: "doorsim", lines: 32 }]);
    const { stateOf } = await open({ ...site, relays: [{ id: "strike", pin: 57 }], gpio: { chip, driver: "chardev" } });
    expect(stateOf("strike")?.why).toMatch(/"doorsim" has no line 57, only 0 to 31/);
  },
);

test("a chip that is not there is told beside those that are", async () => {
  const { open } = machine();
  const { stateOf } = await open({ ...site, gpio: { chip: "gpio-of-mars", driver: "chardev" } });
  expect(stateOf("strike")?.why).toBe(
    'This machine has no chip "gpio-of-mars"; name one of these in gpio.chip: gpiochip1 "raspberrypi-exp-gpio", gpiochip0 "pinctrl-bcm2711".',
  );
});

test("a line that somebody else has is said to be whose", async () => {
  const { open } = machine();
  await open();
  const { stateOf } = await open();
  expect(stateOf("exit")?.why).toMatch(/Line 5 already used by "postern exit"/);
});

test("a device that may not be opened is a matter of groups", async () => {
  const { kernel, open } = machine();
  kernel.isForbidden = true;
  const { stateOf } = await open();
  expect(stateOf("strike")?.why).toMatch(/may not open .*member of the group/);
});

test("a kernel that keeps outputs is a fault with its remedy", async () => {
  const { open } = machine(undefined, sysRoot("Y"));
  const { events, stateOf } = await open();
  expect(stateOf("board lines")).toMatchObject({ state: "faulty", why: expect.stringContaining("strict_gpiod") });
  expect(events.filter(({ kind }) => kind === "faulty")).toHaveLength(1);
});

test.each(["N", null] as const)("a kernel that gives lines back is none (switch: %s)", async (persist) => {
  const { open } = machine(undefined, sysRoot(persist));
  const { stateOf } = await open();
  expect(stateOf("board lines")?.state).toBe("ok");
});
