// The built product on this machine's own wires, of which it has none but a reader at a real pcscd.
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import type { RecordedEvent } from "../../src/domain/events.ts";
import { ClassicCard } from "../hal/linux/cards/classic-card.ts";
import { exampleSite, runPostern, temporarySite } from "./command.ts";
import { hasPcscd, openDaemon } from "./pcscd.ts";
import { launchProduct, poll } from "./product.ts";

const site = exampleSite((one) => {
  one.board = "linux";
  one.cardProfiles = [{ kind: "classic", id: "old", sector: 1, blocks: [0] }];
  const device = "Virtual PCD 00 00";
  one.readers.push({ id: "lobby", door: "front", kind: "pcsc", device, classic: "secured", profiles: ["old"] });
});
const keys = { a: Buffer.from("a0a1a2a3a4a5", "hex"), b: Buffer.alloc(6) };

test.skipIf(!hasPcscd() && process.env["CI"] !== "true")(
  "a card's number goes from its sector into the record's decision, once its profile has a key",
  { timeout: 60_000 },
  async () => {
    const daemon = await openDaemon();
    onTestFinished(() => daemon.stop());
    const { state, file } = temporarySite(site);
    const env = { ...process.env, PCSCLITE_CSOCK_NAME: daemon.socket };
    const { process: product } = launchProduct({ config: null, configFile: file, state, env });
    onTestFinished(async () => {
      product.kill();
      if (product.exitCode === null && product.signalCode === null) await once(product, "exit");
    });
    const recorded = async (): Promise<readonly RecordedEvent["event"][]> => {
      const { out } = await runPostern(["log", "show", "--json", "--last", "100", "--state", state]);
      return out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line).event]));
    };
    const ofLobby = async (type: string) =>
      (await recorded()).filter((event) => event.type === type && JSON.stringify(event).includes('"lobby"'));
    await poll(async () => (await ofLobby("device.faulted")).length === 1, 200);
    await runPostern(["cards", "key", "set", "old", "--state", state], { input: keys.a.toString("hex") });
    await poll(async () => (await ofLobby("device.mended")).length === 1, 200);
    const card = new ClassicCard(Buffer.from("02b775d2", "hex"));
    card.write(1, 0, Buffer.from("c0ffee01000000000000000000000000", "hex"), keys);
    daemon.lay(card);
    await poll(async () => (await ofLobby("access.denied")).length > 0, 200);
    expect(await ofLobby("access.denied")).toMatchObject([
      { door: "front", reader: "lobby", method: "card", reason: "unknownCredential" },
    ]);
  },
);
