// A directory of any size for benches and tests: people with a PIN and five cards each, passes and schedules.
import { createHash } from "node:crypto";
import type { Ask } from "../src/domain/ask.ts";
import type { DirectoryChange } from "../src/domain/directory.ts";
import type { AskId, BootId, CredentialId, DoorId, PassId, PersonId, ReaderId, RunId } from "../src/domain/ids.ts";
import type { CardCode, Presentation } from "../src/domain/presentation.ts";
import { always, type Schedule } from "../src/domain/schedule.ts";
import { monoMs, unixMs } from "../src/domain/time.ts";
import { hashCodes } from "../src/ledger/code-hashes.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { memoryLedgerParts } from "../src/ledger/open-ledger.ts";
import type { HashPin } from "../src/ledger/pin-hash.ts";
import { slowSecretOf } from "../src/ledger/tokens.ts";
import { site } from "./site-fixture.ts";

export interface Size {
  readonly people: number;
  readonly passes: number;
  readonly schedules: number;
}

const stepsAtOnce = 2_000;
export const cardsEach = 5;
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

export function fillTown(size: Size): Ledger {
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

/** Presentations of people and passes that may enter; somebody else each time, so that nothing of the last decision helps this one. */
export const showings: Readonly<Record<string, (n: number, size: Size) => Presentation>> = {
  card: (n, { people }) => ({ method: "card", code: cardOf((n * 7_919) % people, n % cardsEach) as CardCode }),
  "short card": (n, { people }) => {
    const code = `00${cardOf((n * 7_919) % people, n % cardsEach).slice(2)}` as CardCode;
    return { method: "card", code, short: true };
  },
  PIN: (n, { people }) => ({ method: "pin", digits: pinOf((n * 7_919) % people) }),
  "pass's QR": (n, { passes }) => ({ method: "qr", text: qrOf((n * 7_919) % passes) }),
  "unknown card": (n) => ({ method: "card", code: cardOf(1_000_000 + n, 4) as CardCode }),
};

/** What the ledger decides, the slow hash left out. */
export function decideOnce(ledger: Ledger, presentation: Presentation): string {
  const secret = slowSecretOf(presentation);
  const hash = secret === null ? null : createHash("sha256").update(secret).digest();
  const [answer] = ledger.commitBatch([ledger.readyAsk(askOf(presentation), hash)], []);
  if (answer === undefined || "more" in answer.verdict) return "more";
  return answer.verdict.granted ? "granted" : answer.verdict.reason;
}
