// Rules of doors, areas, groups and codes that are fine alone and wrong together.
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/load.ts";
import { edited as editedExample } from "./example.ts";
import type { Expected } from "./refusal.ts";
import { expectRefusal } from "./refusal.ts";

/** Untyped, for tests put wrong things on purpose. */
type Raw = ReturnType<typeof JSON.parse>;
type Row = readonly [title: string, edit: (site: Raw) => void, ...expected: Expected[]];

/** The example without its area, and with one thing done to it. */
const edited = (edit: (site: Raw) => void): string =>
  editedExample((site) => {
    delete site.areas;
    delete site.doors[1].leadsTo;
    edit(site);
  });

const front = (settings: object) => (site: Raw) => Object.assign(site.doors[0], settings);
const more = (site: Raw) => {
  site.inputs.push({ id: "button", pin: 100 }, { id: "box", pin: 101 }, { id: "switch", pin: 102 });
  site.relays.push({ id: "gate", pin: 103 });
};
const reception = (settings: object) => (site: Raw) => {
  more(site);
  site.receptions = [
    { input: "button", doors: ["front"], schedule: "office", allowUnauthenticated: true, ...settings },
  ];
};
const opening =
  (...settings: readonly object[]) =>
  (site: Raw) => {
    more(site);
    const usual = { door: "front", schedule: "office", allowUnauthenticated: true };
    site.inputs.find(({ id }: { id: string }) => id === "button").opens = settings.map((one) => ({ ...usual, ...one }));
  };

const ids: readonly Row[] = [
  [
    "an aux relay that is not there",
    front({ auxRelays: [{ relay: "gaet" }] }),
    ["doors[0].auxRelays[0].relay", /^No relay has this id\.$/, /name one of: front-strike/, '"gaet"'],
  ],
  ["a tamper contact that is not there", front({ tampers: ["bx"] }), ["doors[0].tampers[0]", /^No input/, /./]],
  ["an area that is not there", front({ leadsTo: "lobby" }), ["doors[0].leadsTo", /^No area/, /^Add it to "areas"\.$/]],
  [
    "a door for an area",
    (site) => {
      site.areas = [{ id: "lobby", name: "Lobby" }];
      site.doors[0].leadsFrom = "garage";
      site.doors[0].leadsTo = "lobby";
    },
    ["doors[0].leadsFrom", /^This is the id of a door, not of an area\.$/, /lobby/],
  ],
  [
    "two areas of one id",
    (site) => {
      site.areas = ["A", "B"].map((name) => ({ id: "lobby", name }));
      site.doors[0].leadsTo = "lobby";
    },
    ["areas[1].id", /already names areas\[0\]/, /another id/],
  ],
  [
    "an interlock of a door that is not there",
    (site) => {
      site.interlocks = [["front", "gargae"]];
    },
    ["interlocks[0][1]", /^No door has this id\.$/, /^Did you mean "garage"\?$/],
  ],
  [
    "a reception of a door that is not there",
    reception({ doors: ["frnt"] }),
    ["receptions[0].doors[0]", /^No door/, /"front"/],
  ],
  [
    "a reception whose button is not there",
    reception({ input: "buton" }),
    ["receptions[0].input", /^No input/, /"button"/],
  ],
  [
    "an input that opens a door that is not there",
    opening({ door: "frnt" }),
    ["inputs[5].opens[0].door", /^No door/, /"front"/],
  ],
  [
    "a lockdown switch that is not there",
    (site) => {
      site.lockdown = { input: "switch" };
    },
    ["lockdown.input", /^No input has this id\.$/, /name one of/],
  ],
];

const twice: readonly Row[] = [
  [
    "a lock's relay that is another door's aux relay",
    front({ auxRelays: [{ relay: "garage-magnet" }] }),
    ["doors[0].auxRelays[0].relay", /^Relay "garage-magnet" already drives doors\[1\] \("garage"\)\.$/, /of its own/],
  ],
  [
    "one aux relay of two doors",
    (site) => {
      more(site);
      for (const door of site.doors) door.auxRelays = [{ relay: "gate" }];
    },
    ["doors[1].auxRelays[0].relay", /already drives auxRelays\[0\] of doors\[0\] \("front"\)/, /of its own/],
  ],
  [
    "a tamper contact that is the exit button",
    front({ tampers: ["front-exit"] }),
    ["doors[0].tampers[0]", /already an exit button of doors\[0\]/, /of its own/],
  ],
  [
    "a tamper contact named twice",
    (site) => {
      more(site);
      site.doors[0].tampers = ["box", "box"];
    },
    ["doors[0].tampers[1]", /already a tamper contact of doors\[0\]/, /^Name it once\.$/],
  ],
  [
    "a mains input that is not there",
    (site) => {
      site.supply = { mains: "mains" };
    },
    ["supply.mains", /^No input has this id\.$/, /name one of/],
  ],
  [
    "the fire panel as the box's contact",
    (site) => {
      site.supply = { enclosures: ["fire-panel"] };
    },
    ["supply.enclosures[0]", /already the fire panel's/, /of its own/],
  ],
  [
    "the fire panel as a lockdown switch",
    (site) => {
      site.lockdown = { input: "fire-panel" };
    },
    ["lockdown.input", /already the fire panel's/, /of its own/],
  ],
  [
    "two receptions of one button",
    (site) => {
      reception({})(site);
      site.receptions.push({ ...site.receptions[0], doors: ["garage"] });
    },
    ["receptions[1].input", /already the button of receptions\[0\]/, /of its own/],
  ],
  [
    "a door twice in a group",
    (site) => {
      site.interlocks = [["front", "garage", "front"]];
    },
    ["interlocks[0][2]", /twice/, /Remove/, '"front"'],
  ],
  ["a door twice at a reception", reception({ doors: ["front", "front"] }), ["receptions[0].doors[1]", /twice/, /./]],
  ["a door twice at an input", opening({}, { delayMs: 5_000 }), ["inputs[5].opens[1].door", /twice/, /./]],
  [
    "a reception's button that opens a door as an input, too",
    (site) => {
      opening({})(site);
      site.receptions = [{ input: "button", doors: ["garage"], schedule: "office", allowUnauthenticated: true }];
    },
    ["inputs[5].opens", /^This input is already the button of receptions\[0\]\.$/, /of its own/],
  ],
  [
    "an exit button that opens a door as an input, too",
    (site) => {
      opening({})(site);
      site.doors[1].exitButtons.push("button");
    },
    ["inputs[5].opens", /^This input is already an exit button of doors\[1\]/, /of its own/],
  ],
  [
    "two factor rules of one schedule",
    front({
      factors: [
        { schedule: "night", need: "cardAndPin" },
        { schedule: "night", need: "twoPeople" },
      ],
    }),
    ["doors[0].factors[1].schedule", /twice/, /Remove/, '"night"'],
  ],
  [
    "one timetable rule written twice",
    front({
      timetable: [
        { schedule: "office", action: "holdOpen" },
        { schedule: "office", action: "holdOpen", mayBeEnded: true },
      ],
    }),
    ["doors[0].timetable[1].schedule", /twice/, /Remove/],
  ],
  [
    "an aux relay's method named twice",
    (site) => {
      more(site);
      site.doors[0].auxRelays = [{ relay: "gate", methods: ["card", "card"] }];
    },
    ["doors[0].auxRelays[0].methods[1]", /twice/, /./],
  ],
];

const impossible: readonly Row[] = [
  [
    "an extended time that is shorter",
    front({ extendedUnlockMs: 4_000 }),
    ["doors[0].extendedUnlockMs", /less time than others, who have 5000 ms/, /at least 5000/],
  ],
  [
    "an extended alarm that comes sooner",
    front({ extendedHeldOpenMs: 30_000 }),
    ["doors[0].extendedHeldOpenMs", /sooner for people who need longer/, /at least 60000/],
  ],
  [
    "an extended alarm while the door is still unlocked",
    front({ extendedUnlockMs: 300_000 }),
    ["doors[0].extendedHeldOpenMs", /still unlocked for people who need longer, for 300000 ms/, /more than 300000/],
  ],
  [
    "a warning before the door is open",
    front({ preAlarmMs: 60_000 }),
    ["doors[0].preAlarmMs", /before the door is open/, /less than 60000/],
  ],
  [
    "a warning without a contact",
    front({ preAlarmMs: 5_000, contact: null }),
    ["doors[0].preAlarmMs", /^Without a contact/, /contact/],
  ],
  [
    "a door that leads nowhere else",
    (site) => {
      site.areas = [{ id: "lobby", name: "Lobby" }];
      Object.assign(site.doors[0], { leadsTo: "lobby", leadsFrom: "lobby" });
    },
    ["doors[0].leadsFrom", /into the same one/, /null/],
  ],
  [
    "a home whose door stands open",
    front({ unit: true, timetable: [{ schedule: "office", action: "holdOpen" }] }),
    ["doors[0].timetable[0].action", /home would stand open/, /unit: false/],
  ],
  [
    "a reception that opens a home",
    (site) => {
      reception({})(site);
      site.doors[0].unit = true;
    },
    ["receptions[0].doors[0]", /^This is the door of a home/, /Remove/],
  ],
  [
    "an input that opens a home",
    (site) => {
      opening({}, { door: "garage" })(site);
      site.doors[1].unit = true;
    },
    ["inputs[5].opens[1].door", /^This is the door of a home/, /Remove/],
  ],
  [
    "an input that opens for anybody without saying that it is meant",
    opening({ allowUnauthenticated: false }),
    ["inputs[5].opens[0].allowUnauthenticated", /only be true/, /^Write true, or leave out/],
  ],
  [
    "an apartment where nobody can type",
    (site) => {
      site.readers.shift();
      site.doors[0].keypadMode = "apartmentPin";
    },
    ["doors[0].keypadMode", /^Nobody can type an apartment here/, /Add a keypad/],
  ],
  [
    "an apartment's length that no door asks for",
    (site) => {
      site.keypad.apartmentLength = 3;
    },
    ["keypad.apartmentLength", /^No door asks for the apartment\.$/, /apartmentPin/],
  ],
  [
    "an apartment that leaves no room for the PIN",
    (site) => {
      site.doors[0].keypadMode = "apartmentPin";
      Object.assign(site.keypad, { apartmentLength: 4, maxKeys: 5 });
    },
    ["keypad.apartmentLength", /^With 2 digits of a PIN after it/, /at most 3/],
  ],
  [
    "an apartment before a PIN of fixed length that is too long together",
    (site) => {
      site.doors[0].keypadMode = "apartmentPin";
      Object.assign(site.keypad, { apartmentLength: 4, autoSubmitLength: 6, maxKeys: 8 });
    },
    ["keypad.apartmentLength", /^With 6 digits/, /at most 2/],
  ],
  [
    "a card and a PIN where no digits are typed",
    (site) => {
      site.readers.shift();
      site.doors[0].factors = [{ schedule: "night", need: "cardAndPin" }];
    },
    ["doors[0].factors[0].need", /takes no card and typed digits on the same side/, /keypad/, '"cardAndPin"'],
  ],
  [
    "a card outside and digits inside",
    (site) => {
      site.readers[0].direction = "exit";
      site.doors[0].factors = [{ schedule: "night", need: "cardAndPin" }];
    },
    ["doors[0].factors[0].need", /on the same side/, /./],
  ],
  [
    "a QR and a code where no QR counts",
    (site) => {
      site.features = { qr: false };
      site.doors[0].factors = [{ schedule: "night", need: "qrAndCode" }];
    },
    ["doors[0].factors[0].need", /takes no QR and typed digits/, /./],
  ],
  [
    "a pass's code where it cannot be typed",
    (site) => {
      site.readers.shift();
      site.doors[0].passCodeRequired = true;
    },
    ["doors[0].passCodeRequired", /^No pass could open this door/, /keypad/],
  ],
  [
    "a QR's digits that no entry can hold",
    (site) => {
      site.codes = { qrPinOnKeypad: true };
      site.keypad.autoSubmitLength = 6;
    },
    ["codes.qrPinOnKeypad", /are 8, and an entry has at most 6/, /longer/],
  ],
  [
    "digits around a PIN that no entry can hold",
    (site) => {
      site.codes = { virtualPin: true };
      site.keypad.autoSubmitLength = 6;
      site.passes = { courierDigits: 6 };
    },
    ["codes.virtualPin", /^Nothing fits around a PIN of 6 digits, for an entry has at most 6/, /longer/],
  ],
  [
    "an area that nobody is seen to leave and that never forgets",
    (site) => {
      site.areas = [{ id: "parking", name: "Parking", passback: "hard", forgiveMs: 0 }];
      site.doors[1].leadsTo = "parking";
    },
    ["areas[0].forgiveMs", /^Nobody is ever seen to leave this area/, /direction exit/],
  ],
  [
    "a door whose readers' methods are all switched off",
    (site) => {
      site.features = { pin: false, card: false };
      site.doors[1].exitButtons = [];
    },
    ["doors[1]", /features switches off what its readers read/, /./],
  ],
];

for (const [title, edit, ...expected] of [...ids, ...twice, ...impossible]) {
  test(`${title} is refused with exactly the sentences that name it`, () => {
    expectRefusal(edited(edit), expected);
  });
}

test.each<[string, (site: Raw) => void, Expected]>([
  [
    "a reception's button",
    (site) => {
      reception({ input: "front-contact" })(site);
    },
    ["receptions[0].input", /^This input is already the contact of doors\[0\] \("front"\)\.$/, /an input of its own/],
  ],
  [
    "an exit button",
    front({ exitButtons: ["front-contact"] }),
    ["doors[0].exitButtons[0]", /^This input is already the contact of doors\[0\]/, /an input of its own/],
  ],
  [
    "an input that opens doors",
    (site) => {
      opening()(site);
      const usual = { schedule: "office", allowUnauthenticated: true };
      site.inputs.find(({ id }: { id: string }) => id === "front-contact").opens = [{ ...usual, door: "garage" }];
    },
    [/^inputs\[\d\]\.opens$/, /^This input is already the contact of doors\[0\] \("front"\)\.$/, /an input of its own/],
  ],
])("acceptance 12: a contact that alarms a break-in and also opens as %s is refused", (_, edit, expected) => {
  expectRefusal(edited(edit), [expected]);
});

test("a mistake in one place does not accuse what refers to it", () => {
  const text = edited((site) => {
    site.areas = [{ id: "Lobby!", name: "Lobby" }];
    site.doors[0].leadsTo = "lobby";
    site.interlocks = [["front", "Garage!"]];
  });
  expectRefusal(text, [
    ["areas[0].id", /./, /./],
    ["interlocks[0][1]", /./, /./],
  ]);
});

test("a tamper contact may watch the box of two doors, and a car park may be entered and left", () => {
  const text = edited((site) => {
    more(site);
    for (const door of site.doors) door.tampers = ["box"];
    site.lockdown = { input: "switch" };
    site.areas = [{ id: "parking", name: "Parking", passback: "hard", forgiveMs: 0 }];
    site.doors[1].leadsTo = "parking";
    site.readers.push({ id: "out", door: "garage", kind: "plate", port: "ttyUSB0", direction: "exit" });
    site.doors[1].methods.push("plate");
    site.doors[0].auxRelays = [{ relay: "gate" }];
    site.receptions = [{ input: "button", doors: ["front"], schedule: "office", allowUnauthenticated: true }];
    site.interlocks = [["front", "garage"]];
  });
  expect(readConfig(text)).toMatchObject({ ok: true, warnings: [] });
});

const warned: readonly (readonly [string, (site: Raw) => void, string, RegExp])[] = [
  [
    "duress twins",
    (site) => {
      site.codes = { duress: true };
    },
    "codes.duress",
    /half as many tries/,
  ],
  [
    "couriers' codes that are short, once their first digit is known",
    (site) => {
      site.codes = { partition: true };
      site.passes = { courierDigits: 6 };
    },
    "codes.partition",
    /^Of a courier's 6 digits everybody then knows the first/,
  ],
  [
    "digits around a PIN where no card comes before it",
    (site) => {
      site.codes = { virtualPin: true };
      site.features = { card: false };
    },
    "codes.virtualPin",
    /^No door takes a card and then a PIN without the apartment/,
  ],
  [
    "digits around a PIN where found cards are hardly ever blocked",
    (site) => {
      site.codes = { virtualPin: true };
      site.factors = { attempts: 20, blockMs: 1000 };
    },
    "codes.virtualPin",
    /^Whoever has found a card hits its owner's PIN within a day/,
  ],
  [
    "short public codes",
    (site) => {
      site.codes = { publicLength: 4 };
    },
    "codes.publicLength",
    /^One of 10000 codes/,
  ],
  [
    "codes that are too long to be typed",
    (site) => {
      site.keypad.autoSubmitLength = 7;
    },
    "passes.courierDigits",
    /^Codes of 8 digits cannot be typed, for an entry has at most 7\.$/,
  ],
  [
    "a code that never opens alone",
    (site) => {
      site.codes = { codeAlone: true };
      site.readers.push({ id: "garage-scanner", door: "garage", kind: "scanner", port: "ttyACM1" });
      site.doors[1].methods.push("qr");
    },
    "codes.codeAlone",
    /never opens alone/,
  ],
  [
    "a home that no pass opens",
    (site) => {
      site.doors[1].unit = true;
    },
    "doors[1].unit",
    /^No pass opens/,
  ],
  [
    "times for an alarm that never comes",
    (site) => {
      site.doors[0].alarms = { forced: false, resetMs: 60_000 };
    },
    "doors[0].alarms",
    /none to end/,
  ],
  [
    "a lockdown after the first person",
    (site) => {
      site.doors[0].timetable = [{ schedule: "night", action: "lockDown", afterFirstPerson: true }];
    },
    "doors[0].timetable",
    /waits for nobody/,
  ],
  [
    "a group with a door that stands open",
    (site) => {
      site.interlocks = [["front", "garage"]];
      site.doors[0].timetable = [{ schedule: "office", action: "holdOpen" }];
    },
    "interlocks[0][0]",
    /^While its timetable holds this door open/,
  ],
  [
    "a group with a bistable door",
    (site) => {
      site.interlocks = [["front", "garage"]];
      site.doors[1].mode = "bistable";
    },
    "interlocks[0][1]",
    /bistable/,
  ],
  [
    "an area that is only forgotten",
    (site) => {
      site.areas = [{ id: "parking", name: "Parking", capacity: 5 }];
      site.doors[1].leadsTo = "parking";
    },
    "areas[0]",
    /only forgotten/,
  ],
  [
    "an area that no door leads to",
    (site) => {
      site.areas = [{ id: "parking", name: "Parking" }];
    },
    "areas[0]",
    /^Nothing uses this/,
  ],
  [
    "enrolling by card without a card reader",
    (site) => {
      site.enrolByCard = true;
      site.readers = [site.readers[0]];
    },
    "enrolByCard",
    /^No reader reads cards/,
  ],
];

test.each(warned)("%s are accepted with one warning", (_, edit, path, problem) => {
  const reading = readConfig(edited(edit));
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const [warning, ...others] = reading.warnings;
  expect(others).toEqual([]);
  expect(warning?.path).toBe(path);
  expect(warning?.problem).toMatch(problem);
});
