// A directory with one of everything that it can hold, and attempts at the doors that tell one such directory from another.
import { card, pin, qr } from "../ledger/ledger-fixture.ts";
import type { ExchangeBench } from "./exchange-bench.ts";

/** One of everything that a directory can hold. */
export const everything = {
  schedules: [
    {
      id: "nights",
      name: "Nights",
      windows: [
        { days: ["mon", "fri"], time: "22:00-06:00" },
        { days: ["sun"], time: "08:00-24:00" },
      ],
      from: "2026-01-01",
      holidayExempt: true,
    },
  ],
  holidays: [
    {
      id: "xmas",
      name: "Christmas",
      from: "2026-12-25",
      until: "2026-12-26",
      yearly: true,
      workingHours: ["10:00-12:00"],
    },
  ],
  people: [
    {
      id: "ana",
      name: "Ana Ruiz",
      role: "administrator",
      apartment: "012",
      floors: ["3", "G"],
      until: "2027-01-01T00:00:00Z",
      mayHoldOpen: ["front"],
      pin: "0471",
      qrPin: "00112233",
      qr: ["ANA-HELLO"],
      cards: ["02B775D2", "04A1B2C3D4E5F6", { number: "6H8D:12023250", state: "lost" }],
      bkeys: [{ number: "00C0FFEE", technology: "id" }],
      plates: ["AB-12 CD", { plate: "XY99", direction: "entry", until: "2026-12-01T00:00:00Z" }],
      doors: ["front", { door: "garage", schedule: "nights" }],
    },
    { id: "bo", name: "Bo", state: "suspended", pin: "998877", doors: ["front"] },
  ],
  passes: [
    {
      id: "guest",
      name: "Guest",
      host: "ana",
      until: "2026-11-21T13:00:00Z",
      usesPerDoor: 2,
      activeMinutes: 120,
      code: "00554433",
      floors: "host",
      doors: ["front"],
    },
    {
      id: "cleaner",
      name: "Cleaner",
      repeat: { kind: "weekly", from: "2026-11-01", until: "2026-12-31", days: ["fri"], time: "13:00-15:00" },
      pin: "0066778",
      doors: ["front"],
    },
  ],
  publicCodes: [{ id: "public-1", name: "Post", pin: "010203", doors: ["garage"] }],
};

export const attempts = [
  ["02B775D2", "FFB775D2", "04A1B2C3D4E5F6", "00C0FFEE", "12345678"].map(card),
  ["0471", "471", "00112233", "998877", "00554433", "0066778", "010203"].map(pin),
  [qr("ANA-HELLO"), qr("00112233")],
].flat();

/** What each attempt comes to at each door. */
export const outcomes = (bench: ExchangeBench) =>
  ["front", "garage"].flatMap((door) => attempts.map((shown) => `${door} ${bench.tested.outcome(shown, { door })}`));
