// The built product between simulated wires and a real Mosquitto: what somebody at Home Assistant sees, does and cannot do.
import { writeFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import type { RecordedEvent } from "../../src/domain/events.ts";
import type { Mosquitto, Seen } from "../office/mosquitto.ts";
import { openMosquitto } from "../office/mosquitto.ts";
import { exampleSite, runPostern, startForTest, temporarySite } from "./command.ts";
import { poll } from "./product.ts";

const base = "postern/ha/postern";
const order = `${base}/doors/front/order`;
const at =
  (topic: string, part = "") =>
  (seen: Seen): boolean =>
    seen.topic === topic && seen.payload.includes(part);

const events = async (state: string): Promise<RecordedEvent[]> =>
  (await runPostern(["log", "show", "--json", "--last", "200", "--state", state])).out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

const recorded = (state: string, type: string): Promise<void> =>
  poll(async () => (await events(state)).some(({ event }) => event.type === type));

async function start(broker: Mosquitto, mayOpen: boolean) {
  const config = exampleSite((site) => {
    site.homeAssistant = {
      broker: `mqtts://localhost:${broker.port}`,
      caFile: broker.caFile,
      username: "postern",
      passwordFile: broker.passwordFile,
      mayOpen,
    };
  });
  const { state, file } = temporarySite(config);
  const product = await startForTest({ config: null, configFile: file, state });
  return { ...product, file, config };
}

async function openBroker(): Promise<Mosquitto> {
  const broker = await openMosquitto({ tls: true });
  onTestFinished(() => broker.close());
  return broker;
}

test("Home Assistant sees a door being opened by its own order, the record names it, and a kept order does nothing", async () => {
  const broker = await openBroker();
  const watcher = await broker.watch();
  const site = await start(broker, true);
  await watcher.until(at(`${base}/availability`, "online"));
  await watcher.until(at(`${base}/doors/front`, '"LOCKED"'));

  const moved: string[] = [];
  site.board.onMessage((one) => void (one.kind === "relay" && moved.push(JSON.stringify(one))));
  broker.publish(order, "OPEN", "-r");
  await recorded(site.state, "homeAssistant.refused");
  expect(moved).toEqual([]);

  const unlocked = site.board.next((one) => one["relay"] === "front-strike" && one["energized"] === true);
  broker.publish(order, "OPEN");
  await unlocked;
  const { payload } = await watcher.until(at(`${base}/doors/front`, "UNLOCKED"));
  expect(JSON.parse(payload)).toMatchObject({ unlocked: "ON", attributes: { mode: "accessed" } });

  await recorded(site.state, "homeAssistant.obeyed");
  const causes = (await events(site.state)).flatMap(({ event }) =>
    event.type === "door.unlocked" ? [event.cause] : [],
  );
  expect(causes).toEqual([{ by: "operator", who: "Home Assistant" }]);
});

test("a broker that dies and comes back moves no door, and a reload that switches it off takes everything back", async () => {
  const broker = await openBroker();
  const site = await start(broker, false);
  const first = await broker.watch();
  await first.until(at(`${base}/availability`, "online"));
  const moved: string[] = [];
  site.board.onMessage((one) => void (one.kind === "relay" && moved.push(JSON.stringify(one))));

  await broker.kill();
  await broker.start();
  const again = await broker.watch();
  await again.until(at(`${base}/availability`, "online"));
  broker.publish(order, "UNLOCK");
  await recorded(site.state, "homeAssistant.refused");

  writeFileSync(site.file, JSON.stringify({ ...site.config, homeAssistant: null }));
  expect(await runPostern(["reload", "--state", site.state])).toMatchObject({ code: 0 });
  await again.until(({ topic, payload, retained }) => topic === `${base}/doors/garage` && payload === "" && !retained);
  await poll(async () => (await broker.kept()).size === 0);
  expect(moved.filter((one) => one.includes("front"))).toEqual([]);
});
