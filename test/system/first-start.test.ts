// What a newcomer does: one command, the printed link, a PIN on the page, an open door; and all of it still there tomorrow.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askSocket } from "../../src/ops/line-client.ts";
import { enterByLink, hasBrowser, openBrowser, openPage, pressKeys, untilDoor, untilEvent } from "./panel-page.ts";
import { type Product, poll, removeFolder, startProduct, temporaryFolder } from "./product.ts";

describe.runIf(hasBrowser())("a first start", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  test("a PIN from the page opens the door and is recorded; after a restart the people, the record and the code are there", async () => {
    const state = temporaryFolder();
    const first = await startProduct({ config: null, state });
    const opened = await openPage(browser);
    await enterByLink(opened.page, await linkOf(first));
    const pin = await samplePin(opened.page);
    await pressKeys(opened.page, "Front door", `${pin}#`);
    await untilDoor(opened.page, "Front door", "Unlocked");
    await untilEvent(opened.page, "Ana Ruiz was let in at Front door with a PIN");
    expect(opened.complaints).toEqual([]);
    await first.stop();

    const second = await startProduct({ config: null, state });
    await second.until("office");
    const again = await openPage(browser);
    const { link } = await askSocket<{ link: string }>(join(state, "control.sock"), { kind: "login" }, 5_000);
    await enterByLink(again.page, link);
    expect(await samplePin(again.page)).toBe(pin);
    await untilEvent(again.page, "Ana Ruiz was let in at Front door with a PIN");
    await pressKeys(again.page, "Front door", `${pin}#`);
    await untilDoor(again.page, "Front door", "Unlocked");
    await second.stop();
    removeFolder(state);
  }, 90_000);

  test("the one-time code is in a file for root alone, in no log, and gone once it was used", async () => {
    const product = await startProduct({ config: null });
    const link = await linkOf(product);
    const code = link.split("=")[1] ?? "";
    expect(product.stderr()).not.toContain(code);
    const { page } = await openPage(browser);
    await enterByLink(page, link);
    await poll(async () => !isThere(join(product.state, "console-code")));
    const other = await openPage(browser);
    await other.page.goto(link);
    await other.page.getByText(/used/i).first().waitFor();
    await product.stop();
    removeFolder(product.state);
  }, 60_000);
});

async function linkOf(product: Product): Promise<string> {
  const file = join(product.state, "console-code");
  await poll(async () => isThere(file));
  return readFileSync(file, "utf8").trim();
}

function isThere(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

/** The first PIN that the page itself tells a newcomer to try. */
async function samplePin(page: Page): Promise<string> {
  const text =
    (await page
      .getByText(/^\d{6}$/)
      .first()
      .textContent()) ?? "";
  expect(text).toMatch(/^\d{6}$/);
  return text;
}
