// Wiegand readers on the character device: frames by the kernel's time, whatever the process does meanwhile.
import { expect, test } from "vitest";
import { cardPulses } from "./fake-kernel.ts";
import { frames, machine, pins } from "./machine-fixture.ts";

const card = "10110011100011110000111110";

test("a card's pulses are one frame, told when the gap after them is over", async () => {
  const { clock, kernel, open } = machine();
  const { events } = await open();
  clock.advance(1_000);
  kernel.pulses(cardPulses(card, pins, 2_000));
  expect(frames(events)).toEqual([]);
  clock.advance(31);
  expect(frames(events)).toEqual([[card, 1_050]]);
});

test("cards that came while nobody read are all there, each with its own time", async () => {
  const { clock, kernel, open } = machine();
  const { events } = await open();
  const cards = [card, "00000000111111110000000011", "11111111000000001111111100"];
  kernel.pause();
  for (const bits of cards) {
    kernel.pulses(cardPulses(bits, pins, 1_000));
    clock.advance(975);
  }
  kernel.resume();
  clock.advance(31);
  expect(frames(events)).toEqual(cards.map((bits, n) => [bits, n * 1_000 + 25]));
});

test("a frame of which the kernel lost pulses is dropped, and the reader says so until it was well for a minute", async () => {
  const { clock, kernel, open } = machine();
  const { events, stateOf } = await open();
  kernel.pause();
  for (let n = 0; n < 45; n += 1) {
    kernel.pulses(cardPulses(card, pins, 1_000));
    clock.advance(475);
  }
  kernel.resume();
  clock.advance(31);
  // 1,024 of 1,170 pulses were kept: the last of one card, and 39 whole ones.
  expect(frames(events)).toHaveLength(39);
  expect(stateOf("reader")).toMatchObject({ state: "faulty", why: expect.stringContaining("show it again") });
  clock.advance(60_000);
  expect(stateOf("reader")?.state).toBe("ok");
  expect(events.map(({ kind }) => kind).filter((kind) => kind !== "frame")).toEqual(["input", "faulty", "mended"]);
});

test("a reader whose lines carry noise gives no frame and is said to be faulty", async () => {
  const { clock, kernel, open } = machine();
  const { events, stateOf } = await open();
  for (let n = 0; n < 10; n += 1) {
    kernel.pulses([{ offset: pins.d0, afterUs: 0 }]);
    clock.advance(500);
  }
  expect([frames(events), stateOf("reader")?.state]).toEqual([[], "faulty"]);
});

test("a reader that pauses between its bits is told apart from noise, and how it is made to work", async () => {
  const { clock, kernel, open } = machine();
  const { events, stateOf } = await open();
  for (let n = 0; n < 3; n += 1) {
    kernel.pulses(
      cardPulses(card, pins, 1_000).map((pulse, place) => ({
        ...pulse,
        afterUs: pulse.afterUs + Math.floor(place / 8) * 9_000,
      })),
    );
    clock.advance(1_000);
  }
  expect(frames(events)).toEqual([]);
  expect(stateOf("reader")).toMatchObject({
    state: "faulty",
    why: expect.stringContaining('write "any" as its pulses'),
  });
});

test("lines that chatter without end are left alone, and tried again after a while", async () => {
  const { clock, kernel, open, settle } = machine();
  const { events, stateOf } = await open();
  for (let n = 0; n < 45; n += 1) kernel.pulses(cardPulses("1".repeat(100), pins, 100));
  expect([frames(events), stateOf("reader")?.state]).toEqual([[], "lost"]);
  clock.advance(1_000);
  await settle();
  kernel.pulses(cardPulses(card, pins, 2_000));
  clock.advance(31);
  expect([frames(events).map(([bits]) => bits), stateOf("reader")?.state]).toEqual([[card], "ok"]);
});
