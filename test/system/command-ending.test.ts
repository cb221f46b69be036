// How a controller starts, shares its folder with nobody, ends, and what the command finds of a record that was tampered with.
import { spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { RecordedEvent } from "../../src/domain/events.ts";
import {
  exampleSite,
  expectRefusal,
  processesMarked,
  runPostern,
  stackOf,
  startForTest,
  temporarySite,
} from "./command.ts";
import { poll, postern, removeFolder, startProduct, temporaryFolder } from "./product.ts";

describe("starting and ending", () => {
  test.each(["SIGINT", "SIGTERM"] as const)(
    "%s while a door is unlocked locks it, ends with code 0, and leaves nothing running",
    async (signal) => {
      const { state, file, folder } = temporarySite();
      const trace = join(folder, "trace");
      const mark = `ending-${signal}-${process.pid}`;
      const product = await startForTest({ config: null, configFile: file, state, trace, env: { POSTERN_TEST: mark } });
      await poll(async () => existsSync(join(state, "console-code")));
      expect(readFileSync(join(state, "console-code"), "utf8")).toMatch(
        /^http:\/\/127\.0\.0\.1:\d+\/#code=[A-Z2-9-]{14}\n$/,
      );
      await product.board.send("press front-exit");
      await poll(async () => (await product.status()).doors.some((door) => !door.locked));
      const ended = new Promise((resolve) => product.process.once("exit", (code, by) => resolve({ code, by })));
      product.process.kill(signal);
      expect(await ended).toEqual({ code: 0, by: null });
      expect(processesMarked(`POSTERN_TEST=${mark}`)).toEqual([]);
      expect(
        readdirSync(state)
          .filter((name) => name !== "rescue.json")
          .sort(),
      ).toEqual(["accepted-config.json", "keys", "ledger.db", "understood-config.json"]);
      const writes = readFileSync(trace, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line))
        .filter((entry) => entry.kind === "relay");
      expect(writes.filter(({ relay }) => relay === "front-strike").map(({ energized }) => energized)).toEqual([
        false,
        true,
        false,
      ]);
      expect(writes.findLast(({ relay }) => relay === "garage-magnet").energized).toBe(true);
      const { out } = await runPostern(["log", "show", "--last", "1", "--state", state]);
      expect(out).toContain("controller.stopped");
      expect((await runPostern(["log", "verify", "--state", state])).code).toBe(0);
      expect(stackOf(product.stderr())).toBeNull();
    },
    60_000,
  );

  test("told to end while it is still starting, it ends with code 0", async () => {
    const { state, file } = temporarySite();
    const child = spawn(process.execPath, [postern, "run", "--config", file, "--state", state], { stdio: "ignore" });
    const ended = new Promise((resolve) => child.once("exit", (code, by) => resolve({ code, by })));
    await poll(async () => existsSync(join(state, "control.sock")));
    child.kill("SIGTERM");
    expect(await ended).toEqual({ code: 0, by: null });
    expect(readdirSync(state).filter((name) => name.endsWith(".sock"))).toEqual([]);
  }, 60_000);

  test("of two started at the same instant one runs, and the other says that it does", async () => {
    const { state, file } = temporarySite();
    const mark = `both-${process.pid}`;
    const start = () => {
      const child = spawn(process.execPath, [postern, "run", "--config", file, "--state", state], {
        env: { ...process.env, POSTERN_TEST: mark },
        stdio: ["ignore", "ignore", "pipe"],
      });
      onTestFinished(() => void child.kill("SIGKILL"));
      let err = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        err += text;
      });
      return { child, err: () => err, ended: new Promise<number | null>((resolve) => child.once("close", resolve)) };
    };
    const both = [start(), start()];
    expect(await Promise.race(both.map(({ ended }) => ended))).toBe(1);
    const [loser, winner] = both.toSorted((a, b) => Number(b.child.exitCode === 1) - Number(a.child.exitCode === 1));
    const { pid } = winner?.child ?? {};
    expect(loser?.err()).toBe(
      `postern run: Another Postern already runs on this state folder (process ${pid}); stop it first with \`kill ${pid}\`.\n`,
    );
    await poll(async () => (await runPostern(["status", "--state", state])).code === 0);
    expect(processesMarked(`POSTERN_TEST=${mark}`)).toHaveLength(3);
    winner?.child.kill("SIGTERM");
    expect(await winner?.ended).toBe(0);
  }, 60_000);

  test("a folder that was open to everyone is not afterwards, and nothing new in it is", async () => {
    const { state, file } = temporarySite();
    mkdirSync(state);
    chmodSync(state, 0o777);
    const mask = process.umask(0);
    try {
      await startForTest({ config: null, configFile: file, state });
    } finally {
      process.umask(mask);
    }
    await poll(async () => existsSync(join(state, "console-code")));
    const paths = readdirSync(state, { recursive: true, withFileTypes: true }).map((entry) =>
      join(entry.parentPath, entry.name),
    );
    for (const path of [state, ...paths]) expect([path, statSync(path).mode & 0o077]).toEqual([path, 0]);
  }, 60_000);

  test("a controller whose log nobody reads any more goes on", async () => {
    const { state, file } = temporarySite();
    const product = await startForTest({ config: null, configFile: file, state });
    await product.until("office");
    product.process.stderr?.destroy();
    writeFileSync(file, "{");
    for (let times = 0; times < 3; times += 1) product.process.kill("SIGHUP");
    await poll(async () =>
      (await product.status()).health.some((fact) => fact.part === "configuration" && fact.state === "fault"),
    );
    expect((await runPostern(["reload", "--state", state])).code).toBe(1);
    expect(product.process.exitCode ?? product.process.signalCode).toBeNull();
  }, 60_000);
});

describe("a record that was tampered with", () => {
  let folder: string;
  let whole: string;
  const head = async () => Number(/(\d+) events in one chain/.exec((await verify(whole)).out)?.[1]);
  const verify = (state: string, ...args: readonly string[]) =>
    runPostern(["log", "verify", "--state", state, ...args]);

  beforeAll(async () => {
    folder = temporaryFolder();
    whole = join(folder, "whole");
    const file = join(folder, "site.json");
    writeFileSync(file, JSON.stringify(exampleSite()));
    const product = await startProduct({ config: null, configFile: file, state: whole });
    for (let times = 0; times < 6; times += 1) {
      const shown = product.board.next((one) => one.kind === "signal" && one["signal"] === "denied");
      await product.board.send("tap front-reader B775D2");
      await shown;
    }
    await product.stop();
  });
  afterAll(() => removeFolder(folder));

  function tamper(name: string, sql: string): string {
    const state = join(folder, name);
    cpSync(whole, state, { recursive: true });
    const db = new Sqlite(join(state, "ledger.db"));
    db.exec(sql);
    db.close();
    return state;
  }

  test("is found whole before that, with its length, and each event authenticated by the seed", async () => {
    const plain = await verify(whole);
    expect({ code: plain.code, err: plain.err }).toEqual({ code: 0, err: "" });
    expect(plain.out).toMatch(
      /^The record is whole: (\d+) events in one chain; the last is \1, [0-9a-f]{16}…\.\nChain and anchor agree; --seed FILE .+\.\nTake .+keys\/audit-seed off this board: .+\.\n$/,
    );
    const seeded = await verify(whole, "--seed", join(whole, "keys/audit-seed"));
    expect(seeded.code).toBe(0);
    expect(seeded.out).toContain(`${await head()} of them are authenticated by the audit seed.\n`);
  });

  test("names the event that was edited, removed, moved or cut off, with code 1", async () => {
    const last = await head();
    const record = (await runPostern(["log", "show", "--json", "--state", whole])).out.trim().split("\n");
    const denials = record
      .map((line) => JSON.parse(line) as RecordedEvent)
      .filter(({ event }) => event.type === "access.denied");
    const [one = 0, other = 0, third = 0] = denials.slice(2).map(({ seq }) => seq);
    expect(denials).toHaveLength(6);
    const swap = `UPDATE journal SET seq = -1 WHERE seq = ${one}; UPDATE journal SET seq = ${one} WHERE seq = ${other}`;
    const changes: readonly (readonly [name: string, sql: string, says: string])[] = [
      [
        "edited",
        `UPDATE journal SET body = replace(body, 'front', 'garage') WHERE seq = ${one}`,
        `Event ${one} was edited: its hash does not fit it.`,
      ],
      [
        "edited-time",
        `UPDATE journal SET wall = wall - 1 WHERE seq = ${third}`,
        `Event ${third} was edited: its hash does not fit it.`,
      ],
      ["removed", `DELETE FROM journal WHERE seq = ${other}`, `Event ${other} was removed from the record.`],
      [
        "moved",
        `${swap}; UPDATE journal SET seq = ${other} WHERE seq = -1`,
        `Events ${one} and ${other} changed places.`,
      ],
      [
        "cut",
        `DELETE FROM journal WHERE seq > ${last - 2}`,
        `Events ${last - 1} to ${last} were cut from the end of the record.`,
      ],
    ];
    for (const [name, sql, says] of changes) {
      const { code, out, err } = await verify(tamper(name, sql));
      expect({ name, code, out }).toEqual({ name, code: 1, out: "" });
      expect(err.split("\n")).toContain(says);
      expect(stackOf(err)).toBeNull();
    }
  });

  test("is not vouched for by a seed that is none", async () => {
    const file = join(folder, "seed");
    writeFileSync(file, '{"epoch":1}');
    expectRefusal(await verify(whole, "--seed", file), "postern log: This is not an audit seed.");
    expectRefusal(await verify(whole, "--seed", join(folder, "nowhere")), "postern log: This is not an audit seed.");
  });
});
