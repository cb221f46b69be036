// The panel in real Chromium, worked as a person would work it, over an office whose board and ledger are fakes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { site } from "../site-fixture.ts";
import { faintTexts, namelessControls, smallTargets } from "./page-checks.ts";
import { openPanelBench, type PanelBench } from "./panel-bench.ts";
import {
  buildPanel,
  door,
  enterByLink,
  events,
  exitButton,
  hasBrowser,
  keypad,
  openBrowser,
  openPage,
  pressKeys,
  pushDoor,
  showQr,
  tapCard,
  tapNumber,
  typeOnKeypad,
  untilDoor,
  untilEvent,
  untilLamp,
} from "./panel-page.ts";

let folder: string;
let panelFolder: URL;
let browser: Browser;
let bench: PanelBench;
const complaints: string[][] = [];

async function openPanel(options: BrowserContextOptions = {}, siteSpec = site): Promise<Page> {
  bench = await openPanelBench(panelFolder, siteSpec);
  const opened = await openPage(browser, options);
  complaints.push(opened.complaints);
  await enterByLink(opened.page, bench.link);
  await untilDoor(opened.page, siteSpec.doors[0]?.name ?? "", "Locked");
  return opened.page;
}

const boardLines = (): readonly string[] => bench.office.board.lines;
function publish(said: Partial<Parameters<PanelBench["office"]["desk"]["publish"]>[0]>): void {
  const { desk, office } = bench.office;
  desk.publish({ kind: "doors", doors: desk.doors, health: [], time: desk.time, ...said });
  office.doorsChanged();
}

const untilCommand = (kind: string): Promise<void> =>
  expect.poll(() => bench.office.told.map((one) => (one.kind === "command" ? one.command.kind : ""))).toContain(kind);

const boardLine = (line: string): Promise<string> => bench.office.board.line((one) => one === line);
const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

describe.skipIf(!hasBrowser())("the panel", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "postern-panel-"));
    panelFolder = buildPanel(folder);
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await bench.close();
  });

  test("the printed link logs in, leaves no code in the address bar, and nothing on the page complains", async () => {
    const page = await openPanel();
    expect(new URL(page.url()).hash).toBe("");
    expect(await page.title()).toBe("Test site · Postern");
    expect(complaints.at(-1)).toEqual([]);
    await page.goBack().catch(() => null);
    expect(page.url()).not.toContain("code=");
  });

  test("a code typed wrong, right and once more is answered in plain words each time", async () => {
    bench = await openPanelBench(panelFolder);
    const { page } = await openPage(browser);
    await page.goto(bench.office.address);
    const field = page.getByLabel("One-time code");
    await field.fill("ABCD-EFGH-XXXX");
    await field.press("Enter");
    await page.getByText("That is not the code.").waitFor();
    await field.fill("abcd efgh jklm");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await field.fill("ABCD-EFGH-JKLM");
    await field.press("Enter");
    await page.getByText("The code has been used").waitFor();
    await page.getByText("postern login").waitFor();
  });

  test("a PIN typed by clicking opens the door: lamp, bolt, relay and event follow", async () => {
    const page = await openPanel();
    const lamp = untilLamp(page, "Front door", "front-keypad", "Granted");
    await pressKeys(page, "Front door", "246810#");
    await lamp;
    await untilDoor(page, "Front door", "Unlocked");
    await untilEvent(page, "was let in at Front door with a PIN");
    await door(page, "Front door").getByText("energized").waitFor();
    expect(
      boardLines()
        .map((line) => line.replace("keys front-keypad ", ""))
        .join(""),
    ).toBe("246810#");
  });

  test("a PIN typed on the keyboard opens the door, Escape starts again, letters are no keys", async () => {
    const page = await openPanel();
    await keypad(page, "Front door").focus();
    await page.keyboard.type("99x9");
    await page.keyboard.press("Escape");
    expect(await keypad(page, "Front door").inputValue()).toBe("");
    await page.keyboard.type("246");
    expect(await keypad(page, "Front door").inputValue()).toBe("•••");
    await page.keyboard.type("810");
    await page.keyboard.press("Enter");
    await untilDoor(page, "Front door", "Unlocked");
    expect(
      boardLines()
        .map((line) => line.replace("keys front-keypad ", ""))
        .join(""),
    ).toBe("999*246810#");
  });

  test("a code begun by pointer is finished on the keyboard", async () => {
    const page = await openPanel();
    await pressKeys(page, "Garage", "24");
    await page.keyboard.type("6810");
    await page.keyboard.press("Enter");
    await untilDoor(page, "Garage", "Unlocked");
  });

  test("a wrong code is denied, and the page never shows what was typed", async () => {
    const page = await openPanel();
    const lamp = untilLamp(page, "Front door", "front-keypad", "Denied");
    await typeOnKeypad(page, "Front door", "135792");
    await lamp;
    await untilEvent(page, "Denied at Front door: unknown code");
    expect(await page.locator("body").textContent()).not.toContain("135792");
    await untilDoor(page, "Front door", "Locked");
  });

  test("a card of the samples and a card typed in are tapped on the reader that they belong to", async () => {
    const page = await openPanel();
    const lamp = untilLamp(page, "Front door", "front-reader", "Granted");
    await tapCard(page, "Front door", "Ana Ruiz, resident");
    await lamp;
    await untilDoor(page, "Front door", "Unlocked");
    await tapNumber(page, "Garage", "00 c0:ff-ee");
    await untilEvent(page, "Denied at Garage: unknown card");
    expect(boardLines()).toEqual(["tap front-reader 00B775D2", "tap garage-reader 00C0FFEE"]);
  });

  test("a QR code is held up to the scanner, and only where there is one", async () => {
    const page = await openPanel();
    await showQr(page, "Front door", "POSTERN-5fa09c21d3");
    await untilEvent(page, "was let in at Front door with a QR code");
    expect(await door(page, "Garage").getByRole("textbox", { name: /QR/ }).count()).toBe(0);
  });

  test("the exit button is down for as long as it is held, by pointer and by key", async () => {
    const page = await openPanel();
    const button = exitButton(page, "Front door");
    await button.hover();
    await page.mouse.down();
    await boardLine("activate front-exit");
    await untilDoor(page, "Front door", "Unlocked");
    await button.and(page.locator("[aria-pressed=true]")).waitFor();
    expect(boardLines()).not.toContain("release front-exit");
    await page.mouse.up();
    await boardLine("release front-exit");
    await exitButton(page, "Garage").focus();
    await page.keyboard.down("Space");
    await boardLine("activate garage-exit");
    await page.keyboard.up("Space");
    await boardLine("release garage-exit");
    await untilEvent(page, "Exit button pressed at Garage");
  });

  test("an exit button is let go when the page loses its focus", async () => {
    const page = await openPanel();
    await exitButton(page, "Front door").focus();
    await page.keyboard.down("Enter");
    await boardLine("activate front-exit");
    await keypad(page, "Front door").focus();
    await boardLine("release front-exit");
  });

  test("an unlocked door is opened and closed, a locked one is forced and its alarm cleared", async () => {
    const page = await openPanel();
    await pressKeys(page, "Front door", "246810#");
    await untilDoor(page, "Front door", "Unlocked");
    await pushDoor(page, "Front door", "Open the door");
    await untilDoor(page, "Front door", "Open");
    await pushDoor(page, "Front door", "Close the door");
    await untilDoor(page, "Front door", "Locked");
    await pushDoor(page, "Garage", "Force it open");
    await untilDoor(page, "Garage", "Forced open");
    await untilEvent(page, "Garage was forced open");
    await door(page, "Garage").getByRole("button", { name: "Clear alarm" }).click();
    expect(await bench.office.command()).toMatchObject({ command: { kind: "clearForced", door: "garage" } });
  });

  test("an operator orders a door to stand otherwise, and is offered what its mode takes", async () => {
    const page = await openPanel();
    const order = (name: string) => door(page, "Front door").getByRole("button", { name, exact: true });
    await order("Lock down").click();
    expect(await bench.office.command()).toMatchObject({
      command: { kind: "lockDown", doors: ["front"], forMs: null },
    });
    bench.change("front", { mode: "lockedDown", standing: "lockedDown" });
    await untilDoor(page, "Front door", "Locked down");
    expect(await order("Open once").getAttribute("aria-disabled")).toBe("true");
    await order("Open once").click({ force: true });
    await order("End lockdown").click();
    bench.change("front", { mode: "unlocked", standing: "unlocked", locked: false });
    await order("Lock").click();
    bench.change("front", { mode: "blocked", standing: "blocked", locked: true });
    await order("Unblock").click();
    bench.change("front", { mode: "lockedOpen", standing: "lockedOpen", locked: false });
    await order("Stop holding open").click();
    bench.change("front", { mode: "locked", standing: "locked", locked: true, tampered: true });
    await untilDoor(page, "Front door", "Tampered with");
    await order("Clear tamper alarm").click();
    await order("Open once").click();
    const orders = () =>
      bench.office.told.flatMap((message) => (message.kind === "command" ? [message.command.kind] : []));
    await expect
      .poll(orders)
      .toEqual(["lockDown", "lockDownRelease", "lock", "lock", "lockOpenRelease", "clearTamper", "access"]);
  });

  test("a reader that warns says what to do", async () => {
    const page = await openPanel();
    bench.office.board.say({ kind: "signal", reader: "front-reader", signal: "warning" });
    bench.change("front", { contact: "open", heldOpenSoon: true });
    await untilDoor(page, "Front door", "Open for long");
    await door(page, "Front door")
      .getByRole("region", { name: "Reader front-reader" })
      .getByText("Close the door")
      .waitFor();
  });

  test("the fire input is a switch, and its release is ended by hand", async () => {
    const page = await openPanel();
    const fire = page.getByRole("switch", { name: "Fire input" });
    await fire.click();
    await boardLine("activate fire-panel");
    await untilDoor(page, "Garage", "Fire release");
    await untilEvent(page, "Fire input raised");
    await fire.click();
    await page.getByText("Over, release still latched").waitFor();
    await page.getByRole("region", { name: "Fire input" }).getByRole("button", { name: "End fire release" }).click();
    expect(await bench.office.command()).toMatchObject({ command: { kind: "clearFire" } });
  });

  test("events are read aloud once, newest first, with their details on demand", async () => {
    const page = await openPanel();
    bench.append({ type: "door.forced", door: "front" });
    await untilEvent(page, "Front door was forced open");
    bench.append({ type: "door.heldOpen", door: "garage" });
    await untilEvent(page, "Garage has been held open too long");
    await page.locator("[aria-live=polite]").getByText("held open too long").waitFor({ state: "attached" });
    expect(await events(page).first().textContent()).toContain("held open");
    await events(page).last().getByText("Front door was forced open").click();
    await events(page).last().getByText("Chain hash").waitFor();
  });

  test("names that are markup stay text", async () => {
    const name = `<img src=x onerror="document.title='owned'"> "O'Hara" & Söhne`;
    const [front] = site.doors;
    if (front === undefined) throw new Error("no door");
    const page = await openPanel({}, { ...site, name: "<b>Casa</b>", doors: [{ ...front, name }] });
    await door(page, name).waitFor();
    bench.append({ type: "controller.started", version: "<i>1</i>", board: "x" });
    await untilEvent(page, "Postern <i>1</i> started");
    expect(await page.title()).toBe("<b>Casa</b> · Postern");
    expect(await page.locator("article img, #site-name b, li i").count()).toBe(0);
    expect(complaints.at(-1)).toEqual([]);
  });

  test("a lost connection is said, and recovers by itself with nothing missed and nothing twice", async () => {
    const page = await openPanel();
    bench.append({ type: "door.opened", door: "front" });
    await untilEvent(page, "Front door was opened");
    await bench.office.office.close();
    await page.getByText("Connection lost.").waitFor();
    bench.append({ type: "door.closed", door: "front" });
    await bench.office.restart({ codeDigest: null });
    await page.getByText("Connection lost.").waitFor({ state: "hidden" });
    await untilEvent(page, "Front door was closed");
    expect(await events(page).count()).toBe(2);
    await typeOnKeypad(page, "Front door", "246810");
    await untilEvent(page, "was let in at Front door");
  });

  test("a page whose session is over goes back to the login", async () => {
    const page = await openPanel();
    await bench.office.restart({ sessionKeyHex: "7d".repeat(32) });
    await page.getByLabel("One-time code").waitFor();
  });

  test("a reader that is unplugged, a part that fails and a clock in doubt are shown", async () => {
    const page = await openPanel();
    bench.office.board.say({ kind: "event", event: { kind: "lost", device: "front-keypad", why: "unplugged", at: 1 } });
    await untilLamp(page, "Front door", "front-keypad", "Unplugged");
    const fault = { part: "ledger", state: "fault", why: "does not answer", sinceWallMs: 0 } as const;
    publish({ health: [fault], time: { aheadMs: -3_600_000, source: null, proven: false } });
    await page.getByRole("button", { name: "time not certain" }).waitFor();
    await page.getByRole("region", { name: "Needs attention" }).getByText("ledger: does not answer").waitFor();
  });

  test("whoever is at the console gives the controller its device's time, or says that it is right", async () => {
    const page = await openPanel();
    const doubted = { time: { aheadMs: -86_400_000, source: null, proven: false } } as const;
    publish(doubted);
    await page.getByRole("button", { name: "time not certain" }).click();
    const dialog = page.getByRole("dialog", { name: "Is this the time?" });
    await dialog.getByRole("button", { name: "Take this device's time" }).click();
    await untilCommand("timeSet");
    await page.getByRole("button", { name: "time not certain" }).click();
    await dialog.getByRole("button", { name: "The controller is right" }).click();
    await untilCommand("timeConfirm");
    await page.getByRole("button", { name: "time not certain" }).click();
    publish({ time: { aheadMs: 0, source: "site", proven: true } });
    await dialog.waitFor({ state: "hidden" });
  });

  test("a recovered database is at fault until somebody has taken note of it", async () => {
    const page = await openPanel();
    publish({ health: [{ part: "database", state: "fault", why: "was recovered", sinceWallMs: 0 }] });
    await page.getByRole("button", { name: "I have taken note" }).click();
    await untilCommand("clearRecovery");
  });

  test("what the board refuses is said in its words", async () => {
    const page = await openPanel();
    bench.office.board.answer = (_line, line, say) =>
      say({ kind: "refused", line, problem: "The reader is unplugged." });
    await tapCard(page, "Front door", "Nobody's card");
    await page.getByRole("alert").getByText("The reader is unplugged.").waitFor();
  });

  test("a site with real wires shows its doors and offers nothing to play with", async () => {
    bench = await openPanelBench(panelFolder, site, { simulated: false });
    const { page } = await openPage(browser);
    await enterByLink(page, bench.link);
    await untilDoor(page, "Front door", "Locked");
    const orders = ["Open once", "Unlock", "Lock down"];
    expect(await page.getByRole("button").allInnerTexts()).toEqual(["", "Log out", ...orders, ...orders]);
    expect(await page.getByRole("textbox").count()).toBe(0);
  });

  for (const width of [320, 360, 768, 1280]) {
    test(`nothing is cut off or scrolls sideways at ${width} pixels`, async () => {
      const page = await openPanel({ ...phone, viewport: { width, height: 740 } });
      const long = "A".repeat(120);
      bench.append({ type: "ledger.lost", why: long });
      await untilEvent(page, long);
      await pushDoor(page, "Garage", "Force it open");
      await untilDoor(page, "Garage", "Forced open");
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    });
  }

  test("on a phone every control is large enough for a thumb", async () => {
    const page = await openPanel(phone);
    expect(await smallTargets(page, 44)).toEqual([]);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`every control has a name and every text its contrast in ${colorScheme}`, async () => {
      const page = await openPanel({ colorScheme });
      bench.append({ type: "door.forced", door: "front" });
      bench.change("front", { forced: true, contact: "open" });
      bench.change("garage", { heldOpen: true, contact: "open" });
      await untilDoor(page, "Garage", "Held open");
      await untilEvent(page, "Front door was forced open");
      expect(await namelessControls(page)).toEqual([]);
      expect(await faintTexts(page)).toEqual([]);
      expect(await page.getByRole("heading", { level: 1 }).count()).toBe(1);
    });
  }

  test("light and dark look different, and the page follows a change of mind", async () => {
    const page = await openPanel({ colorScheme: "light" });
    const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.waitForFunction((before) => getComputedStyle(document.body).backgroundColor !== before, light);
  });

  test("the whole page is reached by Tab, each stop with a visible focus, one stop for a keypad", async () => {
    const page = await openPanel();
    const stops: string[] = [];
    for (let n = 0; n < 60; n += 1) {
      await page.keyboard.press("Tab");
      const stop = await page.evaluate(() => {
        const element = document.activeElement;
        if (element === null || element === document.body) return null;
        const name = element.getAttribute("aria-label") ?? element.textContent?.trim() ?? "";
        return { name: name || element.tagName, outlined: getComputedStyle(element).outlineStyle !== "none" };
      });
      if (stop === null) break;
      expect(stop.outlined, stop.name).toBe(true);
      stops.push(stop.name);
    }
    expect(stops[0]).toBe("Skip to the doors");
    expect(stops.filter((name) => name.startsWith("Keypad of Front door"))).toHaveLength(1);
    expect(stops).toContain("Exit button of Garage");
    expect(new Set(stops).size).toBeGreaterThan(15);
  });

  test("who asked for stillness gets it", async () => {
    const page = await openPanel();
    const longest = await page.evaluate(() =>
      Math.max(
        ...[...document.querySelectorAll("*")].flatMap((element) => {
          const { transitionDuration, animationDuration } = getComputedStyle(element);
          return `${transitionDuration}, ${animationDuration}`.split(", ").map(Number.parseFloat);
        }),
      ),
    );
    expect(longest).toBeLessThan(0.001);
  });

  test("sound is off until it is asked for", async () => {
    const page = await openPanel();
    const sound = page.getByRole("button", { name: "Sound of the readers" });
    expect(await sound.getAttribute("aria-pressed")).toBe("false");
    await sound.click();
    expect(await sound.getAttribute("aria-pressed")).toBe("true");
    await pressKeys(page, "Front door", "1#");
    await untilEvent(page, "Denied at Front door");
    expect(complaints.at(-1)).toEqual([]);
  });
});
