// Mains, battery and the controller's own box, as their inputs report them.
import { expect, test } from "vitest";
import type { InputId } from "../../src/domain/ids.ts";
import type { SupplyInputSpec } from "../../src/domain/site.ts";
import { LoopBench } from "./loop-bench.ts";

const input = (id: string) => id as InputId;
const wire = (id: string, n: number) => ({ id, pin: 40 + n, supervised: true });
const supplyInputs: readonly SupplyInputSpec[] = [
  { input: input("mains"), what: "mains" },
  { input: input("battery"), what: "battery" },
  { input: input("box"), what: "enclosure" },
];
const bench = () => new LoopBench({ site: { supplyInputs }, wires: { inputs: ["mains", "battery", "box"].map(wire) } });
const said = (one: LoopBench) =>
  one.recorded("supply").map((event) => ("what" in event ? `${event.type} ${event.what}` : event.type));

test("what is well at the start is not worth a word, and what fails is told once, and again when it is over", () => {
  const one = bench();
  expect(said(one)).toEqual([]);
  one.board.setInput("mains", true);
  one.board.setInput("battery", true);
  expect(one.loop.supplyFaults().map(({ what }) => what)).toEqual(["mains", "battery"]);
  one.board.setInput("mains", false);
  expect(said(one)).toEqual(["supply.failed mains", "supply.failed battery", "supply.restored mains"]);
});

test("a mains failure locks and opens nothing", () => {
  const one = bench();
  one.board.setInput("mains", true);
  expect([one.door("front").locked, one.recorded("door")]).toEqual([true, []]);
});

test("a box whose wire is cut counts as opened; a cut wire of the mains says nothing of the mains", () => {
  const one = bench();
  one.board.breakWire("box", "cut");
  one.board.breakWire("mains", "shorted");
  expect(said(one)).toEqual(["supply.failed enclosure"]);
  one.board.healWire("box");
  expect(said(one)).toEqual(["supply.failed enclosure", "supply.restored enclosure"]);
});
