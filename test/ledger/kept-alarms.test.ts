import { expect, test } from "vitest";
import { canonicalJson } from "../../src/domain/canonical-json.ts";
import type { LinkedEvent } from "../../src/domain/events.ts";
import type { DoorId } from "../../src/domain/ids.ts";
import { hashEvent } from "../../src/ledger/chain.ts";
import { pruneChunk } from "../../src/ledger/journal.ts";
import { JournalReader } from "../../src/ledger/journal-reader.ts";
import { KeptAlarms, maxKeptAlarms } from "../../src/ledger/kept-alarms.ts";
import { site } from "../site-fixture.ts";
import { CloudSite } from "./cloud-fixture.ts";
import { TestLedger } from "./ledger-fixture.ts";

const withCloud = { ...site, keepEvents: 100, cloud: { maxDirectoryAgeMs: null } };
const forced = { type: "door.forced", door: "front" as DoorId } as const;
const opened = { type: "door.opened", door: "front" as DoorId } as const;

/** So many ordinary events, with an alarm before each hundredth. */
function fill(tested: TestLedger, count: number): void {
  const events = Array.from({ length: count }, (_, n) => (n % 100 === 0 ? forced : opened));
  tested.record(...events);
}

function prune(tested: TestLedger): void {
  while (tested.ledger.isPruneDue()) tested.ledger.prune(tested.clock.now());
}

const keptIn = ({ parts, ledger }: TestLedger, after = 0, before = Number.MAX_SAFE_INTEGER) =>
  new JournalReader(parts.db).keptAlarms({ epoch: ledger.head.epoch, seq: after }, before, 500);

const seqsOf = (events: readonly LinkedEvent[]) => events.map(({ seq }) => seq);

const isLinked = ({ seq, epoch, at, boot, event, commitment, prev, hash }: LinkedEvent) =>
  hashEvent(Buffer.from(prev, "hex"), {
    ...{ seq, epoch, wall: at.wall, mono: at.mono, trusted: at.trusted, boot, body: canonicalJson(event) },
    commitment: commitment === null ? null : Buffer.from(commitment, "hex"),
  }).toString("hex") === hash;

test("alarms that the issuer has not acknowledged outlive the record, each with what ties it to its neighbours", () => {
  const { tested } = new CloudSite(withCloud);
  fill(tested, 2_200);
  prune(tested);
  const kept = keptIn(tested);
  expect(tested.events()[0]!.seq).toBe(2 * pruneChunk + 1);
  expect(seqsOf(kept)).toEqual(Array.from({ length: 20 }, (_, n) => 1 + n * 100));
  expect(kept.every(isLinked)).toBe(true);
  expect(kept.map(({ event }) => event.type)).toEqual(Array.from({ length: 20 }, () => "door.forced"));
  expect(seqsOf(keptIn(tested, 401, 801))).toEqual([501, 601, 701]);
});

test("what was acknowledged is not kept, and what is acknowledged later goes", async () => {
  const cloud = new CloudSite(withCloud);
  const { tested } = cloud;
  const { epoch } = tested.ledger.head;
  fill(tested, 2_200);
  await cloud.ask({ kind: "cloudAcked", epoch, seq: 1_450 });
  prune(tested);
  expect(seqsOf(keptIn(tested))).toEqual([1_501, 1_601, 1_701, 1_801, 1_901]);
  await cloud.ask({ kind: "cloudAcked", epoch, seq: 1_701 });
  expect(seqsOf(keptIn(tested))).toEqual([1_801, 1_901]);
  await cloud.ask({ kind: "cloudAcked", epoch: epoch + 1, seq: 3 });
  expect(keptIn(tested)).toEqual([]);
});

test("the newest ten thousand of them are kept", () => {
  const { tested } = new CloudSite(withCloud);
  const put = tested.parts.db.prepare(
    "INSERT INTO kept_alarm VALUES (1, ?, 0, 0, 1, 'boot-1', '{}', NULL, x'00', x'00')",
  );
  for (let n = 0; n < maxKeptAlarms; n += 1) put.run(n - maxKeptAlarms);
  fill(tested, 1_200);
  prune(tested);
  const { count, first } = tested.parts.db
    .prepare<[], { count: number; first: number }>("SELECT count(*) AS count, min(seq) AS first FROM kept_alarm")
    .get()!;
  expect({ count, first }).toEqual({ count: maxKeptAlarms, first: 10 - maxKeptAlarms });
});

test("without a cloud nothing is kept", () => {
  const tested = new TestLedger({ ...withCloud, cloud: null });
  fill(tested, 2_200);
  prune(tested);
  expect(keptIn(tested)).toEqual([]);
});

test("what somebody's name was kept with is kept without it", () => {
  const { tested } = new CloudSite(withCloud);
  const { db } = tested.parts;
  fill(tested, 10);
  db.exec(`UPDATE journal SET personal = '{"name":"Ana"}', salt = x'5a' WHERE seq = 1`);
  new KeptAlarms(db).keep(5);
  const [kept] = keptIn(tested);
  expect(kept).toMatchObject({ seq: 1, personal: null, salt: null });
});
