// Readers that send text or keys, on a port and a kernel that the test plays and a clock that it moves.
import { expect, test } from "vitest";
import type { BoardEvent } from "../../../../hal/board.ts";
import type { SerialEars } from "../../../../hal/linux/serial-line.ts";
import type { KeyboardKernel } from "../../../../hal/linux/text/keyboard-reader.ts";
import { openKeyboards } from "../../../../hal/linux/text/keyboard-reader.ts";
import { openSerialReader } from "../../../../hal/linux/text/serial-reader.ts";
import { createVirtualClock } from "../../../../hal/sim/clock.ts";
import { typed } from "./typing.ts";

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
const shownIn = (events: readonly BoardEvent[]) => events.map((event) => ("text" in event ? event.text : event.kind));

async function onPort(kind: "scanner" | "plate" | "tag") {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const events: BoardEvent[] = [];
  const opened: { port: string; baud: number; ears: SerialEars }[] = [];
  const part = openSerialReader(
    { id: "front-scanner", kind, port: "ttyUSB0", baud: 9_600 },
    clock,
    async (port, baud, ears) => {
      opened.push({ port, baud, ears });
      return { write: () => {}, close: () => {} };
    },
  );
  part.start((event) => events.push(event));
  await settle();
  const send = (text: string) => opened.at(-1)?.ears.data(Buffer.from(text, "latin1"));
  return { clock, events, opened, part, send };
}

test("a scanner's lines are codes, however they end and in whatever pieces they come", async () => {
  const { clock, events, opened, send } = await onPort("scanner");
  send("12");
  send("34\r");
  send("\nabc\nHELLO\r\n");
  clock.advance(200);
  send("\x02one\x03");
  expect(opened).toMatchObject([{ port: "ttyUSB0", baud: 9_600 }]);
  expect(shownIn(events)).toEqual(["1234", "abc", "HELLO", "one"]);
});

test("the name of the kind of code that scanners send in front is not of the code", async () => {
  const { events, send } = await onPort("scanner");
  send("]Q112345678\r");
  expect(shownIn(events)).toEqual(["12345678"]);
});

test("noise, a line that breaks off and one without end are no codes, and the next one is", async () => {
  const { clock, events, send } = await onPort("scanner");
  send("\x00\xfe\x07\r");
  send("123");
  clock.advance(1_000);
  send("45678\r");
  send(`${"9".repeat(5_000)}\r`);
  send("87654321\r");
  expect(shownIn(events)).toEqual(["45678", "87654321"]);
});

test("a code that stays before the scanner is shown once, and again when it was away", async () => {
  const { clock, events, send } = await onPort("scanner");
  for (let n = 0; n < 5; n += 1) {
    send("1234\r");
    clock.advance(600);
  }
  clock.advance(2_000);
  send("1234\r");
  expect(shownIn(events)).toEqual(["1234", "1234"]);
});

test("a plate that is seen again is told each time, as its reader's rule counts the sightings", async () => {
  const { events, send } = await onPort("plate");
  send("AB12CD\r\nAB12CD\r\n");
  expect(shownIn(events)).toEqual(["AB12CD", "AB12CD"]);
});

test("a scanner that is unplugged is lost, found when it is back, and what it had begun to send is forgotten", async () => {
  const { clock, events, opened, part, send } = await onPort("scanner");
  send("123");
  opened[0]?.ears.lost("it was closed");
  expect(part.health()).toMatchObject([{ device: "front-scanner", state: "lost", why: "it was closed" }]);
  clock.advance(250);
  await settle();
  send("4567\r");
  expect(shownIn(events)).toEqual(["lost", "found", "4567"]);
});

type Hearing = Parameters<KeyboardKernel["watch"]>[2];

async function onKeyboard(types: "keys" | "text", refusal: { open?: number; grab?: number } = {}) {
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const events: BoardEvent[] = [];
  const asked: string[] = [];
  let hearing: Hearing | null = null;
  const kernel: KeyboardKernel = {
    open: (path) => {
      asked.push(`open ${path}`);
      return refusal.open ?? 7;
    },
    ioctl: (descriptor, request) => {
      asked.push(`${descriptor} ${request.toString(16)}`);
      return refusal.grab ?? 0;
    },
    close: (descriptor) => void asked.push(`close ${descriptor}`),
    watch: (_, __, hears) => {
      hearing = hears;
      return () => asked.push("forget");
    },
    stop: () => {},
  };
  const part = openKeyboards([{ id: "pad", kind: "keyboard", device: "input/event3", types }], clock, kernel);
  part.start((event) => events.push(event));
  await settle();
  return {
    clock,
    events,
    asked,
    part,
    type: (codes: readonly number[]) => hearing?.events(typed(codes)),
    gone: () => hearing?.gone(),
  };
}

test("a keypad that types is taken for the controller alone, and its keys are those of an entry", async () => {
  const { events, asked, type } = await onKeyboard("keys");
  type([79, 80, 81, 96]);
  expect(asked).toEqual(["open /dev/input/event3", "7 40044590"]);
  expect(events.map((event) => ("key" in event ? event.key : event.kind))).toEqual(["1", "2", "3", "#"]);
});

test("a scanner that types gives its line of text, and a person who types at it too slowly none", async () => {
  const { clock, events, type } = await onKeyboard("text");
  type([30, 48, 2, 3, 28]);
  for (const code of [5, 6, 7, 28]) {
    type([code]);
    clock.advance(400);
  }
  expect(shownIn(events)).toEqual(["ab12"]);
});

test("a keypad that is unplugged is looked for again", async () => {
  const { clock, events, asked, gone, type } = await onKeyboard("keys");
  gone();
  clock.advance(250);
  await settle();
  type([82]);
  expect(events.map(({ kind }) => kind)).toEqual(["lost", "found", "key"]);
  expect(asked.filter((one) => one.startsWith("open"))).toHaveLength(2);
});

test.each([
  [{ open: -13 }, /may not be opened; add Postern's user to the group input/],
  [{ open: -2 }, /there is no \/dev\/input\/event3/],
  [{ grab: -16 }, /another program has taken \/dev\/input\/event3/],
] as const)("a keypad that cannot be had says why: %o", async (refusal, why) => {
  const { part, asked } = await onKeyboard("keys", refusal);
  const [health] = part.health();
  expect(health).toMatchObject({ state: "lost" });
  expect(health?.why).toMatch(why);
  expect(asked.includes("close 7")).toBe("grab" in refusal);
});

const cards = (events: readonly BoardEvent[]) =>
  events.map((event) => ("bytes" in event ? event.bytes : "problem" in event ? event.problem : event.kind));

/** The number 0006905328, as it stands on the tag. */
const tag = "\x020100695DF0C5\x03";

test("a tag held before the reader is one card, by the four bytes that are printed on it, and again when it was away", async () => {
  const { clock, events, send } = await onPort("tag");
  for (let n = 0; n < 40; n += 1) {
    send(tag);
    clock.advance(65);
  }
  clock.advance(1_000);
  send(tag);
  expect(cards(events)).toEqual(["00695DF0", "00695DF0"]);
});

test("the longer frames of the ID readers, in whatever pieces, and two tags after one another are read", async () => {
  const { events, send } = await onPort("tag");
  for (const piece of ["\x02010069", "5DF0C5\r", "\n\x03\x02", "0F00B775D21F\r\n\x03"]) send(piece);
  expect(cards(events)).toEqual(["00695DF0", "00B775D2"]);
});

test("a frame with a wrong checksum, other digits, another length or no beginning is no card, and the next one is", async () => {
  const { events, send } = await onPort("tag");
  send("\x020100695DF0C4\x03\x020100695DG0C5\x03\x0201\x03");
  send(`0100695DF0C5\x03\x02${"0".repeat(500)}\x03`);
  send(`\x0201006${tag}`);
  expect(cards(events)).toEqual(["checksum", "checksum", "checksum", "00695DF0"]);
});

test("a tag whose printed number begins with 08 is no made-up number", async () => {
  const { events, send } = await onPort("tag");
  send("\x02010800000108\x03");
  expect(events).toMatchObject([{ bytes: "08000001", proven: true }]);
});
