// A controller that changes its keys, seen from the issuer: both generations until the first message under the new one.
import { expect, test } from "vitest";
import { createBench, site, stateOf } from "./bench.ts";
import { ModelController } from "./model-controller.ts";

async function rotating() {
  const bench = await createBench();
  const old = await bench.addController("front", ["front-door"]);
  await bench.startWorker("one");
  old.sendState();
  await bench.broker.settled();
  const next = new ModelController(site, "front", ["front-door"], bench.keys);
  const ask = async (keys: ModelController["keys"]): Promise<void> => {
    old.say("rotate", { signKey: keys.sign, sealKey: keys.seal, tlsKey: null });
    await bench.broker.settled();
  };
  const signs = async () => (await stateOf(bench.store, "front")).keys.map(({ sign }) => sign);
  return { ...bench, old, next, ask, signs };
}

const certificates = ({ heard }: ModelController) => heard.filter(({ kind }) => kind === "certificate");

test("asked for new keys, the issuer answers, seals on for the old ones, and takes both", async () => {
  const { old, next, ask, signs, broker, store } = await rotating();
  await ask(next.keys);
  expect(certificates(old)).toMatchObject([{ signKey: next.keys.sign, sealKey: next.keys.seal, certificate: null }]);
  expect(await signs()).toEqual([old.keys.sign, next.keys.sign]);
  old.record({ type: "door.opened" });
  old.sendEvents(1, 1);
  await broker.settled();
  expect((await store.record.newest(site, "front", 10)).map(({ type }) => type)).toEqual(["door.opened"]);
});

test("the first message under the new keys, right behind the answer, is taken and ends the old ones", async () => {
  const { old, next, ask, signs, broker, store } = await rotating();
  old.record({ type: "door.opened" });
  old.sendEvents(1, 1);
  await ask(next.keys);
  next.connect(broker.open);
  await broker.settled();
  next.record({ type: "door.opened" }, { type: "door.locked" });
  next.rows = [...old.rows];
  next.record({ type: "door.locked" });
  next.sendEvents(2, 2);
  await broker.settled();
  expect(await signs()).toEqual([next.keys.sign]);
  expect((await store.record.newest(site, "front", 10)).map(({ type }) => type)).toEqual([
    "door.opened",
    "door.locked",
  ]);
  old.record({ type: "door.forced" }, { type: "door.forced" });
  old.sendEvents(3, 3);
  await broker.settled();
  expect((await store.record.newest(site, "front", 10)).map(({ type }) => type)).not.toContain("door.forced");
});

test("a request that is heard twice, or played again after the change, gives nobody another key", async () => {
  const { old, next, ask, signs, broker } = await rotating();
  await ask(next.keys);
  await ask(next.keys);
  expect(await signs()).toEqual([old.keys.sign, next.keys.sign]);
  next.connect(broker.open);
  next.sendState();
  await broker.settled();
  await ask(old.keys);
  expect(await signs()).toEqual([next.keys.sign]);
});

test("keys that are none are not taken", async () => {
  const { old, ask, signs, told } = await rotating();
  await ask({ ...old.keys, sign: "!".repeat(43) });
  expect(certificates(old)).toEqual([]);
  expect(await signs()).toEqual([old.keys.sign]);
  expect(told.join()).toContain("hof/front asked for other keys");
});
