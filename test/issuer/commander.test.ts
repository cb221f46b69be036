// A command from an issuer to a controller and its result back, over a broker in memory.
import { expect, onTestFinished, test, vi } from "vitest";
import { Commander } from "../../src/issuer/commander.ts";
import { createBench, site } from "./bench.ts";

async function commanderAt(bench: Awaited<ReturnType<typeof createBench>>) {
  const { store, keys, broker, clock } = bench;
  const parts = {
    store,
    keysOf: () => ({ ...keys, former: null, counted: [keys.publicSign] }),
    openLink: broker.open,
    now: () => clock.now,
    asker: "tester",
  };
  const commander = new Commander(parts);
  onTestFinished(() => commander.close());
  await broker.settled();
  return commander;
}

const gate = { site, controller: "gate" };
const open = { kind: "open", door: "front" } as const;

test("an order is signed, expires, says where its answer belongs, and is noted with its result", async () => {
  const bench = await createBench();
  const controller = await bench.addController("gate", ["front"]);
  controller.sendState();
  const commander = await commanderAt(bench);
  const outcome = await commander.order(gate, open, "ana", 10_000);
  expect(outcome).toMatchObject({ kind: "answered", result: { ok: true, code: "done" }, log: null });
  const sent = bench.broker.published.find(({ topic }) => topic.endsWith("down/command"))!;
  expect(sent.options).toMatchObject({ expirySeconds: 10, responseTopic: "postern/1/hof/gate/result/tester" });
  expect(JSON.parse(sent.payload)).toMatchObject({
    do: open,
    by: "ana",
    until: bench.clock.now + 10_000,
    challenge: null,
  });
  expect(await bench.store.commands.list(site, 5)).toMatchObject([{ what: "open", who: "ana", code: "done" }]);
});

test("a controller whose clock nobody vouches for is answered with its own challenge", async () => {
  const bench = await createBench();
  const controller = await bench.addController("gate", ["front"]);
  controller.sendState({ challenge: "abcd", clock: { wall: 5, trusted: false, source: null } });
  const commander = await commanderAt(bench);
  await commander.order(gate, open, "ana", 10_000);
  expect(controller.heard.at(-1)).toMatchObject({ kind: "command", challenge: "abcd" });
});

test("silence is told from an answer, and a name that nobody has from both", async () => {
  const bench = await createBench();
  const controller = await bench.addController("gate", ["front"]);
  controller.sendState();
  controller.answers = false;
  const commander = await commanderAt(bench);
  expect(await commander.order({ site, controller: "nobody" }, open, "ana", 10_000)).toEqual({
    kind: "unknownController",
  });
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const ordered = commander.order(gate, open, "ana", 10_000);
  await vi.advanceTimersByTimeAsync(11_999);
  await vi.advanceTimersByTimeAsync(1);
  expect(await ordered).toEqual({ kind: "silent" });
  expect((await bench.store.commands.list(site, 5))[0]).toMatchObject({ code: null });
});
