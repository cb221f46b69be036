// The faulty link itself: what each fate does to a connection, seen from both ends.
import { EventEmitter, once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer, connect as dial } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { Fate, LinkPlan } from "./faulty-link.ts";
import { cleanPlan, FaultyLink } from "./faulty-link.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Echo {
  readonly port: number;
  readonly heard: string[];
  /** Waits until it has heard so many pieces. */
  readonly all: (count: number) => Promise<void>;
}

/** A server that answers every piece with the same bytes, and keeps what it heard. */
async function echo(): Promise<Echo> {
  const heard: string[] = [];
  const news = new EventEmitter();
  const server: Server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      heard.push(bytes.toString());
      news.emit("heard");
      socket.write(bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => new Promise((resolve) => server.close(resolve)));
  const all = async (count: number): Promise<void> => {
    while (heard.length < count) await once(news, "heard");
  };
  return { port: (server.address() as AddressInfo).port, heard, all };
}

async function linkTo(port: number, fate: Fate, over: Partial<LinkPlan> = {}): Promise<FaultyLink> {
  const link = await FaultyLink.open(port, { ...cleanPlan, weights: { [fate]: 1 }, ...over });
  closers.push(() => link.close());
  return link;
}

async function dialed(link: FaultyLink): Promise<Socket> {
  const socket = dial({ port: link.port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  closers.push(() => {
    socket.destroy();
  });
  return socket;
}

const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once("close", () => resolve()));

/** As many bytes as that, joined. */
const received = (socket: Socket, size: number): Promise<Buffer> =>
  new Promise((resolve) => {
    let all = Buffer.alloc(0);
    socket.on("data", (bytes) => {
      all = Buffer.concat([all, bytes]);
      if (all.length >= size) resolve(all);
    });
  });

test("a clean link carries bytes both ways, in order, however they are delayed", async () => {
  const { port } = await echo();
  const link = await linkTo(port, "clean", { delayMs: [0, 3] });
  const socket = await dialed(link);
  const sent = Buffer.from(Array.from({ length: 50_000 }, (_, n) => n % 251));
  const back = received(socket, sent.length);
  for (let at = 0; at < sent.length; at += 1_000) socket.write(sent.subarray(at, at + 1_000));
  expect((await back).equals(sent)).toBe(true);
  expect(link.met.clean).toBe(1);
});

test("a slow link takes the time that its rate says", async () => {
  const { port } = await echo();
  const link = await linkTo(port, "clean", { bytesPerSecond: 100_000 });
  const socket = await dialed(link);
  const begun = performance.now();
  const back = received(socket, 10_000);
  socket.write(Buffer.alloc(10_000));
  await back;
  expect(performance.now() - begun).toBeGreaterThan(190);
});

test("a refused connection ends before it carries anything", async () => {
  const { port, heard } = await echo();
  const link = await linkTo(port, "refused");
  const socket = await dialed(link);
  socket.write("hello");
  await closed(socket);
  expect(heard).toEqual([]);
});

test("a cut connection loses what was on its way", async () => {
  const { port, heard } = await echo();
  const link = await linkTo(port, "cut", { afterBytes: [3, 3] });
  const socket = await dialed(link);
  socket.write("hello");
  await closed(socket);
  expect([heard, link.met.cut]).toEqual([[], 1]);
});

test("when answers are lost the broker has heard, and the client does not know", async () => {
  const { port, heard, all } = await echo();
  const link = await linkTo(port, "answersLost", { silenceMs: [30, 30] });
  const socket = await dialed(link);
  const answers: string[] = [];
  socket.on("data", (bytes) => answers.push(bytes.toString()));
  socket.write("hello");
  await closed(socket);
  await all(1);
  expect([heard, answers]).toEqual([["hello"], []]);
});

test("what is late arrives after the client has said more on another connection", async () => {
  const { port, heard, all } = await echo();
  const link = await linkTo(port, "late", { silenceMs: [60, 60] });
  const first = await dialed(link);
  first.write("first");
  await closed(first);
  link.follow(cleanPlan);
  const second = await dialed(link);
  const answered = received(second, 6);
  second.write("second");
  await answered;
  expect(heard).toEqual(["second"]);
  await all(2);
  expect(heard).toEqual(["second", "first"]);
});

test("a half-open connection swallows what it is told, and ends after its time", async () => {
  const { port, heard } = await echo();
  const link = await linkTo(port, "halfOpen", { silenceMs: [30, 30] });
  const socket = await dialed(link);
  const begun = performance.now();
  socket.write("hello");
  await closed(socket);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(29);
  expect(heard).toEqual([]);
});

test("the same seed gives the same fates, another one others", async () => {
  const { port } = await echo();
  const weights = { clean: 1, refused: 1 };
  const fatesOf = async (seed: string): Promise<string> => {
    const link = await linkTo(port, "clean", { seed, weights });
    const outcomes: string[] = [];
    for (let n = 0; n < 12; n++) {
      const before = link.met.refused;
      const socket = await dialed(link);
      socket.write("x");
      await new Promise((resolve) => socket.once("data", resolve).once("close", resolve));
      outcomes.push(link.met.refused > before ? "r" : "c");
    }
    return outcomes.join("");
  };
  const first = await fatesOf("one");
  expect(await fatesOf("one")).toBe(first);
  expect(await fatesOf("two")).not.toBe(first);
  expect(new Set(first).size).toBe(2);
});
