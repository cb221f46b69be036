// Commands of the office to the doors: done in time, or not at all.
import { expect, test } from "vitest";
import type { DoorId } from "../../src/domain/ids.ts";
import type { DoorCommand, FromOffice, TimeRequest } from "../../src/domain/status.ts";
import { DoorDesk } from "../../src/office/door-desk.ts";
import { obey } from "../../src/ops/office-side.ts";

const open = { kind: "access", door: "front" as DoorId, by: "http" } as const;

/** An office and a main process on one machine's clock; what is sent arrives when the test says so. */
function desks() {
  const clock = { monoMs: 5_000 };
  const sent: Extract<FromOffice, { kind: "command" }>[] = [];
  const done: (DoorCommand | TimeRequest)[] = [];
  const machineMono = () => clock.monoMs;
  const desk = new DoorDesk((message) => message.kind === "command" && sent.push(message), machineMono);
  const act = (command: DoorCommand | TimeRequest) => {
    done.push(command);
    return null;
  };
  const doors = { statuses: () => [], command: act, note: () => {} };
  const time = { standing: () => ({ aheadMs: 0, source: null, proven: false }), ask: act };
  const arrive = () => {
    for (const message of sent.splice(0)) desk.commandDone(message.n, obey(message, { doors, time, machineMono }));
  };
  return { clock, desk, done, arrive };
}

test("a command that arrives in time is done, at the doors and at the clock", async () => {
  const { clock, desk, done, arrive } = desks();
  const outcomes = [desk.command("console", open), desk.command("console", { kind: "timeConfirm" })];
  clock.monoMs += 1_999;
  arrive();
  expect(await Promise.all(outcomes)).toEqual([{ ok: true }, { ok: true }]);
  expect(done).toEqual([open, { kind: "timeConfirm" }]);
});

test("a command that waited longer than two seconds does nothing any more, whatever it is, and is answered so", async () => {
  const { clock, desk, done, arrive } = desks();
  const commands = [open, { kind: "unlock", door: "front" as DoorId }, { kind: "timeSet", wallMs: 0 }] as const;
  const outcomes = commands.map((command) => desk.command("console", command));
  clock.monoMs += 2_000;
  arrive();
  for (const outcome of await Promise.all(outcomes)) {
    expect(outcome).toMatchObject({ ok: false, problem: expect.stringMatching(/nothing was done; try again/) });
  }
  expect(done).toEqual([]);
});
