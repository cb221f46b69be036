// Whoever is said to be able to open a door is let in by the ledger then, and nobody else is.
import { expect, test } from "vitest";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { DoorId, ReaderId } from "../../src/domain/ids.ts";
import type { CardCode, Presentation } from "../../src/domain/presentation.ts";
import { methods, normalizePlate } from "../../src/domain/presentation.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { Way } from "../../src/domain/ways-in.ts";
import { accessOf } from "../../src/domain/ways-in.ts";
import { JournalReader } from "../../src/ledger/journal-reader.ts";
import { PastDirectory } from "../../src/ledger/past-directory.ts";
import { PastRecord } from "../../src/ledger/past-record.ts";
import { TestLedger } from "../ledger/ledger-fixture.ts";
import { Dice } from "../oracle/dice.ts";
import { doorIds } from "../oracle/random-site.ts";
import { randomWorld } from "../oracle/random-world.ts";

type Secret = Extract<DirectoryChange, { op: "putCredential" }>;

const patient = (site: SiteSpec): SiteSpec => ({
  ...site,
  guessing: { ...site.guessing, failures: 100_000 },
  factors: { ...site.factors, attempts: 100_000 },
  areas: [],
  doors: site.doors.map((door) => ({ ...door, timing: { ...door.timing, sameUserMs: 0, differentUserMs: 0 } })),
});

class Life {
  readonly tested: TestLedger;
  readonly site: SiteSpec;
  readonly secrets = new Map<string, Secret>();
  readonly counted = { ways: 0, none: 0, pairs: 0 };

  constructor(site: SiteSpec) {
    this.site = site;
    this.tested = new TestLedger(site);
  }

  apply(change: DirectoryChange): void {
    if (!this.tested.change(change).applied) return;
    if (change.op === "putCredential") this.secrets.set(change.id, change);
    if (change.op === "removeCredential") this.secrets.delete(change.id);
    if (change.op !== "removeHolder") return;
    for (const [id, { holder }] of this.secrets) if (holder.id === change.holder.id) this.secrets.delete(id);
  }

  compare(secret: Secret, door: DoorId, side: "in" | "out", method: Presentation["method"]): void {
    // Nothing that was begun before counts any more.
    this.tested.clock.pass(this.site.factors.timeoutMs + 1);
    const presentation = this.shownAs(secret, door, method);
    if (presentation === null) return;
    const direction = side === "in" ? "entry" : "exit";
    const ways = this.ways(secret, door).filter((way) => way.direction === direction && way.method === method);
    const at = { door, reader: `${door}-${side}` as ReaderId, direction } as const;
    const verdict = this.tested.present(presentation, at);
    // Another card may share the part that is known of this one.
    const [last] = new JournalReader(this.tested.parts.db).tail(1);
    if (last === undefined || !("credential" in last.event) || last.event.credential !== secret.id) return;
    const way = ways.find(({ credential }) => credential.id === secret.id);
    const said = JSON.stringify({ verdict, secret, door, side, method });
    if (verdict.granted) {
      expect(way, said).toMatchObject({ second: null });
      this.counted.ways += 1;
    } else if ("more" in verdict) this.complete(way, verdict.more, door, at, said);
    else {
      expect(way, said).toBeUndefined();
      this.counted.none += 1;
    }
  }

  complete(way: Way | undefined, need: string, door: DoorId, at: object, said: string): void {
    if (need === "twoPeople") {
      expect(way, said).toMatchObject({ second: "secondPerson" });
      return;
    }
    if (way === undefined || way.second === null || way.second === "secondPerson") return;
    const second = this.secrets.get(way.second.id);
    if (second === undefined) return;
    const typed = this.shownAs(second, door, "pin");
    if (typed === null) return;
    expect(this.tested.present(typed, at), said).toMatchObject({ granted: true, credential: second.id });
    this.counted.pairs += 1;
  }

  ways(secret: Secret, door: DoorId): readonly Way[] {
    const { db } = this.tested.parts;
    const spec = this.site.doors.find(({ id }) => id === door)!;
    const directory = new PastDirectory(db, this.tested.ledger.directoryVersion);
    const place = { site: this.site, door: spec, at: this.tested.clock.now().wall, mode: "locked" } as const;
    return accessOf(secret.holder, { ...place, directory, passes: new PastRecord(db) })?.ways ?? [];
  }

  shownAs({ kind, secret, holder }: Secret, door: DoorId, method: Presentation["method"]): Presentation | null {
    const digits = /^[0-9]{2,8}$/.test(secret);
    switch (method) {
      case "pin": {
        if (!digits || kind === "card" || kind === "bkey" || kind === "plate") return null;
        if (this.site.doors.find(({ id }) => id === door)?.keypadMode === "pin") return { method, digits: secret };
        const found = new PastDirectory(this.tested.parts.db, this.tested.ledger.directoryVersion).holder(holder);
        return { method, digits: secret, apartment: found?.kind === "person" ? (found.apartment ?? "") : "" };
      }
      case "qr":
        return kind === "card" || kind === "bkey" || kind === "plate" ? null : { method, text: secret };
      case "card":
        return kind === "card" || kind === "bkey" ? { method, code: secret as CardCode } : null;
      case "plate":
        return kind === "plate" ? { method, plate: normalizePlate(secret) } : null;
    }
  }
}

test("in random sites at random instants, what who-can says is what the ledger decides", { timeout: 120_000 }, () => {
  const all = { ways: 0, none: 0, pairs: 0 };
  for (let seed = 100; seed < 108; seed += 1) {
    const { site, script } = randomWorld(seed, 60);
    const life = new Life(patient(site));
    const dice = new Dice(seed);
    for (const step of script) {
      if (step.do === "change") {
        life.apply(step.change);
        continue;
      }
      if (step.do !== "show") continue;
      const { wall } = step.at;
      Object.assign(life.tested.clock, { wall: Math.max(wall, life.tested.clock.wall) });
      const secrets = [...life.secrets.values()];
      for (let turn = 0; turn < 10; turn += 1) {
        life.compare(
          dice.pick(secrets),
          dice.pick([...doorIds, ...doorIds.slice(0, 2)]),
          dice.pick(["in", "out"]),
          dice.pick(methods),
        );
      }
    }
    for (const key of ["ways", "none", "pairs"] as const) all[key] += life.counted[key];
    life.tested.ledger.close();
  }
  expect(all.ways).toBeGreaterThan(150);
  expect(all.none).toBeGreaterThan(150);
  expect(all.pairs).toBeGreaterThan(2);
});
