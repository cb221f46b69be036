// After a broker's restart the controllers may be back before their issuer: as soon as it speaks they tell and ask it again.
import { expect, onTestFinished, test } from "vitest";
import { isMosquittoThere, startMosquitto } from "../broker/mosquitto.ts";
import { startCloudSite } from "./cloud-site.ts";

/** It would be asked again after so long without any sign of it. */
const patienceMs = 20_000;

test.skipIf(!isMosquittoThere)("an issuer that comes late is told all again as soon as it speaks", async () => {
  const broker = await startMosquitto();
  onTestFinished(() => broker.remove());
  const { issuer } = await startCloudSite(broker);
  const { nonce } = await issuer.seen("sync");
  const again = issuer.next("sync", (sync) => sync.nonce !== nonce);
  const state = issuer.next("state");
  const saidAt = performance.now();
  await issuer.say("beacon", { version: 0 });
  await Promise.all([state, again]);
  expect(performance.now() - saidAt).toBeLessThan(patienceMs / 4);
});
