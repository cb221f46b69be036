// A building of 200 flats with a doctor's practice on the ground floor, as its installer would write it down.
import { readConfig } from "../../../src/config/load.ts";
import type { BoardWires } from "../../../src/config/site.ts";
import { boardOf, siteOf } from "../../../src/config/site.ts";
import type { SiteSpec } from "../../../src/domain/site.ts";

export const timeZone = "Europe/Madrid";

const file = {
  site: { name: "Calle Olmo 12", timeZone },
  board: "simulated",
  relays: ["front", "garage", "bikes", "practice"].map((door, n) => ({ id: `${door}-lock`, pin: n })),
  inputs: ["front", "garage", "bikes", "practice"]
    .flatMap((door) => [`${door}-exit`, `${door}-contact`])
    .map((id, n) => ({ id, pin: 10 + n })),
  readers: [
    { id: "front-keypad", door: "front", kind: "keypad", pins: { d0: 30, d1: 31 } },
    { id: "front-reader", door: "front", kind: "wiegand", pins: { d0: 32, d1: 33 }, format: "w34" },
    { id: "front-scanner", door: "front", kind: "scanner", port: "ttyACM0" },
    { id: "garage-keypad", door: "garage", kind: "keypad", pins: { d0: 34, d1: 35 } },
    { id: "garage-reader", door: "garage", kind: "wiegand", pins: { d0: 36, d1: 37 }, format: "w34" },
    { id: "bikes-reader", door: "bikes", kind: "wiegand", pins: { d0: 38, d1: 39 }, format: "w26" },
    { id: "practice-reader", door: "practice", kind: "wiegand", pins: { d0: 40, d1: 41 }, format: "w34" },
  ],
  doors: ["front", "garage", "bikes", "practice"].map((door) => ({
    id: door,
    name: `${door} door`,
    lock: "failSecure",
    relay: `${door}-lock`,
    contact: `${door}-contact`,
    exitButtons: [`${door}-exit`],
    timetable:
      door === "practice"
        ? [{ schedule: "surgery", action: "holdOpen", afterFirstPerson: true, mayBeEnded: false }]
        : [],
  })),
  codes: { coolDownDays: 30 },
  journal: { keepEvents: 100_000 },
  privacy: { keepNamesDays: 14 },
};

export function buildingSite(): { readonly site: SiteSpec; readonly wires: BoardWires } {
  const reading = readConfig(JSON.stringify(file));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems, null, 2));
  return { site: siteOf(reading.config), wires: boardOf(reading.config) };
}
