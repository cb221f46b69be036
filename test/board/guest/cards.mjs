// Plays cards one after the other from a list of `d0 d1 pulse_us period_us bits` on standard input, so far apart as it is told.
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";

const everyMs = Number(process.argv[2]);
for (const line of readFileSync(0, "utf8").trim().split("\n")) {
  writeFileSync("/sys/devices/platform/doorsim/play", line);
  await setTimeout(everyMs);
}
