// The plain words for events and doors.
import { expect, test } from "vitest";
import type { JournalEvent, RecordedEvent } from "../../src/domain/events.ts";
import type { DoorId, InputId } from "../../src/domain/ids.ts";
import { denyReasons } from "../../src/domain/reasons.ts";
import { doorWords, pushWords } from "../../src/office/console/panel/door-words.ts";
import { wordsFor } from "../../src/office/console/panel/event-words.ts";
import type { PageSite } from "../../src/office/console/wire.ts";
import { site } from "../site-fixture.ts";
import { FakeJournal } from "./fake-journal.ts";
import { statusOf } from "./office-bench.ts";

const pageSite: PageSite = {
  name: site.name,
  timeZone: site.timeZone,
  doors: site.doors,
  readers: site.readers,
  fireInput: site.fireInput,
  keyTimeoutMs: 1,
  samples: [],
  simulated: true,
  beatMs: 1,
};

const record = (event: object, name: string | null = null): RecordedEvent =>
  new FakeJournal().append(event as JournalEvent, name);
const say = (event: object, name: string | null = null): string => wordsFor(record(event, name), pageSite).sentence;

const shown = { ask: "r.1", door: "front", reader: "front-keypad", method: "pin" };
const nobody = { credential: null, person: null, pass: null, directoryVersion: 3 };
const granted = { type: "access.granted", ...shown, ...nobody, usesLeft: null, late: false };
const denied = { type: "access.denied", ...shown, ...nobody, reason: "unknownCredential" };

test("an entry names the person, the door and what was shown", () => {
  expect(say(granted, "Ana Ruiz")).toBe("Ana Ruiz was let in at Front door with a PIN");
  expect(say({ ...granted, method: "card", door: "garage" }, "Bo")).toBe("Bo was let in at Garage with a card");
  expect(say({ ...granted, method: "qr" })).toBe("Someone was let in at Front door with a QR code");
});

test("a denial says why, in words for what was shown", () => {
  expect(say(denied)).toBe("Denied at Front door: unknown code");
  expect(say({ ...denied, method: "card" })).toBe("Denied at Front door: unknown card");
  expect(say({ ...denied, reason: "outsideSchedule" }, "Ana Ruiz")).toBe(
    "Ana Ruiz was denied at Front door: not at this time",
  );
});

test("every reason has words of its own", () => {
  const sentences = denyReasons.map((reason) => say({ ...denied, reason }));
  expect(new Set(sentences).size).toBe(denyReasons.length);
  for (const sentence of sentences) expect(sentence).toMatch(/^Denied at Front door: [a-z]/);
});

test("what moved a lock is said", () => {
  const unlocked = (cause: object) => say({ type: "door.unlocked", door: "front", cause });
  expect(unlocked({ by: "exit", input: "front-exit" })).toBe("Front door unlocked by the exit button");
  expect(unlocked({ by: "operator", who: "console" })).toBe("Front door unlocked from the console");
  expect(unlocked({ by: "operator", who: "Eva" })).toBe("Front door unlocked by Eva");
  for (const by of ["ask", "fire", "time", "contact", "start", "stop"]) {
    expect(unlocked({ by }), by).toMatch(/^Front door unlocked \w/);
  }
});

test("an alarm that ended without an operator says how it ended", () => {
  const cleared = (who: string) => say({ type: "door.forcedCleared", door: "front", who });
  expect(cleared("console")).toMatch(/cleared from the console$/);
  expect(cleared("time")).toMatch(/cleared when its time was up$/);
  expect(cleared("configuration")).toMatch(/cleared because its option is off$/);
  expect(cleared("administrator ada")).toMatch(/cleared by administrator ada$/);
});

test("alarms stand out, and times are said in words", () => {
  expect(wordsFor(record({ type: "door.forced", door: "garage" }), pageSite)).toMatchObject({
    tone: "alarm",
    sentence: "Garage was forced open",
  });
  expect(say({ type: "access.limited", door: "front", blockMs: 30_000 })).toContain("blocked for 30 seconds");
  expect(say({ type: "access.limited", door: "front", blockMs: 900_000 })).toContain("blocked for 15 minutes");
  expect(say({ type: "clock.stepped", byMs: -90_000 })).toBe("The clock was set back by 90 seconds");
});

test("an event of a later version, and one that borrows a name from Object, are shown as they are", () => {
  expect(say({ type: "door.teleported", door: "front" })).toBe("door.teleported");
  expect(say({ type: "constructor" })).toBe("constructor");
  expect(say({ type: "door.opened", door: "gone" })).toBe("gone was opened");
});

test("the details hold the number, the chain and everything that the event says", () => {
  const details = Object.fromEntries(wordsFor(record({ ...granted, usesLeft: 2 }, "Ana Ruiz"), pageSite).details);
  expect(details).toMatchObject({
    Event: "access.granted",
    Reader: "front-keypad",
    Number: "1",
    Clock: "trusted",
    "Uses left": "2",
  });
  expect(details["Chain hash"]).toHaveLength(64);
  expect(details).not.toHaveProperty("Person");
});

test("a door's worst trouble is its headline", () => {
  const headline = (changed: object, active: boolean | null = null) =>
    doorWords(statusOf("front", changed), active).headline;
  expect(headline({})).toBe("Locked");
  expect(headline({ locked: false, mode: "accessed" })).toBe("Unlocked");
  expect(headline({ mode: "lockedDown" })).toBe("Locked down");
  expect(headline({ contact: "open" })).toBe("Open");
  expect(headline({ mode: "blocked" })).toBe("Blocked");
  expect(headline({ mode: "lockedOpen", locked: false })).toBe("Locked open");
  expect(headline({ contact: "open", heldOpenSoon: true })).toBe("Open for long");
  expect(headline({ contact: "open", heldOpen: true })).toBe("Held open");
  expect(headline({ contact: "open", heldOpen: true, tampered: true })).toBe("Tampered with");
  expect(headline({ fire: true, locked: false })).toBe("Fire release");
  expect(headline({ forced: true, fire: true, heldOpen: true }, true)).toBe("Forced open");
  expect(doorWords(null, null)).toMatchObject({ look: "unknown", headline: "Waiting" });
});

test("the wire on the board shows the leaf sooner than the door's own word", () => {
  expect(doorWords(statusOf("front", { contact: "closed" }), true).leafOpen).toBe(true);
  expect(doorWords(statusOf("front", { contact: "open" }), false).leafOpen).toBe(false);
});

test("a stuck exit button is an alarm even though the door is locked", () => {
  const words = doorWords(statusOf("front", { stuckExits: ["front-exit" as InputId] }), false);
  expect([words.look, words.alarm]).toEqual(["locked", expect.stringContaining("exit button")]);
});

test("the door's button says what pushing it would do", () => {
  const push = (changed: object, active: boolean) => pushWords(doorWords(statusOf("front", changed), active));
  expect(push({}, false)).toBe("Force it open");
  expect(push({ locked: false }, false)).toBe("Open the door");
  expect(push({ locked: false }, true)).toBe("Close the door");
  const door = "front" as DoorId;
  expect(say({ type: "door.closed", door })).toBe("Front door was closed");
});

test("what Home Assistant did and tried is said", () => {
  expect(say({ type: "homeAssistant.obeyed", door: "front", order: "unlock", count: 1 })).toBe(
    "Home Assistant had Front door unlock once",
  );
  expect(say({ type: "homeAssistant.refused", why: "retained", count: 3 })).toBe(
    "A message over Home Assistant's broker was refused 3 times: the broker had kept it from before",
  );
});
