// Looking over the wires' shoulder: everything while somebody looks, nothing kept while nobody does.
import { expect, test } from "vitest";
import { createSimBoard } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { watchBoard } from "../../hal/watched-board.ts";

function bench() {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const sim = createSimBoard(
    { relays: [], inputs: [], readers: [{ id: "scanner", kind: "scanner", port: "ttyACM0", baud: 9_600 }] },
    clock,
  );
  const board = watchBoard(sim, clock);
  const heard: string[] = [];
  board.start((event) => heard.push(event.kind));
  return { clock, sim, board, heard };
}

test("who watches sees what came since the last page, and the door loop hears it all the same", () => {
  const { sim, board, heard } = bench();
  const begun = board.watch(null);
  sim.text("scanner", "one");
  sim.text("scanner", "two");
  const page = board.watch(begun.next);
  expect(page.events).toMatchObject([{ text: "one" }, { text: "two" }]);
  expect(board.watch(page.next).events).toEqual([]);
  expect(heard).toEqual(["text", "text"]);
});

test("what came before anybody looked is not there to be seen, nor what came after they left", () => {
  const { clock, sim, board } = bench();
  sim.text("scanner", "before");
  const begun = board.watch(null);
  clock.advance(5_000);
  sim.text("scanner", "after");
  expect([board.watch(begun.next).events, board.isWatched()]).toEqual([[], true]);
});

test("a flood loses the oldest, and says how many", () => {
  const { sim, board } = bench();
  const begun = board.watch(null);
  for (let n = 0; n < 600; n += 1) sim.text("scanner", `code ${n}`);
  const page = board.watch(begun.next);
  expect([page.missed, page.events.length, page.events[0]]).toMatchObject([100, 500, { text: "code 100" }]);
});
