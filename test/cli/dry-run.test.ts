import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { dryRun } from "../../src/cli/dry-run.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import { exampleText } from "../config/example.ts";
import { ana, card, person, pin, putCredential, putGrant, putPerson } from "../ledger/ledger-fixture.ts";
import { guest, putSchedule } from "../ledger/rules-fixture.ts";
import { printed, StateFolder } from "./state-folder.ts";

const opened: StateFolder[] = [];
afterEach(() => {
  for (const state of opened.splice(0)) state.ledger.close();
});

const anaCard = card("00B775D2");
const benCard = card("00B0B0B0");
const keypad = { reader: "front-keypad" } as const;
const office = (startMinute: number) => putSchedule("office", [["fri", startMinute, 1080]]);

/** Three days, the same each: Ana with her card and PIN, Ben at two in the afternoon, a courier once, a stranger. */
function lived(): StateFolder {
  const state = new StateFolder();
  opened.push(state);
  const ben = [putPerson("ben", "Ben Moss"), putCredential("ben-card", person("ben"), "card", "00B0B0B0")];
  state.change(
    ...ana,
    ...guest("courier", { card: "00C0FFEE" }, { usesPerDoor: 2 }),
    office(480),
    ...ben,
    putGrant(person("ben"), "front", "office"),
  );
  for (let day = 0; day < 3; day += 1) {
    state.present(anaCard);
    state.present(pin("4711"), keypad);
    state.present(benCard);
    state.present(card("00C0FFEE"));
    state.present(card("00000001"));
    state.clock.pass(86_400_000);
  }
  return state;
}

function file(state: StateFolder, name: string, content: unknown): string {
  const path = join(state.folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const run = (state: StateFolder, ...args: string[]) => printed(dryRun, ...args, "--state", state.folder);
const changes = (state: StateFolder, ...list: DirectoryChange[]) =>
  run(state, "--directory", file(state, "changes.json", list));

test("a change that changes no decision says so, and what could not be judged", async () => {
  const state = lived();
  const { text } = await changes(state, putPerson("cid"), putPerson("ana", "Ana Maria"), putGrant(person("cid")));
  expect(text.split("\n")).toEqual([
    "12 decisions of the last 30 days of the record judged again; none would be another.",
    "Not judged: 3 of unknown codes, cards and plates.",
    "1 of them depended on what is not kept, such as blocks, modes and uses left; that is taken as recorded.",
  ]);
});

test("exactly the planted difference is found: with its time, door, person and both outcomes", async () => {
  const state = lived();
  const { text } = await changes(state, office(15 * 60));
  expect(text.split("\n").slice(0, 3)).toEqual([
    "4  Friday 2026-11-20 14:00:00  Front door  Ben Moss  card: let in → denied, not at this time (outsideSchedule)",
    "",
    "12 decisions of the last 30 days of the record judged again; 1 would be another.",
  ]);
});

test.each([
  [
    "a lost card",
    [{ op: "setCredentialState", id: "ana-card", state: "lost" }],
    [
      "let in → denied, this key was reported lost (credentialLost)",
      "let in → denied, this key",
      "let in → denied, this key",
    ],
  ],
  [
    "a new PIN",
    [putCredential("ana-pin", person("ana"), "pin", "8899")],
    Array(3).fill("pin: let in → denied, unknown code"),
  ],
  ["the same PIN", [putCredential("ana-pin", person("ana"), "pin", "4711")], []],
  ["a third use", guest("courier", {}, { usesPerDoor: 3 }).slice(0, 1), ["usesExhausted) → let in"]],
  [
    "somebody gone",
    [{ op: "removeHolder", holder: person("ben") }],
    [
      "let in → denied, unknown code",
      "denied, not at this time (outsideSchedule) → denied, unknown",
      "→ denied, unknown",
    ],
  ],
  [
    "a holiday",
    [
      {
        op: "putHoliday",
        holiday: { id: "day", name: "Day", from: "2026-11-20", until: "2026-11-20", yearly: false, workingHours: [] },
      },
    ],
    ["let in → denied, it is a holiday (holiday)"],
  ],
] as [string, DirectoryChange[], string[]][])(
  "%s differs where it must, and nowhere else",
  async (_, list, expected) => {
    const state = lived();
    const { text } = await changes(state, ...list);
    const lines = text.split("\n").filter((line) => line.includes("→"));
    expect(lines).toHaveLength(expected.length);
    for (const [n, line] of lines.entries()) expect(line).toContain(expected[n]);
  },
);

test("a configuration is judged as well: a door that asks for a card and a PIN", async () => {
  const state = lived();
  const config = JSON.parse(exampleText) as { doors: Record<string, unknown>[]; readers: { id: string }[] };
  config.doors[0]!["factors"] = [{ schedule: "always", need: "cardAndPin" }];
  const { text } = await run(state, "--config", file(state, "config.json", config));
  const lines = text.split("\n").filter((line) => line.includes("→"));
  expect(lines).toHaveLength(9);
  expect(lines[0]).toContain("Ana Ruiz  card: let in → asked for a second thing");
  expect(lines[1]).toContain("Ana Ruiz  pin: let in → denied, this is not enough at this door (factorMissing)");
});

test("what changed since is not laid at the door of the change", async () => {
  const state = lived();
  state.change(
    { op: "removeHolder", holder: person("ben") },
    { op: "setCredentialState", id: "ana-card" as never, state: "lost" },
  );
  const { text } = await changes(state, putPerson("cid"));
  expect(text).toContain("none would be another");
  expect(text).toContain(
    "Not judged: 3 of unknown codes, cards and plates and 3 of people, keys and doors that are gone since.",
  );
  expect(text).toContain("3 would be others already, as the directory or the configuration has changed since.");
});

test("days count back from the newest event", async () => {
  const state = lived();
  const list = file(state, "changes.json", [{ op: "removeHolder", holder: person("ana") }]);
  expect((await run(state, "--directory", list, "--days", "1")).text).toMatch(
    /^(.*→.*\n){4}\n8 decisions of the last day/,
  );
});

test("a directory.json is taken as `postern directory apply` would take it, and nothing reaches the folder", async () => {
  const state = lived();
  const version = state.ledger.directoryVersion;
  const path = file(state, "directory.json", {
    schedules: [],
    people: [{ id: "ben", name: "Ben Moss", doors: ["garage"] }],
  });
  const before = JSON.stringify(state.ledger.db.prepare("SELECT * FROM holder_grant").all());
  const { text } = await run(state, "--directory", path);
  expect(text).toContain("Ben Moss  card: let in → denied, no right to this door (noGrant)");
  expect(state.ledger.directoryVersion).toBe(version);
  expect(JSON.stringify(state.ledger.db.prepare("SELECT * FROM holder_grant").all())).toBe(before);
});

test.each([
  ["a refused change", [putGrant(person("nobody"))], /The change is refused:\nstep 1: There is no person "nobody"/],
  ["an unknown step", [{ op: "explode" }], /The change is refused:\nstep 1: The step is malformed/],
  ["no list and no directory", "{", /The directory is refused:/],
  ["no JSON", "[", /The list of changes is not JSON/],
] as const)("%s is refused in words", async (_, content, problem) => {
  const state = lived();
  await expect(run(state, "--directory", file(state, "x.json", content))).rejects.toThrow(problem);
});
