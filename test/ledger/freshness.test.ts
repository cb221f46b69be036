import { describe, expect, test } from "vitest";
import type { SiteSpec } from "../../src/domain/site.ts";
import { unixMs } from "../../src/domain/time.ts";
import { AgeWatch } from "../../src/ledger/age-watch.ts";
import { site } from "../site-fixture.ts";
import { CloudSite } from "./cloud-fixture.ts";
import { ana, card, courier, noon, person, putCredential, putGrant, putPerson, TestLedger } from "./ledger-fixture.ts";

const hour = 3_600_000;
const dayMs = 24 * hour;
const wary = { ...site, cloud: { maxDirectoryAgeMs: dayMs } };
const anaCard = card("00B775D2");
const guestCard = card("00C0FFEE");
const cards = (changes: typeof ana) => changes.filter((one) => one.op !== "putCredential" || one.kind === "card");

/** Ana is the cloud's, Bo and the courier are the site's own. */
async function opened(using: SiteSpec = wary) {
  const cloud = new CloudSite(using);
  const { tested } = cloud;
  tested.ledger.applyChanges(cards(ana), new Map(), "cloud", tested.clock.now(), { origin: "cloud" });
  tested.change(...courier(null), putPerson("bo"), putCredential("bo-card", person("bo"), "card", "00B0B0B0"));
  tested.change(putGrant(person("bo")));
  const sign = (at: number, version = 0) => cloud.ask({ kind: "cloudFresh", at: unixMs(at), version });
  const prove = (at: number, agoMs = 0) => cloud.ask({ kind: "cloudProven", at: unixMs(at), agoMs });
  await sign(noon);
  return { cloud, tested, sign, prove, ana: () => tested.outcome(anaCard), bo: () => tested.outcome(card("00B0B0B0")) };
}

describe("what the cloud gave out", () => {
  test("opens until it has been silent for as long as the site says, and again after its next sign", async () => {
    const { tested, sign, ...opens } = await opened();
    tested.clock.pass(dayMs);
    expect(opens.ana()).toBe("granted");
    tested.clock.pass(1);
    expect([opens.ana(), opens.bo()]).toEqual(["directoryStale", "granted"]);
    await sign(noon + dayMs);
    expect(opens.ana()).toBe("granted");
  });

  test("is good for ever where the site sets no limit", async () => {
    const { tested, ...opens } = await opened({ ...site, cloud: { maxDirectoryAgeMs: null } });
    tested.clock.pass(1_000 * dayMs);
    expect(opens.ana()).toBe("granted");
  });

  test("includes a guest of the site whose host it is", async () => {
    const { tested } = await opened();
    tested.change({
      op: "putPass",
      pass: {
        ...{ kind: "pass", id: "courier" as never, name: "Courier", state: "active", host: "ana" as never },
        validity: { from: null, until: unixMs(noon + 10 * dayMs) },
      },
    });
    expect(tested.outcome(guestCard)).toBe("granted");
    tested.clock.pass(dayMs + 1);
    expect(tested.outcome(guestCard)).toBe("directoryStale");
  });

  test("counts from when the limit was set, where the cloud had said nothing before", () => {
    const tested = new TestLedger();
    tested.ledger.applyChanges(cards(ana), new Map(), "cloud", tested.clock.now(), { origin: "cloud" });
    tested.clock.pass(100 * dayMs);
    tested.useAfresh(wary);
    expect(tested.outcome(anaCard)).toBe("granted");
    tested.clock.pass(dayMs + 1);
    expect(tested.outcome(anaCard)).toBe("directoryStale");
  });

  test("does not block a keypad for those who type what is only stale", async () => {
    const { cloud, tested } = await opened();
    await cloud.apply({
      kind: "delta",
      ...{ from: 0, version: 1 },
      documents: [
        {
          ...{
            what: "person",
            id: "bo",
            version: 1,
            grants: [{ door: "front" as never, schedule: "always" as never }],
          },
          body: { name: "Bo", state: "active", validity: { from: null, until: null } },
          credentials: [{ id: "bo-pin" as never, kind: "pin", mark: "1", secret: "4711" }],
        },
      ],
    });
    tested.clock.pass(2 * dayMs);
    const tries = Array.from({ length: 12 }, () => tested.outcome({ method: "pin", digits: "4711" }));
    expect(new Set(tries)).toEqual(new Set(["directoryStale"]));
  });
});

test("the record says once that the cloud has been silent for too long, and once that it is heard again", async () => {
  const { tested, sign } = await opened();
  const watch = new AgeWatch({ ledger: tested.ledger, instant: tested.clock.now, grew: () => {} });
  const look = () => {
    watch.look();
    watch.look();
    return tested.types().filter((type) => /staled|refreshed/.test(type));
  };
  expect(look()).toEqual([]);
  tested.clock.pass(dayMs + 1);
  expect(look()).toEqual(["directory.staled"]);
  await sign(noon + dayMs);
  expect(look()).toEqual(["directory.staled", "directory.refreshed"]);
});

describe("a sign of the issuer", () => {
  test("is as old as its own clock says, however late it was delivered, and an older one changes nothing", async () => {
    const { tested, sign, ...opens } = await opened();
    tested.clock.pass(2 * dayMs);
    await sign(noon + hour);
    expect(opens.ana()).toBe("directoryStale");
    await sign(noon + 2 * dayMs - hour);
    await sign(noon + dayMs);
    tested.clock.pass(23 * hour);
    expect(opens.ana()).toBe("granted");
    tested.clock.pass(1);
    expect(opens.ana()).toBe("directoryStale");
  });

  test("tells nothing of a directory that is not all here, until it is", async () => {
    const { cloud, tested, sign, ...opens } = await opened();
    tested.clock.pass(2 * dayMs);
    await sign(noon + 2 * dayMs, 5);
    expect(opens.ana()).toBe("directoryStale");
    await cloud.apply({ kind: "delta", from: 0, version: 4, documents: [] });
    expect(opens.ana()).toBe("directoryStale");
    await cloud.apply({ kind: "delta", from: 4, version: 5, documents: [] });
    expect(opens.ana()).toBe("granted");
  });

  test("from a clock that ran ahead counts from when it was heard", async () => {
    const { tested, sign, ...opens } = await opened();
    await sign(noon + 30 * dayMs);
    tested.clock.pass(dayMs + 1);
    expect(opens.ana()).toBe("directoryStale");
  });
});

describe("without a clock that anybody vouches for", () => {
  test("the time since the last sign goes by the monotonic clock", async () => {
    const { tested, ...opens } = await opened();
    Object.assign(tested.clock, { trusted: false, wall: 0 });
    tested.clock.pass(dayMs);
    expect(opens.ana()).toBe("granted");
    tested.clock.pass(1);
    expect(opens.ana()).toBe("directoryStale");
  });

  test("signs that were held back and are let through one by one are as old as they are", async () => {
    const { tested, sign, prove, ...opens } = await opened();
    Object.assign(tested.clock, { trusted: false, wall: 0 });
    await prove(noon);
    for (let n = 1; n <= 3; n += 1) {
      tested.clock.pass(20 * hour);
      await sign(noon + n * 300_000);
    }
    expect(opens.ana()).toBe("directoryStale");
    await sign(noon + 60 * hour);
    expect(opens.ana()).toBe("granted");
  });

  test("a sign counts once the issuer has answered, by the time that it says it is there", async () => {
    const { tested, sign, prove, ...opens } = await opened();
    Object.assign(tested.clock, { trusted: false, wall: 0 });
    tested.clock.pass(2 * dayMs);
    await sign(noon + 47 * hour);
    expect(opens.ana()).toBe("directoryStale");
    await prove(noon + 48 * hour);
    expect(opens.ana()).toBe("granted");
    tested.clock.pass(23 * hour);
    expect(opens.ana()).toBe("granted");
    tested.clock.pass(1);
    expect(opens.ana()).toBe("directoryStale");
  });

  test("the first sign that a controller ever hears is no fresher than it is", () => {
    const tested = new TestLedger();
    tested.ledger.applyChanges(cards(ana), new Map(), "cloud", tested.clock.now(), { origin: "cloud" });
    Object.assign(tested.clock, { trusted: false, wall: 0 });
    tested.useAfresh(wary);
    const heard = (at: number) => tested.ledger.freshness?.heard(unixMs(at), tested.clock.now());
    expect([heard(noon - 30 * dayMs), tested.outcome(anaCard)]).toEqual([false, "granted"]);
    tested.ledger.freshness?.proven(unixMs(noon), 0, tested.clock.now());
    expect([heard(noon - 30 * dayMs), tested.outcome(anaCard)]).toEqual([true, "directoryStale"]);
    expect([heard(noon - hour), tested.outcome(anaCard)]).toEqual([true, "granted"]);
  });

  test("an answer that was long under way makes a sign older, not younger", async () => {
    const { tested, sign, prove, ...opens } = await opened();
    Object.assign(tested.clock, { trusted: false, wall: 0 });
    await prove(noon + hour, 24 * hour);
    await sign(noon + 1);
    expect(opens.ana()).toBe("directoryStale");
  });

  test("an answer after a long time without power tells how old the last sign is", async () => {
    const { tested, ...opens } = await opened();
    Object.assign(tested.clock, { trusted: false, wall: 0, mono: 0 });
    tested.restart("run-2", "boot-2");
    expect(opens.ana()).toBe("granted");
    tested.ledger.freshness?.proven(unixMs(noon + 60 * dayMs), 0, tested.clock.now());
    expect(opens.ana()).toBe("directoryStale");
  });

  test("a machine that is switched off and on does not begin to count anew", async () => {
    const { tested, ...opens } = await opened();
    Object.assign(tested.clock, { trusted: false, wall: 0 });
    for (let n = 0; n < 5; n += 1) {
      tested.clock.pass(6 * hour);
      tested.ledger.freshness?.checkpoint(tested.clock.now());
      tested.clock.mono = 0;
      tested.restart(`run-${n + 2}`, `boot-${n + 2}`);
    }
    expect(opens.ana()).toBe("directoryStale");
  });

  test("what a trusted clock has told before counts as well", async () => {
    const { tested, ...opens } = await opened();
    tested.clock.pass(2 * dayMs);
    opens.bo();
    Object.assign(tested.clock, { trusted: false, wall: 0, mono: 0 });
    tested.restart("run-2", "boot-2");
    expect(opens.ana()).toBe("directoryStale");
  });
});
