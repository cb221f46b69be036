import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { argon2Sync, createHash, createHmac } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import type { Ask, FromLedger, LedgerReply, ToLedger } from "../../src/domain/ask.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { AskId, BootId, DoorId, ReaderId, RunId } from "../../src/domain/ids.ts";
import type { Presentation } from "../../src/domain/presentation.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { readAnchorFile, readSeedFile } from "../../src/ledger/anchor.ts";
import { goodCopyPath, makeGoodCopy } from "../../src/ledger/good-copy.ts";
import { openJournalReader } from "../../src/ledger/journal-reader.ts";
import { pinHashCost } from "../../src/ledger/pin-hash.ts";
import { verifyJournal } from "../../src/ledger/verify.ts";
import { site } from "../site-fixture.ts";
import {
  card,
  pathsIn,
  person,
  pin,
  putCredential,
  putGrant,
  putPerson,
  qr,
  TestClock,
  temporaryFolder,
  wordOf,
} from "./ledger-fixture.ts";

const module = join(import.meta.dirname, "ledger-child.ts");

class Child {
  readonly heard: FromLedger[] = [];
  readonly process: ChildProcess;
  errors = "";
  readonly #listeners = new Set<() => void>();

  constructor(folder: string, execArgv: readonly string[] = []) {
    const paths = { ...pathsIn(folder), ledgerSocket: join(folder, "ledger.sock") };
    this.process = fork(module, [JSON.stringify(paths)], {
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      execArgv: [...execArgv],
    });
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.errors += text;
    });
    this.process.on("message", (message: FromLedger) => {
      this.heard.push(message);
      for (const listen of this.#listeners) listen();
    });
    onTestFinished(() => void this.process.kill("SIGKILL"));
  }

  say(message: ToLedger): void {
    // To one that was just killed nothing can be said.
    this.process.send(message, () => {});
  }

  async open(run = "run-1"): Promise<this> {
    this.say({ kind: "open", run: run as RunId, boot: "boot-1" as BootId, site, at: new TestClock().now() });
    await this.until((message) => message.kind === "ready");
    return this;
  }

  /** The first message, past or future, that fits. */
  until<Kind extends FromLedger>(fits: (message: FromLedger) => message is Kind): Promise<Kind>;
  until(fits: (message: FromLedger) => boolean): Promise<FromLedger>;
  until(fits: (message: FromLedger) => boolean): Promise<FromLedger> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.heard.find(fits);
        if (found === undefined) return;
        this.#listeners.delete(look);
        resolve(found);
      };
      this.#listeners.add(look);
      look();
    });
  }

  async present(ask: Ask): Promise<string> {
    this.say({ kind: "ask", ask });
    const answer = await this.until((message) => isAnswerTo(message, ask.id, "committed"));
    return answer.kind === "answer" ? wordOf(answer.answer.verdict) : "";
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await once(this.process, "exit");
  }
}

const isAnswerTo = (message: FromLedger, id: AskId, stage: string): boolean =>
  message.kind === "answer" && message.answer.ask === id && message.answer.stage === stage;

let asks = 0;
function ask(presentation: Presentation, run = "run-1"): Ask {
  asks += 1;
  const now = monoMs(Number(process.hrtime.bigint()) / 1e6);
  return {
    id: `${run}.${asks}` as AskId,
    reader: `reader-${asks}` as ReaderId,
    door: "front" as DoorId,
    direction: "entry",
    presentation,
    situation: { mode: "locked", interlocked: false },
    presentedAt: { wall: unixMs(Date.now()), mono: now, trusted: true },
    expiresAt: monoMs(now + 20_000),
  };
}

function request(folder: string, line: object): Promise<LedgerReply> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(join(folder, "ledger.sock"));
    let text = "";
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (!text.endsWith("\n")) return;
      resolve(JSON.parse(text) as LedgerReply);
      socket.destroy();
    });
    socket.on("error", reject);
    socket.write(`${JSON.stringify(line)}\n`);
  });
}

const change = (folder: string, ...changes: DirectoryChange[]) =>
  request(folder, { kind: "change", by: "ops", changes });

const people: readonly DirectoryChange[] = [
  putPerson("ana"),
  putCredential("ana-pin", person("ana"), "pin", "48151623"),
  putCredential("ana-card", person("ana"), "card", "00C3A5F91E"),
  putCredential("ana-raw", person("ana"), "card", "1D6F3B9A42/37"),
  putCredential("ana-qr", person("ana"), "qr", "73920461"),
  putCredential("ana-text", person("ana"), "qr", "ANA-QR-f81d4fae7dec"),
  putGrant(person("ana")),
];

function verify(folder: string) {
  const { database, keysDir } = pathsIn(folder);
  const anchor = readAnchorFile(keysDir);
  const reader = openJournalReader(database);
  const events = [...reader.rows()].map((row) => JSON.parse(row.body) as { type: string; ask?: string });
  const result = verifyJournal({ rows: reader.rows(), anchor, seeds: [readSeedFile(join(keysDir, "audit-seed"))] });
  reader.close();
  return { events, result };
}

test("the process answers, records, serves its socket, and ends with the door loop", async () => {
  const folder = temporaryFolder();
  const child = await new Child(folder).open();
  expect(await change(folder, ...people)).toMatchObject({ kind: "changed", version: 1 });
  expect(await child.present(ask(pin("48151623")))).toBe("granted");
  expect(await child.present(ask(card("00C3A5F91E")))).toBe("granted");
  expect(await child.present(ask(qr("73920461")))).toBe("granted");
  expect(await child.present(ask(pin("48151624")))).toBe("unknownCredential");
  child.say({ kind: "ping", n: 3 });
  await child.until((message) => message.kind === "pong" && message.n === 3);
  const at = { wall: unixMs(Date.now()), mono: monoMs(1), trusted: true };
  child.say({ kind: "record", entries: [{ n: 1, at, what: { type: "controller.stopped" } }] });
  child.process.disconnect();
  const [code] = await once(child.process, "exit");
  expect([code, child.errors]).toEqual([0, ""]);
  const { events, result } = verify(folder);
  expect(events.map((event) => event.type)).toEqual([
    "directory.changed",
    "access.granted",
    "access.granted",
    "access.granted",
    "access.denied",
    "controller.stopped",
  ]);
  expect(result).toMatchObject({ ok: true, events: 6, authenticated: 6 });
});

test("a stop of the whole group reaches the ledger last: it takes what the door loop still says", async () => {
  const child = await new Child(temporaryFolder()).open();
  child.process.kill("SIGTERM");
  child.process.kill("SIGINT");
  child.say({ kind: "ping", n: 1 });
  await child.until((message) => message.kind === "pong");
});

test("a second ledger on the same folder says so and ends, and the first one goes on", async () => {
  const folder = temporaryFolder();
  const first = await new Child(folder).open();
  const second = new Child(folder);
  const [code] = await once(second.process, "exit");
  expect(code).toBe(1);
  expect(second.errors).toContain("ledger.taken");
  expect(await change(folder, ...people)).toMatchObject({ kind: "changed", version: 1 });
  await first.kill();
  const third = await new Child(folder).open();
  expect(await third.present(ask(pin("48151623")))).toBe("granted");
});

test("a ledger whose key is gone says so and ends", async () => {
  const folder = temporaryFolder();
  await (await new Child(folder).open()).kill();
  rmSync(join(pathsIn(folder).keysDir, "credential.key"));
  const child = new Child(folder);
  const [code] = await once(child.process, "exit");
  expect(code).toBe(1);
  expect(child.errors).toContain("keys.mismatch");
});

/** A process for which time until a timer passes so much faster that six hours are a second. */
const hasty = `data:text/javascript,const real = setTimeout; globalThis.setTimeout = (run, ms, ...more) => real(run, ms / 20000, ...more)`;

test("a running ledger forgets names whose time is up, and copies its directory, by itself", async () => {
  const folder = temporaryFolder();
  const child = await new Child(folder, ["--import", hasty]).open();
  await change(folder, ...people);
  const grown = new Promise<void>((resolve) => {
    const socket = createConnection(join(folder, "ledger.sock"));
    socket.setEncoding("utf8").on("data", (text: string) => {
      if (!text.includes('"seq":4')) return;
      resolve();
      socket.destroy();
    });
    socket.write('{"kind":"watch"}\n');
  });
  const today = ask(card("00C3A5F91E"));
  const wall = unixMs(today.presentedAt.wall - 100 * 86_400_000);
  const longAgo = { ...ask(card("00C3A5F91E")), presentedAt: { ...today.presentedAt, wall } };
  expect(await child.present(longAgo)).toBe("granted");
  expect(await child.present(today)).toBe("granted");
  await grown;
  await child.until((message) => message.kind === "copied" && message.why === null);
  child.process.disconnect();
  await once(child.process, "exit");
  const { events, result } = verify(folder);
  expect(events[3]).toEqual({ type: "names.forgotten", upToSeq: 2, count: 1 });
  expect(result).toMatchObject({ ok: true, events: 4, forgotten: 1 });
});

test("a page that SQLite finds damaged while it runs ends the ledger, and the next one has the copy", async () => {
  const folder = temporaryFolder();
  const { database } = pathsIn(folder);
  const first = await new Child(folder).open();
  await change(folder, ...people);
  first.process.disconnect();
  await once(first.process, "exit");
  makeGoodCopy({ source: database, target: goodCopyPath(database), madeWall: Date.now(), checkRecord: false });
  const second = await new Child(folder).open();
  // What was read before, the schema above all, stays in memory.
  const bytes = readFileSync(database);
  writeFileSync(database, bytes.fill(0xa5, 4_096));
  second.say({ kind: "ask", ask: ask(card("00C3A5F91E")) });
  const [code] = await once(second.process, "exit");
  expect(code).toBe(1);
  expect(second.errors).toMatch(/malformed/);
  const third = await new Child(folder).open("run-2");
  expect(third.errors).toContain("ledger.recovered: The database is damaged");
  expect(await third.present(ask(card("00C3A5F91E"), "run-2"))).toBe("granted");
  expect(third.heard.find((message) => message.kind === "ready")).toMatchObject({ restored: { recovery: {} } });
  expect(
    verify(folder)
      .events.slice(0, 2)
      .map(({ type }) => type),
  ).toEqual(["log.restarted", "ledger.recovered"]);
});

test("killed at any moment under presentations it loses no committed answer, doubles none, and the record holds", async () => {
  const folder = temporaryFolder();
  const granted = new Set<string>();
  const asked = new Set<string>();
  for (let life = 0; life < 6; life += 1) {
    const child = await new Child(folder).open(`run-${life}`);
    if (life === 0) await change(folder, ...people);
    const grants = (): string[] =>
      child.heard.flatMap((message) => {
        if (message.kind !== "answer" || message.answer.stage !== "committed") return [];
        return message.answer.verdict.granted ? [message.answer.ask] : [];
      });
    // However many are turned away because it is busy.
    const enough = child.until(() => grants().length >= 20 + life * 37);
    const pour = setInterval(() => {
      for (let n = 0; n < 8; n += 1) {
        const one = ask(card("00C3A5F91E"), `run-${life}`);
        asked.add(one.id);
        if (child.process.connected) child.say({ kind: "ask", ask: one });
      }
    }, 1);
    await enough;
    await child.kill();
    clearInterval(pour);
    for (const ask of grants()) granted.add(ask);
  }
  const { events, result } = verify(folder);
  const recorded = events.flatMap((event) => (event.type === "access.granted" ? [event.ask ?? ""] : []));
  expect(granted.size).toBeGreaterThan(500);
  expect(new Set(recorded).size).toBe(recorded.length);
  expect([...granted].filter((id) => !recorded.includes(id))).toEqual([]);
  expect(recorded.filter((id) => !asked.has(id))).toEqual([]);
  expect(result).toMatchObject({ ok: true, events: events.length, authenticated: events.length });
});

/** Every spelling in which somebody might look for a secret on a stolen card. */
function spellings(secret: string): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  const add = (name: string, bytes: Buffer) => {
    found.set(name, bytes);
    found.set(`${name} reversed`, Buffer.from(bytes).reverse());
    found.set(`${name} in hex`, Buffer.from(bytes.toString("hex")));
    found.set(`${name} in HEX`, Buffer.from(bytes.toString("hex").toUpperCase()));
    found.set(`${name} in base64`, Buffer.from(bytes.toString("base64").replace(/=+$/, "").slice(0, -1)));
  };
  add("ASCII", Buffer.from(secret));
  add("UTF-16", Buffer.from(secret, "utf16le"));
  add("UTF-16 big-endian", Buffer.from(secret, "utf16le").swap16());
  const digits = secret.split("/")[0] ?? "";
  if (/^[0-9A-F]+$/.test(digits) && digits.length % 2 === 0) add("BCD or raw bytes", Buffer.from(digits, "hex"));
  if (/^[0-9]+$/.test(digits)) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(BigInt(digits));
    const start = bytes.findIndex((byte) => byte !== 0);
    add("number", bytes.subarray(start));
  }
  return found;
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

test("no secret can be found in any file, in any spelling, while the ledger runs and after it was killed", async () => {
  const folder = temporaryFolder();
  const child = await new Child(folder).open();
  await change(folder, ...people);
  const secrets = [
    "48151623",
    "00C3A5F91E",
    "1D6F3B9A42/37",
    "73920461",
    "ANA-QR-f81d4fae7dec",
    "90817263",
    "00FEDCBA98",
  ];
  // Replaced and removed ones leave free pages behind; refused and failed ones must not be there either.
  await change(folder, putCredential("ana-pin", person("ana"), "pin", "90817263"));
  await child.present(ask(pin("48151623")));
  await child.present(ask(card("00FEDCBA98")));
  await child.present(ask(pin("90817263")));
  await change(folder, { op: "removeCredential", id: "ana-card" as never });
  const search = () => {
    const hits: string[] = [];
    const files = filesBelow(folder);
    // A slow test may see the first copy of the directory being made.
    const names = files.map((file) => file.slice(folder.length + 1)).filter((name) => !name.includes(".good"));
    expect(names.sort()).toEqual([
      "keys/anchor",
      "keys/audit-seed",
      "keys/credential.key",
      "state/ledger.db",
      "state/ledger.db-shm",
      "state/ledger.db-wal",
    ]);
    for (const file of files) {
      const bytes = readFileSync(file);
      for (const secret of secrets) {
        for (const [name, spelling] of spellings(secret)) if (bytes.includes(spelling)) hits.push(`${file}: ${name}`);
      }
    }
    return hits;
  };
  expect(search()).toEqual([]);
  await child.kill();
  expect(search()).toEqual([]);
});

test("without the key, no way of hashing that the code knows turns a four-digit PIN into what is stored", async () => {
  const folder = temporaryFolder();
  const child = await new Child(folder).open();
  await change(folder, putPerson("ana"), putCredential("ana-pin", person("ana"), "pin", "4815"));
  const db = new Sqlite(pathsIn(folder).database, { readonly: true });
  const token = db.prepare<[], Buffer>("SELECT token FROM credential").pluck().get()!;
  const salt = db.prepare<[], Buffer>("SELECT site_salt FROM controller").pluck().get()!;
  db.close();
  const guesses = new Set<string>();
  const keys = [Buffer.alloc(32), salt, Buffer.alloc(0)];
  const slow = argon2Sync("argon2id", { message: "4815", nonce: salt, ...pinHashCost });
  guesses.add(slow.toString("hex"));
  const codes = Array.from({ length: 10_000 }, (_, code) => Buffer.from(String(code).padStart(4, "0")));
  for (const code of [...codes, slow]) {
    for (const message of [code, Buffer.concat([Buffer.from("pin\0"), code])]) {
      guesses.add(createHash("sha256").update(message).digest("hex"));
      guesses.add(createHash("sha256").update(salt).update(message).digest("hex"));
      for (const key of keys) guesses.add(createHmac("sha256", key).update(message).digest("hex"));
    }
  }
  expect([...guesses].some((guess) => guess.includes(token.toString("hex")))).toBe(false);
  await child.kill();
});
