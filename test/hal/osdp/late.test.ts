// A process that was held up hears the answers that came meanwhile before it asks again.
import { expect, test } from "vitest";
import type { Clock, MonoMs } from "../../../hal/clock.ts";
import { OsdpLine } from "../../../hal/linux/osdp/line.ts";
import type { SerialEars } from "../../../hal/linux/serial-line.ts";
import { ownKey, seeded } from "./bench.ts";
import { SimulatedReader } from "./reader-simulator.ts";

test("an answer that lies there when a timer fires late is heard, and the command not sent again", async () => {
  let now = 0;
  let timer: (() => void) | null = null;
  const clock = {
    mono: () => now as MonoMs,
    after: (_ms: number, _name: string, run: () => void) => {
      timer = run;
      const cancel = () => {
        if (timer === run) timer = null;
      };
      return { cancel };
    },
  } as unknown as Clock;
  const fire = () => {
    const run = timer;
    timer = null;
    run?.();
  };
  const sent: Buffer[] = [];
  let ears: SerialEars | null = null;
  const reader = new SimulatedReader({ address: 0, key: ownKey(0), random: seeded(2) });
  const line = new OsdpLine({
    id: "line",
    port: "ttyUSB0",
    bus: {
      baud: 9_600,
      readers: [
        { reader: "r0", address: 0, security: "required", hasInputs: false, keyProblem: null, random: Buffer.alloc },
      ],
    },
    records: [{ current: { key: ownKey(0), identity: null, chip: null }, next: null }],
    clock,
    openSerial: async (_port, _baud, heard) => {
      ears = heard;
      return { write: (bytes) => sent.push(bytes), close: () => {} };
    },
    report: () => {},
    onEffect: () => {},
  });
  line.open();
  await new Promise((resolve) => setImmediate(resolve));
  const answer = reader.hear(sent[0]!, now)!;
  now = 2_000;
  fire();
  (ears as SerialEars | null)?.data(answer);
  now += 10;
  fire();
  expect(sent.map((frame) => frame[9])).toEqual([0x76, 0x77]);
  line.stop();
});
