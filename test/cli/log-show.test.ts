// `postern log show`: whoever asks on Monday who came in on Saturday is told that, and nothing else.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { journal } from "../../src/cli/log.ts";
import { ana, card } from "../ledger/ledger-fixture.ts";
import { printed, StateFolder } from "./state-folder.ts";

const hour = 3_600_000;
const anaCard = card("00B775D2");
const stranger = card("00BADBAD");
/** A Monday, 08:00 in Madrid. */
const monday = Date.UTC(2026, 10, 23, 7);

let state: StateFolder;

beforeEach(() => {
  vi.useFakeTimers({ now: monday, toFake: ["Date"] });
  state = new StateFolder();
  state.change(...ana);
  state.clock.wall = Date.UTC(2026, 10, 20, 22, 59, 59);
  state.present(anaCard);
  state.clock.wall = Date.UTC(2026, 10, 20, 23);
  state.present(anaCard);
  state.clock.pass(10 * hour);
  state.present(stranger);
  state.clock.wall = Date.UTC(2026, 10, 21, 22, 59, 59);
  state.present(anaCard);
  state.clock.pass(1_000);
  state.present(anaCard);
});

afterEach(() => {
  state.ledger.close();
  vi.useRealTimers();
});

const shown = (...args: string[]) => printed(journal, "show", ...args, "--state", state.folder);
const timesOf = (text: string): string[] =>
  [...text.matchAll(/\d{4}-(\d\d-\d\d \d\d:\d\d:\d\d)/g)].map(([, at]) => at!);
const decisions = ["--type", "access.granted"] as const;

test("on Monday the record tells who came in on Saturday, from its first moment to its last, by name", async () => {
  const { code, text } = await shown("--from", "saturday", "--until", "saturday", ...decisions);
  expect(code).toBe(0);
  expect(timesOf(text)).toEqual(["11-21 00:00:00", "11-21 23:59:59"]);
  expect(text).toContain("Ana");
});

test("door, person and type narrow it down, and --last keeps the newest of what is left", async () => {
  const saturday = ["--from", "2026-11-21", "--until", "sat"] as const;
  expect(timesOf((await shown(...saturday, "--type", "access.denied")).text)).toEqual(["11-21 10:00:00"]);
  expect(timesOf((await shown(...saturday, "--person", "ana", "--door", "front")).text)).toHaveLength(2);
  expect(timesOf((await shown("--person", "ana", "--last", "2", ...decisions)).text)).toEqual([
    "11-21 23:59:59",
    "11-22 00:00:00",
  ]);
  const raw = (await shown("--from", "yesterday", "--json", ...decisions)).text.split("\n");
  expect(raw.map((line) => JSON.parse(line).event.type)).toEqual(["access.granted"]);
});

test("an event that a wrong clock put out of its order is found by its time", async () => {
  state.clock.wall = Date.UTC(2026, 10, 21, 12);
  state.present(anaCard);
  const { text } = await shown("--from", "saturday 12:00", "--until", "saturday 14:00", ...decisions);
  expect(timesOf(text)).toEqual(["11-21 13:00:00"]);
});

test("all that followed is found over many pages, and the newest of it counted from the end", async () => {
  for (let n = 0; n < 1_200; n += 1) {
    state.clock.pass(1_000);
    state.note({ type: "access.denied", door: n % 2 === 0 ? "front" : "garage" } as never);
  }
  const garage = ["--door", "garage", "--type", "access.denied"] as const;
  expect((await shown("--from", "sunday", "--json", ...garage)).text.split("\n")).toHaveLength(600);
  const last = (await shown("--last", "550", "--json", ...garage)).text.split("\n");
  expect(last).toHaveLength(550);
  expect(JSON.parse(last.at(-1)!).seq).toBe(JSON.parse(last[0]!).seq + 2 * 549);
});

test("nothing found says so in a sentence, and names the doors that there are", async () => {
  const { code, text } = await shown("--from", "today", "--until", "today", "--door", "cellar");
  expect(code).toBe(0);
  expect(text).toMatch(
    /^Nothing of that kind from 2026-11-23 00:00 to 2026-11-24 00:00\. No door is called "cellar"; there are front, /,
  );
});

test("a type or a person that the record does not know is said, and not taken for a quiet Saturday", async () => {
  const { text } = await shown("--from", "saturday", "--type", "acess.granted", "--person", "anna");
  expect(text).toContain('No event here is a "acess.granted"; there are ');
  expect(text).toContain("access.denied, access.granted");
  expect(text).toContain('No event here names the person "anna".');
  const { text: known } = await shown("--until", "2026-11-01", "--person", "ana", ...decisions);
  expect(known).toBe("Nothing of that kind to 2026-11-02 00:00.");
});

test.each([
  [["--from", "someday"], '--from takes a time such as saturday, "saturday 18:00", yesterday, 2026-12-24 or 18:00.'],
  [["--from", "satur"], "--from takes a time such as"],
  [["--until", "2026-13-01"], "--until takes a time such as"],
  [["--from", "sunday", "--until", "saturday"], "--until is 2026-11-22 00:00, which is not later"],
  [["--type", "granted"], "--type takes the type of an event, such as access.granted."],
  [["--last", "0"], "--last takes a whole number from 1 on."],
])("%j is refused in a sentence", async (args, sentence) => {
  await expect(shown(...args)).rejects.toThrow(sentence);
});
