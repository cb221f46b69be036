// What becomes of a lock when the product dies or hangs while it stands open, on kernels that let go of outputs and that keep them.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Machine } from "./machine.ts";
import { startMachine } from "./machine.ts";
import { applyPeople, boardSite, doorsim, frameOf, installSite, mainPid, movesOf, pins, postern } from "./site.ts";

const card = 0x123456;
const gatePin = 16;
const longOpen = {
  ...boardSite,
  relays: [...boardSite.relays, { id: "gate", pin: gatePin }],
  doors: boardSite.doors.map((door) => ({
    ...door,
    unlockMs: 60_000,
    ...(door.id === "front" ? { auxRelays: [{ relay: "gate", holdMs: 60_000 }] } : {}),
  })),
};
const strike = `$(grep "^${pins.strike} " ${doorsim}/outputs)`;
/** Long enough for a restart with all that the watchdog's patience adds. */
const lookMs = 15_000;

let machine: Machine;

beforeAll(async () => {
  machine = await startMachine();
  await installSite(machine, longOpen);
  await applyPeople(machine, [
    { id: "ana", name: "Ana", role: "administrator", cards: ["00123456"], doors: ["front"] },
    { id: "bo", name: "Bo", cards: ["00654321"], doors: ["front"] },
  ]);
});

afterAll(() => machine?.stop());

const keepOutputs = (on: boolean) =>
  machine.out(`echo ${on ? 1 : 0} > /sys/module/doorsim/parameters/persist_gpio_outputs`);

/**
 * Opens the front door, sends the product a signal, and tells how long after it the lock was locked again. In one go: between
 * two commands any length of the board's time may pass, and with it the time that a lock stands open.
 */
async function openThenKill(signal: string): Promise<{ readonly lockedMs: number; readonly journal: string }> {
  const [opened, at = ""] = (
    await machine.out(
      `echo "${pins.d0} ${pins.d1} 50 2000 ${frameOf(card)}" > ${doorsim}/play; sleep 2; echo ${strike}
      date +%s > /tmp/since; echo > ${doorsim}/moves; pid=${mainPid}; cut -d' ' -f1 /proc/uptime; kill -${signal} $pid; sleep ${lookMs / 1_000}`,
    )
  ).split("\n");
  expect(opened).toBe(`${pins.strike} 1`);
  const locked = (await movesOf(machine, pins.strike)).find(({ level }) => level === 0);
  const shut = (await movesOf(machine, gatePin)).find(({ level }) => level === 0);
  expect(Number((shut?.ns ?? 0n) / 1_000_000n), "the gate beside it, too").toBeGreaterThan(Number(at) * 1_000);
  const journal = await machine.out("journalctl -u posternd --no-pager --since @$(cat /tmp/since)");
  return { lockedMs: Number((locked?.ns ?? 0n) / 1_000_000n) - Number(at) * 1_000, journal };
}

/** It stays open for the next one to find. */
async function expectTheDoorsWork(): Promise<void> {
  const opened = await machine.out(
    `echo "${pins.exit} 0" > ${doorsim}/set; sleep 1; echo "${pins.exit} 1" > ${doorsim}/set; echo ${strike}`,
  );
  expect(opened).toBe(`${pins.strike} 1\n`);
}

test.each([
  ["lets go of outputs", false, 1_000],
  ["keeps outputs", true, 3_000],
] as const)(
  "on a kernel that %s, a killed controller's open lock is locked in time, and the doors work again",
  async (_, keeps, limitMs) => {
    await keepOutputs(keeps);
    const { lockedMs, journal } = await openThenKill("KILL");
    console.log(`locked ${Math.round(lockedMs)} ms after SIGKILL (limit ${limitMs}), outputs kept: ${keeps}`);
    expect(lockedMs).toBeGreaterThan(0);
    expect(lockedMs).toBeLessThan(limitMs);
    expect(journal).toMatch(/code=killed, status=9\/KILL[\s\S]*Started posternd/);
    await expectTheDoorsWork();
    const { stdout } = await machine.run(`${postern} status --state /var/lib/postern`);
    expect(stdout.includes("board lines"), "kept outputs are a fault with a remedy").toBe(keeps);
  },
);

test("a hung event loop is caught by the watchdog, and its lock is locked", async () => {
  await keepOutputs(false);
  const { lockedMs, journal } = await openThenKill("URG");
  console.log(`locked ${Math.round(lockedMs)} ms after the event loop hung (watchdog: 5 s)`);
  expect(lockedMs).toBeGreaterThan(0);
  expect(lockedMs).toBeLessThan(7_000);
  expect(journal).toMatch(/Watchdog timeout \(limit 5s\)[\s\S]*Started posternd/);
  await expectTheDoorsWork();
});

test("where the service cannot start, rescue opens for an administrator's card and a button, and gives way when it can", async () => {
  const isActive = (unit: string) => machine.run(`systemctl is-active ${unit}`).then(({ stdout }) => stdout.trim());
  const opens = async (how: string) => {
    const shown = await machine.out(`echo > ${doorsim}/moves; ${how}; sleep 1.5; cat ${doorsim}/moves`);
    return new RegExp(` ${pins.strike} 1$`, "m").test(shown);
  };
  const show = (number: number) => `echo "${pins.d0} ${pins.d1} 50 2000 ${frameOf(number)}" > ${doorsim}/play`;
  await machine.out(
    "systemctl stop posternd; printf '[Service]\\nExecStart=\\nExecStart=/bin/false\\n' > /etc/systemd/system/posternd.service.d/z-broken.conf; systemctl daemon-reload; systemctl start posternd || true; sleep 12",
  );
  const standing = async () => [
    await isActive("posternd"),
    await isActive("postern-rescue"),
    await isActive("postern-retry.timer"),
  ];
  expect(await standing()).toEqual(["failed", "active", "active"]);
  expect(await opens(show(0x654321)), "a resident's card").toBe(false);
  expect(await opens(show(card)), "an administrator's card").toBe(true);
  await machine.out(
    "rm /etc/systemd/system/posternd.service.d/z-broken.conf; systemctl daemon-reload; systemctl start postern-retry.service; sleep 3; systemctl start postern-retry.service",
  );
  expect(await standing()).toEqual(["active", "inactive", "inactive"]);
  const log = await machine.out(`sleep 3; ${postern} log show --last 20 --state /var/lib/postern`);
  expect(log).toContain("rescue.opened");
});
