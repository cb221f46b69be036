// Who would have the same code at a door as somebody else.
import { expect, test } from "vitest";
import type { IssuedDocument } from "../../src/issuer/documents.ts";
import { sharedCodes } from "../../src/issuer/shared-codes.ts";

type Kind = "pin" | "code" | "qr" | "qrPin" | "card" | "bkey";

const holder = (
  id: string,
  doors: readonly string[],
  ...codes: readonly (readonly [Kind, string])[]
): IssuedDocument => ({
  ...{ what: "person", id, body: {} },
  credentials: codes.map(([kind, secret], n) => ({ id: `${id}-${n}`, kind, secret })),
  grants: doors.map((door) => ({ door, schedule: "always" })),
});
const found = (...documents: readonly IssuedDocument[]) =>
  sharedCodes(documents).map(({ holder: { id }, kind }) => `${id} ${kind}`);

test("two with one PIN or one card at a door are found, and at doors that they do not share they are not", () => {
  expect(found(holder("a", ["x"], ["pin", "1"]), holder("b", ["x", "y"], ["pin", "1"]))).toEqual(["b pin"]);
  expect(found(holder("a", ["x"], ["pin", "1"]), holder("b", ["y"], ["pin", "1"]))).toEqual([]);
  expect(found(holder("a", ["x"], ["card", "1"]), holder("b", ["x"], ["bkey", "1"]))).toEqual(["b bkey"]);
  expect(found(holder("a", ["x"], ["qr", "1"]), holder("b", ["x"], ["qrPin", "1"]))).toEqual(["b qrPin"]);
});

test("a PIN is no card, a secret code is nobody's alone, and somebody may have one thing twice", () => {
  expect(found(holder("a", ["x"], ["pin", "1"]), holder("b", ["x"], ["card", "1"]))).toEqual([]);
  expect(found(holder("a", ["x"], ["code", "1"]), holder("b", ["x"], ["code", "1"]))).toEqual([]);
  expect(found(holder("a", ["x"], ["pin", "1"], ["pin", "1"]))).toEqual([]);
});
