import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CloudCredential, CloudDocument, CloudStep } from "../../src/domain/cloud-directory.ts";
import type { CredentialId, DoorId, PersonId, ScheduleId } from "../../src/domain/ids.ts";
import { doorSecret } from "../../src/issuer/issuer-key.ts";
import { RefusedDocuments } from "../../src/ledger/refused-documents.ts";
import { site } from "../site-fixture.ts";
import { CloudSite, ModelIssuer } from "./cloud-fixture.ts";
import { issuerOf, passOf } from "./issuer-fixture.ts";
import { card, noon, pin } from "./ledger-fixture.ts";

type Holder = Extract<CloudDocument, { what: "person" | "pass" }>;
type Over = Partial<Omit<Holder, "body">> & { readonly body?: object };

const cardOf = (id: string, secret: string, more: Partial<CloudCredential> = {}): CloudCredential => ({
  id: id as CredentialId,
  kind: "card",
  secret,
  mark: secret,
  ...more,
});
const grant = (door = "front", schedule = "always") => ({ door: door as DoorId, schedule: schedule as ScheduleId });

const person = (id: string, { body = {}, ...over }: Over = {}) =>
  ({
    what: "person",
    id,
    body: { name: id, state: "active", validity: { from: null, until: null }, ...body },
    credentials: [],
    grants: [grant()],
    ...over,
  }) as Omit<Holder, "version">;

const pass = (id: string, { body = {}, ...over }: Over = {}) =>
  ({
    what: "pass",
    id,
    body: { name: id, state: "active", validity: { from: null, until: noon + 86_400_000 }, ...body },
    credentials: [],
    grants: [grant()],
    ...over,
  }) as Omit<Holder, "version">;

const schedule = (id: string) =>
  ({ what: "schedule", id, body: { name: id, rule: { kind: "always" } } }) as Parameters<ModelIssuer["put"]>[0];

function opened() {
  const cloud = new CloudSite();
  const issuer = new ModelIssuer();
  const open = (shown: Parameters<typeof cloud.tested.outcome>[0], at = {}) => cloud.tested.outcome(shown, at);
  /** Delta by delta, so many documents in each. */
  const inStep = async (most?: number) => {
    for (;;) {
      const step = issuer.delta((await cloud.standing()).version, most);
      if (step === null) return;
      expect(await cloud.apply(step)).toMatchObject({ kind: "cloudApplied" });
    }
  };
  return { cloud, issuer, open, inStep };
}

const refusals = (cloud: CloudSite) =>
  cloud.tested.events().flatMap(({ event }) => (event.type === "directory.refused" ? [event] : []));

describe("what comes in another order than it depends on", () => {
  test("a grant whose schedule comes later works from then on", async () => {
    const { cloud, issuer, open, inStep } = opened();
    issuer.put(schedule("office"));
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2")], grants: [grant("front", "office")] }));
    // Changed since: a delta of one document brings Ana first.
    issuer.put(schedule("office"));
    await cloud.apply(issuer.delta(0, 1)!);
    expect(open(card("00B775D2"))).toBe("noGrant");
    await inStep(1);
    expect(open(card("00B775D2"))).toBe("granted");
    expect([cloud.held(), refusals(cloud)]).toEqual([issuer.expected(), []]);
  });

  test("a guest whose host comes later is let in from then on, and not before", async () => {
    const { cloud, issuer, open, inStep } = opened();
    issuer.put(pass("guest", { body: { host: "ana" }, credentials: [cardOf("guest-card", "00C0FFEE")] }));
    issuer.put(person("ana"));
    await cloud.apply(issuer.delta(0, 1)!);
    expect(open(card("00C0FFEE"))).toBe("hostSuspended");
    await inStep(1);
    expect(open(card("00C0FFEE"))).toBe("granted");
    expect(cloud.held()).toEqual(issuer.expected());
  });

  test("a card that went from one to another is the new one's, whichever is told first", async () => {
    const { cloud, issuer, open, inStep } = opened();
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2")], grants: [grant("garage")] }));
    await inStep();
    issuer.put(person("bo", { credentials: [cardOf("bo-card", "00B775D2")] }));
    issuer.put(person("ana", { grants: [grant("garage")] }));
    await inStep(1);
    expect(open(card("00B775D2"))).toBe("granted");
    expect([cloud.held(), refusals(cloud)]).toEqual([issuer.expected(), []]);
  });

  test("a code of one who has left is another's at once when the cloud says so", async () => {
    const cloud = new CloudSite({ ...site, codes: { ...site.codes, coolDownMs: 86_400_000 } });
    const issuer = new ModelIssuer();
    const code = cardOf("code", "4711", { kind: "pin" });
    issuer.put(person("ana", { credentials: [code] }));
    await cloud.apply(issuer.delta(0)!);
    issuer.remove("person", "ana");
    issuer.put(person("bo", { credentials: [{ ...code, id: "bo-code" as CredentialId }] }));
    expect(await cloud.apply(issuer.delta(1)!)).toMatchObject({ kind: "cloudApplied", refused: [] });
    expect(cloud.tested.outcome(pin("4711"))).toBe("granted");
  });

  test("a grant at a door that the site gets later waits for it", async () => {
    const { cloud, issuer, open, inStep } = opened();
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2")], grants: [grant(), grant("attic")] }));
    await inStep();
    expect(open(card("00B775D2"), { door: "attic" })).toBe("noGrant");
    const [front] = site.doors;
    cloud.tested.use({ ...site, doors: [...site.doors, { ...front!, id: "attic" as DoorId }] });
    await cloud.standing();
    await cloud.settled();
    expect(open(card("00B775D2"), { door: "attic" })).toBe("granted");
  });
});

describe("a document that cannot be taken", () => {
  const broken = { name: "" };

  test("still takes away what it takes away", async () => {
    const { cloud, issuer, open, inStep } = opened();
    const cards = [cardOf("ana-card", "00B775D2"), cardOf("ana-tag", "00B775D3")];
    issuer.put(person("ana", { credentials: cards, grants: [grant(), grant("garage")] }));
    await inStep();
    issuer.put(person("ana", { body: broken, credentials: cards.slice(1), grants: [grant("garage")] }));
    expect(await cloud.apply(issuer.delta(1)!)).toMatchObject({ refused: ["ana"], directory: { version: 2 } });
    const at = { door: "garage", reader: "garage-reader" };
    expect([open(card("00B775D2"), at), open(card("00B775D3")), open(card("00B775D3"), at)]).toEqual([
      "unknownCredential",
      "noGrant",
      "granted",
    ]);
    expect(refusals(cloud)).toEqual([
      { type: "directory.refused", what: "person", id: "ana", why: "The name is not usable." },
    ]);
  });

  test("still marks a card that is lost", async () => {
    const { cloud, issuer, open, inStep } = opened();
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2")] }));
    await inStep();
    const [lost, other] = [cardOf("ana-card", "00B775D2", { state: "lost" }), cardOf("ana-tag", "00B775D3")];
    issuer.put(person("ana", { body: broken, credentials: [lost, other] }));
    expect(await cloud.apply(issuer.delta(1)!)).toMatchObject({ refused: ["ana"] });
    expect([open(card("00B775D2")), open(card("00B775D3"))]).toEqual(["credentialLost", "unknownCredential"]);
  });

  test("still suspends", async () => {
    const { cloud, issuer, open, inStep } = opened();
    const credentials = [cardOf("ana-card", "00B775D2")];
    issuer.put(person("ana", { credentials }));
    await inStep();
    issuer.put(person("ana", { body: { ...broken, state: "suspended" }, credentials }));
    await cloud.apply(issuer.delta(1)!);
    expect(open(card("00B775D2"))).toBe("holderSuspended");
    issuer.put(person("ana", { credentials }));
    await inStep();
    expect(open(card("00B775D2"))).toBe("granted");
  });

  test("leaves hundreds beside it alone, and no more than twenty events", async () => {
    const { cloud, issuer } = opened();
    for (let n = 0; n < 150; n += 1) {
      const body = n % 3 === 0 ? broken : {};
      issuer.put(person(`p${n}`, { body, credentials: [cardOf(`c${n}`, `0000${1_000 + n}`)] }));
    }
    const reply = await cloud.apply(issuer.delta(0)!);
    expect(reply.kind === "cloudApplied" && reply.refused.length).toBe(50);
    expect(refusals(cloud)).toHaveLength(20);
    expect(cloud.held().filter((row) => row.startsWith("person "))).toHaveLength(100);
  });

  test("of a schedule that a grant of the site's own still names stays, and is told", async () => {
    const { cloud, issuer, inStep } = opened();
    issuer.put(schedule("office"));
    await inStep();
    const holder = { kind: "person", id: "own" as never } as const;
    cloud.tested.change(
      { op: "putPerson", person: { ...holder, name: "Own", state: "active", validity: { from: null, until: null } } },
      { op: "putGrant", holder, door: "front" as DoorId, schedule: "office" as ScheduleId },
    );
    issuer.remove("schedule", "office");
    expect(await cloud.apply(issuer.delta(1)!)).toMatchObject({ refused: ["office"] });
    expect(refusals(cloud)).toMatchObject([{ what: "schedule", why: 'The schedule "office" is in use.' }]);
  });
});

describe("a document that was refused and comes again", () => {
  /** A schedule that the cloud takes away while somebody of the site still opens by it. */
  async function inUse() {
    const { cloud, issuer, inStep } = opened();
    issuer.put(schedule("office"));
    await inStep();
    const holder = { kind: "person", id: "bo" as PersonId } as const;
    const grantAt = { ...grant("front", "office"), holder };
    const bo = { ...holder, name: "Bo", state: "active", validity: { from: null, until: null } } as const;
    cloud.tested.change({ op: "putPerson", person: bo }, { op: "putGrant", ...grantAt });
    issuer.remove("schedule", "office");
    const removal = issuer.delta(1)!;
    const reply = await cloud.apply(removal);
    const again: CloudStep = { ...removal, kind: "delta", from: 2, version: 2 };
    return { cloud, issuer, reply, again, free: () => cloud.tested.change({ op: "removeGrant", ...grantAt }) };
  }

  test("is taken once it can be, at the version where the directory stands", async () => {
    const { cloud, issuer, reply, again, free } = await inUse();
    expect(reply).toMatchObject({ refused: ["office"], waiting: ["office"] });
    expect(await cloud.apply(again)).toMatchObject({ kind: "cloudApplied", refused: ["office"], waiting: ["office"] });
    free();
    const taken = { directory: { version: 2, snapshot: null }, refused: [], waiting: [] };
    expect(await cloud.apply(again)).toMatchObject(taken);
    expect(cloud.held()).toEqual(issuer.expected());
  });

  test("is known as refused after a restart, and recorded as such once", async () => {
    const { cloud, again } = await inUse();
    await cloud.apply(again);
    const restarted = new RefusedDocuments(cloud.tested.ledger.db);
    expect([restarted.next, await cloud.ask({ kind: "cloudState" })]).toMatchObject([
      ["office"],
      { waiting: ["office"] },
    ]);
    expect(refusals(cloud)).toHaveLength(1);
  });

  test("waits for nothing any more when something else was made of it, or when all comes anew", async () => {
    const { cloud, issuer } = await inUse();
    issuer.put(schedule("office"));
    expect(await cloud.apply(issuer.delta(2)!)).toMatchObject({ refused: [], waiting: [] });
    issuer.put(person("ana", { body: { name: "" } }));
    expect(await cloud.apply(issuer.delta(3)!)).toMatchObject({ waiting: ["ana"] });
    issuer.documents.delete("person ana");
    issuer.put(person("bea"));
    expect(await cloud.apply(issuer.chunk(issuer.version, null, 500))).toMatchObject({ refused: [], waiting: [] });
  });
});

test("of many refused documents those are named that have waited longest for another try", () => {
  const { cloud } = opened();
  const refused = new RefusedDocuments(cloud.tested.ledger.db);
  const named = (from: number, many: number) =>
    Array.from({ length: many }, (_, n) => ({ what: "person" as const, id: `p${from + n}`, version: 1 }));
  refused.settle([], named(0, 30));
  const first = named(0, 20);
  expect(refused.next).toEqual(first.map(({ id }) => id));
  refused.settle(first, first);
  expect(refused.next).toEqual([...named(20, 10), ...named(0, 10)].map(({ id }) => id));
});

describe("a document about what is there", () => {
  test("changes when a code works although its secret is the same, and what was marked here stays marked", async () => {
    const { cloud, issuer, open, inStep } = opened();
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2")] }));
    await inStep();
    const validity = { from: null, until: noon - 1 } as CloudCredential["validity"];
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2", { validity })] }));
    await inStep();
    expect(open(card("00B775D2"))).toBe("credentialExpired");
    cloud.tested.change({ op: "setCredentialState", id: "ana-card" as CredentialId, state: "lost" });
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2")] }));
    await inStep();
    expect(open(card("00B775D2"))).toBe("credentialLost");
  });

  test("says that a card is lost or stolen, which is recorded as such when it is shown", async () => {
    const { cloud, issuer, open, inStep } = opened();
    const [tag, key] = [cardOf("ana-tag", "00B775D3"), cardOf("ana-key", "00B775D4")];
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2"), tag] }));
    await inStep();
    const marked = [
      { ...tag, state: "lost" as const },
      { ...key, state: "stolen" as const },
    ];
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2"), ...marked] }));
    await inStep();
    expect(["00B775D2", "00B775D3", "00B775D4"].map((number) => open(card(number)))).toEqual([
      "granted",
      "credentialLost",
      "credentialStolen",
    ]);
    expect(cloud.tested.types()).toContain("credential.stolenUsed");
    expect([cloud.held(), refusals(cloud)]).toEqual([issuer.expected(), []]);
  });

  test("marks a card for good under its id, which opens again under another one", async () => {
    const { issuer, open, inStep } = opened();
    const found = async (id: string) => {
      issuer.put(person("ana", { credentials: [cardOf(id, "00B775D2")] }));
      await inStep();
      return open(card("00B775D2"));
    };
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2", { state: "lost" })] }));
    await inStep();
    expect([await found("ana-card"), await found("ana-card-2")]).toEqual(["credentialLost", "granted"]);
  });

  test("makes no card better than it was marked on site", async () => {
    const { cloud, issuer, open, inStep } = opened();
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2")] }));
    await inStep();
    cloud.tested.change({ op: "setCredentialState", id: "ana-card" as CredentialId, state: "stolen" });
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2", { state: "lost" })] }));
    await inStep();
    expect(open(card("00B775D2"))).toBe("credentialStolen");
  });

  test("does not remove what is the site's own", async () => {
    const { cloud, issuer } = opened();
    cloud.tested.change({
      op: "putPerson",
      person: {
        kind: "person",
        id: "ana" as never,
        name: "Ana",
        state: "active",
        validity: { from: null, until: null },
      },
    });
    issuer.remove("person", "ana");
    await cloud.apply(issuer.delta(0)!);
    expect(cloud.tested.ledger.db.prepare("SELECT 1 FROM holder WHERE id = 'ana'").get()).toBeDefined();
  });

  test("of a command that revoked changes nothing of a suspension on site", async () => {
    const { cloud, issuer, open, inStep } = opened();
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2")] }));
    await inStep();
    const holder = { kind: "person", id: "ana" as never } as const;
    cloud.tested.change({ op: "setHolderState", holder, state: "suspended" });
    await cloud.order({ op: "setHolderState", holder, state: "suspended" });
    await cloud.order({ op: "setHolderState", holder, state: "active" });
    issuer.put(person("ana", { credentials: [cardOf("ana-card", "00B775D2")] }));
    await inStep();
    expect(open(card("00B775D2"))).toBe("holderSuspended");
    cloud.tested.change({ op: "setHolderState", holder, state: "active" });
    expect(open(card("00B775D2"))).toBe("granted");
  });
});

describe("a command to revoke", () => {
  test.each([
    ["person", "holderSuspended"],
    ["pass", "revoked"],
    ["credential", "credentialSuspended"],
  ])("takes a %s away at the next showing", async (of, reason) => {
    const { cloud, issuer, open, inStep } = opened();
    const put = of === "pass" ? pass : person;
    issuer.put(put("ana", { credentials: [cardOf("ana-card", "00B775D2")] }));
    await inStep();
    expect(open(card("00B775D2"))).toBe("granted");
    const revoking =
      of === "credential"
        ? ({ op: "setCredentialState", id: "ana-card" as CredentialId, state: "suspended" } as const)
        : ({
            op: "setHolderState",
            holder: { kind: of as "person", id: "ana" as never },
            state: of === "pass" ? "revoked" : "suspended",
          } as const);
    expect(await cloud.order(revoking)).toMatchObject({ kind: "changed" });
    expect(open(card("00B775D2"))).toBe(reason);
  });
});

test("a key of passes comes and goes with the cloud's directory, with what is revoked of it, before or after its resident", async () => {
  const { cloud, issuer, open, inStep } = opened();
  const desk = issuerOf("mac", { person: "ana" as PersonId });
  const { id, source: _, ...body } = desk.key;
  const key = (more = {}) =>
    issuer.put({ what: "passKey", id, body: { ...body, ...more }, secret: doorSecret(desk) } as never);
  key();
  issuer.put(person("ana"));
  await inStep(1);
  expect(open(passOf(desk, { serial: 1 }).presentation)).toBe("granted");
  key({ revoked: { upTo: 1, serials: [3] } });
  await inStep();
  const outcomes = [1, 2, 3].map((serial) => open(passOf(desk, { serial }).presentation));
  expect(outcomes).toEqual(["revoked", "granted", "revoked"]);
  issuer.remove("passKey", id);
  await inStep();
  expect([open(passOf(desk, { serial: 2 }).presentation), refusals(cloud)]).toEqual(["issuerUnknown", []]);
});

test("whatever moves between people, and in whatever pieces it comes, both sides end equal", async () => {
  const someone = fc.constantFrom("ana", "bo", "cy");
  const change = fc.oneof(
    fc.record({
      do: fc.constant("person" as const),
      id: someone,
      n: fc.nat(2),
      by: fc.constantFrom("always", "s1", "s2"),
    }),
    fc.record({ do: fc.constant("guest" as const), id: fc.constantFrom("g1", "g2"), host: someone }),
    fc.record({ do: fc.constant("schedule" as const), id: fc.constantFrom("s1", "s2") }),
    fc.record({ do: fc.constant("leave" as const), id: someone }),
  );
  const deliver = fc.record({
    do: fc.constant("deliver" as const),
    how: fc.nat(9),
    size: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(change, deliver), { maxLength: 40 }), async (moves) => {
      const { cloud, issuer } = opened();
      const world = new World(issuer);
      const sent: CloudStep[] = [];
      for (const move of moves) {
        if (move.do !== "deliver") world.change(move);
        else await deliverSome(cloud, issuer, sent, move);
      }
      world.complete();
      for (let left = 400; left > 0; left -= 1) {
        const { version, snapshot } = await cloud.standing();
        const step = snapshot === null ? issuer.delta(version, 2) : issuer.chunk(snapshot.snapshot, snapshot.upTo, 3);
        if (step === null) break;
        await cloud.apply(step);
      }
      expect(cloud.held()).toEqual(issuer.expected());
      expect(refusals(cloud)).toEqual([]);
    }),
    { numRuns: 80 },
  );
});

async function deliverSome(
  cloud: CloudSite,
  issuer: ModelIssuer,
  sent: CloudStep[],
  { how, size }: { readonly how: number; readonly size: number },
): Promise<void> {
  if (how >= 8) {
    const again = sent[(how * size) % Math.max(1, sent.length)];
    if (again !== undefined) await cloud.apply(again);
    return;
  }
  const { version, snapshot } = await cloud.standing();
  const isChunk = snapshot !== null || how === 0;
  const base = snapshot?.snapshot ?? issuer.version;
  const step = isChunk ? issuer.chunk(base, snapshot?.upTo ?? null, size) : issuer.delta(version, size);
  if (step === null) return;
  sent.push(step);
  // Some are lost.
  if (how !== 7) await cloud.apply(step);
}

/** An issuer's world in which a card is nobody's twice, and nothing goes that somebody still names. */
class World {
  readonly #issuer: ModelIssuer;
  readonly #people = new Map<string, { readonly cards: readonly number[]; readonly by: string }>();
  readonly #guests = new Map<string, string>();
  readonly #schedules = new Set<string>();

  constructor(issuer: ModelIssuer) {
    this.#issuer = issuer;
  }

  change(
    move:
      | { readonly do: "person"; readonly id: string; readonly n: number; readonly by: string }
      | { readonly do: "guest"; readonly id: string; readonly host: string }
      | { readonly do: "schedule" | "leave"; readonly id: string },
  ): void {
    if (move.do === "person") this.#giveCard(move.id, move.n, move.by);
    else if (move.do === "guest") {
      this.#guests.set(move.id, move.host);
      this.#issuer.put(pass(move.id, { body: { host: move.host } }));
    } else if (move.do === "leave") {
      this.#people.delete(move.id);
      this.#issuer.remove("person", move.id);
    } else {
      this.#schedules.add(move.id);
      this.#issuer.put(schedule(move.id));
    }
  }

  /** Everything that somebody names is there in the end. */
  complete(): void {
    for (const { by } of this.#people.values()) if (by !== "always") this.#issuer.put(schedule(by));
    for (const host of this.#guests.values()) if (!this.#people.has(host)) this.#put(host, [], "always");
  }

  #giveCard(id: string, card: number, by: string): void {
    const had = [...this.#people].find(([, { cards }]) => cards.includes(card));
    // The new owner is told first, which is the harder order.
    this.#put(id, [...new Set([...(this.#people.get(id)?.cards ?? []), card])], by);
    if (had === undefined || had[0] === id) return;
    const [other, { cards, by: itsBy }] = had;
    this.#put(
      other,
      cards.filter((one) => one !== card),
      itsBy,
    );
  }

  #put(id: string, cards: readonly number[], by: string): void {
    this.#people.set(id, { cards, by });
    const credentials = cards.map((n) => cardOf(`${id}-${n}`, `00B775D${n}`));
    this.#issuer.put(person(id, { credentials, grants: [grant("front", by)] }));
  }
}
