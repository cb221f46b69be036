// What readers report becomes presentations: entries by the door's keypad mode, plates, and what is none of these.
import { expect, test } from "vitest";
import type { BoardEvent } from "../../hal/board.ts";
import type { DoorId, ReaderId } from "../../src/domain/ids.ts";
import type { Presentation } from "../../src/domain/presentation.ts";
import type { ReaderSpec } from "../../src/domain/site.ts";
import { monoMs } from "../../src/domain/time.ts";
import { createReaderDesk } from "../../src/doorloop/reader-desk.ts";
import { ana, person, pin, putCredential, putGrant, putPerson, TestLedger } from "../ledger/ledger-fixture.ts";
import { frontDoor, site } from "../site-fixture.ts";

const reader = (more: Partial<ReaderSpec>): ReaderSpec => ({
  id: "it" as ReaderId,
  door: "front" as DoorId,
  direction: "entry",
  format: null,
  keypad: true,
  ...more,
});

function typedAt(mode: "pin" | "apartmentPin", keys: string): Presentation[] {
  const desk = createReaderDesk(reader({}), site.keypad, mode);
  return [...keys].flatMap((key, n) => {
    const at = monoMs(1_000 + n);
    return shownIn(desk.take({ kind: "key", reader: "it", key, at }, at));
  });
}

const shownIn = (findings: ReturnType<ReturnType<typeof createReaderDesk>["take"]>): Presentation[] =>
  findings.flatMap((finding) => (finding.kind === "presentation" ? [finding.presentation] : []));

test("a door's mode says what its keypad takes for an entry", () => {
  expect(typedAt("pin", "12#4711#")).toEqual([pin("12"), pin("4711")]);
  expect(typedAt("apartmentPin", "12#4711#")).toEqual([{ method: "pin", digits: "4711", apartment: "12" }]);
  expect(typedAt("apartmentPin", "#4711#")).toEqual([{ method: "pin", digits: "4711", apartment: "" }]);
});

test("acceptance 7: the same PIN in two apartments opens for each with its own apartment, and not with another's", () => {
  const ledger = new TestLedger({ ...site, doors: [{ ...frontDoor, keypadMode: "apartmentPin" }] });
  const resident = (id: string, apartment: string) => {
    const put = putPerson(id);
    if (put.op !== "putPerson") throw new Error("not a person");
    return [
      { ...put, person: { ...put.person, apartment } },
      putCredential(`${id}-pin`, person(id), "pin", "4711"),
      putGrant(person(id)),
    ] as const;
  };
  expect(ledger.change(...resident("bea", "12"))).toMatchObject({ applied: true });
  expect(ledger.change(...resident("cai", "34"))).toMatchObject({ applied: true });
  const outcomes = (keys: string) => typedAt("apartmentPin", keys).map((shown) => ledger.outcome(shown));
  expect(outcomes("12#4711#")).toEqual(["granted"]);
  expect(ledger.last()).toMatchObject({ type: "access.granted", person: "bea" });
  expect(outcomes("34#4711#")).toEqual(["granted"]);
  expect(ledger.last()).toMatchObject({ type: "access.granted", person: "cai" });
  expect(outcomes("56#4711#")).toEqual(["unknownCredential"]);
  expect(outcomes("#4711#")).toEqual(["unknownCredential"]);
});

test("an entry that overflowed is denied and counts as a try, with an apartment before it or not", () => {
  const ledger = new TestLedger({ ...site, doors: [{ ...frontDoor, keypadMode: "apartmentPin" }] });
  ledger.change(...ana.filter((change) => change.op !== "putGrant" || change.door === "front"));
  const tries = typedAt("apartmentPin", "12#123456789012345#".repeat(6));
  expect(tries.map((shown) => ledger.outcome(shown)).slice(-1)).toEqual(["accessLimited"]);
});

function plateDesk() {
  const desk = createReaderDesk(reader({ keypad: false, plates: true }), site.keypad, "pin");
  return (text: string, atMs: number) => {
    const event: BoardEvent = { kind: "text", reader: "it", text, at: monoMs(atMs) };
    return desk.take(event, monoMs(atMs))[0];
  };
}

test.each([
  ["ab-12 cd", "AB12CD"],
  ["  1234·BBC", "1234BBC"],
  ["М 123 АВ 77", "М123АВ77"],
  ["e2801160600002084c1b1a2f", "E2801160600002084C1B1A2F"],
])("a line %j of a plate reader is the plate %s", (line, plate) => {
  expect(plateDesk()(line, 0)).toEqual({ kind: "presentation", presentation: { method: "plate", plate } });
});

test("a line without a plate is nothing, and one that is too short or too long a misread", () => {
  expect(plateDesk()("-- --", 0)).toEqual({ kind: "nothing" });
  for (const line of ["A", "A".repeat(33), "x".repeat(301)]) {
    expect(plateDesk()(line, 0)).toEqual({ kind: "misread", problem: "text" });
  }
});

test("a vehicle that stands there is shown once, and again after half a minute or once it was gone", () => {
  const read = plateDesk();
  const shown = (atMs: number, plate = "AB12CD") => read(plate, atMs)?.kind === "presentation";
  expect(shown(0)).toBe(true);
  for (let at = 500; at < 30_000; at += 500) expect(shown(at)).toBe(false);
  expect(shown(30_000)).toBe(true);
  expect(shown(32_999)).toBe(false);
  expect(shown(36_000)).toBe(true);
  expect(shown(36_500, "XY99ZZ")).toBe(true);
  expect(shown(37_000)).toBe(true);
});

const goodW26 = "11011011101110101110100101";
const swappedW26 = [...goodW26].map((bit) => (bit === "0" ? "1" : "0")).join("");
const frames = (more: Partial<ReaderSpec> = {}) => {
  const desk = createReaderDesk(reader({ format: "w26", keypad: false, ...more }), site.keypad, "pin");
  return (bits: string) => desk.take({ kind: "frame", reader: "it", bits, at: monoMs(0) }, monoMs(0))[0];
};
const misread = (problem: string) => ({ kind: "misread", problem });

test("a few frames in a row that only pass inverted are swapped wires, and no noise between good cards is", () => {
  const take = frames();
  const thrice = () => [1, 2, 3].map(() => take(swappedW26));
  expect(thrice()).toEqual([1, 2, 3].map(() => misread("parity")));
  expect(take(goodW26)).toMatchObject({ kind: "presentation" });
  expect(thrice()).toEqual([1, 2, 3].map(() => misread("parity")));
  expect(take("1".repeat(20))).toEqual(misread("length"));
  expect([...thrice(), take(swappedW26)].at(-1)).toEqual(misread("swappedWires"));
  expect(take(swappedW26)).toEqual(misread("swappedWires"));
});

test("a PIN that a keypad sends as one frame is shown as a PIN where the reader is said to do so", () => {
  const bits = "10000000000010010011001111";
  const shown = frames({ format: null, frames: { pinFrames: true } })(bits);
  expect(shown).toEqual({ kind: "presentation", presentation: pin("4711") });
  expect(frames({ format: null })(bits)).toEqual(misread("length"));
});
