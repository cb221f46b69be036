// Cards and buttons on a real kernel's lines, in virtual time: with nothing else to do, and with everything else to do.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Machine } from "./machine.ts";
import { startMachine } from "./machine.ts";
import { applyPeople, doorsim, frameOf, installSite, mainPid, movesOf, pins, postern } from "./site.ts";

const firstCard = 0x100000;
const cardCount = 120;
/** Pulse and period in microseconds: the usual one, and the ends of what readers do. */
const timings = ["50 2000", "20 200", "100 1000", "40 5000"];
/** Between cards; one with the longest period takes 130 ms, and the gap after it 25. */
const everyMs = 180;

let machine: Machine;

beforeAll(async () => {
  machine = await startMachine();
  await installSite(machine);
  await applyPeople(machine, [{ id: "ana", name: "Ana", cards: ["00100000"], doors: ["front"] }]);
});

afterAll(() => machine?.stop());

const play = (n: number, timing: string) => `${pins.d0} ${pins.d1} ${timing} ${frameOf(firstCard + n * 4_099)}`;

/** What the reader's line was taken for, frame by frame, as whoever connects a reader sees it. */
async function framesWhile(command: string, input: string): Promise<string[]> {
  const watch = `${postern} watch front-reader --state /var/lib/postern`;
  const text = await machine.out(
    `cat > /tmp/input; ${watch} > /tmp/watched 2>&1 & seen=$!; until grep -q Show /tmp/watched; do sleep 0.2; done; ${command}; sleep 4; kill -INT $seen; wait $seen; cat /tmp/watched`,
    input,
  );
  return [...text.matchAll(/ 26 bits +([01]{26}) /g)].map(([, bits = ""]) => bits);
}

const ms = (ns: bigint) => Number(ns / 1_000n) / 1_000;
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

test("from a card's last pulse, and from an exit button's press, to the relay", async () => {
  const waits: number[] = [];
  for (let n = 0; n < 8; n += 1) {
    await machine.out(`echo > ${doorsim}/moves; echo "${play(0, "50 2000")}" > ${doorsim}/play; sleep 1.6`);
    const [relay] = await movesOf(machine, pins.strike);
    const pulses = [...(await movesOf(machine, pins.d0)), ...(await movesOf(machine, pins.d1))].map(({ ns }) => ns);
    const last = pulses.toSorted((a, b) => Number(a - b)).at(-1) ?? 0n;
    expect(relay?.level, `card ${n}`).toBe(1);
    waits.push(ms((relay?.ns ?? 0n) - last));
  }
  const exits: number[] = [];
  for (let n = 0; n < 8; n += 1) {
    await machine.out(
      `echo > ${doorsim}/moves; echo "${pins.exit} 0" > ${doorsim}/set; sleep 0.2; echo "${pins.exit} 1" > ${doorsim}/set; sleep 1.4`,
    );
    const [pressed] = await movesOf(machine, pins.exit);
    const [relay] = await movesOf(machine, pins.strike);
    expect(relay?.level, `press ${n}`).toBe(1);
    exits.push(ms((relay?.ns ?? 0n) - (pressed?.ns ?? 0n)));
  }
  console.log(
    `card to relay: median ${median(waits)} ms, most ${Math.max(...waits)} ms after the last pulse (frame gap included)`,
  );
  console.log(`exit to relay: median ${median(exits)} ms, most ${Math.max(...exits)} ms`);
  expect(median(exits)).toBeLessThan(median(waits));
});

test("120 cards in four timings are all read, in order, none twice, whatever else the processor has to do", async () => {
  await machine.out(`kill -USR2 ${mainPid}`);
  const cards = Array.from({ length: cardCount }, (_, n) => play(n, timings[n % timings.length] ?? ""));
  const hog = "(while :; do :; done)";
  const frames = await framesWhile(
    `${hog} & one=$!; ${hog} & two=$!; node /opt/node/cards.mjs ${everyMs} < /tmp/input; kill $one $two`,
    cards.join("\n"),
  );
  expect(frames).toEqual(cards.map((card) => card.split(" ").at(-1)));
});
