// A door loop with readers at pcscd whose exit buttons are pressed through standard input, and whose relays answer on its output.
import { createInterface } from "node:readline";
import { createLinuxBoard } from "../../hal/linux/board.ts";
import type { Part, Report } from "../../hal/linux/part.ts";
import { openPcscPart } from "../../hal/linux/pcsc/pcsc-part.ts";
import { createLiveClock } from "../../hal/sim/clock.ts";
import { readConfig } from "../../src/config/load.ts";
import { siteOf } from "../../src/config/site.ts";
import type { BootId, RunId } from "../../src/domain/ids.ts";
import { DoorLoop } from "../../src/doorloop/loop.ts";
import { openReader } from "../hal/linux/cards/shown-card.ts";
import { doorCount, manyDoors } from "./many-doors.ts";

const driver = process.argv[2] === "nfc-pcsc" ? "nfc-pcsc" : "smartcard";
const config = readConfig(JSON.stringify(manyDoors()));
if (!config.ok) throw new Error(JSON.stringify(config.problems));
const clock = createLiveClock({ trusted: true });
const say = (...words: readonly (string | number)[]): void => void process.stdout.write(`${words.join(" ")}\n`);
let report: Report = () => {};

const buttons: Part = {
  relays: Array.from({ length: doorCount }, (_, n) => `relay-${n}`),
  readers: [],
  start(to) {
    report = to;
  },
  drive(relay, energized) {
    if (energized) say("relay", relay.slice("relay-".length));
  },
  signal() {},
  health: () => [],
  stop() {},
};

const reader = { ...openReader, id: "reader-0", driver, device: "Virtual PCD 00 00" } as const;
const pcsc = openPcscPart({ driver, readers: [reader], keysDir: "keys" }, clock);
const heard: Part = {
  ...pcsc,
  readers: pcsc.readers,
  start(to) {
    pcsc.start((event) => {
      if (event.kind === "card" || event.kind === "unread") say("card");
      to(event);
    });
  },
  drive: (relay, energized) => pcsc.drive(relay, energized),
  signal: (id, signal) => pcsc.signal(id, signal),
  health: () => pcsc.health(),
  stop: () => pcsc.stop(),
};
const board = await createLinuxBoard(
  [{ devices: [], open: async () => buttons }],
  [{ devices: [], open: async () => heard }],
  clock,
);
const loop = new DoorLoop({
  site: siteOf(config.config),
  board,
  clock,
  run: "run" as RunId,
  boot: "boot" as BootId,
  version: "bench",
  onChange: () => {},
});
loop.start();

createInterface({ input: process.stdin }).on("line", (line) => {
  const [word, n = ""] = line.split(" ");
  if (word === "press") {
    report({ kind: "input", input: `exit-${n}`, active: true, at: clock.mono() });
    report({ kind: "input", input: `exit-${n}`, active: false, at: clock.mono() });
  } else say("state", board.health().find(({ device }) => device === "reader-0")?.state ?? "", pcsc.pid() ?? 0);
});
process.stdin.on("end", () => {
  loop.stop();
  process.exit(0);
});
