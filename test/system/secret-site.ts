// A site whose secrets are known, lived in for a while: shown rightly and wrongly, changed, removed, and cut off in the middle.
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { openJournalReader } from "../../src/ledger/journal-reader.ts";
import { ledgerMigrations, newestVersion } from "../../src/ledger/migrate.ts";
import { openLedger } from "../../src/ledger/open-ledger.ts";
import { exampleSite, processesMarked, runPostern } from "./command.ts";
import { type Product, poll, startProduct } from "./product.ts";
import { type Heap, heapsIn, type Secret } from "./secret-search.ts";

/** By person or pass. Their lengths are all that PINs may have; none is a number that the site has for other reasons. */
export const pins = {
  two: "57",
  three: "493",
  four: "7391",
  five: "48206",
  six: "830264",
  seven: "5920738",
  eight: "61847295",
  zeros: "00729184",
  courier: "9406153",
  other: "2086",
} as const;
export const changedPin = "20394857";

const cards = { w26: "00B6E94D", w34: "9C41E7B3", raw: "5AE19C4D72/40", suspended: "00E19A36", nobody: "00A7D35C" };
const texts = { visitor: "K7-Visitor-4471-ZQ", digits: "73920586", unknown: "https://example.org/k/91Qv7" };
const wrongPins = ["904718", "1739264", "38502917", "00000000001739", pins.eight.replace(/5$/, "6"), `${pins.seven}0`];

/** In use at some time, or typed without being anybody's; long enough to be told from chance. */
export const longSecrets: readonly Secret[] = [
  ...[...Object.values(pins), changedPin, ...wrongPins]
    .filter((text) => text.length >= 6)
    .map((text) => ({ kind: "pin", text }) as const),
  ...Object.values(cards).map((text) => ({ kind: "card", text }) as const),
  ...Object.values(texts).map((text) => ({ kind: "qr", text }) as const),
];
export const shortPins: readonly string[] = Object.values(pins).filter((pin) => pin.length < 6);
/** Somebody's name lies in the same tables and is no secret: whoever looks rightly finds it. */
export const namePrefix = "Zora Quill";

const site = exampleSite((example) => {
  example.readers.push({ id: "yard-reader", door: "garage", kind: "wiegand", pins: { d0: 30, d1: 31 }, format: "raw" });
  example.doors[1].methods = ["pin", "card", "qr"];
  example.guessing.failures = 12;
});

const person = (id: string) => ({ kind: "person", id }) as const;
const courier = { kind: "pass", id: "courier" } as const;
const unbounded = { from: null, until: null };

function planPeople(): readonly DirectoryChange[] {
  const people = Object.entries(pins).filter(([id]) => id !== "courier" && id !== "seven");
  const credential = (id: string, kind: string, secret: string, holder: object) => {
    return { op: "putCredential", id, kind, secret, holder };
  };
  const grants = [...people.map(([id]) => person(id)), courier].flatMap((holder) =>
    ["front", "garage"].map((door) => ({ op: "putGrant", holder, door, schedule: "always" })),
  );
  const validity = { from: null, until: Date.now() + 86_400_000 };
  return [
    ...people.map(([id]) => {
      return {
        op: "putPerson",
        person: { ...person(id), name: `${namePrefix} ${id}`, state: "active", validity: unbounded },
      };
    }),
    { op: "putPass", pass: { ...courier, name: "Courier", state: "active", validity, usesPerDoor: 1 } },
    ...people.map(([id, pin]) => credential(`${id}-pin`, "pin", pin, person(id))),
    credential("courier-pin", "pin", pins.courier, courier),
    credential("courier-qr", "qr", texts.visitor, courier),
    credential("eight-qr", "qr", texts.digits, person("eight")),
    credential("four-w26", "card", cards.w26, person("four")),
    credential("four-w34", "card", cards.w34, person("four")),
    credential("four-raw", "card", cards.raw, person("four")),
    credential("five-card", "card", cards.suspended, person("five")),
    { op: "setCredentialState", id: "five-card", state: "suspended" },
    ...grants,
  ] as unknown as readonly DirectoryChange[];
}

export interface LivedInSite {
  readonly state: string;
  /** Everything in the folder while it ran, right after it was killed, and at the end. */
  readonly heaps: readonly Heap[];
  readonly log: string;
  /** How much of the write-ahead log the kill left behind. */
  readonly walBytes: number;
  readonly events: readonly JournalEvent[];
}

export async function liveIn(state: string): Promise<LivedInSite> {
  const mark = `secrets-${process.pid}-${state}`;
  const heaps: Heap[] = [];
  const keep = (when: string) =>
    heaps.push(...heapsIn(state).map(({ name, bytes }) => ({ name: `${name} ${when}`, bytes })));
  const first = await startProduct({ config: site, state, env: { POSTERN_TEST: mark } });
  await addPeople(first);
  await comeAndGo(first);
  keep("while it runs");
  first.process.kill("SIGKILL");
  await poll(async () => processesMarked(`POSTERN_TEST=${mark}`).length === 0);
  const walBytes = statSync(join(state, "ledger.db-wal")).size;
  keep("after the kill");

  const second = await startProduct({ config: site, state });
  await changePeople(second);
  await guessUntilBlocked(second);
  keep("after changes");
  await poll(async () => existsSync(join(state, "ledger.db.good")));
  await second.stop();
  migrateOnce(state);
  keep("at the end");
  const reader = openJournalReader(join(state, "ledger.db"));
  const events = reader.after(0, 500).map(({ event }) => event);
  reader.close();
  return { state, heaps, log: first.stderr() + second.stderr(), walBytes, events };
}

async function addPeople(product: Product): Promise<void> {
  const reply = await product.change(planPeople());
  if (reply.kind !== "changed") throw new Error(JSON.stringify(reply));
  // One comes in as an operator would add them, and one is refused for a PIN that another has.
  const add = ["people", "add", "--door", "front", "--door", "garage", "--pin-stdin", "--state", product.state];
  const added = await runPostern([...add, `${namePrefix} seven`, "--id", "seven"], { input: `${pins.seven}\n` });
  const refused = await runPostern([...add, "Impostor"], { input: pins.eight });
  if (added.code !== 0 || refused.code !== 1) throw new Error(added.err + refused.err);
}

async function comeAndGo(product: Product): Promise<void> {
  for (const text of Object.values(texts)) await show(product, "front-scanner", `text front-scanner ${text}`);
  for (const pin of Object.values(pins)) await show(product, "front-keypad", `keys front-keypad ${pin}#`);
  for (const pin of wrongPins.slice(0, 4)) await show(product, "front-keypad", `keys front-keypad ${pin}#`);
  // A typing error, and the right code after it.
  await show(product, "front-keypad", `keys front-keypad ${wrongPins[4]}#`);
  await show(product, "front-keypad", `keys front-keypad ${pins.eight}#`);
  await show(product, "garage-reader", `keys garage-reader ${pins.courier}#`);
  await show(product, "garage-reader", `keys garage-reader ${pins.courier}#`);
  for (const card of [cards.w26, cards.suspended, cards.nobody])
    await show(product, "front-reader", `tap front-reader ${card.slice(2)}`);
  await show(product, "garage-reader", `tap garage-reader ${cards.w34}`);
  await show(product, "yard-reader", `tap yard-reader ${cards.raw}`);
  // Half an entry stays unfinished.
  await product.board.send(`keys front-keypad ${wrongPins[5]}`);
}

async function changePeople(product: Product): Promise<void> {
  const eight = person("eight");
  const reply = await product.change([
    { op: "putCredential", id: "eight-pin", kind: "pin", secret: changedPin, holder: eight },
    { op: "removeHolder", holder: person("six") },
    { op: "removeCredential", id: "four-w26" },
  ] as unknown as readonly DirectoryChange[]);
  if (reply.kind !== "changed") throw new Error(JSON.stringify(reply));
  for (const pin of [changedPin, pins.eight, pins.six]) {
    await show(product, "front-keypad", `keys front-keypad ${pin}#`);
  }
  await show(product, "front-reader", `tap front-reader ${cards.w26.slice(2)}`);
}

async function guessUntilBlocked(product: Product): Promise<void> {
  for (let tries = 0; tries < 14; tries += 1) {
    await show(product, "garage-reader", `keys garage-reader ${wrongPins[tries % wrongPins.length]}#`);
  }
  await show(product, "garage-reader", `keys garage-reader ${pins.seven}#`);
}

/** Presents something and waits for what the reader shows of it. */
async function show(product: Product, reader: string, command: string): Promise<void> {
  const shown = product.board.next(
    (one) => one.kind === "signal" && one["reader"] === reader && one["signal"] !== "key",
  );
  await product.board.send(command);
  await shown;
}

/** As the next version would: a migration, and before it a copy of the whole database. */
function migrateOnce(state: string): void {
  const next = { version: newestVersion(ledgerMigrations) + 1, up: () => {} };
  const now = () => ({ wall: unixMs(Date.now()), mono: monoMs(performance.now()), trusted: true });
  const paths = { database: join(state, "ledger.db"), keysDir: join(state, "keys"), credentialsDir: null };
  const report = (fault: Error) => {
    throw fault;
  };
  openLedger(paths, { now, report, migrations: [...ledgerMigrations, next] }).close();
}
