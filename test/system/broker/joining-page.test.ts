// Pairing from the console's page in a real browser: it shows a code, somebody types it at the issuer, and the page is done with it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readIdentity } from "../../../src/link/identity.ts";
import { askSocket } from "../../../src/ops/line-client.ts";
import { exampleSite, startForTest, temporarySite } from "../command.ts";
import { createIssuerSite, site } from "../issuer/issuer-site.ts";
import { faintTexts, namelessControls } from "../page-checks.ts";
import { enterByLink, hasBrowser, openBrowser, openPage } from "../panel-page.ts";
import { poll } from "../product.ts";
import { isMosquittoThere } from "./mosquitto.ts";

describe.runIf(hasBrowser() && isMosquittoThere)("joining a cloud on the page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  test("a broker that cannot be reached is said; then a code is shown, typed at the issuer, and the controller connects", async () => {
    const world = await createIssuerSite();
    const { state, file } = temporarySite(
      exampleSite((config) => {
        config.cloud = {};
      }),
    );
    const gate = await startForTest({ config: null, configFile: file, state });
    await gate.until("office");
    const { page, complaints } = await openPage(browser);
    const { link } = await askSocket<{ link: string }>(join(state, "control.sock"), { kind: "login" }, 5_000);
    await enterByLink(page, link);
    const section = page.getByRole("region", { name: "Join a cloud" });
    const field = section.getByLabel("Where boards pair, as the cloud's operator says");
    const button = section.getByRole("button", { name: "Show a code" });
    expect([await namelessControls(page), await faintTexts(page)]).toEqual([[], []]);

    await field.fill("mqtts://localhost:9");
    await button.click();
    await section.getByText(/The broker at mqtts:\/\/localhost:9 does not let us in/).waitFor();
    await field.fill(world.broker.passwordAddress);
    await button.click();
    const shown = section.getByText(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    const spent = (await shown.textContent()) ?? "";
    expect([await namelessControls(page), await faintTexts(page)]).toEqual([[], []]);
    await section.getByRole("button", { name: "Cancel" }).click();
    await shown.waitFor({ state: "hidden" });
    await button.click();
    const first = (await shown.textContent()) ?? "";
    await section.getByRole("button", { name: "Show a new code" }).click();
    await section.getByText(first).waitFor({ state: "hidden" });
    const second = (await shown.textContent()) ?? "";
    expect(new Set([spent, first, second]).size).toBe(3);
    for (let n = 0; n < 3; n += 1) {
      expect(await world.issuer("join", mistyped(second), "--controller", "gate-1")).toMatchObject({ code: 1 });
    }
    await section.getByText("Three wrong codes were typed, so this one counts no more; show a new one.").waitFor();
    expect(await field.inputValue()).toBe(world.broker.passwordAddress);
    await button.click();
    const code = await shown.textContent();
    const worker = await world.startWorker();
    expect(await world.issuer("join", code ?? "", "--controller", "gate-1")).toMatchObject({ code: 0, err: "" });
    await section.waitFor({ state: "hidden" });
    await poll(async () => (await world.issuer("drift")).code === 0, 200);
    const identity = readIdentity(readFileSync(join(state, "keys", "cloud-identity.json"), "utf8"));
    expect(identity).toMatchObject({ site, controller: "gate-1" });
    expect(gate.stderr()).not.toContain(code);
    expect(complaints).toEqual([]);
    await worker.kill("SIGTERM");
  }, 120_000);

  test("until when a code counts is said by the site's clock, wherever the browser is", async () => {
    const world = await createIssuerSite();
    const { state, file } = temporarySite(
      exampleSite((config) => {
        config.cloud = {};
        config.site = { ...config.site, timeZone: "Asia/Kathmandu" };
      }),
    );
    const gate = await startForTest({ config: null, configFile: file, state });
    await gate.until("office");
    const { page } = await openPage(browser);
    const { link } = await askSocket<{ link: string }>(join(state, "control.sock"), { kind: "login" }, 5_000);
    await enterByLink(page, link);
    const section = page.getByRole("region", { name: "Join a cloud" });
    await section.getByLabel("Where boards pair, as the cloud's operator says").fill(world.broker.passwordAddress);
    await section.getByRole("button", { name: "Show a code" }).click();
    const until = await section.getByText(/^\d\d:\d\d:\d\d$/).textContent();
    const now = await page.locator("#clock time").textContent();
    const ahead = (secondsOf(until) - secondsOf(now) + 86_400) % 86_400;
    expect(ahead).toBeGreaterThan(500);
    expect(ahead).toBeLessThanOrEqual(601);
  }, 60_000);
});

const mistyped = (code: string): string => code.slice(0, -1) + (code.endsWith("0") ? "1" : "0");

function secondsOf(clock: string | null): number {
  const [hours = 0, minutes = 0, seconds = 0] = (clock ?? "").split(":").map(Number);
  return (hours * 60 + minutes) * 60 + seconds;
}
