// Codes on drawn photographs are read, at least as many as either library reads; nothing is fetched; a still scene costs little.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { QrDecoder, readThoroughly } from "../../../../hal/linux/qr/decoder.ts";
import type { Engine, SightingEngine } from "../../../../hal/linux/qr/engines.ts";
import { openJsqr, openZxing } from "../../../../hal/linux/qr/engines.ts";
import { MotionGate } from "../../../../hal/linux/qr/motion.ts";
import type { Picture } from "../../../../hal/linux/qr/picture.ts";
import type { Stages } from "../../../../hal/linux/qr/stages.ts";
import { stagesOf } from "../../../../hal/linux/qr/stages.ts";
import { matrixOf } from "../../../qr/debian-code.ts";
import { codeOf, drawScene, payloads, randomOf, sceneKinds } from "../../../qr/scene.ts";

let zxing: SightingEngine;
let jsqr: Engine;
let stages: Stages;

beforeAll(async () => {
  const opened = await openZxing();
  if (opened === null) throw new Error("this machine has no WebAssembly");
  zxing = opened;
  jsqr = await openJsqr();
  stages = stagesOf(zxing, jsqr);
});

const blank: Picture = { width: 64, height: 48, gray: new Uint8Array(64 * 48).fill(120) };
const empty = drawScene({ kind: "plain", grade: 1, seed: 5, code: null });

/** One kind of each payload in turn, at the middle grade. */
const slice = sceneKinds.flatMap((kind, n) =>
  [0, 1].map((more) => {
    const payload = payloads[(n + more * 3) % payloads.length];
    const seed = 700 + n * 2 + more;
    const text = payload?.text(randomOf(seed)) ?? "";
    return { kind, text, picture: drawScene({ kind, grade: 2, seed, code: codeOf(text) }) };
  }),
);

test("of a slice of the graded set all that either library reads alone is read, and more; never a wrong text", {
  timeout: 60_000,
}, async () => {
  const read = { ours: 0, zxing: 0 };
  for (const { kind, text, picture } of slice) {
    const ours = await readThoroughly(stages, picture);
    const alone = [await zxing(picture), await jsqr(picture)].filter((texts) => texts.includes(text)).length;
    expect(
      [...ours, text].every((one) => one === text),
      kind,
    ).toBe(true);
    expect(ours.includes(text) || alone === 0, kind).toBe(true);
    read.ours += Number(ours.includes(text));
    read.zxing += Number((await zxing(picture)).includes(text));
  }
  expect(read.ours).toBeGreaterThan(read.zxing * 1.08);
});

/** The same picture with its columns for rows: the code is mirrored, and whatever bent it bends it the other way. */
const transposed = ({ width, height, gray }: Picture): Picture => ({
  width: height,
  height: width,
  gray: gray.map((_, at) => gray[(at % height) * width + Math.floor(at / height)] ?? 0),
});

const upsideDown = ({ width, height, gray }: Picture): Picture => ({
  width,
  height,
  gray: gray.map((_, at) => gray[(height - 1 - Math.floor(at / width)) * width + (at % width)] ?? 0),
});

test("a code around a bottle, whichever way, or at a sharp angle is read, though neither library reads it", async () => {
  for (const [kind, seed] of [
    ["curved", 2],
    ["curved", 14],
    ["curved", 22],
    ["tilt", 5],
  ] as const) {
    const text = payloads[seed % 4]?.text(randomOf(seed)) ?? "";
    const picture = drawScene({ kind, grade: 3, seed, code: codeOf(text) });
    expect([...(await zxing(picture)), ...(await jsqr(picture))], `${kind} ${seed}`).toEqual([]);
    for (const turned of [picture, transposed(picture), upsideDown(picture), transposed(upsideDown(picture))]) {
      expect(await readThoroughly(stages, turned), `${kind} ${seed}`).toEqual([text]);
    }
  }
});

test.runIf(existsSync("/usr/bin/qrencode"))("codes of Debian's generator are read", async () => {
  for (const payload of payloads) {
    const text = payload.text(randomOf(9)).replaceAll(" ", "-");
    const code = matrixOf(
      execFileSync("qrencode", ["-t", "ASCIIi", "-m", "1", "-l", "M", "-o", "-", text], { encoding: "utf8" }),
    );
    const picture = drawScene({ kind: "plain", grade: 1, seed: 31, code });
    expect(await readThoroughly(stages, picture), payload.name).toEqual([text]);
  }
});

test("nothing is fetched, not even the decoder's own code", () => {
  const program = `
    globalThis.fetch = () => { console.log("fetched"); return Promise.reject(new Error("no network")); };
    const { openZxing } = await import(process.argv[1]);
    const read = await openZxing();
    console.log((await read({ width: 64, height: 48, gray: new Uint8Array(64 * 48) })).length);`;
  const engines = new URL("../../../../hal/linux/qr/engines.ts", import.meta.url).href;
  const args = ["--input-type=module", "--eval", program, engines];
  expect(execFileSync(process.execPath, args, { encoding: "utf8", env: {} }).trim()).toBe("0");
});

test("where there is no WebAssembly the other library reads alone", async () => {
  const { WebAssembly: here } = globalThis;
  Reflect.deleteProperty(globalThis, "WebAssembly");
  try {
    expect(await openZxing()).toBeNull();
  } finally {
    Object.assign(globalThis, { WebAssembly: here });
  }
  const picture = drawScene({ kind: "plain", grade: 1, seed: 11, code: codeOf("12345678") });
  expect(await readThoroughly(stagesOf(null, jsqr), picture)).toEqual(["12345678"]);
});

/** Stages that find nothing, for so many milliseconds each. */
function costly(firstMs: number, furtherMs: readonly number[]) {
  let now = 0;
  const reads: string[] = [];
  const stage = (name: string, ms: number) => ({
    name,
    times: 1,
    read: async () => {
      reads.push(name);
      now += ms;
      return [];
    },
  });
  const made = { first: stage("first", firstMs), further: furtherMs.map((ms, n) => stage(`further ${n}`, ms)) };
  const decoder = new QrDecoder({ stages: made, nowMs: () => now });
  return { decoder, reads, now: () => now, wait: (until: number) => (now = Math.max(now, until)) };
}

test("a still scene is looked at once in a while and once only; whatever moves wakes it", async () => {
  const { decoder, reads, wait } = costly(1, [10]);
  await decoder.look(blank);
  wait(10_000);
  reads.length = 0;
  for (let n = 1; n <= 30; n += 1) {
    wait(10_000 + n * 100);
    await decoder.look(blank);
  }
  expect(reads).toEqual(Array.from({ length: 5 }, () => "first"));
  await decoder.look({ ...blank, gray: blank.gray.map((value, at) => (at % 64 < 32 ? 250 : value)) });
  expect(reads.slice(5)).toContain("further 0");
});

test("further stages take their turns, and no more than their share of a slow processor", async () => {
  const { decoder, reads, now, wait } = costly(10, [60, 80, 200, 2_000]);
  for (let n = 0; n < 100; n += 1) {
    wait(n * 100);
    await decoder.look({ ...blank, gray: blank.gray.map((value, at) => (at % 64 < n % 64 ? 250 : value)) });
  }
  const times = (name: string) => reads.filter((one) => one === name).length;
  const spentMs =
    times("further 0") * 60 + times("further 1") * 80 + times("further 2") * 200 + times("further 3") * 2_000;
  expect([0, 1, 2].every((n) => times(`further ${n}`) >= 5)).toBe(true);
  expect(times("further 3")).toBeLessThan(3);
  expect(spentMs / now()).toBeLessThan(0.85);
});

test("one stage that takes long once leaves the others their turns within the second", async () => {
  const { decoder, reads, now, wait } = costly(10, [1_900, 40]);
  for (let n = 0; now() < 3_500; n += 1) {
    wait(n * 100);
    await decoder.look({ ...blank, gray: blank.gray.map((value, at) => (at % 64 < n % 64 ? 250 : value)) });
  }
  expect(reads.filter((one) => one === "further 0")).toHaveLength(1);
  expect(reads.filter((one) => one === "further 1").length).toBeGreaterThan(8);
});

test("noise is no motion, a hand is, and the very same pixels are called so", () => {
  const gate = new MotionGate();
  const random = randomOf(3);
  const noisy = (picture: Picture): Picture => ({
    ...picture,
    gray: picture.gray.map((value) => Math.max(0, Math.min(255, value + (random() - 0.5) * 30))),
  });
  gate.look(noisy(empty));
  const still = Array.from({ length: 30 }, () => gate.look(noisy(empty)));
  expect(still.some(({ moved, same }) => moved || same)).toBe(false);
  const hand = { ...empty, gray: empty.gray.slice() };
  for (let row = 200; row < 300; row += 1) hand.gray.fill(200, row * 640 + 200, row * 640 + 320);
  expect(gate.look(noisy(hand)).moved).toBe(true);
  gate.look(hand);
  expect(gate.look(hand)).toMatchObject({ moved: false, same: true });
});

test("pictures of noise, of nothing and of the smallest size hold no code and stop nothing", async () => {
  const random = randomOf(8);
  const noise = { width: 160, height: 120, gray: Uint8Array.from({ length: 160 * 120 }, () => random() * 256) };
  for (const picture of [noise, blank, { width: 1, height: 1, gray: Uint8Array.of(7) }]) {
    expect(await readThoroughly(stages, picture)).toEqual([]);
  }
});
