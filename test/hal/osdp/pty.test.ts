// The real serial package on a real pair of terminals: a reader is paired, read, and survives a line that is pulled and put back.
import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BoardEvent } from "../../../hal/board.ts";
import { openKeyStore } from "../../../hal/linux/osdp/key-store.ts";
import { openOsdp } from "../../../hal/linux/osdp/part.ts";
import { openSerialLine } from "../../../hal/linux/serial-line.ts";
import { createLiveClock } from "../../../hal/sim/clock.ts";
import { layCable } from "./cable.ts";
import { SimulatedReader } from "./reader-simulator.ts";

const baud = 115_200;
const card = "10110011100011110000111110";

async function until(isSo: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 15_000;
  while (!isSo()) {
    if (performance.now() > end) throw new Error(`Waited in vain for ${what}.`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("pairs, reads cards and drives outputs through real ports, and takes up again after the cable was pulled", async () => {
  const folder = mkdtempSync(join(tmpdir(), "postern-pty-"));
  const reader = new SimulatedReader({ address: 4, key: null, random: Math.random });
  const clock = createLiveClock({ trusted: true });
  let cable = await layCable(folder, "one", reader, baud);
  const events: BoardEvent[] = [];
  const part = await openOsdp(
    {
      lines: [{ id: "line", port: cable.panelPort, baud }],
      readers: [{ id: "gate", line: "line", address: 4, security: "required" }],
      relays: [{ id: "strike", reader: "gate", output: 0 }],
      inputs: [],
    },
    {
      clock,
      keys: openKeyStore(folder),
      random: randomBytes,
      openSerial: (_port, speed, ears) => openSerialLine(cable.panelPort, speed, ears),
    },
  );
  const polls = () => reader.heardCodes.filter((code) => code === 0x60).length;
  /** What it has kept while it was away it has told by then. */
  const isPolled = async () => {
    const before = polls();
    await until(() => polls() >= before + 2, "polls");
  };
  const has = (kind: BoardEvent["kind"]) => events.some((event) => event.kind === kind);
  try {
    part.start((event) => events.push(event));
    part.care?.pair("gate", 60_000);
    await until(() => has("pairing"), "the pairing");
    expect(events.find(({ kind }) => kind === "pairing")).toMatchObject({ device: "gate", paired: true });
    await until(() => part.health().every(({ state }) => state === "ok"), "the reader to be served");
    await isPolled();
    reader.present(card);
    await until(() => has("frame"), "the card");
    part.drive("strike", true);
    await until(() => reader.outputs[0] === true, "the output");

    cable.socat.kill();
    await until(() => events.some((event) => event.kind === "lost" && event.device === "line"), "the loss");
    cable = await layCable(folder, "two", reader, baud);
    await until(() => part.health().every(({ state }) => state === "ok"), "everything to be back");
    await isPolled();
    reader.present("1".repeat(26));
    await until(() => events.filter(({ kind }) => kind === "frame").length === 2, "the second card");
    expect(events.flatMap((event) => (event.kind === "frame" ? [event.bits] : []))).toEqual([card, "1".repeat(26)]);
    expect((await openKeyStore(folder).load("gate")).record.current?.key).toEqual(reader.key);
  } finally {
    part.stop();
    cable.readerEnd.close(() => {});
    cable.socat.kill();
  }
}, 60_000);
