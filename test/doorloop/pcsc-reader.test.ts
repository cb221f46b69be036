// Cards at a reader of pcscd, played on the simulated board, from the showing to the ask.
import { expect, test } from "vitest";
import type { BoardEvent } from "../../hal/board.ts";
import type { PcscWiring } from "../../hal/card-profile.ts";
import { createSimBoard } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { parseTrace, recordBoard, replayBoard } from "../../hal/trace.ts";
import { openReader } from "../hal/linux/cards/shown-card.ts";
import { wires } from "../site-fixture.ts";
import { LoopBench } from "./loop-bench.ts";

const benchWith = (reader: Partial<PcscWiring> = {}): LoopBench =>
  new LoopBench({ wires: { ...wires, readers: [{ ...openReader, id: "front-reader", ...reader }] } });

const shown = ({ asks }: LoopBench) => asks.map(({ presentation }) => presentation);
test("a card is presented by the bytes of its number, whole", () => {
  const bench = benchWith();
  bench.board.tap("front-reader", "04782e21801d80");
  expect(shown(bench)).toEqual([{ method: "card", code: "04782E21801D80" }]);
});

test("a UID that the card made up is nobody's and is recorded as such", () => {
  const bench = benchWith();
  bench.board.tap("front-reader", "08A1B2C3");
  expect(bench.signals).toEqual(["front-reader denied"]);
  bench.clock.advance(60_000);
  expect([shown(bench), bench.recorded("reader.misread")]).toMatchObject([
    [],
    [{ reader: "front-reader", problem: "randomNumber" }],
  ]);
});

test("what a key stands behind may begin as made-up UIDs do", () => {
  const bench = benchWith({ desfire: "secured" });
  bench.board.tap("front-reader", "08A1B2C3");
  expect(shown(bench)).toEqual([{ method: "card", code: "08A1B2C3" }]);
});

test.each(["02B775", "02B775D", "xx", ""])("%j is no card of such a reader", (card) => {
  expect(() => benchWith().board.tap("front-reader", card)).toThrow(/A card is 4 to 32 bytes in hex/);
});

test("a recording keeps what a card proved, and what was not read", () => {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const readers = [{ ...openReader, id: "uid" }, { ...openReader, id: "key", plus: "secured" } as const];
  const sim = createSimBoard({ relays: [], inputs: [], readers }, clock);
  const lines: string[] = [];
  const heard: BoardEvent[] = [];
  recordBoard(sim, clock, (line) => lines.push(line), {}).start((event) => heard.push(event));
  for (const reader of ["uid", "key"]) sim.tap(reader, "08A1B2C3");
  const parsed = parseTrace(`${lines.join("\n")}\n`);
  if (!parsed.ok) throw new Error(parsed.problem);
  const again: BoardEvent[] = [];
  const replay = replayBoard(parsed.trace, createVirtualClock({ startWallMs: 0, trusted: true }));
  replay.board.start((event) => again.push(event));
  replay.run();
  expect(again).toEqual(heard);
  expect(again.map(({ kind }) => kind)).toEqual(["unread", "card"]);
});
