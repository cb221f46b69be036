// Works the panel in a real browser as a person would, by what is written on it; knows no class name that a test may see.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";

const chromiumPath = "/usr/bin/chromium";
const root = join(import.meta.dirname, "../..");
const panelSource = "src/office/console/panel";

/** False, with one line said, where there is no Chromium; under CI that is a failure instead. */
export function hasBrowser(): boolean {
  if (existsSync(chromiumPath)) return true;
  if (process.env["CI"] === "true") throw new Error(`${chromiumPath} is missing, and CI must have it.`);
  console.warn(`Not run here: ${chromiumPath} is missing; scripts/test installs it.`);
  return false;
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

export interface OpenedPage {
  readonly page: Page;
  /** What the page logged as an error, and what it asked of any other server. */
  readonly complaints: string[];
}

export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  const context = await browser.newContext({ locale: "en-GB", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const { hostname, protocol } = new URL(request.url());
    if (protocol !== "data:" && hostname !== "127.0.0.1" && hostname !== "localhost") complaints.push(request.url());
  });
  return { page, complaints };
}

/** Compiles the panel as the build does and lays its pages beside it. */
export function buildPanel(into: string): URL {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  execFileSync(process.execPath, [tsc, "-p", join(root, panelSource), "--outDir", into], { stdio: "pipe" });
  for (const file of globSync(`${panelSource}/*.{html,css,svg}`, { cwd: root })) {
    copyFileSync(join(root, file), join(into, file));
  }
  return pathToFileURL(`${join(into, panelSource)}/`);
}

export async function enterByLink(page: Page, link: string): Promise<void> {
  await page.goto(link);
  await page.getByRole("button", { name: "Log out" }).waitFor();
}

export const door = (page: Page, name: string): Locator => page.getByRole("article", { name, exact: true });

export const keypad = (page: Page, doorName: string): Locator =>
  door(page, doorName).getByRole("textbox", { name: `Keypad of ${doorName}` });

/** Presses the drawn keys one by one. */
export async function pressKeys(page: Page, doorName: string, keys: string): Promise<void> {
  const pad = door(page, doorName).getByRole("group", { name: `Keys, Keypad of ${doorName}` });
  const names: Record<string, string> = { "*": "Star, clear", "#": "Hash, enter" };
  for (const key of keys) await pad.getByRole("button", { name: names[key] ?? key, exact: true }).click();
}

/** Types on the focused keypad; Enter submits. */
export async function typeOnKeypad(page: Page, doorName: string, digits: string): Promise<void> {
  await keypad(page, doorName).focus();
  await page.keyboard.type(digits);
  await page.keyboard.press("Enter");
}

export async function tapCard(page: Page, doorName: string, label: string): Promise<void> {
  await door(page, doorName)
    .getByRole("button", { name: `Tap ${label} at ${doorName}`, exact: true })
    .click();
}

export async function tapNumber(page: Page, doorName: string, hex: string): Promise<void> {
  await door(page, doorName)
    .getByRole("textbox", { name: `Card number in hex for ${doorName}` })
    .fill(hex);
  await door(page, doorName).getByRole("button", { name: "Tap", exact: true }).click();
}

export async function showQr(page: Page, doorName: string, text: string): Promise<void> {
  await door(page, doorName)
    .getByRole("textbox", { name: `QR text for ${doorName}` })
    .fill(text);
  await door(page, doorName).getByRole("button", { name: "Show", exact: true }).click();
}

export const exitButton = (page: Page, doorName: string): Locator =>
  door(page, doorName).getByRole("button", { name: `Exit button of ${doorName}`, exact: true });

/** "Open the door", "Close the door" or "Force it open". */
export const pushDoor = (page: Page, doorName: string, words: string): Promise<void> =>
  door(page, doorName).getByRole("button", { name: words, exact: true }).click();

/** Waits until the door says so: "Locked", "Unlocked", "Open", "Forced open" … */
export async function untilDoor(page: Page, doorName: string, state: string): Promise<void> {
  await door(page, doorName).getByRole("status").getByText(state, { exact: true }).first().waitFor();
}

/** Waits until a reader of the door shows "Granted", "Denied" or "Ready". */
export async function untilLamp(page: Page, doorName: string, reader: string, shows: string): Promise<void> {
  const device = door(page, doorName).getByRole("region", { name: `Reader ${reader}` });
  await device.getByText(shows, { exact: true }).waitFor();
}

export const events = (page: Page): Locator =>
  page.getByRole("region", { name: "What happened" }).getByRole("listitem");

export async function untilEvent(page: Page, sentence: string): Promise<void> {
  await events(page).filter({ hasText: sentence }).first().waitFor();
}
