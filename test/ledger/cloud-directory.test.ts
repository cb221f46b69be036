import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CloudCredential, CloudDocument } from "../../src/domain/cloud-directory.ts";
import type { CredentialId, DoorId, ScheduleId } from "../../src/domain/ids.ts";
import { CloudSite, ModelIssuer } from "./cloud-fixture.ts";
import { card, noon, pin } from "./ledger-fixture.ts";

type Holder = Extract<CloudDocument, { what: "person" | "pass" }>;

const unbounded = { from: null, until: null };
const credential = (id: string, kind: CloudCredential["kind"], secret: string, mark = secret): CloudCredential => {
  return { id: id as CredentialId, kind, secret, mark };
};
const grant = (door = "front", schedule = "always") => ({ door: door as DoorId, schedule: schedule as ScheduleId });

const person = (id: string, over: Partial<Holder> & { readonly name?: string; readonly state?: string } = {}) => {
  const { name = id.toUpperCase(), state = "active", ...rest } = over;
  const body = { name, state, validity: unbounded };
  return { what: "person" as const, id, body, credentials: [], grants: [grant()], ...rest } as Omit<Holder, "version">;
};
const pass = (id: string, over: Partial<Holder> = {}) => {
  const body = { name: id, state: "active", validity: { from: null, until: noon + 86_400_000 } };
  return { what: "pass" as const, id, body, credentials: [], grants: [grant()], ...over } as Omit<Holder, "version">;
};
const ana = (over: Parameters<typeof person>[1] = {}) =>
  person("ana", {
    credentials: [credential("ana-card", "card", "00B775D2"), credential("ana-pin", "pin", "4711")],
    ...over,
  });

function opened() {
  const site = new CloudSite();
  const issuer = new ModelIssuer();
  return { site, issuer, open: (shown: Parameters<typeof site.tested.outcome>[0]) => site.tested.outcome(shown) };
}

const inStep = async ({ site, issuer }: { readonly site: CloudSite; readonly issuer: ModelIssuer }) => {
  for (;;) {
    const step = issuer.delta((await site.standing()).version);
    if (step === null) return;
    await site.apply(step);
  }
};

describe("a delta", () => {
  test("brings a person with card and PIN, and takes them back with the next one", async () => {
    const { site, issuer, open } = opened();
    issuer.put(ana());
    await inStep({ site, issuer });
    expect([open(card("00B775D2")), open(pin("4711"))]).toEqual(["granted", "granted"]);
    issuer.remove("person", "ana");
    await inStep({ site, issuer });
    expect([open(card("00B775D2")), open(pin("4711"))]).toEqual(["unknownCredential", "unknownCredential"]);
  });

  test("says all of a person: what it does not name any more is gone", async () => {
    const { site, issuer, open } = opened();
    issuer.put(ana({ grants: [grant(), grant("garage")] }));
    await inStep({ site, issuer });
    issuer.put(ana({ credentials: [credential("ana-pin", "pin", "4711")], grants: [grant("garage")] }));
    await inStep({ site, issuer });
    expect(site.held()).toEqual(issuer.expected());
    expect([open(card("00B775D2")), open(pin("4711"))]).toEqual(["unknownCredential", "noGrant"]);
  });

  test("hashes a PIN once, however often its document comes, and again when its mark is another", async () => {
    const { site, issuer } = opened();
    issuer.put(ana());
    await inStep({ site, issuer });
    const once = site.hashed.length;
    issuer.put(ana({ name: "Ana Ruiz" }));
    await inStep({ site, issuer });
    expect(site.hashed).toHaveLength(once);
    issuer.put(ana({ credentials: [credential("ana-pin", "pin", "4712")] }));
    await inStep({ site, issuer });
    expect(site.hashed).toHaveLength(2 * once);
    expect(site.tested.outcome(pin("4711"))).not.toBe("granted");
  });

  test("is taken once, and never out of turn", async () => {
    const { site, issuer } = opened();
    issuer.put(ana());
    const first = issuer.delta(0)!;
    issuer.put(ana({ name: "Ana R." }));
    const second = issuer.delta(1)!;
    expect(await site.apply(second)).toMatchObject({ kind: "cloudStale", directory: { version: 0 } });
    expect(await site.apply(first)).toMatchObject({ kind: "cloudApplied", directory: { version: 1 } });
    expect(await site.apply(first)).toMatchObject({ kind: "cloudStale" });
    expect(await site.apply(second)).toMatchObject({ kind: "cloudApplied", directory: { version: 2 } });
    expect(site.held()).toEqual(issuer.expected());
  });

  test("leaves out alone what this controller cannot take, and says which", async () => {
    const { site, issuer, open } = opened();
    issuer.put(person("no-name", { name: "" }));
    issuer.put(pass("nowhere", { grants: [grant("attic")] }));
    issuer.put({ ...person("odd"), body: { name: 7 } });
    issuer.put(ana({ grants: [grant(), grant("attic")] }));
    const reply = await site.apply(issuer.delta(0)!);
    expect(reply).toMatchObject({ kind: "cloudApplied", directory: { version: 4 } });
    expect(reply.kind === "cloudApplied" && [...reply.refused].sort()).toEqual(["no-name", "nowhere", "odd"]);
    expect(open(card("00B775D2"))).toBe("granted");
    expect(site.tested.types().filter((type) => type === "directory.refused")).toHaveLength(3);
  });

  test("puts a host before its guest, whichever changed last", async () => {
    const { site, issuer } = opened();
    issuer.put(ana());
    issuer.put(
      pass("guest", {
        body: { name: "Guest", state: "active", validity: unbounded, host: "ana", expiresAt: noon + 1e7 },
      }),
    );
    issuer.put(ana({ name: "Ana Ruiz" }));
    expect(await site.apply(issuer.delta(0)!)).toMatchObject({ refused: [] });
    expect(site.held()).toEqual(issuer.expected());
  });

  test("keeps the suspension that was made on site", async () => {
    const { site, issuer, open } = opened();
    issuer.put(ana());
    await inStep({ site, issuer });
    site.tested.change({ op: "setHolderState", holder: { kind: "person", id: "ana" as never }, state: "suspended" });
    issuer.put(ana({ name: "Ana Ruiz" }));
    await inStep({ site, issuer });
    expect(open(card("00B775D2"))).toBe("holderSuspended");
  });
});

describe("a snapshot", () => {
  const filled = () => {
    const bench = opened();
    for (let n = 10; n < 30; n += 1) {
      bench.issuer.put(person(`p${n}`, { credentials: [credential(`c${n}`, "card", `0000${n}AA`)] }));
    }
    bench.issuer.put({ what: "schedule", id: "office", body: { name: "Office", rule: { kind: "always" } } });
    bench.issuer.put(person("p10", { grants: [grant("front", "office")] }));
    return bench;
  };

  const take = async ({ site, issuer }: ReturnType<typeof opened>, change: (n: number) => void = () => {}) => {
    const base = issuer.version;
    for (let n = 0; ; n += 1) {
      const { snapshot, version } = await site.standing();
      if (snapshot === null && n > 0) return version;
      const reply = await site.apply(issuer.chunk(base, snapshot?.upTo ?? null, 5));
      expect(reply.kind).toBe("cloudApplied");
      change(n);
    }
  };

  test("brings everything, range by range, and removes what it does not name", async () => {
    const bench = filled();
    await inStep(bench);
    for (const id of ["p11", "p20", "p29"]) bench.issuer.documents.delete(`person ${id}`);
    bench.issuer.documents.delete("schedule office");
    bench.issuer.put(person("p10"));
    await take(bench);
    expect(bench.site.held()).toEqual(bench.issuer.expected());
  });

  test("goes on where it was after a restart, and takes no other step meanwhile", async () => {
    const { site, issuer } = filled();
    const base = issuer.version;
    await site.apply(issuer.chunk(base, null, 5));
    site.tested.restart();
    const { snapshot } = await site.standing();
    expect(snapshot).toMatchObject({ snapshot: base });
    expect(await site.apply(issuer.delta(0)!)).toMatchObject({ kind: "cloudStale" });
    expect(await site.apply(issuer.chunk(base, "1:person:p20", 5))).toMatchObject({ kind: "cloudStale" });
    expect(await site.apply(issuer.chunk(base, snapshot!.upTo, 5))).toMatchObject({ kind: "cloudApplied" });
  });

  test("of a directory that changes meanwhile ends in step once the deltas are in", async () => {
    const bench = filled();
    await take(bench, (n) => {
      bench.issuer.remove("person", `p${10 + n}`);
      bench.issuer.put(person(`p${29 - n}`, { name: `later ${n}` }));
      bench.issuer.put(person(`q${n}`));
    });
    await inStep(bench);
    expect(bench.site.held()).toEqual(bench.issuer.expected());
  });

  test("that is old and comes again brings nothing back and removes nothing newer", async () => {
    const bench = filled();
    const old = bench.issuer.chunk(bench.issuer.version, null, 100);
    await inStep(bench);
    bench.issuer.remove("person", "p12");
    bench.issuer.put(person("new"));
    await inStep(bench);
    expect(await bench.site.apply(old)).toMatchObject({ kind: "cloudStale" });
    expect(bench.site.held()).toEqual(bench.issuer.expected());
  });

  test("leaves alone what the site itself owns", async () => {
    const bench = filled();
    bench.site.tested.change({
      op: "putPerson",
      person: { kind: "person", id: "p15-local" as never, name: "Local", state: "active", validity: unbounded },
    });
    await take(bench);
    const kept = bench.site.tested.ledger.db.prepare("SELECT 1 FROM holder WHERE id = 'p15-local'").get();
    expect(kept).toBeDefined();
  });
});

test("whatever is lost, doubled or comes late, a controller that asks again ends with the issuer's directory", async () => {
  const id = fc.constantFrom("a", "b", "c", "d");
  const change = fc.oneof(
    fc.record({
      do: fc.constant("put" as const),
      id,
      cards: fc.integer({ min: 0, max: 2 }),
      door: fc.constantFrom("front", "garage"),
    }),
    fc.record({ do: fc.constant("remove" as const), id }),
  );
  const move = fc.oneof(
    change,
    fc.record({ do: fc.constantFrom("sync" as const, "replay" as const, "snapshot" as const), n: fc.nat(20) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(move, { maxLength: 30 }), async (moves) => {
      const { site, issuer } = opened();
      const sent: Parameters<typeof site.apply>[0][] = [];
      for (const one of moves) {
        if (one.do === "put") {
          const cards = Array.from({ length: one.cards }, (_, n) =>
            credential(`${one.id}-${n}`, "card", `0${one.id}00000${n}`.toUpperCase()),
          );
          issuer.put(person(one.id, { credentials: cards, grants: [grant(one.door)] }));
        } else if (one.do === "remove") issuer.remove("person", one.id);
        else if (one.do === "replay") {
          const again = sent[one.n % Math.max(1, sent.length)];
          if (again !== undefined) await site.apply(again);
        } else {
          const { version, snapshot } = await site.standing();
          const isChunk = snapshot !== null || one.do === "snapshot";
          const base = snapshot?.snapshot ?? issuer.version;
          const step = isChunk ? issuer.chunk(base, snapshot?.upTo ?? null, 1 + (one.n % 3)) : issuer.delta(version, 2);
          if (step === null) continue;
          sent.push(step);
          if (one.n % 4 !== 0) await site.apply(step);
        }
      }
      for (let left = 60; left > 0; left -= 1) {
        const { version, snapshot } = await site.standing();
        const step = snapshot === null ? issuer.delta(version) : issuer.chunk(snapshot.snapshot, snapshot.upTo, 5);
        if (step === null) break;
        await site.apply(step);
      }
      expect(site.held()).toEqual(issuer.expected());
    }),
    { numRuns: 60 },
  );
});

test("a command's id is taken once, with an event, and again never", async () => {
  const { site } = opened();
  const command = { kind: "cloudCommand", id: "A".repeat(22), what: "open", by: "anna" } as const;
  expect(await site.ask(command)).toEqual({ kind: "commandTaken", fresh: true });
  expect(await site.ask(command)).toEqual({ kind: "commandTaken", fresh: false });
  site.tested.restart();
  expect(await site.ask(command)).toEqual({ kind: "commandTaken", fresh: false });
  expect(site.tested.types().filter((type) => type === "command.accepted")).toHaveLength(1);
});

test("an acknowledgement is remembered over a restart", async () => {
  const { site } = opened();
  expect(await site.ask({ kind: "cloudState" })).toMatchObject({ acked: null });
  await site.ask({ kind: "cloudAcked", epoch: 1, seq: 7 });
  site.tested.restart();
  expect(await site.ask({ kind: "cloudState" })).toMatchObject({ acked: { epoch: 1, seq: 7 } });
});

test("for a while after a recovery no command is taken, as nobody knows which were taken before", async () => {
  const { site } = opened();
  const { tested } = site;
  const command = (id: string) => site.ask({ kind: "cloudCommand", id: id.repeat(22), what: "open", by: "anna" });
  const recovered = {
    why: "damaged",
    from: "copy",
    copyAgeMs: 1,
    copySeq: 1,
    lostSeq: 2,
    usedUp: 0,
    kept: null,
  } as const;
  tested.ledger.note({ type: "log.restarted", lostEpoch: 1, lostSeq: 1, lostHash: "00" }, tested.clock.now());
  tested.ledger.note({ type: "ledger.recovered", ...recovered }, tested.clock.now());
  expect(await command("A")).toMatchObject({ kind: "error" });
  tested.clock.pass(149_000);
  expect(await command("A")).toMatchObject({ kind: "error" });
  tested.clock.pass(1_000);
  expect(await command("A")).toMatchObject({ kind: "commandTaken", fresh: true });
  tested.clock.mono = 140_000;
  expect(await command("B")).toMatchObject({ kind: "error" });
  tested.clock.mono = 151_000;
  expect(await command("B")).toMatchObject({ kind: "commandTaken", fresh: true });
});

test("the newest four thousand ids of commands are remembered", async () => {
  const { site } = opened();
  for (let n = 0; n < 4_100; n += 1) await site.ask({ kind: "cloudCommand", id: `c${n}`, what: "sync", by: "anna" });
  const count = site.tested.parts.db.prepare<[], number>("SELECT count(*) FROM cloud_command").pluck().get();
  expect(count).toBe(4_096);
  expect(await site.ask({ kind: "cloudCommand", id: "c4099", what: "sync", by: "anna" })).toMatchObject({
    fresh: false,
  });
});

test("a delta that was held back does not undo what was revoked meanwhile", async () => {
  const { site, issuer, open } = opened();
  issuer.put(ana());
  await inStep({ site, issuer });
  issuer.put(ana({ name: "Ana Ruiz" }));
  const heldBack = issuer.delta(1)!;
  issuer.put(ana({ state: "suspended" }));
  const revoke = { kind: "cloudRevoke", of: "person", id: "ana", version: issuer.version, by: "cloud: anna" } as const;
  expect(await site.ask(revoke)).toMatchObject({ kind: "changed" });
  expect(open(card("00B775D2"))).toBe("holderSuspended");
  await site.apply(heldBack);
  expect(open(card("00B775D2"))).toBe("holderSuspended");
  issuer.put(ana());
  await inStep({ site, issuer });
  expect(open(card("00B775D2"))).toBe("granted");
});
