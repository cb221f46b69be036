// What an issuer says of doors and schedules that a directory.json names and its site has not.
import { expect, test } from "vitest";
import { doorNotes, scheduleNotes } from "../../src/cli/issuer/named-places.ts";
import { readDirectoryFile } from "../../src/exchange/directory-file.ts";

const cards = { icFormat: "8HN", idFormat: "8HN", longUid: null } as const;

function wanted(...doors: readonly unknown[]) {
  const text = JSON.stringify({ people: [{ id: "ana", name: "Ana", doors }] }, null, 1);
  const reading = readDirectoryFile(text, { timeZone: "UTC", cards });
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  return reading.wanted;
}

test("a schedule that is nowhere is noted once, with its line; one at the site and the built-in ones are not", () => {
  const file = wanted(
    ...["front", { door: "back", schedule: "nights" }, { door: "shed", schedule: "nights" }],
    ...[
      { door: "yard", schedule: "days" },
      { door: "roof", schedule: "never" },
    ],
  );
  const days = { what: "schedule", id: "days", body: {} } as const;
  expect(scheduleNotes(file, [days])).toEqual([
    expect.objectContaining({
      line: 8,
      problem: 'There is no schedule "nights", neither in the file nor at the site.',
    }),
  ]);
});

test("a door that no controller has is noted, of many ten, and none before there is any door", () => {
  expect(doorNotes(wanted("front", "bakc"), new Set(["front"]))).toMatchObject([
    { line: 8, problem: 'No controller has the door "bakc" yet.' },
  ]);
  expect(doorNotes(wanted("bakc"), new Set())).toEqual([]);
  const many = Array.from({ length: 13 }, (_, n) => `door-${n}`);
  const notes = doorNotes(wanted(...many), new Set(["front"]));
  expect(notes).toHaveLength(11);
  expect(notes.at(-1)?.problem).toBe("And 3 more doors that no controller has yet.");
});
