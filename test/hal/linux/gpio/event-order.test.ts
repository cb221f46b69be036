// Events come out in the order of their interrupts, whichever line's thread was quicker to queue them.
import fc from "fast-check";
import { expect, test } from "vitest";
import { EventOrder } from "../../../../hal/linux/gpio/event-order.ts";
import type { LineEvent } from "../../../../hal/linux/gpio/uapi.ts";

const event = (seqno: number): LineEvent => ({ atNs: BigInt(seqno), rising: false, offset: 10, seqno });

function ordered(seqnos: readonly number[]): readonly string[] {
  const order = new EventOrder();
  const out = [...seqnos.flatMap((seqno) => order.take(event(seqno))), ...order.settle()];
  return out.map(({ event: one, afterLoss }) => `${afterLoss ? "…" : ""}${one.seqno}`);
}

test("two lines' events that were queued the wrong way round change places", () => {
  expect(ordered([1, 3, 2, 4, 6, 5])).toEqual(["1", "2", "3", "4", "5", "6"]);
});

test("whatever the order within a short stretch, none is lost and none is doubled", () => {
  const stretches = fc.array(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), { maxLength: 20 });
  fc.assert(
    fc.property(stretches, (all) => {
      const seqnos = all.flatMap((stretch, n) => stretch.map((place) => n * 8 + place + 1));
      expect(ordered(seqnos)).toEqual(seqnos.map((_, n) => String(n + 1)));
    }),
  );
});

test("what is missing when all was told is lost, and what comes after it says so", () => {
  expect(ordered([1, 2, 4, 5])).toEqual(["1", "2", "…4", "5"]);
});

test("what was thrown away long ago is not waited for", () => {
  const order = new EventOrder();
  const seqnos = Array.from({ length: 17 }, (_, n) => n + 100);
  const out = seqnos.flatMap((seqno) => order.take(event(seqno)));
  expect(out.map(({ event: one }) => one.seqno)).toEqual(seqnos);
  expect(out.filter(({ afterLoss }) => afterLoss).map(({ event: one }) => one.seqno)).toEqual([100]);
  expect(order.take(event(50))).toEqual([]);
});
