import { afterEach, expect, test } from "vitest";
import { whereCan, whoCan } from "../../src/cli/who-can.ts";
import { ana, card, person, putCredential, putGrant, putPerson } from "../ledger/ledger-fixture.ts";
import { guest, publicPin, putSchedule, resident } from "../ledger/rules-fixture.ts";
import type { Json } from "./state-folder.ts";
import { printed, StateFolder } from "./state-folder.ts";

const opened: StateFolder[] = [];
afterEach(() => {
  for (const state of opened.splice(0)) state.ledger.close();
});

function open(change: (config: Json) => void = () => {}): StateFolder {
  const state = new StateFolder(change);
  opened.push(state);
  return state;
}

async function asked(command: typeof whoCan, state: StateFolder, word: string, at: string): Promise<string[]> {
  const { text } = await printed(command, word, "--at", at, "--state", state.folder);
  return text.split("\n");
}

/** Ana always, Ben in office hours, a courier once, a public code in office hours. */
function site(change?: (config: Json) => void): StateFolder {
  const state = open(change);
  const ben = [putPerson("ben", "Ben Moss"), putCredential("ben-card", person("ben"), "card", "00B0B0B0")];
  state.change(...ana, putSchedule("office", [["mon", 480, 1080]]), ...ben, putGrant(person("ben"), "front", "office"));
  state.change(...guest("courier", { card: "00C0FFEE", pin: "90210" }, { usesPerDoor: 1 }), ...publicPin("123456"));
  return state;
}

test("who can open a door at a time is listed with what they show, by which schedule", async () => {
  const state = site();
  expect(await asked(whoCan, state, "front", "2026-11-23 09:00")).toEqual([
    "Front door, Monday 2026-11-23 09:00 (Europe/Madrid), by version 2 of the directory:",
    "",
    "  courier   COURIER   pass         card or PIN (1 use left)  always",
    "  ana       Ana Ruiz  person       card, PIN or QR code      always",
    "  ben       Ben Moss  person       card                      office",
    "  public-1  Public    public code  PIN                       always",
    "",
    "2 people, 1 pass and 1 public code could open it.",
    ...notLookedAt,
  ]);
  expect((await asked(whoCan, state, "front", "sunday 03:00")).slice(-4, -3)).toEqual([
    "1 more has a grant here, but could not; `postern where-can ID` says why.",
  ]);
});

const notLookedAt = [
  "",
  "Not looked at, as it can only be known then: uses spent until then, blocks after wrong codes, lockdowns by hand,",
  "areas, interlocks, and what else opens a door: exit buttons, fire, operators, the reception, inputs.",
];

test("what is used up, and where somebody can go, and why not elsewhere", async () => {
  const state = site();
  expect(state.present(card("00C0FFEE"))).toBe("granted");
  expect(await asked(whereCan, state, "courier", "2026-11-20 14:05")).toEqual([
    'COURIER (pass "courier"), Friday 2026-11-20 14:05 (Europe/Madrid), by version 2 of the directory:',
    "",
    "  Front door   no   the pass is used up at this door (usesExhausted)",
    "  Garage door  yes  card or PIN (1 use left), by always",
    ...notLookedAt,
  ]);
  expect(await asked(whereCan, state, "ben", "2026-11-22 03:00")).toContain(
    "  Front door   no  not at this time (outsideSchedule); from Monday 2026-11-23 08:00 on",
  );
  expect(await asked(whereCan, state, "ben", "2026-11-22 03:00")).toContain("  Garage door  no  no grant at this door");
  await expect(asked(whereCan, state, "nobody", "now")).rejects.toThrow('There is nobody with the id "nobody"');
});

test("a door that asks for two things is opened by who has both, or with a second person", async () => {
  const state = site((config) => {
    config.doors[0].factors = [{ schedule: "always", need: "cardAndPin" }];
    config.doors[1].factors = [{ schedule: "always", need: "twoPeople" }];
  });
  const front = await asked(whoCan, state, "front", "2026-11-23 09:00");
  expect(front).toContain("  ana      Ana Ruiz  person  card, then the PIN  always");
  expect(front.join("\n")).not.toContain("Ben Moss");
  const garage = await asked(whoCan, state, "garage", "2026-11-23 09:00");
  expect(garage).toContain("  ana  Ana Ruiz  person  card, with a second person or PIN, with a second person  always");
});

test("the door's timetable is told, and a lockdown by it keeps out all but the exempt", async () => {
  const timetable = (action: string) => (config: Json) => {
    config.doors[0].timetable = [{ schedule: "always", action }];
  };
  const stands = await asked(whoCan, site(timetable("holdOpen")), "front", "2026-11-23 09:00");
  expect(stands).toContain("By its timetable the door stands open for everybody then.");
  const state = open(timetable("lockDown"));
  state.change(...ana, ...resident("cid", { card: "00000007" }, { lockdownExempt: true }));
  const locked = await asked(whoCan, state, "front", "2026-11-23 09:00");
  expect(locked).toContain("1 person could open it.");
  expect(locked).toContain("  cid  CID  person  card  always");
});

test("an hour that the clock skips is said to be the next there was", async () => {
  const lines = await asked(whoCan, site(), "front", "2027-03-28 02:30");
  expect(lines[0]).toContain("Sunday 2027-03-28 03:00");
  expect(lines[1]).toMatch(/^2027-03-28 02:30 did not exist/);
});

test("people page by page are all there", async () => {
  const state = open();
  const ids = Array.from({ length: 450 }, (_, n) => `p${String(n).padStart(3, "0")}`);
  for (let from = 0; from < ids.length; from += 150) {
    state.change(
      ...ids
        .slice(from, from + 150)
        .flatMap((id, n) => [
          putPerson(id),
          putCredential(`${id}-card`, person(id), "card", `0000${String(from + n).padStart(4, "0")}`),
          putGrant(person(id)),
        ]),
    );
  }
  const lines = await asked(whoCan, state, "front", "2026-11-23 09:00");
  expect(lines.filter((line) => line.includes("  always"))).toHaveLength(450);
  expect(lines).toContain("450 people could open it.");
});

test("nobody is said plainly", async () => {
  const state = open();
  state.change(...guest("courier", {}, {}));
  const lines = await asked(whoCan, state, "front", "2026-11-23 09:00");
  expect(lines).toContain("Nobody could open it.");
  expect(await asked(whereCan, state, "courier", "2026-11-23 09:00")).toContain(
    "  Front door   no  nothing to show that this door takes",
  );
});
