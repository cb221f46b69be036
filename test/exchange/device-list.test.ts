import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { DoorId } from "../../src/domain/ids.ts";
import { userColumns, writeDeviceCsv, writeDeviceXml } from "../../src/exchange/device-table.ts";
import { writePeopleArchive } from "../../src/exchange/people-archive.ts";
import { writeTar } from "../../src/exchange/tar.ts";
import { card, pin } from "../ledger/ledger-fixture.ts";
import { deviceTerms, ExchangeBench, exportTerms } from "./exchange-bench.ts";

const header = userColumns.join(",");
/** As a door phone exports it, padded cells and all. */
const sample = `UserData
${header}
1,10000001,John Doe,0,0,1001-2;,,00000001,,,,,,,,,,0
2 , 00000002 ,"Doe, Jane",3,12;G,7-12;1002-2;,,0471,02B775D2;A1B2C3D4|00C0FFEE,,,,,ab-12 cd,,,1,1
ScheduleData
ID,Name,Mode,DateStart,DateEnd,Week,Daily
7,Office hours,0,20260101,20261231,12345,08:00-12:00;13:00-23:59
`;

test("a door phone's list comes in: padded and quoted cells, relay digits, built-in schedules, several cards", async () => {
  const bench = new ExchangeBench();
  const outcome = await bench.import(sample);
  if (!outcome.ok) throw new Error(JSON.stringify(outcome.problems));
  expect(outcome.plan.news.map(({ text }) => text)).toEqual([
    "the schedule Office hours (schedule-7)",
    "John Doe (10000001): PIN, garage",
    "Doe, Jane (00000002): PIN, 3 cards, plate, front (schedule-7), garage (schedule-7), garage (never)",
  ]);
  const at = (door: string) => ({ door });
  expect(bench.tested.outcome(pin("00000001"), at("garage"))).toBe("granted");
  expect(bench.tested.outcome(pin("00000001"), at("front"))).toBe("noGrant");
  // A Friday at 14:00, inside the second window.
  expect(["02B775D2", "A1B2C3D4", "00C0FFEE"].map((one) => bench.tested.outcome(card(one)))).toEqual([
    "granted",
    "granted",
    "granted",
  ]);
  expect(bench.tested.outcome(pin("0471"))).toBe("granted");
  expect(bench.tested.outcome(pin("0471"), at("garage"))).not.toBe("granted");
});

test("23:59 is the end of the day, as devices mean it", async () => {
  const bench = new ExchangeBench();
  await bench.import(sample);
  // To Friday, 23:59:30.
  bench.tested.clock.pass((9 * 60 + 59) * 60_000 + 30_000);
  expect(bench.tested.outcome(card("02B775D2"))).toBe("granted");
  bench.tested.clock.pass(30_000);
  expect(bench.tested.outcome(card("02B775D2"))).toBe("outsideSchedule");
});

test("a list that is imported again changes nothing and removes nobody, Bkeys and what it does not speak of included", async () => {
  const bench = new ExchangeBench();
  await bench.import(sample);
  const person = { id: "bo", name: "Bo", apartment: "12", bkeys: ["00000009"], doors: ["front"] };
  await bench.apply({ people: [person, { id: "10000001", name: "John Doe", role: "administrator" }] });
  const again = await bench.import(
    sample.replace("2 , 00000002", "3,bo,Bo,0,0,1001-1;,,,00000009,,,,,,,,,0\n2 , 00000002"),
  );
  if (!again.ok) throw new Error(JSON.stringify(again.problems));
  expect(again.plan.news).toMatchObject([{ verb: "adds", text: expect.stringContaining("Doe, Jane") }]);
});

const rows = async (bench: ExchangeBench) => (await bench.exported()).table;

test("acceptance 20: CSV, XML and TGZ round trips keep every cell, leading zeros included", async () => {
  const first = new ExchangeBench();
  await first.import(sample);
  const table = await rows(first);
  const forms = [
    writeDeviceCsv(table),
    `\ufeff${writeDeviceCsv(table)}`,
    writeDeviceXml(table),
    writePeopleArchive(writeDeviceCsv(table, ["UserData"]), writeDeviceCsv(table, ["ScheduleData"]), { people: 2 }),
    gzipSync(writeTar([{ name: "somewhere/people.xml", bytes: Buffer.from(writeDeviceXml(table)) }])),
  ];
  expect(forms[0]).toContain('00000002,"Doe, Jane",3,12;G,1-12;1002-2;,,,02B775D2;A1B2C3D4;00C0FFEE');
  for (const form of forms) {
    const second = new ExchangeBench();
    expect(await second.import(form)).toMatchObject({ ok: true });
    expect(writeDeviceCsv(await rows(second))).toBe(forms[0]);
  }
});

test("what a list cannot say is left out and named, never said as something that would open more", async () => {
  const bench = new ExchangeBench();
  await bench.apply({
    people: [
      {
        id: "ana",
        name: "Ana",
        pin: "4711",
        cards: ["00000001", { number: "00000002", state: "stolen" }],
        doors: ["front"],
      },
      { id: "bo", name: "Bo", state: "suspended", cards: ["00000003"], doors: ["front"] },
      { id: "cy", name: "Cy", until: "2027-01-01T00:00Z", cards: ["00000004"], doors: ["front"] },
    ],
    publicCodes: [{ id: "public-1", name: "Post", pin: "112233", doors: ["front"] }],
  });
  const { table, left } = await bench.exported();
  expect(table.users.map(({ cells }) => [cells.get("UserId"), cells.get("CardCode")])).toEqual([["ana", "00000001"]]);
  expect(left).toEqual([
    "1 passes and public codes: the list has people only.",
    "PINs and QR codes of 1 people: only their tokens are known here.",
    "Bo (bo): suspended, or valid for a time only, which the list cannot say.",
    "Cy (cy): suspended, or valid for a time only, which the list cannot say.",
    "Ana (ana): a card that is stolen.",
  ]);
});

test("a cell that a spreadsheet would run leaves as text and comes back as it was", async () => {
  const bench = new ExchangeBench();
  const names = ["=HYPERLINK(0)", "+1", "-2", "@me", "'=x", 'Ann "A" B, C'];
  await bench.apply({ people: names.map((name, n) => ({ id: `p${n}`, name, doors: ["front"] })) });
  const csv = writeDeviceCsv(await rows(bench));
  for (const cell of csv.split(/[,\r\n]/)) expect(cell).not.toMatch(/^"?[=+\-@]/);
  const second = new ExchangeBench();
  await second.import(csv);
  expect((await rows(second)).users.map(({ cells }) => cells.get("Name"))).toEqual(names);
});

test("card numbers leave in the site's format and come back by it, a list of 6H8D with a warning", async () => {
  const bench = new ExchangeBench();
  const decimal = { ...deviceTerms, cards: { ...deviceTerms.cards, icFormat: "8H10D" as const } };
  const list = (cell: string) => `UserData\n${header}\n1,ana,Ana,0,0,1001-1;,,,${cell},,,,,,,,,0\n`;
  expect(await bench.import(list("0045577682"), decimal)).toMatchObject({ ok: true, warnings: [] });
  expect(bench.tested.outcome(card("02B775D2"))).toBe("granted");
  const { table } = await bench.exported({ ...exportTerms, cards: decimal.cards });
  expect(table.users[0]?.cells.get("CardCode")).toBe("0045577682");
  expect(await bench.import(list("6H8D:12023250"))).toMatchObject({ ok: true, warnings: [{ line: 3 }] });
  expect(bench.tested.outcome(card("FFB775D2"))).toBe("granted");
});

const bad = (row: string) =>
  `UserData\n${header}\n${row}\nScheduleData\nID,Name,Mode,Week,Daily\n7,S,1,12345,08:00-18:00\n`;

test.each([
  ["1,ana,,0,0,,,,,,,,,,,,,0", "3: The name is missing."],
  ["1,,Ana,0,0,,,,,,,,,,,,,0", "3: The UserId is missing or has nothing an id can be made of."],
  ["1,ana,Ana,x,0,,,,,,,,,,,,,0", "3: WebRelay is not the number of an action."],
  ["1,ana,Ana,0,0,1001-9;,,,,,,,,,,,,0", "3: No door stands for relay 9."],
  ["1,ana,Ana,0,0,8-1;,,,,,,,,,,,,0", "3: There is no schedule 8 in the list."],
  ["1,ana,Ana,0,0,front;,,,,,,,,,,,,0", "3: Schedule-Relay is malformed."],
  ["1,ana,Ana,0,0,,1001-1;,,,,,,,,,,,0", "3: No door stands for security relay 1."],
  ["1,ana,Ana,0,0,,,,xyz,,,,,,,,,0", "3: The card number is not in the format 8HN."],
  ["1,ana,Ana,0,0,,,,,,,,,AB12,never,,0,0", "3: LicensePlateStartTime is no time."],
  ["1,ana,Ana,0,0,,,123456789,,,,,,,,,,0", "3: The PIN is not 2 to 8 digits."],
  ["1,ana,Ana,0,0,,,,,,,,,,,,,0\n2,ana,Bo,0,0,,,,,,,,,,,,,0", '4: The user "ana" stands on line 3 already.'],
])("acceptance 5: a bad row is named by its line, and nobody comes in (%#)", async (row, said) => {
  const bench = new ExchangeBench();
  const outcome = await bench.import(bad(`9,zoe,Zoe,0,0,,,,,,,,,,,,,0\n${row}`).replace(/\n9,zoe[^\n]*/, ""));
  expect(outcome).toMatchObject({ ok: false });
  if (!outcome.ok) expect(outcome.problems.map(({ line, problem }) => `${line}: ${problem}`)).toEqual([said]);
  expect(bench.tested.ledger.directoryVersion).toBe(0);
});

test("acceptance 5: a sixth card, and a duplicate PIN at a shared door, are refused with distinct reasons and their lines", async () => {
  const bench = new ExchangeBench();
  const six = ["1", "2", "3", "4", "5", "6"].map((n) => `0000000${n}`).join(";");
  const list = (more: string) =>
    `UserData\n${header}\n1,ana,Ana,0,0,1001-1;,,4711,${more},,,,,,,,,0\n2,bo,Bo,0,0,1001-1;,,4711,,,,,,,,,,0\n`;
  expect(await bench.import(list(six))).toMatchObject({
    ok: false,
    problems: [{ line: 3, problem: 'The person "ana" already has 5 of kind "card".' }],
  });
  const twins = await bench.import(list(""));
  expect(twins).toMatchObject({
    ok: false,
    problems: [{ line: 3 }, { line: 4, problem: "This code is already taken." }],
  });
  expect(bench.tested.ledger.directoryVersion).toBe(0);
});

test("doors stand for relay digits as the installer says, those of an external box too", async () => {
  const bench = new ExchangeBench();
  const [front, garage] = ["front", "garage"] as [DoorId, DoorId];
  const mapped = { ...deviceTerms, relays: [garage], securityRelays: [front] };
  await bench.import(`UserData\n${header}\n1,ana,Ana,0,0,1001-1;,1002-1;,4711,,,,,,,,,,0\n`, mapped);
  expect(bench.tested.outcome(pin("4711"), { door: "garage" })).toBe("granted");
  expect(bench.tested.outcome(pin("4711"), { door: "front" })).toBe("never");
});

test("faces in an archive are counted and not imported", async () => {
  const bench = new ExchangeBench();
  const files = [
    { name: "users.csv", bytes: Buffer.from(`UserData\n${header}\n1,ana,Ana,0,0,,,,,,,,,,,,,0\n`) },
    { name: "faces/ana.jpg", bytes: Buffer.from("picture") },
  ];
  const outcome = await bench.import(gzipSync(writeTar(files)));
  expect(outcome).toMatchObject({ ok: true, warnings: [{ problem: expect.stringContaining("1 pictures of faces") }] });
});
