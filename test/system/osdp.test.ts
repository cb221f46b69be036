// The built controller on real wires: a reader on a serial line is paired at the command line, opens for a card through an
// output of its own, and the record tells of it; and the output falls when the controller is killed.
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { encodeCard } from "../../hal/sim/wiegand-encoder.ts";
import type { HealthFact } from "../../src/domain/status.ts";
import { askSocket } from "../../src/ops/line-client.ts";
import { layCable } from "../hal/osdp/cable.ts";
import { SimulatedReader } from "../hal/osdp/reader-simulator.ts";
import { exampleSite, runPostern, temporarySite } from "./command.ts";
import { launchProduct, poll } from "./product.ts";

const baud = 115_200;

const siteOn = (port: string): object =>
  exampleSite((site) => {
    site.board = "linux";
    site.rs485 = [{ id: "line", port, baud }];
    site.readers = [{ id: "reader", door: "front", kind: "osdp", line: "line", address: 1, format: "w26" }];
    site.relays = [{ id: "front-strike", on: { reader: "reader", output: 0 } }];
    site.inputs = [{ id: "case", on: { reader: "reader", point: "tamper" } }];
    const [front] = site.doors;
    site.doors = [{ ...front, contact: null, exitButtons: [], tampers: ["case"], unlockMs: 60_000 }];
    delete site.fire;
    delete site.areas;
    delete site.doors[0].leadsTo;
  });

test("a reader is paired, opens for a card through its own output, and lets go when the controller is killed", async () => {
  const reader = new SimulatedReader({ address: 1, key: null, random: Math.random });
  const { folder, state } = temporarySite();
  const cable = await layCable(folder, "line", reader, baud);
  onTestFinished(() => {
    cable.readerEnd.close(() => {});
    cable.socat.kill();
  });
  const { process: controller } = launchProduct({ config: siteOn(cable.panelPort), state });
  onTestFinished(() => void controller.kill("SIGKILL"));
  const ask = async (...args: readonly string[]) => {
    const ended = await runPostern([...args, "--state", state]);
    expect(ended).toMatchObject({ code: 0, err: "" });
    return ended.out;
  };
  const status = () => askSocket<{ health: HealthFact[] }>(join(state, "control.sock"), { kind: "status" }, 5_000);
  const isWell = async (part: string) => (await status()).health.some((one) => one.part === part && one.state === "ok");
  await poll(() => isWell("ledger"));
  await poll(async () => (await ask("osdp", "show")).includes("it has no key yet"));

  expect(await ask("osdp", "pair", "reader", "--minutes", "2")).toContain("may be given a key for 2 minutes");
  await poll(async () => (await ask("osdp")) === "reader  ok\n");
  expect(statSync(join(state, "keys", "osdp", "reader.json")).mode & 0o777).toBe(0o600);
  await poll(() => isWell("front-strike"));
  await ask("people", "add", "Ida Berg", "--door", "front", "--card", "00ADA1AD");
  const encoded = encodeCard("00ADA1AD", "w26");
  if (!encoded.ok) throw new Error(encoded.problem);
  reader.present(encoded.bits);
  await poll(async () => reader.isOn(0, performance.now()));
  await poll(async () => reader.lights.some((light) => light.includes("Welcome")));

  controller.kill("SIGKILL");
  const killedAt = performance.now();
  await poll(async () => !reader.isOn(0, performance.now()));
  expect(performance.now() - killedAt).toBeLessThan(3_500);

  const record = await ask("log", "show", "--json", "--last", "100");
  for (const type of ["reader.pairingOpened", "reader.paired", "access.granted", "door.unlocked"]) {
    expect(record).toContain(`"type":"${type}"`);
  }
  expect(record).not.toContain(reader.key?.toString("hex"));
}, 120_000);
