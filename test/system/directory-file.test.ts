// A site's directory.json, as an installer keeps it: applied at the start and after each change, codes replaced, faults said.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { exampleSite, runPostern } from "./command.ts";
import type { Product } from "./product.ts";
import { poll, removeFolder, startProduct, temporaryFolder } from "./product.ts";

const part = "directory file";
const ana = { id: "ana", name: "Ana Ruiz", pin: "047110", cards: ["00B775D2"], doors: ["front"] };

async function siteWithFile(people: readonly object[]) {
  const folder = temporaryFolder();
  const file = join(folder, "directory.json");
  writeFileSync(file, JSON.stringify({ people }, null, 2));
  const site = { ...exampleSite(), console: { port: 0 }, directory: { file } };
  const product = await startProduct({ config: site, state: join(folder, "state") });
  onTestFinished(async () => {
    await product.stop();
    removeFolder(folder);
  });
  return { product, file };
}

const healthOf = async (product: Product) => (await product.status()).health.find((one) => one.part === part);
const standsAs = (product: Product, state: string) => poll(async () => (await healthOf(product))?.state === state, 100);

async function shown(product: Product, command: string): Promise<unknown> {
  const answer = product.board.next((one) => one.kind === "signal" && one["signal"] !== "key");
  await product.board.send(command);
  return (await answer)["signal"];
}

test("a site applies its directory file, keeps tokens in place of codes, and says what is wrong with the next one", async () => {
  const { product, file } = await siteWithFile([ana]);
  await standsAs(product, "ok");
  expect(await shown(product, "tap front-reader 00B775D2")).toBe("granted");
  await poll(async () => readFileSync(file, "utf8").includes("token:6:"));
  expect(readFileSync(file, "utf8")).not.toContain("047110");
  expect(product.stderr()).toContain("adds    ana: PIN, card, front");
  expect(product.stderr()).not.toMatch(/Ana Ruiz|047110|00B775D2/);

  const good = readFileSync(file, "utf8");
  writeFileSync(file, good.replace('"front"', '"nowhere"'));
  await standsAs(product, "fault");
  expect((await healthOf(product))?.why).toContain('There is no door "nowhere".');
  expect(await shown(product, "tap front-reader 00B775D2")).toBe("granted");

  writeFileSync(file, JSON.stringify({ people: [] }));
  await standsAs(product, "ok");
  expect(await shown(product, "tap front-reader 00B775D2")).toBe("denied");
}, 90_000);

test("the command plans, applies, exports and imports at a running site", async () => {
  const { product, file } = await siteWithFile([]);
  await standsAs(product, "ok");
  const state = ["--state", product.state];
  const list = join(product.state, "..", "people.csv");
  writeFileSync(list, "UserData\nUserId,Name,Schedule-Relay,PinCode,CardCode\nbo,Bo Lind,1001-1;,0471,00C0FFEE\n");
  const tried = await runPostern(["directory", "import", list, "--try", ...state]);
  expect(tried).toMatchObject({ code: 0, out: expect.stringContaining("adds    Bo Lind (bo): PIN, card, front") });
  expect(await shown(product, "tap front-reader 00C0FFEE")).toBe("denied");
  expect(await runPostern(["directory", "import", list, ...state])).toMatchObject({ code: 0 });
  expect(await shown(product, "tap front-reader 00C0FFEE")).toBe("granted");

  const exported = join(product.state, "..", "out.tgz");
  expect(await runPostern(["directory", "export", exported, ...state])).toMatchObject({ code: 0 });
  expect((await runPostern(["directory", "import", exported, "--try", ...state])).out).toContain("Nothing changes.");
  const bad = await runPostern(["directory", "apply", list, ...state]);
  expect(bad).toMatchObject({ code: 1, err: expect.stringContaining("line 1:") });
  expect(readFileSync(file, "utf8")).toBe(JSON.stringify({ people: [] }, null, 2));
}, 90_000);

test("a sealed export takes a site to another controller, where its PINs work and nobody had to be told anything", async () => {
  const { product } = await siteWithFile([ana]);
  await standsAs(product, "ok");
  const folder = temporaryFolder();
  onTestFinished(() => removeFolder(folder));
  const [sealed, config, state] = ["site.sealed", "site.json", "state"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const exported = await runPostern(["directory", "export", sealed, "--sealed", "--state", product.state]);
  const passphrase = /The passphrase is (\S+)\./.exec(exported.out)?.[1] ?? "";
  expect(readFileSync(sealed).includes("Ana")).toBe(false);
  writeFileSync(config, JSON.stringify(exampleSite()));
  const takeOver = (input: string) =>
    runPostern(["directory", "import", sealed, "--config", config, "--state", state], { input });
  expect(await takeOver("not the passphrase\n")).toMatchObject({ code: 1 });
  expect(await takeOver(`${passphrase}\n`)).toMatchObject({ code: 0, out: expect.stringContaining("Ana Ruiz (ana)") });
  expect(await takeOver(`${passphrase}\n`)).toMatchObject({ code: 1 });
  const second = await startProduct({ config: exampleSite(), state });
  onTestFinished(() => second.stop());
  expect(await shown(second, "tap front-reader 00B775D2")).toBe("granted");
  expect(await shown(second, "keys front-keypad 047110#")).toBe("granted");
}, 90_000);
