// What a second, naive reading of the rules found and the first had not thought of: who counts where two rules meet.
import { expect, test } from "vitest";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { AreaId, AskId, CredentialId, PassId } from "../../src/domain/ids.ts";
import { always } from "../../src/domain/schedule.ts";
import type { AreaSpec, DoorSpec, SiteSpec } from "../../src/domain/site.ts";
import { unixMs } from "../../src/domain/time.ts";
import { frontDoor, site } from "../site-fixture.ts";
import { card, noon, pass, person, pin, putCredential, putGrant, putPerson, TestLedger } from "./ledger-fixture.ts";

const yard: AreaSpec = { id: "yard" as AreaId, name: "Yard", passback: "off", forgiveMs: 60_000, capacity: 1 };
const siteWith = (door: Partial<DoorSpec>, area: Partial<AreaSpec> = {}): SiteSpec => ({
  ...site,
  areas: [{ ...yard, ...area }],
  doors: [{ ...frontDoor, ...door }, ...site.doors.slice(1)],
});
const resident = (id: string, number: string): DirectoryChange[] => [
  putPerson(id),
  putCredential(`${id}-card`, person(id), "card", number),
  putGrant(person(id)),
];
const [anas, beas, carls, doras] = ["00000001", "00000002", "00000003", "00000004"] as const;
const intoYard = { leadsTo: yard.id, contact: null };

test("whoever is no longer held to be inside needs a place like anybody else", () => {
  const tested = new TestLedger(siteWith(intoYard));
  tested.change(...resident("ana", anas), ...resident("bea", beas));
  expect(tested.outcome(card(anas))).toBe("granted");
  tested.clock.pass(60_000);
  expect(tested.outcome(card(beas))).toBe("granted");
  expect(tested.outcome(card(anas))).toBe("areaFull");
});

test("whoever is let in twice and goes in once takes one place", () => {
  const tested = new TestLedger(siteWith({ leadsTo: yard.id }, { capacity: 2 }));
  tested.change(...resident("ana", anas), ...resident("bea", beas));
  expect(tested.outcome(card(anas), { id: "run-1.1" })).toBe("granted");
  expect(tested.outcome(card(anas), { id: "run-1.2" })).toBe("granted");
  tested.record({ type: "access.taken", ask: "run-1.2" as AskId, door: frontDoor.id });
  expect(tested.outcome(card(beas))).toBe("granted");
});

test("two people who open together do not share one last place", () => {
  const together = { ...intoYard, factors: [{ schedule: always.id, need: "twoPeople" as const }] };
  const tested = new TestLedger(siteWith(together, { capacity: 3 }));
  tested.change(...resident("ana", anas), ...resident("bea", beas), ...resident("carl", carls));
  tested.change(...resident("dora", doras));
  expect(tested.outcome(card(anas))).toBe("more: twoPeople");
  expect(tested.outcome(card(beas))).toBe("granted");
  expect(tested.outcome(card(carls))).toBe("more: twoPeople");
  expect(tested.outcome(card(doras))).toBe("areaFull");
  expect(tested.outcome(card(carls))).toBe("more: twoPeople");
  expect(tested.outcome(card(beas))).toBe("granted");
});

test("a card that is lost between the card and its PIN is no first half any more", () => {
  const tested = new TestLedger(siteWith({ factors: [{ schedule: always.id, need: "cardAndPin" }] }));
  const begin = () => {
    tested.change({ op: "setCredentialState", id: "ana-card" as CredentialId, state: "active" });
    expect(tested.outcome(card(anas))).toBe("more: cardAndPin");
  };
  tested.change(...resident("ana", anas), putCredential("ana-pin", person("ana"), "pin", "471102"));
  begin();
  expect(tested.outcome(pin("471102"))).toBe("granted");
  begin();
  tested.change({ op: "setCredentialState", id: "ana-card" as CredentialId, state: "lost" });
  expect(tested.outcome(pin("471102"))).toBe("factorMissing");
  begin();
  tested.change({ op: "removeCredential", id: "ana-card" as CredentialId });
  expect(tested.outcome(pin("471102"))).toBe("factorMissing");
});

test("of two who must open together the first one counts only until suspended", () => {
  const tested = new TestLedger(siteWith({ factors: [{ schedule: always.id, need: "twoPeople" }] }));
  tested.change(...resident("ana", anas), ...resident("bea", beas));
  expect(tested.outcome(card(anas))).toBe("more: twoPeople");
  const suspended = { ...putPerson("ana") } as Extract<DirectoryChange, { op: "putPerson" }>;
  tested.change({ op: "putPerson", person: { ...suspended.person, state: "suspended" } });
  expect(tested.outcome(card(beas))).toBe("more: twoPeople");
});

test("a use from before a pass had a limited time does not begin it when a later one is given back", () => {
  const tested = new TestLedger();
  const frame = { from: null, until: unixMs(noon + 7 * 3_600_000) };
  const guest = { kind: "pass", id: "guest" as PassId, name: "Guest", state: "active", validity: frame } as const;
  tested.change(
    { op: "putPass", pass: guest },
    putCredential("guest-card", pass("guest"), "card", anas),
    putGrant(pass("guest")),
  );
  expect(tested.outcome(card(anas))).toBe("granted");
  tested.change({ op: "putPass", pass: { ...guest, version: 1, activationMs: 3_600_000 } });
  tested.clock.pass(3 * 3_600_000);
  expect(tested.outcome(card(anas), { id: "run-1.9" })).toBe("granted");
  tested.record({ settle: "aborted", ask: "run-1.9" as AskId, door: frontDoor.id, why: "expired" });
  expect(tested.outcome(card(anas))).toBe("granted");
});

test("a card whose whole number is known is its owner's, whoever else is known by a part of it", () => {
  const tested = new TestLedger();
  tested.change(
    putPerson("ana"),
    { ...cardOf("ana-card", "ana", "00B775D2"), known: "low" },
    putGrant(person("ana")),
    ...resident("bea", "02B775D2"),
  );
  expect(tested.present(card("02B775D2"))).toMatchObject({ granted: true, person: "bea" });
  expect(tested.present(card("01B775D2"))).toMatchObject({ granted: true, person: "ana" });
  expect(tested.types()).not.toContain("code.collided");
});

const cardOf = (id: string, owner: string, secret: string) =>
  putCredential(id, person(owner), "card", secret) as Extract<DirectoryChange, { op: "putCredential" }>;
