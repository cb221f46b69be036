import { expect, test } from "vitest";
import { readConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { edited, exampleText, swap } from "./example.ts";

function accepted(text: string): { readonly config: Config; readonly warned: readonly string[] } {
  const reading = readConfig(text);
  expect(reading).toMatchObject({ ok: true });
  if (!reading.ok) throw new Error("unreachable");
  return { config: reading.config, warned: reading.warnings.map((warning) => `${warning.path}: ${warning.problem}`) };
}

const smallest = {
  site: { name: "Shed", timeZone: "UTC" },
  board: "simulated",
  relays: [{ id: "lock", pin: 1 }],
  inputs: [{ id: "out", pin: 2 }],
  doors: [{ id: "shed", name: "Shed", lock: "failSecure", relay: "lock", exitButtons: ["out"] }],
};

test("the example is accepted without a warning, and is what it says", () => {
  const { config, warned } = accepted(exampleText);
  expect(warned).toEqual([]);
  expect(config.doors.map((door) => door.id)).toEqual(["front", "garage"]);
});

test("what a small file leaves out has the defaults", () => {
  const { config } = accepted(JSON.stringify(smallest));
  expect(accepted(JSON.stringify(config)).config).toEqual(config);
  expect(config).toMatchObject({
    ...smallest,
    readers: [],
    doors: [
      {
        ...smallest.doors[0],
        contact: null,
        methods: ["pin", "card", "qr", "plate"],
        mode: "monostable",
        auxRelays: [],
        tampers: [],
        factors: [],
        keypadMode: "pin",
        unit: false,
        grantableBy: "residents",
        passCodeRequired: false,
        timetable: [],
        alarms: { forced: true, resetMs: 0, administratorTwiceMs: 0 },
        leadsTo: null,
        leadsFrom: null,
        triggerDelayMs: 0,
        preAlarmMs: 0,
        sameUserMs: 0,
        differentUserMs: 0,
        unlockMs: 5000,
        relockOnClose: true,
        heldOpenMs: 60_000,
        forcedGraceMs: 2000,
        exitHoldMs: 30_000,
      },
    ],
    fire: null,
    keypad: { keyTimeoutMs: 10_000, maxKeys: 16, autoSubmitLength: null, apartmentLength: null },
    features: { pin: true, card: true, qr: true, plate: true },
    factors: { timeoutMs: 10_000, attempts: 5, blockMs: 300_000 },
    codes: {
      duress: false,
      partition: false,
      virtualPin: false,
      publicLength: 6,
      coolDownDays: 90,
      qrPinOnKeypad: false,
      codeAlone: false,
    },
    areas: [],
    interlocks: [],
    lockdown: null,
    receptions: [],
    enrolByCard: false,
    guessing: { failures: 5, blockMs: 30_000, maxBlockMs: 900_000, drainMs: 1_200_000 },
    journal: { keepEvents: 200_000 },
    privacy: { keepNamesDays: 90 },
    passes: {
      enabled: true,
      activateOnFirstUse: true,
      courierHours: 24,
      courierUses: 1,
      courierDigits: 8,
      staffMaxHours: 12,
      purgeAfterDays: 30,
    },
    recordDeadlineMs: 300,
    console: { host: "127.0.0.1", port: 8480, tls: null },
  });
});

test.each([
  ['The "Álamo" door', '"The \\"Álamo\\" door"'],
  ["Дверь №1 'юг'", "\"Дверь №1 'юг'\""],
  ["正門", '"正門"'],
  ["דלת", '"דלת"'],
  ["🚪👨‍👩‍👧", '"🚪👨‍👩‍👧"'],
  ["🚪", '"\\ud83d\\udeaa"'],
  ["C:\\door", '"C:\\\\door"'],
  ["$door %s <b>", '"$door %s <b>"'],
  ["__proto__", '"__proto__"'],
  ["null", '"null"'],
])("a door may be called %s", (name, json) => {
  expect(accepted(swap('"Front door"', json)).config.doors[0]?.name).toBe(name);
});

test("a byte order mark in front changes nothing", () => {
  expect(accepted(`\ufeff${exampleText}`)).toEqual(accepted(exampleText));
});

test("the order of lists, and of settings, does not matter", () => {
  const turned = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(exampleText)).reverse()));
  expect(accepted(turned).config).toEqual(accepted(exampleText).config);
  accepted(
    edited((site) => {
      for (const list of ["relays", "inputs", "readers", "doors"]) site[list].reverse();
    }),
  );
});

test("null says none wherever a thing may be missing", () => {
  const text = edited((site) => {
    site.fire = null;
    site.console.tls = null;
    site.keypad.autoSubmitLength = null;
    for (const door of site.doors) door.contact = null;
  });
  expect(accepted(text).config).toMatchObject({ fire: null, console: { tls: null }, doors: [{ contact: null }, {}] });
});

test.each(["127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1", "localhost"])(
  "the console needs no TLS on %s",
  (host) => {
    accepted(
      edited((site) => {
        site.console.host = host;
      }),
    );
  },
);

test.each(["0.0.0.0", "192.168.1.20", "::", "fd00::17"])("the console may answer on %s with TLS", (host) => {
  accepted(
    edited((site) => {
      site.console = { host, tls: { certFile: "/etc/a.crt", keyFile: "/etc/a.key" } };
    }),
  );
});

test.each(["UTC", "Etc/GMT+3", "America/Argentina/Buenos_Aires", "Pacific/Chatham", "America/Port-au-Prince"])(
  "%s is a time zone",
  (zone) => {
    accepted(swap("Europe/Madrid", zone));
  },
);

test("one exit button may let people out of two doors", () => {
  accepted(
    edited((site) => {
      site.doors[1].exitButtons = ["front-exit", "garage-exit"];
    }),
  );
});

test("without a contact a door may stay unlocked longer than it may stand open", () => {
  accepted(
    edited((site) => {
      Object.assign(site.doors[0], { contact: null, unlockMs: 3_600_000 });
    }),
  );
});

test("the largest site fits", () => {
  const many = <T>(count: number, make: (n: number) => T) => Array.from({ length: count }, (_, n) => make(n));
  const text = JSON.stringify({
    ...smallest,
    relays: many(64, (n) => ({ id: `relay-${n}`, pin: n })),
    inputs: many(128, (n) => ({ id: `input-${n}`, pin: 100 + n })),
    readers: many(128, (n) => ({
      id: `reader-${n}`,
      door: `door-${n % 64}`,
      kind: "wiegand",
      format: "raw",
      pins: { d0: 300 + 2 * n, d1: 301 + 2 * n },
      keypad: true,
    })),
    doors: many(64, (n) => ({
      id: `door-${n}`,
      name: `Door ${n}`,
      lock: "failSecure",
      relay: `relay-${n}`,
      contact: `input-${n}`,
      exitButtons: [`input-${64 + n}`],
    })),
  });
  expect(accepted(text).config.readers).toHaveLength(128);
});

test.each<[string, (site: ReturnType<typeof JSON.parse>) => void, string]>([
  [
    "a fail-secure door without an exit button",
    (site) => {
      site.doors[0].exitButtons = [];
      site.inputs.shift();
    },
    "doors[0].exitButtons: Nothing here lets people out of this fail-secure door.",
  ],
  [
    "a door without a contact",
    (site) => {
      site.doors[0].contact = null;
      site.inputs.splice(1, 1);
    },
    "doors[0].contact: Without a contact nobody learns that this door was forced or stands open.",
  ],
  [
    "two doors of one name",
    (site) => {
      site.doors[1].name = "Front door";
    },
    "doors[1].name: Another door has the same name.",
  ],
  [
    "a reader whose method is off",
    (site) => {
      site.doors[0].methods = ["pin", "card"];
    },
    "readers[2]: This reader gives qr, which its door's methods leave out.",
  ],
  [
    "keys whose method is off",
    (site) => {
      site.doors[1].methods = ["card"];
    },
    "readers[3]: This reader gives pin, which its door's methods leave out.",
  ],
  [
    "a relay that drives nothing",
    (site) => {
      site.relays.push({ id: "spare", pin: 2 });
    },
    "relays[2]: Nothing uses this.",
  ],
  [
    "an input that nothing reads",
    (site) => {
      site.inputs.push({ id: "spare", pin: 2 });
    },
    "inputs[5]: Nothing uses this.",
  ],
  [
    "fail-safe doors without a fire input",
    (site) => {
      delete site.fire;
      site.inputs.pop();
    },
    "fire: The fire panel reaches no fail-safe door through Postern.",
  ],
  [
    "a fire input without fail-safe doors",
    (site) => {
      site.doors[1].lock = "failSecure";
    },
    "fire: A fire unlocks fail-safe doors only, and there is none.",
  ],
  [
    "more wrong codes than usual",
    (site) => {
      site.guessing.failures = 6;
    },
    "guessing.failures: This makes codes easier to guess than the usual 5.",
  ],
  [
    "a shorter block than usual",
    (site) => {
      site.guessing.blockMs = 29_999;
    },
    "guessing.blockMs: This makes codes easier to guess than the usual 30000.",
  ],
  [
    "wrong codes forgotten sooner than usual",
    (site) => {
      site.guessing.drainMs = 60_000;
    },
    "guessing.drainMs: This makes codes easier to guess than the usual 1200000.",
  ],
  [
    "a shorter longest block than usual",
    (site) => {
      site.guessing.maxBlockMs = 60_000;
    },
    "guessing.maxBlockMs: This makes codes easier to guess than the usual 900000.",
  ],
  [
    "a door's only exit button that is switched off",
    (site) => {
      site.inputs[0].enabled = false;
    },
    'inputs[0].enabled: This input is off, so no exit button lets people out of the door "front", whose handle or bar must always do.',
  ],
  [
    "one of two exit buttons that is switched off",
    (site) => {
      site.inputs.push({ id: "second-exit", pin: 99, enabled: false });
      site.doors[0].exitButtons.push("second-exit");
    },
    'inputs[5].enabled: This input is off, so one exit button of the door "front" does nothing.',
  ],
  [
    "a contact that is switched off",
    (site) => {
      site.inputs[1].enabled = false;
    },
    'inputs[1].enabled: This input is off, so nobody learns that the door "front" was forced or stands open.',
  ],
  [
    "a fire panel that is switched off",
    (site) => {
      site.inputs[4].enabled = false;
    },
    "inputs[4].enabled: This input is off, so a fire unlocks no door through Postern.",
  ],
  [
    "a lockdown switch that is switched off",
    (site) => {
      site.inputs.push({ id: "switch", pin: 99, enabled: false });
      site.lockdown = { input: "switch" };
    },
    "inputs[5].enabled: This input is off, so the lockdown switch locks nothing.",
  ],
])("%s is accepted with that one warning", (_, edit, warning) => {
  expect(accepted(edited(edit)).warned).toEqual([warning]);
});

test("a stricter bound on guessing gives no warning", () => {
  const text = edited((site) => {
    site.guessing = { failures: 3, blockMs: 60_000, maxBlockMs: 3_600_000, drainMs: 3_600_000 };
  });
  expect(accepted(text).warned).toEqual([]);
});
