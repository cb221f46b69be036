import { expect, test } from "vitest";
import { fetchDirectory } from "../../src/exchange/apply.ts";
import { readDirectoryFile } from "../../src/exchange/directory-file.ts";
import { card, pin, qr } from "../ledger/ledger-fixture.ts";
import { ExchangeBench, fileTerms } from "./exchange-bench.ts";

const officeHours = {
  id: "office-hours",
  name: "Office hours",
  windows: [{ days: ["mon", "tue", "wed", "thu", "fri"], time: "08:00-18:00" }],
};
const ana = {
  id: "ana",
  name: "Ana Ruiz",
  pin: "04711",
  cards: ["02B775D2", { number: "8H10D:2712847316", state: "stolen" }],
  qr: ["ANA-HELLO"],
  doors: ["front", { door: "garage", schedule: "office-hours" }],
};
const bo = { id: "bo", name: "Bo Lind", pin: "2468", doors: ["front"] };
const file = { schedules: [officeHours], people: [ana, bo] };

test("a file brings in whom it names, with codes, cards, doors and schedules", async () => {
  const bench = new ExchangeBench();
  expect(await bench.news(file)).toEqual([
    "adds the schedule Office hours (office-hours)",
    "adds Ana Ruiz (ana): PIN, QR code, 2 cards, front, garage (office-hours)",
    "adds Bo Lind (bo): PIN, front",
  ]);
  const shown = [pin("04711"), card("02B775D2"), card("A1B2C3D4"), qr("ANA-HELLO"), pin("2468"), pin("4711")];
  expect(shown.map((one) => bench.tested.outcome(one))).toEqual([
    "granted",
    "granted",
    "credentialStolen",
    "granted",
    "granted",
    "unknownCredential",
  ]);
});

test("a file that is applied a second time changes nothing, with its codes in plain or as tokens", async () => {
  const bench = new ExchangeBench();
  const first = await bench.apply(file);
  const version = bench.tested.ledger.directoryVersion;
  expect(await bench.news(file)).toEqual([]);
  if (!first.ok) throw new Error("refused");
  expect(await bench.news(first.text)).toEqual([]);
  expect(bench.tested.ledger.directoryVersion).toBe(version);
});

test("applying replaces codes by tokens in their places, and leaves every other byte", async () => {
  const bench = new ExchangeBench();
  const text = `{\n  "people" : [ {"id":"ana", "name":"Ana \\u00e9", "pin" :  "04711" , "qr":["ANA \\"x\\""], "doors":["front"]} ]\r\n}\n`;
  const outcome = await bench.apply(text);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems));
  const pattern = /^([\s\S]*"pin" : {2})"token:5:[\w-]{22}"( , "qr":\[)"token:-:[\w-]{22}"(\][\s\S]*)$/;
  const [, before, between, after] = pattern.exec(outcome.text) ?? [];
  expect(`${before}"04711"${between}"ANA \\"x\\""${after}`).toBe(text);
});

test("a token in a file brings the code back on a directory that has lost it, as long as the keys are the same", async () => {
  const bench = new ExchangeBench();
  const outcome = await bench.apply(file);
  if (!outcome.ok) throw new Error("refused");
  await bench.news({ people: [] });
  expect(bench.tested.outcome(pin("04711"))).toBe("unknownCredential");
  await bench.news(outcome.text);
  expect([pin("04711"), qr("ANA-HELLO"), pin("2468")].map((one) => bench.tested.outcome(one))).toEqual([
    "granted",
    "granted",
    "granted",
  ]);
});

test("whom the file once brought and brings no more goes; whom somebody else put in stays", async () => {
  const bench = new ExchangeBench();
  await bench.news(file);
  bench.tested.change({
    op: "putPerson",
    person: { kind: "person", id: "cy" as never, name: "Cy", state: "active", validity: { from: null, until: null } },
  });
  expect(await bench.news({ people: [bo] })).toEqual(["removes Ana Ruiz (ana)"]);
  expect(await bench.news({ passes: [] })).toEqual([]);
});

test("only what changed is changed: another PIN, a lost card, a door less", async () => {
  const bench = new ExchangeBench();
  await bench.news(file);
  const changed = {
    ...ana,
    name: "Ana Ruiz Gil",
    pin: "9753",
    cards: [{ number: "02B775D2", state: "lost" }],
    doors: ["front"],
  };
  expect(await bench.news({ people: [changed, bo] })).toEqual([
    "changes Ana Ruiz Gil (ana): name, new PIN, changed card, no longer card, no longer garage (office-hours)",
  ]);
  expect([pin("9753"), pin("04711"), card("02B775D2")].map((one) => bench.tested.outcome(one))).toEqual([
    "granted",
    "unknownCredential",
    "credentialLost",
  ]);
});

test("what the file does not speak of stays: no PIN member keeps the PIN, null takes it away", async () => {
  const bench = new ExchangeBench();
  await bench.news({ people: [bo] });
  expect(await bench.news({ people: [{ id: "bo", name: "Bo Lind" }] })).toEqual([]);
  expect(await bench.news({ people: [{ id: "bo", name: "Bo Lind", pin: null }] })).toEqual([
    "changes Bo Lind (bo): no longer PIN",
  ]);
});

test("two people may swap their cards in one file", async () => {
  const bench = new ExchangeBench();
  const [red, blue] = ["00000001", "00000002"];
  const people = (anas: string, bos: string) => ({
    people: [
      { ...bo, id: "ana", pin: null, cards: [anas] },
      { ...bo, pin: null, cards: [bos] },
    ],
  });
  await bench.news(people(red, blue));
  await bench.news(people(blue, red));
  bench.tested.present(card(red));
  expect(bench.tested.last()).toMatchObject({ type: "access.granted", person: "bo" });
});

test("a schedule that somebody else has, or the configuration names, is left with a word why", async () => {
  const bench = new ExchangeBench();
  await bench.news(file);
  const terms = { ...fileTerms, namedSchedules: new Set(["office-hours"]) };
  const outcome = await bench.apply({ schedules: [] }, terms);
  if (!outcome.ok) throw new Error("refused");
  expect(outcome.plan.news).toMatchObject([
    { verb: "leaves", text: "the schedule Office hours (office-hours), because the site's configuration names it" },
  ]);
  expect(await bench.news({ schedules: [] })).toEqual([
    "leaves the schedule Office hours (office-hours), because people who are not in this file have it",
  ]);
  expect(await bench.news({ schedules: [], people: [] })).toContain("removes the schedule Office hours (office-hours)");
});

test("a schedule and a holiday of the cloud are left alone, whether the file names them or not, with a word why", async () => {
  const bench = new ExchangeBench();
  const day = { from: "2026-12-08", until: "2026-12-08" };
  await bench.news({ schedules: [officeHours], holidays: [{ id: "feast", name: "Feast", ...day }] });
  const { schedules, holidays } = await fetchDirectory(bench.port);
  expect([...schedules, ...holidays].map(({ source }) => source)).toEqual(["imported", "imported"]);
  const byCloud = [
    ...schedules.map(({ source: _, ...schedule }) => ({ op: "putSchedule", schedule }) as const),
    ...holidays.map(({ source: _, ...holiday }) => ({ op: "putHoliday", holiday }) as const),
  ];
  const { ledger, clock } = bench.tested;
  ledger.applyChanges(byCloud, new Map(), "cloud", clock.now(), { origin: "cloud" });
  expect(
    await bench.news({
      schedules: [{ ...officeHours, name: "Other hours" }],
      holidays: [{ id: "feast", name: "Other feast", ...day }],
    }),
  ).toEqual([
    "leaves the schedule Office hours (office-hours) to the cloud, which manages it",
    "leaves the holiday Feast (feast) to the cloud, which manages it",
  ]);
  expect(await bench.news({ schedules: [], holidays: [] })).toEqual([
    "leaves the schedule Office hours (office-hours), because the cloud manages it",
    "leaves the holiday Feast (feast), because the cloud manages it",
  ]);
  expect(await fetchDirectory(bench.port)).toMatchObject({
    schedules: [{ name: "Office hours", source: "cloud" }],
    holidays: [{ name: "Feast", source: "cloud" }],
  });
});

test("passes, public codes and holidays come in, and times are the site's own unless they say their zone", async () => {
  const bench = new ExchangeBench();
  const visit = { from: "2026-11-20T13:30", until: "2026-11-20T14:30:00+01:00" };
  await bench.news({
    passes: [{ id: "guest", name: "Guest", ...visit, pin: "775533", usesPerDoor: 1, doors: ["front"] }],
    publicCodes: [{ id: "public-1", name: "Post", pin: "112233", doors: ["front"] }],
    holidays: [{ id: "day-off", name: "Day off", from: "2026-11-20", workingHours: ["10:00-12:00"] }],
  });
  // In Madrid it is 14:00.
  expect([pin("775533"), pin("775533"), pin("112233")].map((one) => bench.tested.outcome(one))).toEqual([
    "granted",
    "usesExhausted",
    "granted",
  ]);
  bench.tested.clock.pass(30 * 60_000);
  expect(bench.tested.outcome(pin("775533"))).toBe("expired");
});

test("a duplicate PIN refuses the whole file, naming the line and not the PIN", async () => {
  const bench = new ExchangeBench();
  const outcome = await bench.apply({ people: [ana, { ...bo, pin: "04711" }], schedules: [officeHours] });
  expect(outcome).toMatchObject({
    ok: false,
    problems: [{ line: 19 }, { line: 30, problem: "This code is already taken." }],
  });
  expect(JSON.stringify(outcome)).not.toContain("04711");
  expect(bench.tested.ledger.directoryVersion).toBe(0);
});

test("a trial says what would change and changes nothing", async () => {
  const bench = new ExchangeBench();
  const outcome = await bench.apply(file, fileTerms, null);
  expect(outcome).toMatchObject({ ok: true });
  if (outcome.ok) expect(outcome.plan.news).toHaveLength(3);
  expect(bench.tested.ledger.directoryVersion).toBe(0);
});

const line = (text: string) => {
  const reading = readDirectoryFile(text, fileTerms);
  return reading.ok ? [] : reading.problems.map(({ line, problem }) => `${line}: ${problem}`);
};

test.each([
  [
    '{\n "people": [\n  {"id": "ana", "name": "Ana", "pni": "4711"}\n ]\n}',
    '3: "people.0" has something that does not belong there: "pni".',
  ],
  [
    '{\n "people": [\n  {"id": "ana", "name": "Ana",\n   "cards": ["zz"]}\n ]\n}',
    "4: The card number is not in the format 8HN.",
  ],
  [
    '{"people": [\n{"id": "ana", "name": "A"},\n{"id": "ana", "name": "B"}]}',
    '3: The person "ana" stands here a second time.',
  ],
  ['{"people": [{"id": "ana",\n"name": "A", "until": "2026-02-30T08:00"}]}', "2: There is no such time."],
  [
    '{"schedules": [{"id": "s", "name": "S",\n"windows": [{"days": ["mon"],\n"time": "08:00-25:00"}]}]}',
    "3: There are no such times of day.",
  ],
  ['{"people": [\n', "2: A value is missing or is no JSON."],
  ["{}{}", "1: Something follows the end of the file's object."],
  ['{"people": [], "people": []}', "1: A name stands twice in one object."],
  ['{"__proto__": 1}', "1: Nothing may be called __proto__."],
  ["[".repeat(100_000), "1: The file is nested deeper than 32 levels."],
  ['{"a": "\0"}', "1: A text does not end, or holds a character that must be escaped."],
  ["", "1: A value is missing or is no JSON."],
  [
    '{"people": [{"id": "ana", "name": "A", "webRelay": 1e999}]}',
    '1: "people.0.webRelay" is missing or of the wrong kind.',
  ],
])("what is wrong is said with its line (%#)", (text, said) => {
  expect(line(text)).toEqual([said]);
});

test("a number that 256 cards share is taken with a warning", () => {
  const text = JSON.stringify({ cardFormat: "6H3D5D", people: [{ id: "a", name: "A", cards: ["18330162"] }] });
  expect(readDirectoryFile(text, fileTerms)).toMatchObject({
    ok: true,
    warnings: [{ problem: "256 cards share this number." }],
  });
});

test("a pass keeps its doors in the order of the file, also when only that changes", async () => {
  const bench = new ExchangeBench();
  const pass = (...doors: string[]) => ({
    id: "guest",
    name: "Guest",
    pin: "135790",
    until: "2027-01-01T00:00:00Z",
    doors,
  });
  const doorsOf = async () =>
    (await fetchDirectory(bench.port)).holders
      .find(({ holder }) => holder.id === "guest")
      ?.grants.map(({ door }) => door);
  await bench.news({ passes: [pass("garage", "front")] });
  expect(await doorsOf()).toEqual(["garage", "front"]);
  expect(await bench.news({ passes: [pass("garage", "front")] })).toEqual([]);
  expect(await bench.news({ passes: [pass("front", "garage")] })).toEqual([
    "changes Guest (guest): its doors in another order",
  ]);
  expect(await doorsOf()).toEqual(["front", "garage"]);
});
