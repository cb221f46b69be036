// Which reader is whose, and pcscd's comings and goings, with a driver and a pcscd that do only what the test tells them.
import { expect, test } from "vitest";
import type { PcscDriver, PcscWiring } from "../../../../hal/card-profile.ts";
import type { DaemonState } from "../../../../hal/linux/pcsc/daemon-probe.ts";
import { PcscDesk } from "../../../../hal/linux/pcsc/desk.ts";
import type { DriverListener, ShownCard } from "../../../../hal/linux/pcsc/driver.ts";
import type { FromPcsc } from "../../../../hal/linux/pcsc/messages.ts";
import { openPcscPart } from "../../../../hal/linux/pcsc/pcsc-part.ts";
import { createVirtualClock } from "../../../../hal/sim/clock.ts";
import { openReader } from "../cards/shown-card.ts";
import { PlainCard, storageAtr } from "../cards/virtual-card.ts";

class Bench {
  readonly told: FromPcsc[] = [];
  readonly desk: PcscDesk;
  state: DaemonState = "answers";
  refusal: Error | null = null;
  opened = 0;
  closed = 0;
  now = 0;
  driver: DriverListener | null = null;

  constructor(readers: readonly Partial<PcscWiring>[] = [{}]) {
    this.desk = new PcscDesk({
      start: { driver: "smartcard", keysDir: "/nowhere", readers: readers.map((one) => ({ ...openReader, ...one })) },
      openDriver: async (listener) => {
        this.opened += 1;
        if (this.refusal !== null) throw this.refusal;
        this.driver = listener;
        const close = (): void => {
          this.closed += 1;
        };
        return { close };
      },
      probe: async () => this.state,
      tell: (message) => void this.told.push(message),
      now: () => this.now,
      stuck: () => {},
      secrets: { keyOf: () => null, random: (bytes) => Buffer.alloc(bytes) },
    });
  }

  /** A second later. */
  async look(): Promise<void> {
    this.now += 1_000;
    await this.desk.look();
  }

  /** What it said since the last time, but of keys. */
  words(): string[] {
    const said = this.told.splice(0).filter(({ kind }) => kind !== "keys");
    return said.map((one) => ("reader" in one ? `${one.kind} ${one.reader}` : one.kind));
  }
}

const cardAt = (): ShownCard => {
  const card = new PlainCard(storageAtr(3, 3), () => Buffer.from("04a1b2c3d4e5f6", "hex"));
  return { atr: card.atr, transmit: async (bytes) => card.answer(bytes), renew: async () => {} };
};

/** What was promised has been done by then. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

test("each reader of pcscd belongs to the first of ours that its name fits and that has none", async () => {
  const bench = new Bench([
    { id: "front", device: "ACR122U*00" },
    { id: "back", device: "ACR122U" },
  ]);
  await bench.look();
  bench.driver?.readerCame("ACS ACR122U PICC Interface 01 00");
  bench.driver?.readerCame("ACS ACR122U PICC Interface 02 00");
  bench.driver?.readerCame("Broadcom SAM slot");
  expect(bench.words()).toEqual(["there front", "there back"]);
  bench.driver?.readerWent("ACS ACR122U PICC Interface 01 00");
  expect(bench.words()).toEqual(["gone front"]);
});

test("a reader that waited takes the place of one that was pulled out", async () => {
  const bench = new Bench([{ id: "only" }]);
  await bench.look();
  for (const name of ["A", "B"]) bench.driver?.readerCame(name);
  bench.driver?.readerWent("A");
  bench.now += 1_000;
  bench.driver?.cardCame("B", cardAt());
  await settled();
  expect(bench.words()).toEqual(["there only", "card only"]);
});

test("a card that lies there as its reader comes was shown to nobody who is there", async () => {
  const bench = new Bench();
  await bench.look();
  bench.driver?.readerCame("A");
  bench.driver?.cardCame("A", cardAt());
  await settled();
  expect(bench.words()).toEqual(["there lobby"]);
  bench.driver?.cardWent("A");
  bench.now += 1_000;
  bench.driver?.cardCame("A", cardAt());
  await settled();
  expect(bench.words()).toEqual(["card lobby"]);
});

test("a driver that broke is closed, and opened again once pcscd answers; what it still says is not heard", async () => {
  const bench = new Bench();
  await bench.look();
  const first = bench.driver;
  first?.readerCame("A");
  first?.broke("it ended");
  bench.state = "absent";
  await bench.look();
  first?.cardMute("A");
  expect([bench.words(), bench.opened, bench.closed]).toEqual([["there lobby", "gone lobby", "gone lobby"], 1, 1]);
  bench.state = "answers";
  await bench.look();
  bench.driver?.readerCame("A");
  expect([bench.words(), bench.opened]).toEqual([["there lobby"], 2]);
});

test("a pcscd that says nothing for a while keeps its driver", async () => {
  const bench = new Bench();
  await bench.look();
  bench.driver?.readerCame("A");
  for (const state of ["silent", "silent", "answers"] as const) {
    bench.state = state;
    await bench.look();
  }
  expect([bench.words(), bench.opened, bench.closed]).toEqual([["there lobby", "gone lobby", "there lobby"], 1, 0]);
});

test.each<readonly [DaemonState, RegExp]>([
  ["absent", /^pcscd does not run; start it with `systemctl start pcscd\.socket`/],
  ["silent", /^pcscd does not answer; .*`systemctl restart pcscd`/],
  ["refuses", /^pcscd refuses this user; allow it .*polkit/],
])("pcscd %s: the reader is lost, once, with the remedy", async (state, why) => {
  const bench = new Bench();
  bench.state = state;
  for (let n = 0; n < 3; n += 1) await bench.look();
  const said = bench.told.filter(({ kind }) => kind !== "keys");
  expect(said).toEqual([{ kind: "gone", reader: "lobby", why: expect.stringMatching(why) }]);
  expect(bench.opened).toBe(0);
});

test("a reader that is not plugged in is told apart, with the names that are there", async () => {
  const bench = new Bench([{ device: "ACR122U" }]);
  await bench.look();
  bench.driver?.readerCame("Virtual PCD 00 00");
  await bench.look();
  expect(bench.told.at(-1)).toEqual({
    kind: "gone",
    reader: "lobby",
    why: 'pcscd has no reader "ACR122U" (it has Virtual PCD 00 00); plug it in, or correct "device".',
  });
});

test("a package that is not built is named with what builds it", async () => {
  const bench = new Bench();
  bench.refusal = Object.assign(new Error("Could not locate the bindings file."), { code: "X" });
  await bench.look();
  expect(bench.told.at(-1)).toMatchObject({
    why: expect.stringMatching(/smartcard is not installed.*libpcsclite-dev/),
  });
});

test("a package that is not installed is a fault before a process is started for it", () => {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const driver = "no-such-package" as PcscDriver;
  expect(() => openPcscPart({ driver, readers: [openReader], keysDir: "/nowhere" }, clock)).toThrow(
    /The package no-such-package is not installed.*npm install/,
  );
});
