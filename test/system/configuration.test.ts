// A bad configuration, at the desk and at a running site: said in one sentence, and no door notices.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import { openJournalReader } from "../../src/ledger/journal-reader.ts";
import { badSites, putSite } from "./bad-sites.ts";
import { exampleSite, processesMarked, runPostern, stackOf, startForTest, temporarySite } from "./command.ts";
import { childPid, type Product, poll, removeFolder, startProduct, temporaryFolder } from "./product.ts";

const card = "00B775D2";
const ana = { kind: "person", id: "ana" } as const;
const anaMayEnter = [
  {
    op: "putPerson",
    person: { ...ana, name: "Ana Ruiz", state: "active", validity: { from: null, until: null } },
  },
  { op: "putCredential", id: "ana-card", kind: "card", secret: card, holder: ana },
  { op: "putGrant", holder: ana, door: "front", schedule: "always" },
] as unknown as readonly DirectoryChange[];

/** Whitespace is where the text was wrapped. */
const flat = (text: string): string => text.replaceAll(/\s+/g, " ");

function expectOneSentence(text: string, says: string): void {
  expect(flat(text)).toContain(says);
  expect(flat(text).match(/ -> /g)).toHaveLength(1);
  expect(text).toContain("1 problem in ");
  expect(stackOf(text)).toBeNull();
  expect(text).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e]/u);
}

/** Whether the person at the door is let in. */
async function shown(product: Product, reader: string, command: string): Promise<unknown> {
  const answer = product.board.next(
    (one) => one.kind === "signal" && one["reader"] === reader && one["signal"] !== "key",
  );
  await product.board.send(command);
  return (await answer)["signal"];
}

function eventsOf(product: Product, type: JournalEvent["type"]): JournalEvent[] {
  const reader = openJournalReader(join(product.state, "ledger.db"));
  const events = reader.after(0, 500).map(({ event }) => event);
  reader.close();
  return events.filter((event) => event.type === type);
}

const configurationHealth = async (product: Product) =>
  (await product.status()).health.find((fact) => fact.part === "configuration");

const reload = (product: Product) => runPostern(["reload", "--state", product.state]);

test("there are at least twenty ways to be wrong in the table, no two with the same sentence", () => {
  expect(badSites.length).toBeGreaterThanOrEqual(20);
  expect(new Set(badSites.map(({ says }) => says)).size).toBe(badSites.length);
});

describe("postern check", () => {
  let folder: string;
  beforeAll(() => {
    folder = temporaryFolder();
  });
  afterAll(() => removeFolder(folder));

  for (const { title, content, says } of badSites) {
    test(`refuses ${title} with one sentence and code 1`, async () => {
      const file = join(folder, "site.json");
      putSite(file, content);
      const { code, out, err } = await runPostern(["check", file]);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expectOneSentence(err, says);
    });
  }

  test("says of a good file what it would run, with code 0", async () => {
    const { file } = temporarySite();
    const { code, out, err } = await runPostern(["check", file]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("Front door (front)");
  });
});

describe("a running controller that is told to take a bad file", () => {
  let folder: string;
  let file: string;
  let product: Product;
  let children: readonly (number | null)[];
  const pids = () => [product.pidOf("ledger"), product.pidOf("office")];

  beforeAll(async () => {
    folder = temporaryFolder();
    file = join(folder, "site.json");
    writeFileSync(file, JSON.stringify(exampleSite()));
    product = await startProduct({ config: null, configFile: file, state: join(folder, "state") });
    await product.until("office");
    await product.change(anaMayEnter);
    children = pids();
    expect(children).not.toContain(null);
  });
  afterAll(async () => {
    await product?.stop();
    removeFolder(folder);
  });

  for (const { title, content, says } of badSites) {
    test(`keeps its doors, its processes and its last accepted configuration when that is ${title}`, async () => {
      const refused = eventsOf(product, "config.refused").length;
      putSite(file, content);
      const { code, out, err } = await reload(product);
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expectOneSentence(err, says);
      product.process.kill("SIGHUP");
      await poll(async () => eventsOf(product, "config.refused").length === refused + 2);
      expect(await configurationHealth(product)).toMatchObject({ state: "fault", why: expect.stringContaining(file) });
      expect(await shown(product, "front-reader", `tap front-reader ${card}`)).toBe("granted");
      expect(pids()).toEqual(children);
    });
  }

  test("shows the fault in its status, with code 1", async () => {
    const { code, out } = await runPostern(["status", "--state", product.state]);
    expect(code).toBe(1);
    expect(out).toMatch(/^configuration +FAULT since .+: .+site\.json is refused: \(file\): There is no such file\.$/m);
  });

  test("is well again as soon as the file is as it was, and says that nothing has changed", async () => {
    writeFileSync(file, JSON.stringify(exampleSite()));
    const { code, out } = await reload(product);
    expect({ code, out }).toEqual({ code: 0, out: "The configuration has not changed.\n" });
    expect(await configurationHealth(product)).toMatchObject({ state: "ok" });
    expect(pids()).toEqual(children);
  });

  test("runs the mended file: a door that is new in it opens, and every process is back", async () => {
    writeFileSync(file, JSON.stringify(withSideDoor()));
    const { code, out } = await reload(product);
    expect({ code, out }).toEqual({ code: 0, out: "The new configuration runs.\n" });
    product.board.close();
    await product.until("ledger");
    await product.until("office");
    for (const [index, pid] of pids().entries()) expect(pid).not.toBe(children[index]);
    const granted = await product.change([
      { op: "putGrant", holder: ana, door: "side", schedule: "always" },
    ] as unknown as readonly DirectoryChange[]);
    expect(granted.kind).toBe("changed");
    await runPostern(["sim", "send", "tap", "side-reader", card, "--state", product.state]);
    await poll(async () => (await product.status()).doors.some((door) => door.door === "side" && !door.locked));
    await poll(async () => eventsOf(product, "access.granted").at(-1)?.type === "access.granted");
    const verified = await runPostern(["log", "verify", "--state", product.state]);
    expect(verified.code).toBe(0);
  });
});

function withSideDoor(): object {
  return exampleSite((site) => {
    site.relays.push({ id: "side-strike", pin: 2 });
    site.readers.push({
      id: "side-reader",
      door: "side",
      kind: "wiegand",
      pins: { d0: 3, d1: 4 },
      format: "w26",
    });
    site.doors.push({ id: "side", name: "Side door", lock: "failSecure", relay: "side-strike" });
  });
}

test("started anew with a bad file it runs the last accepted one, and says so everywhere", async () => {
  const { state, file } = temporarySite();
  const first = await startForTest({ config: null, configFile: file, state });
  await first.change(anaMayEnter);
  await first.stop();

  writeFileSync(file, "{ oh dear");
  const second = await startForTest({ config: null, configFile: file, state });
  expect(await shown(second, "front-reader", `tap front-reader ${card}`)).toBe("granted");
  expect(await configurationHealth(second)).toMatchObject({ state: "fault" });
  await poll(async () => eventsOf(second, "config.refused").length === 1);
  expect(second.stderr()).toContain(`${file} is refused; going on with the last accepted one.`);
  expect(stackOf(second.stderr())).toBeNull();

  writeFileSync(file, JSON.stringify(withSideDoor()));
  expect((await reload(second)).out).toBe("The new configuration runs.\n");
  expect((await second.status()).doors.map((door) => door.door)).toEqual(["front", "garage", "side"]);
}, 60_000);

test.each([
  ["there is none", () => {}],
  ["it was damaged", (state: string) => writeFileSync(join(state, "accepted-config.json"), '{ "site": ')],
])(
  "started with a bad file while it has no accepted copy because %s, it ends with code 1, the problem and nothing left",
  async (_, spoil) => {
    const { state, file } = temporarySite();
    const before = await startForTest({ config: null, configFile: file, state });
    await before.stop();
    removeFolder(join(state, "accepted-config.json"));
    spoil(state);
    writeFileSync(file, '{ "site": 1 }');
    const mark = `POSTERN_TEST=no-copy-${process.pid}`;
    const { code, out, err } = await runPostern(["run", "--config", file, "--state", state], {
      env: { POSTERN_TEST: mark.split("=")[1] },
    });
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(flat(err)).toContain("This is a number where an object belongs.");
    expect(stackOf(err)).toBeNull();
    expect(processesMarked(mark)).toEqual([]);
    expect(readdirSync(state).filter((name) => name.endsWith(".sock"))).toEqual([]);
  },
  60_000,
);

describe("a good file with which the controller cannot start", () => {
  async function startFailing() {
    const { state, file, folder } = temporarySite();
    const failures = join(folder, "failures");
    const preload = [join(import.meta.dirname, "failing-board.mjs")];
    const env = { POSTERN_TEST_FAILURES: failures, POSTERN_TEST: `failing-${process.pid}-${folder}` };
    const trace = join(folder, "board.trace");
    const product = await startForTest({ config: null, configFile: file, state, trace, preload, env });
    await product.until("office");
    await product.change(anaMayEnter);
    writeFileSync(file, JSON.stringify(withSideDoor()));
    return { product, state, failures, mark: `POSTERN_TEST=${env.POSTERN_TEST}` };
  }

  test("leaves the old one running, and says so", async () => {
    const { product, state, failures, mark } = await startFailing();
    writeFileSync(failures, "1");
    const { code, out, err } = await reload(product);
    expect({ code, out, err }).toEqual({
      code: 1,
      out: "",
      err: "postern reload: The new configuration could not be started, so the old one runs: the board was unplugged\n",
    });
    await product.until("ledger");
    await product.until("office");
    const { doors, health } = await product.status();
    expect(doors.map(({ door }) => door)).toEqual(["front", "garage"]);
    expect(health).toContainEqual(expect.objectContaining({ part: "configuration", state: "fault" }));
    expect(processesMarked(mark)).toHaveLength(3);
    await poll(async () => eventsOf(product, "config.refused").length === 1);
    await runPostern(["sim", "send", "tap", "front-reader", card, "--state", state]);
    await poll(async () => (await product.status()).doors.some(({ door, locked }) => door === "front" && !locked));
    expect((await reload(product)).out).toBe("The new configuration runs.\n");
    expect((await product.status()).doors).toHaveLength(3);
  }, 60_000);

  test("and cannot go back either, makes it end itself, for whoever watches over it to start it anew", async () => {
    const { product, failures, mark } = await startFailing();
    const ended = new Promise((resolve) => product.process.once("exit", (_, signal) => resolve(signal)));
    writeFileSync(failures, "2");
    await reload(product);
    expect(await ended).toBe("SIGKILL");
    await poll(async () => processesMarked(mark).length === 0);
  }, 60_000);
});

test("several reloads at once leave one ledger and one office, with the file's last content running", async () => {
  const { state, file } = temporarySite();
  const mark = `reloads-${process.pid}`;
  const product = await startForTest({ config: null, configFile: file, state, env: { POSTERN_TEST: mark } });
  await product.until("office");
  writeFileSync(file, JSON.stringify(withSideDoor()));
  const outcomes = [reload(product), reload(product)];
  product.process.kill("SIGHUP");
  product.process.kill("SIGHUP");
  expect((await Promise.all(outcomes)).map(({ code }) => code)).toEqual([0, 0]);
  await product.until("ledger");
  await product.until("office");
  expect((await product.status()).doors).toHaveLength(3);
  expect(processesMarked(`POSTERN_TEST=${mark}`)).toHaveLength(3);
  expect(eventsOf(product, "controller.started")).toHaveLength(2);
}, 60_000);

/** What each relay was last told: whether it is energized. */
function lastLevels(trace: string): Record<string, boolean> {
  const entries = readFileSync(trace, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { kind?: string; relay: string; energized: boolean });
  return Object.fromEntries(
    entries.filter(({ kind }) => kind === "relay").map(({ relay, energized }) => [relay, energized]),
  );
}

interface Reloading {
  readonly pid: number;
  readonly trace: string;
  readonly ledger: number | null;
  readonly office: number | null;
}

/** Moments of a reload, by what can be seen of it from outside. */
const moments: readonly (readonly [when: string, isNow: (reloading: Reloading) => boolean])[] = [
  ["it was told to", () => true],
  ["it let go of its office", ({ pid, office }) => childPid(pid, "office") !== office],
  ["it let go of its ledger", ({ pid, ledger }) => childPid(pid, "ledger") !== ledger],
  ["it locked the new door", ({ trace }) => readFileSync(trace, "utf8").includes("side-strike")],
  ["it started a new ledger", ({ pid, ledger }) => ![null, ledger].includes(childPid(pid, "ledger"))],
  ["it started a new office", ({ pid, office }) => ![null, office].includes(childPid(pid, "office"))],
];

test.each(moments)(
  "told to end while it reloads, as soon as %s, it ends with code 0, its doors locked, and leaves no process and no socket",
  async (_, isNow) => {
    const { state, file, folder } = temporarySite();
    const trace = join(folder, "trace");
    const mark = `ending-${process.pid}-${performance.now()}`;
    const product = await startForTest({ config: null, configFile: file, state, trace, env: { POSTERN_TEST: mark } });
    await product.until("office");
    const { pid = 0 } = product.process;
    const reloading = { pid, trace, ledger: product.pidOf("ledger"), office: product.pidOf("office") };
    const ended = new Promise((resolve) => product.process.once("exit", (code, signal) => resolve({ code, signal })));
    writeFileSync(file, JSON.stringify(withSideDoor()));
    product.process.kill("SIGHUP");
    await poll(async () => isNow(reloading), 0);
    product.process.kill("SIGTERM");
    expect(await ended).toEqual({ code: 0, signal: null });
    await poll(async () => processesMarked(`POSTERN_TEST=${mark}`).length === 0);
    expect(readdirSync(state).filter((name) => name.endsWith(".sock"))).toEqual([]);
    expect(existsSync(join(state, "console-code"))).toBe(false);
    expect(lastLevels(trace)).toMatchObject({ "front-strike": false, "garage-magnet": true });
  },
  60_000,
);
