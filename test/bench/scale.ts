// What deciding costs with a directory of a whole town, beside what it costs with one of a single building, in the same run.
import { createHash } from "node:crypto";
import type { Ask } from "../../src/domain/ask.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { AskId, BootId, CredentialId, DoorId, PassId, PersonId, ReaderId, RunId } from "../../src/domain/ids.ts";
import type { CardCode, Presentation } from "../../src/domain/presentation.ts";
import { always, type Schedule } from "../../src/domain/schedule.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";
import { hashCodes } from "../../src/ledger/code-hashes.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { memoryLedgerParts } from "../../src/ledger/open-ledger.ts";
import type { HashPin } from "../../src/ledger/pin-hash.ts";
import { slowSecretOf } from "../../src/ledger/tokens.ts";
import { site } from "../site-fixture.ts";
import { median, printHeading, printLoad, times } from "./figures.ts";

interface Size {
  readonly people: number;
  readonly passes: number;
  readonly schedules: number;
}

const town: Size = { people: 50_000, passes: 20_000, schedules: 500 };
const building: Size = { people: 500, passes: 200, schedules: 500 };
const cardsEach = 5;
const limit = 1.3;
const rounds = Number(process.argv[2] ?? 15);
const perRound = 40;
/** Larger than any cache of a processor that this runs on. */
const flood = new Uint8Array(64 * 1_024 * 1_024);
const stepsAtOnce = 2_000;

const now = { wall: unixMs(Date.UTC(2026, 10, 20, 13)), mono: monoMs(1_000), trusted: true };
const quick: HashPin = (digits, done) => done(createHash("sha256").update(digits).digest());
const unbounded = { from: null, until: null };

const pinOf = (n: number) => String(10_000_000 + n * 997).slice(0, 8);
/** Multiplying by an odd number takes no two to the same one. */
const cardOf = (person: number, card: number) =>
  (Math.imul(person * cardsEach + card + 1, 0x9e3779b1) >>> 0).toString(16).toUpperCase().padStart(8, "0");
const qrOf = (n: number) => `PASS-${n * 7_919}`;

/** Windows of its own for each, all of which hold now. */
const scheduleOf = (n: number): Schedule => ({
  id: `schedule-${n}` as Schedule["id"],
  name: `Schedule ${n}`,
  rule: { kind: "weekly", windows: [{ days: ["fri"], startMinute: n % 700, endMinute: 1_000 + (n % 400) }] },
});

function* changesOf({ people, passes, schedules }: Size): Generator<DirectoryChange> {
  for (let n = 0; n < schedules; n += 1) yield { op: "putSchedule", schedule: scheduleOf(n) };
  for (let n = 0; n < people; n += 1) {
    const id = `person-${n}` as PersonId;
    const holder = { kind: "person", id } as const;
    yield { op: "putPerson", person: { ...holder, name: `Person ${n}`, state: "active", validity: unbounded } };
    yield { op: "putCredential", id: `${id}-pin` as CredentialId, kind: "pin", secret: pinOf(n), holder };
    for (let card = 0; card < cardsEach; card += 1) {
      yield { op: "putCredential", id: `${id}-${card}` as CredentialId, kind: "card", secret: cardOf(n, card), holder };
    }
    const schedule = n % 2 === 0 ? always.id : scheduleOf(n % schedules).id;
    yield { op: "putGrant", holder, door: "front" as DoorId, schedule };
  }
  const validity = { from: null, until: unixMs(now.wall + 86_400_000) };
  for (let n = 0; n < passes; n += 1) {
    const holder = { kind: "pass", id: `pass-${n}` as PassId } as const;
    yield { op: "putPass", pass: { ...holder, name: `Pass ${n}`, state: "active", validity, usesPerDoor: 999 } };
    yield { op: "putCredential", id: `pass-${n}-qr` as CredentialId, kind: "qr", secret: qrOf(n), holder };
    yield { op: "putGrant", holder, door: "front" as DoorId, schedule: always.id };
  }
}

function fill(size: Size): Ledger {
  let drawn = 0;
  const random = (bytes: number) => {
    drawn += 1;
    return createHash("shake256", { outputLength: bytes }).update(`scale ${drawn}`).digest();
  };
  const ledger = new Ledger(memoryLedgerParts({ now: () => now, report: () => {}, random }));
  ledger.open({ run: "run" as RunId, boot: "boot" as BootId, site, at: now });
  let waiting: DirectoryChange[] = [];
  const apply = () => {
    hashCodes(waiting, false, quick, (hashes) => {
      const outcome = ledger.applyChanges(waiting, hashes, "bench", now);
      if (!outcome.applied) throw new Error(JSON.stringify(outcome.problems[0]));
    });
    waiting = [];
  };
  for (const change of changesOf(size)) {
    waiting.push(change);
    if (waiting.length === stepsAtOnce) apply();
  }
  apply();
  return ledger;
}

let asks = 0;
function askOf(presentation: Presentation): Ask {
  asks += 1;
  return {
    id: `run.${asks}` as AskId,
    reader: "front-reader" as ReaderId,
    door: "front" as DoorId,
    direction: "entry",
    presentation,
    situation: { mode: "locked", interlocked: false },
    presentedAt: now,
    expiresAt: monoMs(now.mono + 2_000),
  };
}

/** Somebody else each time, so that nothing of the last decision helps this one. */
const kinds: Readonly<Record<string, (n: number, size: Size) => Presentation>> = {
  card: (n, { people }) => ({ method: "card", code: cardOf((n * 7_919) % people, n % cardsEach) as CardCode }),
  "short card": (n, { people }) => {
    const code = `00${cardOf((n * 7_919) % people, n % cardsEach).slice(2)}` as CardCode;
    return { method: "card", code, short: true };
  },
  PIN: (n, { people }) => ({ method: "pin", digits: pinOf((n * 7_919) % people) }),
  "pass's QR": (n, { passes }) => ({ method: "qr", text: qrOf((n * 7_919) % passes) }),
  "unknown card": (n) => ({ method: "card", code: cardOf(1_000_000 + n, 4) as CardCode }),
};

/**
 * At a door seconds pass between two decisions, and meanwhile others use the processor's caches. In a loop the small directory
 * would stay in them and the large one could not: so they are flooded before each decision, for both alike.
 */
function emptyCaches(): void {
  for (let at = 0; at < flood.length; at += 64) flood[at] = (flood[at] ?? 0) + 1;
}

function microsecondsEach(ledger: Ledger, size: Size, kind: string, from: number): number[] {
  const make = kinds[kind];
  if (make === undefined) throw new Error(`there is no ${kind}`);
  const wanted = kind === "unknown card" ? "unknownCredential" : "granted";
  return Array.from({ length: perRound }, (_, n) => {
    const presentation = make(from + n, size);
    const secret = slowSecretOf(presentation);
    const hash = secret === null ? null : createHash("sha256").update(secret).digest();
    emptyCaches();
    const startedAt = performance.now();
    const [answer] = ledger.commitBatch([ledger.readyAsk(askOf(presentation), hash)], []);
    const took = (performance.now() - startedAt) * 1_000;
    const verdict = answer?.verdict;
    const word = verdict?.granted ? "granted" : verdict !== undefined && "reason" in verdict ? verdict.reason : "more";
    if (word !== wanted) throw new Error(`a ${kind} was ${word}, not ${wanted}`);
    return took;
  });
}

const small = fill(building);
const large = fill(town);
printHeading(
  "scripts/bench scale",
  `${town.people} people x ${cardsEach} cards, ${town.passes} passes, ${town.schedules} schedules, beside ${building.people} people; microseconds a decision without disk and slow hash, caches flooded before each, median of ${rounds} interleaved rounds of ${perRound}`,
);
let missed = false;
console.log(`${"".padEnd(14)}  building      town   ratio   limit ${limit}`);
for (const kind of Object.keys(kinds)) {
  const figures = { small: [] as number[], large: [] as number[] };
  for (let round = -1; round < rounds; round += 1) {
    const from = (round + 1) * perRound;
    const few = microsecondsEach(small, building, kind, from);
    const many = microsecondsEach(large, town, kind, from);
    // The first round is for the compiler.
    if (round < 0) continue;
    figures.small.push(...few);
    figures.large.push(...many);
  }
  const [few, many] = [median(figures.small), median(figures.large)];
  const held = many / few <= limit;
  missed ||= !held;
  const row = `${few.toFixed(1).padStart(8)}  ${many.toFixed(1).padStart(8)}  ${times(many / few)}`;
  console.log(`${kind.padEnd(14)}  ${row}   ${held ? "held" : "MISSED"}`);
}
printLoad();
process.exitCode = missed ? 1 : 0;
