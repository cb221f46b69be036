// A product that cannot start any more, and the rescue that works its doors until it can.
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { PersonId } from "../../src/domain/ids.ts";
import { person, putCredential, putGrant } from "../ledger/ledger-fixture.ts";
import { exampleSite, processesMarked, runPostern, startForTest, temporarySite } from "./command.ts";
import { type BoardClient, connectBoard, launchProduct, poll, postern } from "./product.ts";

const someone = (id: string, role: "administrator" | "general", number: string): DirectoryChange[] => {
  const validity = { from: null, until: null };
  return [
    { op: "putPerson", person: { kind: "person", id: id as PersonId, name: id, state: "active", validity, role } },
    putCredential(`${id}-card`, person(id), "card", number),
    putGrant(person(id), "front"),
    ...(role === "general" ? [putGrant(person(id), "garage")] : []),
  ];
};

interface Rescue {
  readonly process: ChildProcess;
  readonly board: BoardClient;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

async function startRescue(state: string): Promise<Rescue> {
  const preload = join(import.meta.dirname, "no-packages.mjs");
  const env = { ...process.env, NODE_OPTIONS: `--import ${preload}` };
  const child = spawn(process.execPath, [postern, "rescue", "--state", state], {
    stdio: ["ignore", "ignore", "pipe"],
    env,
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  onTestFinished(() => void child.kill("SIGKILL"));
  let board: BoardClient | null = null;
  const early = ended.then((code) => Promise.reject(new Error(`rescue ended (${code}):\n${said}`)));
  early.catch(() => {});
  const served = poll(async () => {
    board ??= await connectBoard(join(state, "board.sock"));
    return said.includes("warn  rescue");
  });
  await Promise.race([served, early]);
  return { process: child, board: board as unknown as BoardClient, said: () => said, ended };
}

async function signalOf(board: BoardClient, tap: string): Promise<unknown> {
  const signal = board.next((one) => one.kind === "signal");
  await board.send(tap);
  return (await signal)["signal"];
}

async function moveOf(board: BoardClient, command: string): Promise<unknown> {
  const move = board.next((one) => one.kind === "relay");
  await board.send(command);
  const { relay, energized } = await move;
  return { relay, energized };
}

/** A site with people, all of whose processes were killed. */
async function killedSite() {
  const { state, file } = temporarySite(
    exampleSite((site) => {
      site.doors[0].unlockMs = 50_000;
    }),
  );
  const mark = `POSTERN_TEST=rescue-${process.pid}-${state}`;
  const product = await startForTest({ config: null, configFile: file, state, env: { POSTERN_TEST: mark.slice(13) } });
  const boss = someone("boss", "administrator", "00B775D2");
  expect(await product.change([...boss, ...someone("bo", "general", "00123456")])).toMatchObject({ kind: "changed" });
  await poll(
    async () =>
      existsSync(join(state, "rescue.json")) && readFileSync(join(state, "rescue.json"), "utf8").includes("boss-card"),
  );
  const dead = new Promise((resolve) => product.process.once("exit", resolve));
  for (const pid of processesMarked(mark)) process.kill(pid, "SIGKILL");
  await dead;
  await poll(async () => processesMarked(mark).length === 0);
  return { state, file };
}

test("with no database, no SQLite and no schema an administrator's card still opens, and the record learns of it", async () => {
  const { state, file } = await killedSite();
  const database = join(state, "ledger.db");
  copyFileSync(database, `${database}.backup`);
  copyFileSync(`${database}-wal`, `${database}.backup-wal`);
  rmSync(`${database}.good`, { force: true });
  for (const end of ["", "-wal"]) writeFileSync(`${database}${end}`, Buffer.alloc(8_192, 0xa5));
  const useless = launchProduct({ config: null, configFile: file, state });
  await poll(async () => useless.stderr().includes("ledger.damaged: The database is damaged"));
  useless.process.kill("SIGTERM");
  await new Promise((resolve) => useless.process.once("exit", resolve));
  const rescue = await startRescue(state);
  expect(rescue.said()).toContain("The doors open for exit buttons, fire, and 1 card of administrators");
  expect(await signalOf(rescue.board, "tap garage-reader 00123456")).toBe("denied");
  expect(await moveOf(rescue.board, "press front-exit")).toEqual({ relay: "front-strike", energized: true });
  expect(await signalOf(rescue.board, "tap front-reader B775D2")).toBe("granted");
  expect((await runPostern(["status", "--state", state])).err).toMatch(
    /^postern status: Only a rescue works the doors/,
  );
  expect((await runPostern(["rescue", "--state", state])).err).toMatch(/^postern rescue: Another Postern already runs/);
  await poll(async () => readFileSync(join(state, "rescue.log"), "utf8").includes("boss-card"));
  expect(readFileSync(join(state, "rescue.log"), "utf8")).not.toMatch(/B775D2/i);

  for (const end of ["", "-wal"]) copyFileSync(`${database}.backup${end}`, `${database}${end}`);
  rmSync(`${database}-shm`, { force: true });
  const locking = rescue.board.next((one) => one.kind === "relay" && one["relay"] === "front-strike");
  const again = await startForTest({ config: null, configFile: file, state });
  expect(await rescue.ended).toBe(0);
  expect(await locking).toMatchObject({ energized: false, cause: "rescue:stop" });
  expect((await runPostern(["rescue", "--state", state])).err).toMatch(/^postern rescue: Another Postern already runs/);
  await poll(async () => !existsSync(join(state, "rescue.log")));
  const shown = (await runPostern(["log", "show", "--state", state])).out;
  expect(shown).toMatch(
    /! rescue\.opened +While Postern could not start, Front door was opened by an administrator's card \(boss-card\)/,
  );
  expect(shown).toMatch(/rescue\.opened +While Postern could not start, Front door was opened by an exit button/);
  expect((await runPostern(["log", "verify", "--state", state])).code).toBe(0);
  await again.stop();
});

test("a file that was tampered with opens for nobody's card, and exit buttons open all the same", async () => {
  const { state } = await killedSite();
  const file = join(state, "rescue.json");
  writeFileSync(file, readFileSync(file, "utf8").replace('"unlockMs":50000', '"unlockMs":90000'));
  const rescue = await startRescue(state);
  expect(rescue.said()).toMatch(/rescue\.json is not what this site's key has sealed, so that the doors open for exit/);
  expect(await signalOf(rescue.board, "tap front-reader B775D2")).toBe("denied");
  expect(await moveOf(rescue.board, "press front-exit")).toEqual({ relay: "front-strike", energized: true });
  rescue.process.kill("SIGTERM");
  expect(await rescue.ended).toBe(0);
});

test("in a folder where nobody ever ran it says what is missing", async () => {
  const { folder } = temporarySite();
  const { code, err } = await runPostern(["rescue", "--state", folder]);
  expect([code, err.split("\n").length]).toEqual([1, 2]);
  expect(err).toMatch(/^postern rescue: There is no .*rescue\.json, nor can .*accepted-config\.json be read; put a /);
});
