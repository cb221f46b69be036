// How long people at a door wait for a decision while the cloud's whole directory comes in, beside an idle ledger in the same run.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ask, FromLedger, LedgerReply, ToLedger } from "../../src/domain/ask.ts";
import type { CloudDocument, CloudStep } from "../../src/domain/cloud-directory.ts";
import { positionOf } from "../../src/domain/cloud-directory.ts";
import type { AskId, BootId, CredentialId, DoorId, ReaderId, RunId, ScheduleId } from "../../src/domain/ids.ts";
import type { CardCode } from "../../src/domain/presentation.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { site } from "../site-fixture.ts";
import { ms, printHeading, printLoad, quantile, times } from "./figures.ts";

const people = Number(process.argv[2] ?? 50_000);
const cardsEach = 5;
const perChunk = 500;
const askEveryMs = 10;
const idleMs = 10_000;
/** A quarter of a second is not felt as a wait at a door. */
const limitMs = 250;
const resident = 7;

const folder = mkdtempSync(join(tmpdir(), "postern-bench-"));
const socket = join(folder, "ledger.sock");
const paths = { database: join(folder, "ledger.db"), keysDir: join(folder, "keys"), credentialsDir: null };
const child = fork(
  join(import.meta.dirname, "../ledger/ledger-child.ts"),
  [JSON.stringify({ ...paths, ledgerSocket: socket })],
  { stdio: ["ignore", "ignore", "inherit", "ipc"] },
);
const say = (message: ToLedger): void => void child.send(message, () => {});
const now = () => ({ wall: unixMs(Date.now()), mono: monoMs(Number(process.hrtime.bigint()) / 1e6), trusted: true });

interface Waiting {
  readonly since: number;
  readonly figures: { tookMs: number[]; refused: number };
}

const waiting = new Map<AskId, Waiting>();
child.on("message", (message: FromLedger) => {
  if (message.kind !== "answer" || message.answer.stage !== "committed") return;
  const asked = waiting.get(message.answer.ask);
  waiting.delete(message.answer.ask);
  if (asked === undefined) return;
  asked.figures.tookMs.push(performance.now() - asked.since);
  if (!message.answer.verdict.granted) asked.figures.refused += 1;
});

const cardOf = (person: number, n: number): CardCode =>
  (person * cardsEach + n + 0x10_00_00_00).toString(16).toUpperCase() as CardCode;
const idOf = (person: number): string => `p${String(person).padStart(6, "0")}`;

const documentOf = (person: number): CloudDocument => ({
  what: "person",
  id: idOf(person),
  version: person + 1,
  body: { name: `Resident ${person}`, state: "active", validity: { from: null, until: null } },
  credentials: Array.from({ length: cardsEach }, (_, n) => ({
    id: `${idOf(person)}-${n}` as CredentialId,
    kind: "card",
    mark: "1",
    secret: cardOf(person, n),
  })),
  grants: [{ door: "front" as DoorId, schedule: "always" as ScheduleId }],
});

let asks = 0;
function ask(): Ask {
  asks += 1;
  const presentedAt = now();
  return {
    id: `run-1.${asks}` as AskId,
    reader: "front-reader" as ReaderId,
    door: "front" as DoorId,
    direction: "entry",
    presentation: { method: "card", code: cardOf(resident, 0) },
    situation: { mode: "locked", interlocked: false },
    presentedAt,
    expiresAt: monoMs(presentedAt.mono + 2_000),
  };
}

/** A resident shows a card all the while. */
async function showing(work: () => Promise<void>) {
  const figures = { tookMs: [] as number[], refused: 0 };
  const timer = setInterval(() => {
    const one = ask();
    waiting.set(one.id, { since: performance.now(), figures });
    say({ kind: "ask", ask: one });
  }, askEveryMs);
  await work();
  clearInterval(timer);
  while (waiting.size > 0) await new Promise((done) => setTimeout(done, 10));
  return figures;
}

async function connect(): Promise<(step: CloudStep) => Promise<LedgerReply>> {
  const line = createConnection(socket);
  await once(line, "connect");
  line.setEncoding("utf8");
  let text = "";
  let settle: (reply: LedgerReply) => void = () => {};
  line.on("data", (part: string) => {
    text += part;
    if (!text.endsWith("\n")) return;
    settle(JSON.parse(text));
    text = "";
  });
  return (step) =>
    new Promise((done) => {
      settle = done;
      line.write(`${JSON.stringify({ kind: "cloudApply", step })}\n`);
    });
}

const ready = new Promise<void>((done) => {
  child.on("message", (message: FromLedger) => {
    if (message.kind === "ready") done();
  });
});
const wide = { ...site, maxPeople: people, cloud: { maxDirectoryAgeMs: null } };
say({ kind: "open", run: "run-1" as RunId, boot: "boot-1" as BootId, site: wide, at: now() });
await ready;
await new Promise((done) => setTimeout(done, 1_000));

printHeading(
  "scripts/bench snapshot",
  `${people} people x ${cardsEach} cards in chunks of ${perChunk}, one card shown every ${askEveryMs} ms; from the ask to the committed answer, its way between two processes included`,
);
const apply = await connect();
await apply({ kind: "delta", from: 0, version: resident + 1, documents: [documentOf(resident)] });
const idle = () => showing(() => new Promise((done) => setTimeout(done, idleMs)));
const before = await idle();
const startedAt = performance.now();
const during = await showing(async () => {
  for (let first = 0; first < people; first += perChunk) {
    const documents = Array.from({ length: Math.min(perChunk, people - first) }, (_, n) => documentOf(first + n));
    const after = first === 0 ? null : positionOf("person", idOf(first - 1));
    const upTo = first + perChunk < people ? positionOf("person", idOf(first + perChunk - 1)) : null;
    const reply = await apply({ kind: "chunk", snapshot: people, after, upTo, version: people, documents });
    if (reply.kind !== "cloudApplied" || reply.refused.length > 0) throw new Error(JSON.stringify(reply));
  }
});
const seconds = (performance.now() - startedAt) / 1_000;
const after = await idle();

const row = (name: string, { tookMs, refused }: typeof before): string =>
  `${name.padEnd(18)}${String(tookMs.length).padStart(8)}${[0.5, 0.99, 1].map((q) => ms(quantile(tookMs, q))).join("")}${String(refused).padStart(10)}`;
console.log(`${"".padEnd(18)}decided  p50 ms  p99 ms  max ms   refused`);
for (const [name, figures] of Object.entries({ "idle before": before, "during it": during, "idle after": after })) {
  console.log(row(name, figures));
}
const p99 = quantile(during.tookMs, 0.99);
const held = p99 <= limitMs && during.refused === 0;
const rate = Math.round((people * cardsEach) / seconds);
console.log(`\n${people * cardsEach} credentials in ${seconds.toFixed(0)} s, ${rate} a second`);
console.log(
  `p99 ${times(p99 / quantile(before.tookMs, 0.99))} of idle; limit ${limitMs} ms, nobody refused: ${held ? "held" : "MISSED"}`,
);
printLoad();
child.disconnect();
await once(child, "exit");
rmSync(folder, { recursive: true, force: true });
process.exitCode = held ? 0 : 1;
