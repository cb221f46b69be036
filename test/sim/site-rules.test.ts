// Timetables, interlocks, plates and broken wires through the whole controller, its ledger included.
import { expect, test } from "vitest";
import { createSimBoard } from "../../hal/sim/board.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { InProcess } from "../../src/cli/in-process.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { CredentialId, HolidayId, InputId, ReaderId, ScheduleId } from "../../src/domain/ids.ts";
import type { LocalDate } from "../../src/domain/local-time.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { ana, courier, person, putCredential } from "../ledger/ledger-fixture.ts";
import { frontDoor, garageDoor, site, wires } from "../site-fixture.ts";

const office: DirectoryChange = {
  op: "putSchedule",
  schedule: {
    id: "office" as ScheduleId,
    name: "Office hours",
    rule: {
      kind: "weekly",
      windows: [{ days: ["mon", "tue", "wed", "thu", "fri"], startMinute: 540, endMinute: 1_020 }],
    },
  },
};

/** Ten to nine on a Friday in Madrid; messages take three milliseconds each way. */
function life(more: Partial<SiteSpec>, directory: readonly DirectoryChange[]) {
  const clock = createVirtualClock({ startWallMs: Date.parse("2026-11-20T07:50:00Z"), trusted: true });
  const inputs = wires.inputs.map((wiring) => ({ ...wiring, supervised: true }));
  const readers = [...wires.readers, { id: "garage-camera", kind: "plate", port: "ttyUSB0", baud: 9_600 } as const];
  const board = createSimBoard({ ...wires, inputs, readers }, clock);
  const camera = {
    id: "garage-camera" as ReaderId,
    door: garageDoor.id,
    direction: "entry",
    format: null,
    keypad: false,
    plates: true,
  } as const;
  const doors = [frontDoor, { ...garageDoor, methods: ["card", "plate"] as const }];
  const controller = new InProcess({
    site: { ...site, doors, readers: [...site.readers, camera], ...more },
    board,
    clock,
    seed: "site-rules",
    latencyMs: () => 3,
  });
  controller.start();
  clock.advance(100);
  expect(controller.change(directory)).toEqual([]);
  clock.advance(100);
  const mode = (door: string) => controller.loop.statuses().find((one) => one.door === door)?.mode;
  const types = (...wanted: readonly string[]) => {
    clock.advance(3_000);
    return controller.journal
      .after(0, 500)
      .map(({ event }) => event)
      .filter(({ type }) => wanted.some((prefix) => type.startsWith(prefix)));
  };
  return { clock, board, controller, mode, types };
}

test("a door follows its timetable through the ledger's death, and a holiday that is entered that day ends it at once", () => {
  const timetable = [
    { schedule: "office" as ScheduleId, action: "holdOpen", afterFirstPerson: false, mayBeEnded: false } as const,
  ];
  const { clock, controller, mode } = life({ doors: [{ ...frontDoor, timetable }, garageDoor] }, [office]);
  expect(mode("front")).toBe("locked");
  controller.killLedger("killed");
  clock.advance(10 * 60_000);
  expect(mode("front")).toBe("unlocked");
  controller.startLedger();
  clock.advance(60_000);
  expect(mode("front")).toBe("unlocked");
  const today = "2026-11-20" as LocalDate;
  const holiday = {
    id: "strike" as HolidayId,
    name: "Strike",
    from: today,
    until: today,
    yearly: false,
    workingHours: [],
  };
  expect(controller.change([{ op: "putHoliday", holiday }])).toEqual([]);
  clock.advance(100);
  expect(mode("front")).toBe("locked");
});

test("two people at two doors of a group at the same instant: one gets in, and the other's use is given back", () => {
  const { board, controller, types, clock } = life({ interlocks: [[frontDoor.id, garageDoor.id]] }, [
    ...ana,
    ...courier(1),
  ]);
  board.tap("front-reader", "B775D2");
  board.tap("garage-reader", "00C0FFEE");
  clock.advance(20);
  expect(board.snapshot().relays).toEqual({ "front-strike": true, "garage-magnet": true });
  expect(types("access.granted", "access.aborted")).toMatchObject([
    { type: "access.granted", door: "front" },
    { type: "access.granted", door: "garage" },
    { type: "access.aborted", door: "garage", why: "interlocked" },
  ]);
  clock.advance(10_000);
  board.tap("garage-reader", "00C0FFEE");
  clock.advance(20);
  expect(board.snapshot().relays["garage-magnet"]).toBe(false);
  expect(controller.loop.outstandingAsks()).toBe(0);
});

test("who comes to a group while another door of it is open is denied before anything is spent", () => {
  const { board, types, clock } = life({ interlocks: [[frontDoor.id, garageDoor.id]] }, courier(1));
  board.setInput("front-contact", true);
  board.tap("garage-reader", "00C0FFEE");
  clock.advance(20);
  expect(types("access.")).toMatchObject([{ type: "access.denied", reason: "interlocked" }]);
});

test("a plate opens the garage as it was entered, however the camera writes it", () => {
  const plate = { ...putCredential("ana-plate", person("ana"), "qr", "ab-12 cd"), kind: "plate" } as DirectoryChange & {
    readonly id: CredentialId;
  };
  const { board, types, clock } = life({}, [...ana, plate]);
  board.text("garage-camera", "AB 12-cd");
  clock.advance(20);
  expect(types("access.granted")).toMatchObject([{ door: "garage", method: "plate", person: "ana" }]);
});

test("a wire that is cut holds an action back until it is well again, and the record has both", () => {
  const inputActions = [
    { input: "front-contact" as InputId, action: "call" as never, delayMs: 5_000, delayMode: "ifStillActive" } as const,
  ];
  const { board, types, clock } = life({ inputActions }, []);
  board.setInput("front-contact", true);
  clock.advance(1_000);
  board.breakWire("front-contact", "cut");
  clock.advance(60_000);
  board.healWire("front-contact");
  clock.advance(6_000);
  expect(types("input.").map(({ type }) => type)).toEqual(["input.faulted", "input.healed", "input.acted"]);
});
