// A controller that was offline for a month comes back with a million events: how soon its upload goes on, how fast it is, whether
// a new alarm overtakes it, and what an exit button feels of it.
import type { Up } from "../../src/link/up-messages.ts";
import { startMosquitto } from "../system/broker/mosquitto.ts";
import { launchCloudSite } from "../system/cloud/cloud-launch.ts";
import { fillRecord } from "../system/cloud/filled-record.ts";
import type { TestIssuer } from "../system/cloud/test-issuer.ts";
import { poll, removeFolder, temporaryFolder } from "../system/product.ts";
import { median, ms, printHeading, printLoad, quantile, times } from "./figures.ts";
import { doorCount, manyDoors, pressedDoors } from "./many-doors.ts";
import { pressAll } from "./presses.ts";

const events = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 10);
const presses = 400;
const pressEveryMs = 5;
const limit = 2;
const monthMs = 30 * 86_400_000;

const config = siteWithContacts();
const state = temporaryFolder();
fillRecord(state, JSON.stringify(config), { type: "exit.pressed", door: "door-1", input: "exit-1" }, events, monthMs);
const broker = await startMosquitto();
const seen = { openedAt: 0, firstMs: 0, events: 0, last: null as Up<"events"> | null };
const site = await launchCloudSite(broker, { config, state, opened: watch });
const { issuer } = site;
const taken = { idle: [] as number[], busy: [] as number[], alarm: [] as number[], rate: [] as number[] };
for (let round = 0; round < rounds; round += 1) {
  taken.idle.push(await pressedP99());
  const [before, began] = [seen.events, performance.now()];
  issuer.acknowledges = true;
  await acknowledge();
  const pressed = pressedP99();
  taken.alarm.push(await alarm(round));
  taken.busy.push(await pressed);
  taken.rate.push((seen.events - before) / ((performance.now() - began) / 1_000));
  issuer.acknowledges = false;
}
const left = events - seen.events;
await issuer.close();
await site.stop();
for (const path of [state, `${state}.config.json`]) removeFolder(path);
await broker.remove();
process.exitCode = report() ? 0 : 1;

/** Contacts at the doors that nobody presses a button at, to be forced open. */
function siteWithContacts() {
  const plain = manyDoors() as { readonly inputs: object[]; readonly doors: object[] };
  const quiet = Array.from({ length: doorCount - pressedDoors }, (_, n) => pressedDoors + n);
  return {
    ...plain,
    inputs: [...plain.inputs, ...quiet.map((n) => ({ id: `contact-${n}`, pin: 500 + n }))],
    doors: plain.doors.map((door, n) => (n < pressedDoors ? door : { ...door, contact: `contact-${n}` })),
    journal: { keepEvents: 2 * events },
  };
}

function watch(to: TestIssuer): void {
  to.acknowledges = false;
  to.client.on("message", () => {
    for (const { message } of to.heard.splice(0)) {
      if (message.kind === "state" && seen.openedAt === 0) seen.openedAt = performance.now();
      if (message.kind !== "events") continue;
      if (seen.firstMs === 0) seen.firstMs = performance.now() - seen.openedAt;
      seen.events += message.events.length;
      seen.last = message;
    }
  });
}

/** Sets the upload going that had been left without an answer. */
async function acknowledge(): Promise<void> {
  if (seen.last === null) return;
  const { epoch, hash, events: some } = seen.last;
  await issuer.say("ack", { epoch, seq: some.at(-1)?.seq ?? 0, hash, nonce: null });
}

/** From when all doors are locked again. */
async function pressedP99(): Promise<number> {
  await poll(async () => (await site.status()).doors.every(({ locked }) => locked));
  return quantile((await pressAll(site, presses, pressEveryMs)).outside, 0.99);
}

/** From a door's being forced to its alarm at the issuer, while the history goes up. */
async function alarm(round: number): Promise<number> {
  const door = `${pressedDoors + (round % (doorCount - pressedDoors))}`;
  const came = issuer.next("alarm", ({ event }) => event["door"] === `door-${door}`);
  const began = performance.now();
  await site.board.send(`open contact-${door}`);
  await came;
  return performance.now() - began;
}

function report(): boolean {
  printHeading(
    "scripts/bench cloud-backlog",
    `${events} events waiting, ${rounds} interleaved rounds of ${presses} presses, over TLS; milliseconds`,
  );
  printLoad();
  const ratio = median(taken.busy) / median(taken.idle);
  const isHeld = ratio <= limit && left > 0;
  console.log(`connection to first batch    ${ms(seen.firstMs)}`);
  console.log(`events a second, p50         ${Math.round(median(taken.rate))} (${left} still waiting at the end)`);
  console.log(`forced door to its alarm     p50 ${ms(median(taken.alarm))}   most ${ms(Math.max(...taken.alarm))}`);
  console.log(`exit button p99, upload idle ${ms(median(taken.idle))}`);
  console.log(
    `exit button p99, uploading   ${ms(median(taken.busy))}  ${times(ratio)} (limit ${times(limit)}): ${isHeld ? "held" : "MISSED"}`,
  );
  return isHeld;
}
