// What a scenario may tell the controller itself, beyond what happens on its wires, and expect of its record.
import { parseDuration } from "../../hal/sim/command.ts";
import type { JournalEvent } from "../domain/events.ts";
import type { DoorId } from "../domain/ids.ts";
import type { DoorCommand, DoorRequest } from "../domain/status.ts";
import { pageSize } from "../ledger/journal-reader.ts";
import type { InProcess } from "./in-process.ts";

const usage =
  "A controller is told: clear fire; clear forced|tamper <door>; open|lock|unlock|block|hold|release <door>; lockdown [<duration>]; end lockdown; lose ledger; find ledger; stick ledger <duration>; or to expect [no] <event> [<member>=<value> ...].";

/** Returns what takes the words of a scenario's `controller` lines; null when it did as told. */
export function scenarioController(controller: InProcess): (words: string) => string | null {
  const record = new ExpectedRecord(controller);
  return (words) => {
    const [verb = "", what = "", ...more] = words.split(" ");
    if (verb === "expect" && what === "no") return record.expectNone(more);
    if (verb === "expect") return record.expect([what, ...more]);
    const [of, ...rest] = more;
    if (rest.length > 0) return usage;
    if (verb === "clear") return clear(controller, what, of);
    const order = of === undefined ? orderOf(verb, what) : null;
    if (order !== null) return controller.loop.command(order, "scenario");
    return what === "ledger" ? tellLedger(controller, verb, of) : usage;
  };
}

function clear(controller: InProcess, alarm: string, door: string | undefined): string | null {
  if (alarm === "fire" && door === undefined) return controller.loop.command({ kind: "clearFire" }, "scenario");
  const kind = alarm === "forced" ? "clearForced" : alarm === "tamper" ? "clearTamper" : null;
  if (kind === null || door === undefined) return usage;
  return controller.loop.command({ kind, door: door as DoorId }, "scenario");
}

const requests: ReadonlyMap<string, DoorRequest> = new Map([
  ["lock", "lock"],
  ["unlock", "unlock"],
  ["block", "block"],
  ["hold", "lockOpen"],
  ["release", "lockOpenRelease"],
]);

/** Null for what is no order to the doors. A lockdown is of all of them. */
function orderOf(verb: string, what: string): DoorCommand | null {
  if (verb === "end" && what === "lockdown") return { kind: "lockDownRelease", doors: [] };
  if (verb === "lockdown") {
    const forMs = what === "" ? null : parseDuration(what);
    return what !== "" && forMs === null ? null : { kind: "lockDown", doors: [], forMs };
  }
  const door = what as DoorId;
  if (verb === "open") return { kind: "access", door, by: "operator" };
  const request = requests.get(verb);
  return request === undefined ? null : { kind: request, door };
}

function tellLedger(controller: InProcess, verb: string, duration: string | undefined): string | null {
  if (verb === "stick") {
    const ms = duration === undefined ? null : parseDuration(duration);
    if (ms === null) return usage;
    controller.stickLedger(ms);
    return null;
  }
  const { hasLedger } = controller;
  if (duration !== undefined || (verb !== "lose" && verb !== "find")) return usage;
  if (hasLedger === (verb === "find")) return `The ledger is ${hasLedger ? "there" : "away"} already.`;
  if (verb === "lose") controller.killLedger("was ended by the scenario");
  else controller.startLedger();
  return null;
}

/** Events are expected in their order: each expectation looks on from the event that met the last one. */
class ExpectedRecord {
  readonly #controller: InProcess;
  #seq = 0;

  constructor(controller: InProcess) {
    this.#controller = controller;
  }

  expect(wanted: readonly string[]): string | null {
    const matches = matcherOf(wanted);
    if (matches === null) return usage;
    const found = this.#find(matches);
    if (found === null) return `No event "${wanted.join(" ")}" since event ${this.#seq}.`;
    this.#seq = found;
    return null;
  }

  expectNone(unwanted: readonly string[]): string | null {
    const matches = matcherOf(unwanted);
    if (matches === null) return usage;
    const found = this.#find(matches);
    return found === null ? null : `Event ${found} is "${unwanted.join(" ")}".`;
  }

  #find(matches: (event: JournalEvent) => boolean): number | null {
    for (let seq = this.#seq; ; ) {
      const page = this.#controller.journal.after(seq, pageSize);
      const found = page.find(({ event }) => matches(event));
      if (found !== undefined) return found.seq;
      if (page.length < pageSize) return null;
      seq = page.at(-1)?.seq ?? seq;
    }
  }
}

function matcherOf([type = "", ...members]: readonly string[]): ((event: JournalEvent) => boolean) | null {
  const wanted = members.map((member) => /^([A-Za-z]+)=(.+)$/.exec(member));
  if (type === "" || wanted.includes(null)) return null;
  return (event) => {
    const values = new Map<string, unknown>(Object.entries(event));
    return event.type === type && wanted.every((one) => String(values.get(one?.[1] ?? "")) === one?.[2]);
  };
}
