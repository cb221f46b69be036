// A site with so many doors that a press every few milliseconds finds each of them locked again.

export const doorCount = 40;
/** Exit buttons are pressed at the first doors only, so that nobody whose card is known has unlocked one just before. */
export const pressedDoors = 30;

export function manyDoors(): object {
  const doors = Array.from({ length: doorCount }, (_, n) => n);
  return {
    site: { name: "Bench", timeZone: "Europe/Madrid" },
    board: "simulated",
    relays: doors.map((n) => ({ id: `relay-${n}`, pin: n })),
    inputs: doors.map((n) => ({ id: `exit-${n}`, pin: 100 + n })),
    readers: doors.flatMap((n) => [
      {
        id: `reader-${n}`,
        door: `door-${n}`,
        kind: "wiegand",
        pins: { d0: 200 + n, d1: 300 + n },
        format: "w26",
        keypad: true,
      },
      { id: `scanner-${n}`, door: `door-${n}`, kind: "scanner", port: `ttyUSB${n}` },
    ]),
    doors: doors.map((n) => ({
      id: `door-${n}`,
      name: `Door ${n}`,
      lock: "failSecure",
      relay: `relay-${n}`,
      exitButtons: [`exit-${n}`],
      unlockMs: 100,
    })),
    console: { host: "127.0.0.1", port: 0 },
  };
}
