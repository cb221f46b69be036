import { afterEach, expect, test } from "vitest";
import { explainDecision } from "../../src/cli/explain.ts";
import type { Validity } from "../../src/domain/directory.ts";
import type { CredentialId, DoorId } from "../../src/domain/ids.ts";
import type { DenyReason } from "../../src/domain/reasons.ts";
import { denyReasons } from "../../src/domain/reasons.ts";
import { unixMs } from "../../src/domain/time.ts";
import { codeOf, issuerOf, passOf, putKey } from "../ledger/issuer-fixture.ts";
import {
  ana,
  card,
  noon,
  pass,
  person,
  pin,
  putCredential,
  putGrant,
  putPerson,
  qr,
} from "../ledger/ledger-fixture.ts";
import { guest, putSchedule, resident } from "../ledger/rules-fixture.ts";
import type { Json } from "./state-folder.ts";
import { printed, StateFolder } from "./state-folder.ts";

const opened: StateFolder[] = [];
afterEach(() => {
  for (const state of opened.splice(0)) state.ledger.close();
});

function open(change: (config: Json) => void = () => {}): StateFolder {
  const state = new StateFolder(change);
  opened.push(state);
  return state;
}

const explained = async (state: StateFolder, ...args: string[]): Promise<string> =>
  (await printed(explainDecision, ...args, "--state", state.folder)).text;

const anaCard = card("00B775D2");
const benCard = card("00B0B0B0");
const courierCard = card("00C0FFEE");
const keypad = { reader: "front-keypad" } as const;
const hour = 3_600_000;
const issuer = issuerOf("mac");

const ben = (...more: ReturnType<typeof putGrant>[]) => [
  putPerson("ben", "Ben Moss"),
  putCredential("ben-card", person("ben"), "card", "00B0B0B0"),
  ...more,
];
const office = putSchedule("office", [["mon", 480, 1080]]);
const courier = (more: Parameters<typeof guest>[2] = {}) => guest("courier", { card: "00C0FFEE" }, more);
const personWith = (validity: Validity) =>
  ({ op: "putPerson", person: { kind: "person", id: "ana", name: "Ana Ruiz", state: "active", validity } }) as never;
const denied = (reason: DenyReason) =>
  ({
    type: "access.denied",
    ...{
      ask: "run-1.90",
      door: "front",
      reader: "front-reader",
      method: "card",
      credential: null,
      person: null,
      pass: null,
    },
    reason,
    directoryVersion: 0,
  }) as never;
const modeChanged = (mode: "blocked" | "lockedDown") =>
  ({ type: "door.modeChanged", door: "front", mode, cause: { by: "operator", who: "console" } }) as never;
const cardAndPin = (config: Json) => {
  config.doors[0].factors = [{ schedule: "always", need: "cardAndPin" }];
};
const lobby = (area: object) => (config: Json) => {
  config.areas = [...config.areas, { id: "lobby", name: "Lobby", ...area }];
  config.doors[0].leadsTo = "lobby";
  config.readers.push({ ...config.readers[1], id: "front-out", direction: "exit", pins: { d0: 7, d1: 8 } });
};

interface Case {
  readonly config?: (config: Json) => void;
  readonly live: (state: StateFolder) => void;
  readonly why: string;
  readonly opener: string;
}

const cases: Readonly<Record<DenyReason, Case>> = {
  ledgerUnavailable: {
    live: (state) => state.note(denied("ledgerUnavailable")),
    why: "did not answer within 2 seconds",
    opener: "once the ledger answers",
  },
  busy: { live: (state) => state.note(denied("busy")), why: "was never looked at", opener: "a moment later" },
  askExpired: {
    live: (state) => state.note(denied("askExpired")),
    why: "more than 2 seconds",
    opener: "a moment later",
  },
  featureOff: {
    config: (config) => {
      config.features = { card: false };
    },
    live: (state) => {
      state.change(...ana);
      state.present(anaCard);
    },
    why: '"features.card" switched off',
    opener: 'with "features.card" switched on',
  },
  methodOff: {
    live: (state) => {
      state.change(...ana);
      state.present(qr("ANA-HELLO"), { door: "garage", reader: "garage-reader" });
    },
    why: '["pin","card"] as "methods", and "qr" is not among them',
    opener: 'with the card "ana-card" instead',
  },
  accessLimited: {
    live: (state) => {
      state.change(...ana);
      for (let entry = 0; entry < 5; entry += 1) state.present(pin("999999"), keypad);
      state.clock.pass(5_000);
      state.present(pin("4711"), keypad);
    },
    why: "blocked for 30 seconds, from Friday 2026-11-20 14:00:00 (event 7) until Friday 2026-11-20 14:00:30",
    opener: "after the block ended, at Friday 2026-11-20 14:00:30\n",
  },
  entryInvalid: {
    live: (state) => void state.present(pin(null), keypad),
    why: '("keypad.maxKeys": 16)',
    opener: "a code of its own length",
  },
  unknownCredential: {
    live: (state) => void state.present(anaCard),
    why: "Nothing in the directory, as it was then, has what was shown.",
    opener: "something that is in the directory",
  },
  passUnreadable: {
    live: (state) => void state.present(qr("9".repeat(51))),
    why: "It has the length of a carried pass",
    opener: "a pass whose whole code is read",
  },
  issuerUnknown: {
    live: (state) => void state.present(passOf(issuer).presentation),
    why: "It names an issuer's key that was not in the directory then",
    opener: "the issuer's key in the directory",
  },
  passForged: {
    live: (state) => {
      state.change(putKey(issuer));
      state.present(passOf(issuerOf("mac", {}, 8)).presentation);
    },
    why: "the proof in it is not that key's",
    opener: "the pass as its issuer made it",
  },
  issuerExceeded: {
    live: (state) => {
      state.change(putKey(issuerOf("mac", { limits: { maxMinutes: 60, maxUses: null } })));
      state.present(passOf(issuer).presentation);
      state.change({ op: "removePassKey", id: issuer.key.id });
    },
    why: 'desk-mac, pass 1 (pass "7.1") lasts longer, opens more often or reaches further than its key may give.',
    opener: "a pass within what its key may give",
  },
  credentialSuspended: credentialCase("suspended"),
  credentialLost: credentialCase("lost"),
  credentialStolen: credentialCase("stolen"),
  credentialExpired: {
    live: (state) => {
      const validity = { from: null, until: unixMs(noon - hour) };
      state.change(...ana, { ...putCredential("ana-card", person("ana"), "card", "00B775D2"), validity } as never);
      state.present(anaCard);
    },
    why: 'The card "ana-card" is valid until Friday 2026-11-20 13:00.',
    opener: 'with a longer validity of the card "ana-card"',
  },
  wrongDirection: {
    live: (state) => {
      state.change(...ana, {
        ...putCredential("ana-card", person("ana"), "card", "00B775D2"),
        direction: "exit",
      } as never);
      state.present(anaCard);
    },
    why: "works for exit only, and was shown at a reader for entry",
    opener: "in the other direction",
  },
  factorMissing: {
    config: cardAndPin,
    live: (state) => {
      state.change(...ana);
      state.present(pin("4711"), keypad);
    },
    why: 'PIN alone is not enough: a card and then the PIN is asked for at Front door by its factor rule with the schedule "always"',
    opener: 'with the card "ana-card" instead, followed by the PIN',
  },
  factorWrong: {
    config: cardAndPin,
    live: (state) => {
      state.change(...ana, ...resident("cid", { pin: "8642" }));
      state.present(anaCard);
      state.present(pin("8642"), keypad);
    },
    why: 'Ana Ruiz (person "ana") had begun with the card "ana-card" (event 2)',
    opener: "with the right second half",
  },
  personBlocked: {
    config: (config) => {
      cardAndPin(config);
      config.factors = { attempts: 1, blockMs: 300_000 };
    },
    live: (state) => {
      state.change(...ana, ...resident("cid", { pin: "8642" }));
      state.present(anaCard);
      state.present(pin("8642"), keypad);
      state.present(anaCard);
    },
    why: "First halves of this holder were blocked for 5 minutes",
    opener: "after the block ended, at Friday 2026-11-20 14:05:00, followed by the PIN",
  },
  doorBlocked: {
    live: (state) => {
      state.change(...ana);
      state.note(modeChanged("blocked"));
      state.present(anaCard, { mode: "blocked" });
    },
    why: "Front door is blocked from the console, since Friday 2026-11-20 14:00:00 (event 2).",
    opener: "neither blocked nor locked down",
  },
  lockedDown: {
    live: (state) => {
      state.change(...ana);
      state.note(modeChanged("lockedDown"));
      state.present(anaCard, { mode: "lockedDown" });
    },
    why: 'Ana Ruiz (person "ana") is not exempt from lockdowns.',
    opener: "as somebody whom lockdowns do not keep out",
  },
  holderSuspended: {
    live: (state) => {
      state.change(...ana);
      state.change({ op: "setHolderState", holder: person("ana"), state: "suspended" });
      state.present(anaCard);
      state.change({ op: "setHolderState", holder: person("ana"), state: "active" });
    },
    why: 'Ana Ruiz (person "ana") is suspended.',
    opener: "with the person active\n",
  },
  revoked: {
    live: (state) => {
      state.change(...courier());
      state.change({ op: "setHolderState", holder: pass("courier"), state: "revoked" });
      state.present(courierCard);
    },
    why: "is revoked, which nothing undoes",
    opener: "a new pass",
  },
  passesOff: {
    live: (state) => {
      state.change(...courier());
      state.configure((config) => {
        config.passes.enabled = false;
      });
      state.present(courierCard);
    },
    why: '"passes.enabled" switched off',
    opener: 'with "passes.enabled" switched on',
  },
  hostSuspended: {
    live: (state) => {
      state.change(...ana, ...courier({ host: "ana" as never }));
      state.change({ op: "setHolderState", holder: person("ana"), state: "suspended" });
      state.present(courierCard);
    },
    why: 'was given by Ana Ruiz (person "ana"), who is suspended',
    opener: "with its host active and valid",
  },
  directoryStale: {
    config: (config) => {
      config.cloud = { maxDirectoryAgeHours: 24 };
    },
    live: (state) => {
      const withCard = ana.filter((change) => change.op !== "putCredential" || change.kind === "card");
      state.ledger.applyChanges(withCard, new Map(), "cloud", state.clock.now(), { origin: "cloud" });
      state.clock.pass(25 * hour);
      state.present(anaCard);
    },
    why: "the cloud had been silent for longer",
    opener: "with a sign of the issuer in the cloud",
  },
  notGrantable: {
    live: (state) => {
      state.change(...ana, ...courier({ host: "ana" as never }));
      state.change({ ...putGrant(person("ana")), op: "removeGrant" } as never);
      state.present(courierCard);
    },
    why: 'Its host, Ana Ruiz (person "ana"), has no grant at Front door.',
    opener: "with a host who may let others in at Front door",
  },
  clockUntrusted: {
    live: (state) => {
      state.change(office, ...ben(putGrant(person("ben"), "front", "office")));
      state.clock.trusted = false;
      state.present(benCard);
    },
    why: "The clock was not to be trusted then, and the grants of Ben Moss",
    opener: "with a clock that is trusted, if it reads the same, and from Monday 2026-11-23 08:00 on",
  },
  notYetValid: {
    live: (state) => {
      state.change(...ana, personWith({ from: unixMs(noon + hour), until: null }));
      state.present(anaCard);
    },
    why: 'Ana Ruiz (person "ana") is valid from Friday 2026-11-20 15:00.',
    opener: "from Friday 2026-11-20 15:00 on",
  },
  expired: {
    live: (state) => {
      state.change(...ana, personWith({ from: null, until: unixMs(noon) }));
      state.present(anaCard);
    },
    why: "is valid until Friday 2026-11-20 14:00.",
    opener: "with a longer validity of the person",
  },
  betweenOccurrences: {
    live: (state) => {
      const window = { startMinute: 480, endMinute: 600 };
      state.change(
        ...courier({ recurrence: { kind: "daily", from: "2026-11-01", until: "2026-12-01", window } as never }),
      );
      state.present(courierCard);
    },
    why: "is for daily 08:00–10:00 from 2026-11-01 until 2026-12-01; it was Friday 2026-11-20 14:00",
    opener: "from Saturday 2026-11-21 08:00 on",
  },
  activationOver: {
    live: (state) => {
      state.change(...courier({ activationMs: hour }));
      state.present(courierCard);
      state.clock.pass(hour);
      state.present(courierCard);
    },
    why: "works for 60 minutes after it was first opened, on Friday 2026-11-20 14:00",
    opener: "within its time after it was first opened",
  },
  usesExhausted: {
    live: (state) => {
      state.change(...courier({ usesPerDoor: 1 }));
      state.present(courierCard);
      state.present(courierCard);
    },
    why: "opens once at each door, and has done so",
    opener: "with a use left",
  },
  noGrant: {
    live: (state) => {
      state.change(...ben(putGrant(person("ben"), "garage")));
      state.present(benCard);
    },
    why: 'Ben Moss (person "ben") has no grant at Front door, only at Garage door.',
    opener: "with a grant at Front door\n",
  },
  never: {
    live: (state) => {
      state.change(...ben(putGrant(person("ben"), "front", "never"), putGrant(person("ben"))));
      state.present(benCard);
    },
    why: "with the schedule “Never”, which wins over all others",
    opener: "without the grant with “Never” at Front door\n",
  },
  outsideSchedule: {
    live: (state) => {
      state.change(office, ...ben(putGrant(person("ben"), "front", "office")));
      state.present(benCard);
      state.change(putSchedule("office", [["fri", 0, 1440]]));
    },
    why: "The grant at Front door with the schedule “office” (office: mon 08:00–18:00) did not hold then.",
    opener: "from Monday 2026-11-23 08:00 on",
  },
  holiday: {
    live: (state) => {
      const holiday = {
        id: "day",
        name: "Day",
        from: "2026-11-20",
        until: "2026-11-20",
        yearly: true,
        workingHours: [],
      };
      const weekdays = putSchedule("office", [["fri", 480, 1080]]);
      state.change(
        weekdays,
        { op: "putHoliday", holiday } as never,
        ...ben(putGrant(person("ben"), "front", "office")),
      );
      state.present(benCard);
      state.change({ op: "removeHoliday", id: "day" as never });
    },
    why: "It was the holiday “Day” (day).",
    opener: "from Friday 2026-11-27 08:00 on",
  },
  tooSoon: {
    config: (config) => {
      config.doors[0].sameUserMs = 60_000;
    },
    live: (state) => {
      state.change(...ana);
      state.present(anaCard);
      state.clock.pass(10_000);
      state.present(anaCard);
    },
    why: '("sameUserMs": 60000). It had last opened at Friday 2026-11-20 14:00:00 (event 2).',
    opener: "from Friday 2026-11-20 14:01:00 on",
  },
  passback: {
    config: lobby({ passback: "hard" }),
    live: (state) => {
      state.change(...ana);
      state.present(anaCard);
      state.note({ type: "access.taken", ask: "run-1.1" as never, door: "front" as DoorId });
      state.present(anaCard);
    },
    why: 'The area "lobby" held Ana Ruiz (person "ana") to be inside already',
    opener: "after leaving, or after an operator's forgiving",
  },
  areaFull: {
    config: lobby({ capacity: 1 }),
    live: (state) => {
      state.change(...ana, ...ben(putGrant(person("ben"))));
      state.present(anaCard);
      state.note({ type: "access.taken", ask: "run-1.1" as never, door: "front" as DoorId });
      state.present(benCard);
    },
    why: 'The area "lobby" was full ("capacity": 1).',
    opener: "after somebody had left",
  },
  interlocked: {
    config: (config) => {
      config.interlocks = [["front", "garage"]];
    },
    live: (state) => {
      state.change(...ana);
      state.present(anaCard, { interlocked: true });
    },
    why: "Another door of its interlock was open or unlocked (garage).",
    opener: "with the other doors of the interlock closed and locked",
  },
};

function credentialCase(state: "suspended" | "lost" | "stolen"): Case {
  return {
    live: (folder) => {
      folder.change(...ana);
      folder.change({ op: "setCredentialState", id: "ana-card" as CredentialId, state });
      folder.present(anaCard);
      folder.change({ op: "removeCredential", id: "ana-card" as CredentialId });
    },
    why: `The card "ana-card" of Ana Ruiz (person "ana") is marked "${state}".`,
    opener: 'with the card "ana-card" active\n',
  };
}

test.each(denyReasons)("%s is explained: the row behind it, the checks, and what would have opened", async (reason) => {
  const { config, live, why, opener } = cases[reason];
  const state = open(config);
  live(state);
  const text = await explained(state);
  expect(text).toContain(why);
  expect(text).toContain(opener);
  expect(text).not.toMatch(/undefined|NaN|\[object/);
  if (["ledgerUnavailable", "busy", "askExpired"].includes(reason)) return;
  expect(text).toMatch(new RegExp(`^ {2}BARRED .* ${reason}(, as recorded)?$`, "m"));
  expect(text).toContain("the answer is the same");
});

test("an entry is explained too: by which grant, which schedule, and how many uses were left", async () => {
  const state = open();
  state.change(...courier({ usesPerDoor: 3 }));
  state.present(courierCard);
  const text = await explained(state, "2");
  expect(text).toContain('COURIER (pass "courier") has a grant at Front door, and its schedule “Always” held.');
  expect(text).toContain("2 uses were left after it.");
  expect(text).not.toContain("What would have opened it");
});

test("a carried pass is explained as it was, whatever has become of its key, its code and its revocations", async () => {
  const state = open();
  state.change(putKey(issuer), putKey(issuerOf("code")));
  const counted = passOf(issuer, { uses: { count: 1, over: "door" } }).presentation;
  state.present(counted);
  state.present(counted);
  state.present(passOf(issuer, { serial: 2, places: [2] }).presentation);
  state.present(passOf(issuer, { serial: 9, revokes: { upTo: null, serials: [1] } }).presentation);
  state.present(counted);
  state.present(codeOf(issuerOf("code"), { from: unixMs(noon + hour) }), keypad);
  state.change({ op: "removePassKey", id: issuer.key.id });
  expect(await explained(state, "3")).toContain("0 uses were left after it.");
  expect(await explained(state, "12")).toContain("It may never have been given out");
  const words = [
    ["4", "usesExhausted", "is used up"],
    ["6", "noGrant", "has no grant at Front door, only at Garage"],
    ["10", "revoked", "is revoked"],
    ["12", "notYetValid", "is valid from"],
  ] as const;
  for (const [event, reason, why] of words) {
    const text = await explained(state, event);
    expect(text, event).toMatch(new RegExp(`BARRED .* ${reason}(, as recorded)?$`, "m"));
    expect(text).toContain(why);
    expect(text).toContain("the answer is the same");
    expect(text).not.toMatch(/undefined|NaN|\[object/);
  }
});

test("a decision is explained by the directory of its moment, whatever it is now, and by its name", async () => {
  const state = open();
  state.change(office, ...ben(putGrant(person("ben"), "front", "office")));
  state.present(benCard);
  state.change({ op: "removeHolder", holder: person("ben") }, { op: "removeSchedule", id: "office" as never });
  const text = await explained(state);
  expect(text).toContain("Ben Moss was denied at Front door");
  expect(text).toContain("“office” (office: mon 08:00–18:00) did not hold then");
  expect(text).toContain("By the directory as it was in version 1; it is 2 now.");
});

test("what no version that is kept can tell is said, and a record that disagrees is not talked away", async () => {
  const state = open();
  state.change(...ana);
  state.present(card("00000009"));
  const { db } = state.ledger;
  state.change(...ben(putGrant(person("ben"))));
  state.present(benCard);
  state.configure((config) => {
    config.features = { card: false };
  });
  state.note({ type: "config.accepted", digest: "1" });
  state.note({ type: "config.accepted", digest: "2" });
  db.exec("DELETE FROM directory_change WHERE version <= 2");
  const first = await explained(state, "2");
  expect(first).toContain(
    "Of directory version 1, which the event names, nothing is kept any more: this is by version 2.",
  );
  const last = await explained(state, "4");
  expect(last).toContain('the answer would be "featureOff", but the record says "granted"');
  expect(last).toContain("The configuration has been changed since; older ones are not kept");
});

test("a denial is found by its door and time, the last of several, and others of that minute are listed", async () => {
  const state = open();
  state.change(...ana);
  state.present(card("00000009"));
  state.present(anaCard);
  state.clock.pass(61_000);
  state.present(card("00000009"), { door: "garage", reader: "garage-reader" });
  expect(await explained(state, "--door", "front", "--at", "2026-11-20 14:00")).toMatch(
    /In that minute there were also:\n {2}3 {2}Ana Ruiz was let in.*\n\nEvent 2, Friday 2026-11-20 14:00:00/,
  );
  expect(await explained(state, "--door", "front")).toContain("Event 2,");
  expect(await explained(state)).toContain("Event 4,");
  expect(await explained(state, "--at", "2026-11-20 14:10")).toContain(
    "Nothing was decided in that minute; this is the nearest.",
  );
});

test("what came next at the reader is told, as a mistyped code is best told by whose came after it", async () => {
  const state = open();
  state.change(...ana);
  state.present(pin("4712"), keypad);
  state.clock.pass(4_000);
  state.present(pin("4711"), keypad);
  expect(await explained(state)).toContain(
    "Next at this reader, 4 seconds later (event 3): Ana Ruiz was let in at Front door with a PIN.",
  );
});

test("an event that followed from a decision leads back to it", async () => {
  const state = open();
  state.change(...ana);
  state.present(anaCard);
  state.note({ type: "door.unlocked", door: "front" as DoorId, cause: { by: "ask", ask: "run-1.1" as never } });
  state.note({ type: "access.aborted", ask: "run-1.1" as never, door: "front" as DoorId, why: "expired" });
  for (const event of ["3", "4"]) {
    const text = await explained(state, event);
    expect(text).toMatch(/^Event \d is ".*"; this is the decision behind it\.\n\nEvent 2, /);
    expect(text).toContain("Afterwards (event 4): Allowed but not let in at Front door: the answer came too late.");
  }
});

test.each([
  [["99"], "There is no event 99; the record has 1 to 2."],
  [["1"], 'Event 1 is no decision but "directory.changed"; see `postern log show`.'],
  [["--door", "cellar"], 'There is no door "cellar"; there are "front", "garage".'],
  [
    ["--at", "2026-11-20 18:00"],
    "The record has no decision within a quarter of an hour of Friday 2026-11-20 18:00:00.",
  ],
  [["--at", "tea time"], '--at "tea time": This is not a time'],
  [["x"], "Name an event by its number"],
  [["2", "--door", "front"], "Name either an event or a door and a time."],
] as [string[], string][])("%j is refused in words", async (args, problem) => {
  const state = open();
  state.change(...ana);
  state.present(anaCard);
  await expect(explained(state, ...args)).rejects.toThrow(problem);
});
