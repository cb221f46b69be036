// Codes made up for somebody, cards offered at a door, and forgiveness, as operators ask for them.
import { describe, expect, test } from "vitest";
import type { CardOffer, LedgerReply, ProposedCredential } from "../../src/domain/ask.ts";
import type { DirectoryChange, HolderRef, PersonGiven } from "../../src/domain/directory.ts";
import type { CredentialId, PersonId } from "../../src/domain/ids.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { ChangeDesk } from "../../src/ledger/change-desk.ts";
import type { DeskRequest } from "../../src/ledger/desk-requests.ts";
import { answerDeskRequest } from "../../src/ledger/desk-requests.ts";
import { PinQueue } from "../../src/ledger/pin-hash.ts";
import { parseRequest } from "../../src/ledger/request-line.ts";
import { site } from "../site-fixture.ts";
import {
  ana,
  card,
  pass,
  person,
  pin,
  putCredential,
  putGrant,
  putPass,
  putPerson,
  qr,
  quickHash,
  TestLedger,
} from "./ledger-fixture.ts";

const minuteMs = 60_000;
const at = { reader: "front-reader" };
const keypad = { reader: "front-keypad" };

function bench(using: SiteSpec = site) {
  const tested = new TestLedger(using);
  const { ledger, clock } = tested;
  const pins = new PinQueue((digits, done) => done(quickHash(digits)));
  const desk = { instant: clock.now, troubled: () => {}, well: () => {} };
  const parts = { ledger, pins, desk, grew: () => {} };
  const changes = new ChangeDesk(parts);
  const ask = (request: DeskRequest): LedgerReply => {
    let reply: LedgerReply | null = null;
    answerDeskRequest(request, { ...parts, changes }, (given) => {
      reply = given;
    });
    if (reply === null) throw new Error("no answer");
    return reply;
  };
  const change = (...steps: DirectoryChange[]): LedgerReply => {
    let reply: LedgerReply | null = null;
    changes.take("tester", steps, (given) => {
      reply = given;
    });
    return reply ?? { kind: "error", problem: "no answer" };
  };
  return { tested, clock, ask, change };
}

const credential = (holder: HolderRef, kind: ProposedCredential["kind"] = "pin", digits: number | null = null) => ({
  id: `${holder.id}-${kind.toLowerCase()}` as CredentialId,
  kind,
  holder,
  digits,
});

type Bench = ReturnType<typeof bench>;

function propose({ ask }: Bench, asked: ProposedCredential): Extract<LedgerReply, { kind: "proposed" }> {
  const reply = ask({ kind: "propose", credential: asked });
  if (reply.kind !== "proposed") throw new Error(JSON.stringify(reply));
  return reply;
}

const save = ({ ask }: Bench, proposal: string) => ask({ kind: "saveProposed", by: "tester", proposal });
const count = ({ tested }: Bench, table: string): unknown =>
  tested.parts.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get();

describe("a code that is made up", () => {
  test("opens nothing and is nowhere in the database until it is saved, and then it opens", () => {
    const made = bench();
    made.change(putPerson("bo"), putGrant(person("bo")));
    const { secret, proposal } = propose(made, credential(person("bo")));
    expect(secret).toMatch(/^\d{5}$/);
    expect([made.tested.outcome(pin(secret), keypad), count(made, "credential")]).toEqual(["unknownCredential", 0]);
    expect(save(made, proposal)).toMatchObject({ kind: "changed" });
    expect(made.tested.outcome(pin(secret), keypad)).toBe("granted");
    expect(save(made, proposal)).toMatchObject({ kind: "error" });
  });

  test("is gone when it is discarded, and after a quarter of an hour", () => {
    const made = bench();
    made.change(putPerson("bo"));
    const first = propose(made, credential(person("bo")));
    expect(made.ask({ kind: "discardProposed", proposal: first.proposal })).toEqual({ kind: "discarded" });
    const second = propose(made, credential(person("bo")));
    made.clock.pass(15 * minuteMs);
    for (const { proposal } of [first, second]) {
      expect(save(made, proposal)).toEqual({
        kind: "error",
        problem: "There is no such proposal: it was saved or discarded, or 15 minutes have passed.",
      });
    }
    expect(count(made, "credential")).toBe(0);
  });

  test("has as many digits as the codes that live at its owner's doors ask for", () => {
    const made = bench();
    const people = Array.from({ length: 101 }, (_, n) => `p-${n}`);
    made.change(...people.slice(0, 9).flatMap((id) => [putPerson(id), putGrant(person(id), "garage")]));
    const pinOf = (id: string, n: number) => putCredential(`${id}-pin`, person(id), "pin", `${10_000_000 + n * 2}`);
    made.change(...people.slice(0, 9).map((id, n) => pinOf(id, n)), putPerson("bo"), putGrant(person("bo"), "garage"));
    expect(propose(made, credential(person("bo"))).secret).toHaveLength(6);
    const rest = people.slice(9).flatMap((id, n) => [putPerson(id), pinOf(id, n + 9), putGrant(person(id), "garage")]);
    made.change(...rest);
    expect(propose(made, credential(person("bo"))).secret).toHaveLength(8);
    expect(propose(made, credential(person("bo"), "pin", 4)).secret).toHaveLength(4);
    expect(propose(made, credential({ kind: "public", id: "public-1" as never })).secret).toHaveLength(6);
    expect(propose(made, credential(pass("courier"))).secret).toHaveLength(8);
  });

  test("is neither anybody's, nor was lately, nor is another one that waits", () => {
    const made = bench({ ...site, codes: { ...site.codes, coolDownMs: 86_400_000 } });
    const two = (n: number) => String(n).padStart(2, "0");
    const ids = Array.from({ length: 97 }, (_, n) => `p-${n}`);
    made.change(...ids.map((id) => putPerson(id)));
    made.change(...ids.map((id, n) => putCredential(`${id}-pin`, person(id), "pin", two(n))));
    made.change({ op: "removeCredential", id: "p-0-pin" as CredentialId }, putPerson("bo"), putPerson("cy"));
    const found: string[] = [];
    // Each draw hits one of the three free ones out of a hundred only now and then.
    for (let tries = 0; tries < 400 && found.length < 3; tries += 1) {
      const holder = `free-${found.length}`;
      const reply = made.ask({ kind: "propose", credential: credential(person(holder), "pin", 2) });
      if (reply.kind === "proposed") found.push(reply.secret);
    }
    expect(found.toSorted()).toEqual(["97", "98", "99"]);
    expect(made.ask({ kind: "propose", credential: credential(person("cy"), "pin", 2) })).toEqual({
      kind: "error",
      problem: "No code of 2 digits is free; ask for a longer one.",
    });
    expect(made.change(putCredential("bo-pin", person("bo"), "pin", "98"))).toMatchObject({
      kind: "refused",
      problems: [{ problem: "This code is already taken." }],
    });
  });

  test("may be a pass's, shown as a QR of eight digits", () => {
    const made = bench();
    made.change(putPass("guest"), putGrant(pass("guest")));
    const { secret, proposal } = propose(made, credential(pass("guest"), "qrPin"));
    save(made, proposal);
    expect(secret).toMatch(/^\d{8}$/);
    expect(made.tested.outcome(qr(secret), { reader: "front-scanner" })).toBe("granted");
    expect(made.tested.outcome(pin(secret), keypad)).toBe("unknownCredential");
  });

  test("waits among sixty-four at most", () => {
    const made = bench();
    for (let n = 0; n < 64; n += 1) propose(made, credential(person(`p-${n}`)));
    expect(made.ask({ kind: "propose", credential: credential(person("p-64")) })).toMatchObject({ kind: "error" });
  });
});

describe("a card offered at a door", () => {
  const enrolling: SiteSpec = { ...site, enrolByCard: true };
  const boss: PersonGiven = {
    kind: "person",
    id: "boss" as PersonId,
    name: "Boss",
    state: "active",
    validity: { from: null, until: null },
    role: "administrator",
  };

  const prepared = (using = enrolling): Bench => {
    const made = bench(using);
    const key = putCredential("boss-card", person("boss"), "card", "00ADA1AD");
    made.change({ op: "putPerson", person: boss }, key, putGrant(person("boss")), ...ana);
    return made;
  };

  const offers = ({ ask }: Bench): readonly CardOffer[] => {
    const reply = ask({ kind: "offers" });
    return reply.kind === "offers" ? reply.offers : [];
  };

  test("is denied as ever, waits, and opens once it was given to somebody", () => {
    const made = prepared();
    expect(made.tested.outcome(card("00ADA1AD"), at)).toBe("granted");
    made.clock.pass(19_000);
    expect(made.tested.outcome(card("00C0FFEE"), at)).toBe("unknownCredential");
    expect(made.tested.last()).toMatchObject({ type: "card.offered", reader: "front-reader", by: "boss" });
    const [offer] = offers(made);
    expect(offer).toMatchObject({ hint: "EE", reader: "front-reader", by: "boss" });
    const taking = { kind: "takeOffer", by: "tester", offer: offer?.offer ?? "", holder: person("ana") } as const;
    expect(made.ask(taking)).toMatchObject({ kind: "changed" });
    expect([made.tested.outcome(card("00C0FFEE"), at), offers(made)]).toEqual(["granted", []]);
    expect(made.ask(taking)).toMatchObject({ kind: "error" });
  });

  test("stays when nobody of that name can have it, and goes when it is refused", () => {
    const made = prepared();
    made.tested.outcome(card("00ADA1AD"), at);
    made.tested.outcome(card("00C0FFEE"), at);
    const offer = offers(made)[0]?.offer ?? "";
    const taking = { kind: "takeOffer", by: "tester", offer } as const;
    expect(made.ask({ ...taking, holder: person("nobody") })).toMatchObject({ kind: "refused" });
    expect(offers(made)).toHaveLength(1);
    expect(made.ask({ ...taking, holder: null })).toEqual({ kind: "discarded" });
    expect(offers(made)).toEqual([]);
  });

  test.each<[string, (made: Bench) => void]>([
    ["twenty seconds have passed", ({ clock }) => clock.pass(20_001)],
    ["it is shown at another reader", ({ tested }) => void tested.outcome(card("0000BEEF"), at)],
  ])("is not taken when %s", (_, between) => {
    const made = prepared();
    made.tested.outcome(card("00ADA1AD"), at);
    between(made);
    const before = offers(made).length;
    made.tested.outcome(card("00C0FFEE"), { reader: "front-keypad" });
    expect(offers(made)).toHaveLength(before);
  });

  test("is not taken after anybody else's card, nor where the site does not want it", () => {
    const made = prepared();
    made.tested.outcome(card("00B775D2"), at);
    made.tested.outcome(card("00C0FFEE"), at);
    const unwilling = prepared(site);
    unwilling.tested.outcome(card("00ADA1AD"), at);
    unwilling.tested.outcome(card("00C0FFEE"), at);
    expect([offers(made), offers(unwilling)]).toEqual([[], []]);
  });

  test("is one for each administrator's card, of sixteen at most, for a day at most", () => {
    const made = prepared();
    for (let n = 0; n < 20; n += 1) {
      made.tested.outcome(card("00ADA1AD"), at);
      made.tested.outcome(card(`000000${String(n + 10)}`), at);
      made.tested.outcome(card(`000001${String(n + 10)}`), at);
      made.clock.pass(1_000);
    }
    expect(offers(made).map(({ hint }) => hint)).toEqual(Array.from({ length: 16 }, (_, n) => `${n + 14}`));
    made.clock.pass(24 * 60 * minuteMs);
    expect(offers(made)).toEqual([]);
  });
});

describe("forgiveness", () => {
  const inside = (made: Bench, ...ids: string[]) => {
    for (const id of ids) {
      made.tested.parts.db.prepare("INSERT INTO whereabouts VALUES ('person', ?, 'parking', 0, 0, 'boot-1')").run(id);
    }
  };

  test("lets one, or everybody, be anywhere again, and is recorded with their number", () => {
    const made = bench();
    inside(made, "ana", "bo", "cy");
    expect(made.ask({ kind: "forgive", by: "tester", holder: person("ana") })).toEqual({ kind: "forgiven", count: 1 });
    expect(made.tested.last()).toEqual({ type: "passback.forgiven", count: 1, by: "tester" });
    expect(made.ask({ kind: "forgive", by: "tester", holder: null })).toEqual({ kind: "forgiven", count: 2 });
    expect(count(made, "whereabouts")).toBe(0);
  });
});

test.each([
  { kind: "propose" },
  { kind: "propose", credential: { id: "x", kind: "card", holder: person("bo"), digits: null } },
  { kind: "propose", credential: { id: "x", kind: "pin", holder: person("bo"), digits: 9 } },
  { kind: "propose", credential: { id: "x", kind: "qrPin", holder: person("bo"), digits: 6 } },
  { kind: "propose", credential: { id: "X Y", kind: "pin", holder: person("bo"), digits: null } },
  { kind: "propose", credential: { id: "x", kind: "pin", holder: { kind: "group", id: "bo" }, digits: null } },
  { kind: "saveProposed", proposal: "x" },
  { kind: "discardProposed" },
  { kind: "takeOffer", by: "ops", offer: "x" },
  { kind: "takeOffer", by: "ops", holder: null },
  { kind: "forgive", by: "", holder: null },
  { kind: "change", by: "ops", origin: "elsewhere", changes: [] },
])("a request that is none is refused: %j", (request) => {
  expect(parseRequest(JSON.stringify(request)).ok).toBe(false);
});
