// Areas and timetables over the whole way: reader, ledger, contact, and the record between them.
import { expect, test } from "vitest";
import { createSimBoard } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { InProcess } from "../../src/cli/in-process.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { person, putCredential, putGrant, putPerson } from "../ledger/ledger-fixture.ts";
import { changedFront, lobby, putSchedule } from "../ledger/rules-fixture.ts";
import { wires } from "../site-fixture.ts";

/** Friday, 14:00 in Madrid. */
const noon = Date.UTC(2026, 10, 20, 13, 0, 0);

function controller(site: SiteSpec, ...changes: DirectoryChange[]) {
  const clock = createVirtualClock({ startWallMs: noon, trusted: true });
  const board = createSimBoard(wires, clock);
  const inProcess = new InProcess({ site, board, clock, seed: "people through doors" });
  inProcess.start();
  clock.advance(1_000);
  expect(inProcess.change(changes)).toEqual([]);
  clock.advance(1_000);
  const since = (seq: number): string[] => inProcess.journal.after(seq, 500).map(({ event }) => event.type);
  return { clock, board, inProcess, since };
}

const ana: readonly DirectoryChange[] = [
  putPerson("ana"),
  putCredential("ana-card", person("ana"), "card", "00B775D2"),
  putGrant(person("ana")),
];

const lobbySite = changedFront(
  { leadsTo: lobby },
  { areas: [{ id: lobby, name: "Lobby", passback: "hard", forgiveMs: 0, capacity: 0 }] },
);

test("a card opens, the contact sees its holder go in, and the same card opens no second time, over the ledger's death", () => {
  const { clock, board, inProcess, since } = controller(lobbySite, ...ana);
  const before = inProcess.journal.head();
  board.tap("front-reader", "B775D2");
  clock.advance(500);
  inProcess.killLedger("killed between the grant and the door");
  board.setInput("front-contact", true);
  clock.advance(500);
  board.setInput("front-contact", false);
  inProcess.startLedger();
  clock.advance(5_000);
  expect(since(before)).toContain("access.taken");
  board.tap("front-reader", "B775D2");
  clock.advance(5_000);
  expect(inProcess.journal.after(before, 500).at(-1)?.event).toMatchObject({
    type: "access.denied",
    reason: "passback",
  });
});

test("who does not open the door after the grant may try again", () => {
  const { clock, board, inProcess, since } = controller(lobbySite, ...ana);
  const before = inProcess.journal.head();
  board.tap("front-reader", "B775D2");
  clock.advance(60_000);
  expect(since(before)).toContain("access.notTaken");
  board.tap("front-reader", "B775D2");
  clock.advance(1_000);
  expect(since(before).filter((type) => type === "access.granted")).toHaveLength(2);
});

test("a timetable begins with the schedule that the ledger tells of, also when it comes into the directory later", () => {
  const { clock, inProcess } = controller(
    changedFront({
      timetable: [{ schedule: "open-day" as never, action: "holdOpen", afterFirstPerson: false, mayBeEnded: false }],
    }),
  );
  const isLocked = () => inProcess.loop.statuses().find(({ door }) => door === "front")?.locked;
  clock.advance(60_000);
  expect(isLocked()).toBe(true);
  inProcess.change([putSchedule("open-day", [["fri", 0, 1_439]])]);
  clock.advance(61_000);
  expect(isLocked()).toBe(false);
});
