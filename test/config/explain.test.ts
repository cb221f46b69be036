import { expect, test } from "vitest";
import { explainConfig, explainProblems } from "../../src/config/explain.ts";
import { readConfig } from "../../src/config/load.ts";
import { edited, exampleText, swap } from "./example.ts";

function explained(text: string): string {
  const reading = readConfig(text);
  return reading.ok
    ? explainConfig("site.json", reading.config, reading.warnings)
    : explainProblems("site.json", reading.problems);
}

const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));

test("a refused file is explained problem by problem, with a count at the end", () => {
  const text = explained(
    edited((site) => {
      site.doors[0].unlockMs = "5000";
      site.fire.input = "fire-pannel";
    }),
  );
  expect(text).toMatch(
    /^1\. doors\[0\]\.unlockMs \(line \d+\): "5000"\n {5}This is text where a whole number belongs\.\n {2}-> /,
  );
  expect(text).toMatch(
    /\n2\. fire\.input \(line \d+\): "fire-pannel"\n {5}No input has this id\.\n {2}-> Did you mean "fire-panel"\?\n/,
  );
  expect(text).toMatch(/\n2 problems in site\.json\. A controller refuses this file/);
  expect(widest(text)).toBeLessThanOrEqual(80);
});

test("a single problem is counted as one", () => {
  expect(explained("")).toMatch(/^1\. \(file\) \(line 1\): nothing\n.*\n1 problem in site\.json\./s);
});

test("a good file shows each door with its lock, wires, readers and timings", () => {
  const text = explained(exampleText);
  const [front = "", garage = ""] = text.split(/\n\n/).slice(1);
  expect(front).toMatch(/^Front door \(front\)\n/);
  for (const part of [
    "fail-secure",
    "front-strike, pin 17",
    "front-contact, pin 6",
    "front-exit, pin 5",
    "front-keypad: keypad, pins 22",
    "front-reader: cards (w26)",
    "front-scanner: QR scanner on ttyACM0",
    "unlocks for 5 s",
    "held open after 1 min",
  ]) {
    expect(front).toContain(part);
  }
  for (const part of [
    "fail-safe: opens without power",
    "garage-magnet, pin 27",
    "cards (w34) and keys",
    "unlocks for 8 s",
    "2 min",
    "from outside to Car park",
  ]) {
    expect(garage).toContain(part);
  }
  expect(text).toContain("fire-panel, pin 26");
  expect(text).toContain("http://127.0.0.1:8480");
  expect(text).toContain("Nothing looks odd.");
  expect(widest(text)).toBeLessThanOrEqual(80);
});

test("warnings of a good file follow with their count, and the file stays accepted", () => {
  const text = explained(
    edited((site) => {
      site.doors[1].contact = null;
      site.console = { host: "::", tls: { certFile: "/a", keyFile: "/b" } };
    }),
  );
  expect(text).toContain("https://[::]:8480");
  expect(text).toMatch(/! inputs\[3\] \(line \d+\): "garage-contact"\n {5}Nothing uses this\./);
  expect(text).toMatch(/2 warnings; the file is accepted\.\n$/);
  expect(text).not.toContain("Nothing looks odd");
  expect(widest(text)).toBeLessThanOrEqual(80);
});

test("neither a name of the file nor a value steers the terminal", () => {
  const reading = readConfig(swap('"failSecure"', '"\\u001b]0;owned\\u0007"'));
  if (reading.ok) throw new Error("accepted");
  const text = explainProblems("\u001b[2Jsite\u202e.json", reading.problems);
  expect(text.replaceAll("\n", "")).toMatch(/^\P{Cc}+$/u);
  expect(text).toContain("\\u001b[2Jsite\\u202e.json");
});

test("what a site asks for beyond the usual is told, and nothing of it where it is not there", () => {
  const text = explained(
    edited((site) => {
      site.relays.push({ id: "gate", pin: 30 });
      site.inputs.push({ id: "switch", pin: 31 }, { id: "button", pin: 32 }, { id: "box", pin: 33 });
      Object.assign(site.doors[0], {
        tampers: ["box"],
        auxRelays: [{ relay: "gate", delayMs: 1500 }],
        factors: [{ schedule: "night", need: "cardAndPin" }],
        timetable: [{ schedule: "office", action: "holdOpen", afterFirstPerson: true }],
        triggerDelayMs: 2000,
        leadsTo: "lobby",
      });
      site.areas.push({ id: "lobby", name: "Lobby", capacity: 50 });
      site.lockdown = { input: "switch" };
      site.receptions = [{ input: "button", doors: ["front"], schedule: "office", allowUnauthenticated: true }];
      site.inputs.push({ id: "push", pin: 104 });
      site.inputs.at(-1).opens = [
        { door: "garage", schedule: "office", delayMs: 2000, delayMode: "ifStillActive", allowUnauthenticated: true },
      ];
      site.interlocks = [["front", "garage"]];
      site.features = { plate: false, callPermission: false };
      site.httpOpening = { modes: ["bearer", "httpAuth"], doors: ["garage"], sessionCheck: true };
      site.actions = [{ id: "bell", url: "http://bell.example/ring" }];
      site.actionHosts = ["bell.example"];
    }),
  );
  for (const part of [
    "drives     gate after 1.5 s, for 5 s",
    "tamper     box",
    "asks for   a card and its owner's PIN during night",
    "timetable  held open during office, from the first person on",
    "leads      from outside to Lobby",
    "the lock moves 2 s after a grant",
    "lockdown   switch shuts all doors",
    "reception  button opens front to anybody during office",
    "push opens garage to anybody during office, after 2 s if",
    "interlock  only one of front, garage at a time",
    "area       Lobby, at most 50 people; forgotten after 12 h",
    "off        plate open nothing",
    "calls      go to everybody",
    "over HTTP  bearer, httpAuth open doors, from whoever is logged in",
    "number 1 is garage",
    "action     1 bell: GET http://bell.example/ring",
  ]) {
    expect(text).toContain(part);
  }
  expect(widest(text)).toBeLessThanOrEqual(80);
  expect(explained(exampleText)).not.toMatch(/timetable|interlock|reception|lockdown|tamper|asks for/);
});

test("each setting that is not the usual one is told, and none where all are", () => {
  const usual = flat(explained(exampleText));
  const told = flat(
    explained(
      edited((site) => {
        site.factors = { timeoutMs: 20_000 };
        site.codes = {
          duress: true,
          partition: true,
          virtualPin: true,
          publicLength: 8,
          coolDownDays: 1,
          qrPinOnKeypad: true,
        };
        site.passes = { enabled: false, activateOnFirstUse: false, courierHours: 12, courierUses: 3, courierDigits: 6 };
        Object.assign(site.passes, { staffMaxHours: 8, purgeAfterDays: 7 });
        site.cards = { icFormat: "8H10D", idFormat: "6H3D5D", longUid: "last4" };
        site.enrolByCard = true;
        site.directory = { file: "/etc/postern/directory.json", maxPeople: 300 };
        site.rescue = { enabled: false };
        Object.assign(site.inputs[0], { debounceMs: 20, activeLevel: "high", supervised: true });
        Object.assign(site.readers[2], { direction: "exit" });
        Object.assign(site.doors[0], { extendedUnlockMs: 20_000, grantableBy: "administrators" });
      }),
    ),
  );
  for (const part of [
    "two things the second within 20 s; 5 wrong ones block a person for 5 min",
    "codes duress twins of PINs; those of passes begin with 9, and no others; up to 4 digits around a PIN of 6 or more are passed over after its owner's card; public ones have 8 digits; given to others after 1 day; digits of QRs are typed, too",
    "passes open nothing, and new ones are refused; a first use starts no time unless their issuer says so",
    "couriers' are valid for 12 h; couriers' open each door 3 times; couriers' codes have 6 digits",
    "those of staff last 8 h at most; removed 7 days after their end",
    "cards 13.56 MHz ones are written as 8H10D; 125 kHz ones are written as 6H3D5D",
    "longer numbers are found by their last four bytes, too",
    "enrolment a reader takes an unknown card right after an administrator's",
    "directory /etc/postern/directory.json is applied whenever it changes; at most 300 people",
    "rescue keeps no file, so that no card opens while Postern cannot start",
    "counts after 20 ms",
    "is active when it is high",
    "tells a cut or shorted wire",
    "one 6-digit code of a person in a day with 0.012 %",
    "one 6-digit code of a pass in a day with 0.1 %",
    "whoever has found a card hits its owner's 6-digit PIN in a day with 0.082 %, in a year with 27 %",
    "; for leaving",
    "20 s, and 3 min open, for who needs longer",
    "no pass but an administrator's",
  ]) {
    expect(told).toContain(part);
    expect(usual).not.toContain(part);
  }
});

const flat = (text: string) => text.replaceAll(/\s+/g, " ");

test("an input's actions and all of a request are told", () => {
  const text = flat(
    explained(
      edited((site) => {
        site.inputs[0].actions = [{ action: "bell", delayMs: 3000, delayMode: "ifStillActive" }];
        site.relays.push({ id: "gate", pin: 30 });
        site.doors[0].auxRelays = [{ relay: "gate", methods: ["card", "http"] }];
        site.actions = [
          {
            id: "bell",
            method: "POST",
            url: "http://bell.example/ring",
            body: "on=1",
            headers: [{ name: "X-Site", value: "casa-olmo" }],
            authorizationFile: "/etc/postern/bell.secret",
            on: ["door.forced"],
            onNamed: ["lift-up"],
            doors: ["garage"],
            timeoutMs: 1000,
            revealNames: true,
          },
        ];
        site.actionHosts = ["bell.example"];
        site.httpOpening = { modes: ["legacyQuery"], addresses: ["192.168.1.20"] };
      }),
    ),
  );
  for (const part of [
    "input front-exit sets off bell after 3 s if it is still active",
    "drives gate, for 5 s, by card, http",
    "from 192.168.1.20 by legacyQuery",
    "action 1 bell: POST http://bell.example/ring; with a body of its own; with X-Site; authorized by /etc/postern/bell.secret; upon door.forced; upon lift-up of people; at garage only; within 1 s; with people's names",
  ]) {
    expect(text).toContain(part);
  }
});
