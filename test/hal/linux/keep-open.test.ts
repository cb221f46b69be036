// A device that comes and goes is reported once each time, and looked for without haste.
import { expect, test } from "vitest";
import type { BoardEvent } from "../../../hal/board.ts";
import { keepOpen } from "../../../hal/linux/keep-open.ts";
import { createVirtualClock } from "../../../hal/sim/clock.ts";

type Try = { resolve: () => void; reject: (why: string) => void; lost: (why: string) => void };

function kept() {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const events: BoardEvent[] = [];
  const tries: Try[] = [];
  let open = 0;
  const keeper = keepOpen({
    device: "scanner",
    clock,
    report: (event) => events.push(event),
    open: (lost) =>
      new Promise((resolve, reject) => {
        tries.push({
          lost,
          resolve: () => {
            open += 1;
            resolve({ close: () => (open -= 1) });
          },
          reject: (why) => reject(new Error(why)),
        });
      }),
  });
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return { clock, events, tries, keeper, settle, openCount: () => open };
}

const said = (events: readonly BoardEvent[]) => events.map(({ kind }) => kind);

test("a device that is there at once is not worth a word", async () => {
  const { events, tries, keeper, settle } = kept();
  tries[0]?.resolve();
  await settle();
  expect([said(events), keeper.health().state]).toEqual([[], "ok"]);
});

test("a device that is missing is reported once, however often it is looked for, and once when it came", async () => {
  const { clock, events, tries, keeper, settle } = kept();
  for (let n = 0; n < 6; n += 1) {
    tries[n]?.reject("no such file");
    await settle();
    clock.advance(5_000);
  }
  expect([said(events), keeper.health()]).toMatchObject([["lost"], { state: "lost", why: "no such file" }]);
  tries.at(-1)?.resolve();
  await settle();
  expect([said(events), keeper.health().state]).toEqual([["lost", "found"], "ok"]);
});

test("it is looked for at most every five seconds, and soon again after it worked for a while", async () => {
  const { clock, tries, settle } = kept();
  for (let n = 0; n < 8; n += 1) {
    tries.at(-1)?.reject("gone");
    await settle();
    clock.advance(5_000);
  }
  const before = tries.length;
  tries.at(-1)?.resolve();
  await settle();
  clock.advance(10_000);
  tries.at(-1)?.lost("unplugged");
  clock.advance(249);
  expect(tries.length).toBe(before);
  clock.advance(1);
  expect(tries.length).toBe(before + 1);
});

test("what an earlier try still has to say changes nothing, and what it opened is closed", async () => {
  const { clock, events, tries, keeper, settle, openCount } = kept();
  keeper.lose("does not answer");
  clock.advance(250);
  tries[0]?.resolve();
  await settle();
  expect(openCount()).toBe(0);
  tries[1]?.resolve();
  await settle();
  tries[0]?.lost("late word");
  expect([said(events), openCount(), keeper.health().state]).toEqual([["lost", "found"], 1, "ok"]);
});

test("a stopped one closes what it holds and opens nothing any more", async () => {
  const { clock, events, tries, keeper, settle, openCount } = kept();
  tries[0]?.resolve();
  await settle();
  keeper.stop();
  tries[0]?.lost("unplugged");
  clock.advance(60_000);
  expect([openCount(), tries.length, events]).toEqual([0, 1, []]);
});
