import { expect, test } from "vitest";
import type { CardFormat, CardPolicy } from "../../src/domain/card-format.ts";
import { cardFormats, parseCard } from "../../src/domain/card-format.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { CredentialId } from "../../src/domain/ids.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { checkChanges } from "../../src/ledger/directory-rules.ts";
import { site } from "../site-fixture.ts";
import { card, person, putCredential, putGrant, putPerson, TestLedger } from "./ledger-fixture.ts";

const showing = (cards: Partial<CardPolicy>): SiteSpec => ({ ...site, cards: { ...site.cards, ...cards } });
const enrolled = ["00B775D2", "02B775D2", "A1B2C3D4", "04A1B2C3D4E5F6", "1234567890/37"];

function withCards(...cards: DirectoryChange[]): TestLedger {
  const tested = new TestLedger(showing({}));
  expect(tested.change(putPerson("ana"), putGrant(person("ana")), ...cards)).toMatchObject({ applied: true });
  return tested;
}

const imported = (id: string, number: string, format: CardFormat): DirectoryChange => {
  const reading = parseCard(number, format);
  if (!reading.ok) throw new Error(reading.problem);
  const { code: secret, known } = reading;
  return { op: "putCredential", id: id as CredentialId, kind: "card", secret, known, holder: person("ana") };
};

test("acceptance 8: changing the format between all formats keeps every enrolled card working", () => {
  const tested = withCards(...enrolled.map((code, n) => putCredential(`card-${n}`, person("ana"), "card", code)));
  for (const icFormat of cardFormats) {
    for (const idFormat of cardFormats) {
      tested.use(showing({ icFormat, idFormat }));
      for (const code of enrolled) expect(tested.outcome(card(code))).toBe("granted");
    }
  }
});

test("a number of three known bytes opens for each card that shares them, and for no other", () => {
  const low = withCards(imported("old-list", "18330162", "6H3D5D"));
  expect(["02B775D2", "FFB775D2"].map((code) => low.outcome(card(code)))).toEqual(["granted", "granted"]);
  expect(low.outcome(card("02B775D3"))).toBe("unknownCredential");
  const high = withCards(imported("old-list", "19545729", "6H3D5D-R"));
  expect(["A1B2C3D4", "A1B2C3FF"].map((code) => high.outcome(card(code)))).toEqual(["granted", "granted"]);
  expect(high.outcome(card("00B2C3D4"))).toBe("unknownCredential");
});

test("a list with four bytes of longer numbers matches once the installer has said which four", () => {
  const tested = withCards(imported("old-list", "04A1B2C3", "8HN"));
  const shown = (longUid: CardPolicy["longUid"]) => {
    tested.use(showing({ longUid }));
    return tested.outcome(card("04A1B2C3D4E5F6"));
  };
  expect([shown(null), shown("first4"), shown("last4")]).toEqual(["unknownCredential", "granted", "unknownCredential"]);
});

test("a card that shows another number each time is refused for enrolment, a 125 kHz card of that number is not", () => {
  const random = putCredential("ana-card", person("ana"), "card", "08A1B2C3");
  const tested = withCards();
  expect(checkChanges([random])).toMatchObject([{ problem: expect.stringContaining("another number each time") }]);
  const long = { ...random, technology: "id" } as DirectoryChange;
  expect(checkChanges([long])).toEqual([]);
  expect(tested.change(long)).toMatchObject({ applied: true });
});
