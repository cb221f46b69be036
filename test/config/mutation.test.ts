import fc from "fast-check";
import { expect, test } from "vitest";
import { readConfig } from "../../src/config/load.ts";
import { problemLine } from "../../src/config/problem.ts";
import type { Config } from "../../src/config/schema.ts";
import { exampleText } from "./example.ts";

const inRange = (value: unknown, min: number, max: number) =>
  expect(Number.isInteger(value) && (value as number) >= min && (value as number) <= max).toBe(true);
const distinct = (values: readonly unknown[]) => expect(new Set(values).size).toBe(values.length);

/** The rules once more, written as plainly as can be and sharing nothing with the checks. */
function expectSound(config: Config): void {
  const inputs = config.inputs.map((input) => input.id);
  const relays = config.relays.map((relay) => relay.id);
  const doors = config.doors.map((door) => door.id);
  const pins = [...config.relays, ...config.inputs].map((wire) => wire.pin);
  for (const reader of config.readers) if ("pins" in reader) pins.push(reader.pins.d0, reader.pins.d1);
  distinct([...inputs, ...relays, ...config.readers.map((reader) => reader.id)]);
  distinct(doors);
  distinct(pins);
  for (const pin of pins) inRange(pin, 0, 1023);
  distinct(config.doors.flatMap((door) => [door.relay, ...door.auxRelays.map(({ relay }) => relay)]));
  const areas = config.areas.map((area) => area.id);
  distinct(areas);
  for (const door of config.doors) {
    for (const area of [door.leadsTo, door.leadsFrom]) if (area !== null) expect(areas).toContain(area);
    if (door.leadsTo !== null) expect(door.leadsFrom).not.toBe(door.leadsTo);
    if (door.preAlarmMs > 0) expect(door.preAlarmMs).toBeLessThan(door.contact === null ? 0 : door.heldOpenMs);
  }
  for (const group of config.interlocks) {
    distinct(group);
    for (const door of group) expect(doors).toContain(door);
  }
  distinct(config.readers.flatMap((reader) => ("port" in reader ? [reader.port] : [])));
  for (const reader of config.readers) expect(doors).toContain(reader.door);
  const contacts = config.doors.flatMap((door) => door.contact ?? []);
  const exits = new Set(config.doors.flatMap((door) => door.exitButtons));
  const fire = config.fire === null ? [] : [config.fire.input];
  const tampers = new Set(config.doors.flatMap((door) => door.tampers));
  const lockdown = config.lockdown === null ? [] : [config.lockdown.input];
  const roles = [
    ...contacts,
    ...exits,
    ...tampers,
    ...fire,
    ...lockdown,
    ...config.receptions.map(({ input }) => input),
    ...config.inputs.flatMap(({ id, opens }) => (opens.length > 0 ? [id] : [])),
  ];
  distinct(roles);
  for (const id of roles) expect(inputs).toContain(id);
  for (const door of config.doors) {
    expect(relays).toContain(door.relay);
    expect(door.exitButtons.length + config.readers.filter((reader) => reader.door === door.id).length).toBeGreaterThan(
      0,
    );
    if (door.contact !== null) expect(door.heldOpenMs).toBeGreaterThan(door.unlockMs);
    inRange(door.unlockMs, 100, 3_600_000);
    inRange(door.heldOpenMs, 1000, 3_600_000);
    expect(["failSecure", "failSafe"]).toContain(door.lock);
    distinct(door.methods);
  }
  inRange(config.journal.keepEvents, 100_000, 50_000_000);
  inRange(config.privacy.keepNamesDays, 1, 3650);
  inRange(config.passes.purgeAfterDays, 1, 3650);
  expect(config.guessing.maxBlockMs).toBeGreaterThanOrEqual(config.guessing.blockMs);
  expect(config.keypad.autoSubmitLength ?? 0).toBeLessThanOrEqual(config.keypad.maxKeys);
  if (config.console.tls === null) expect(config.console.host).toMatch(/^(127\.\d+\.\d+\.\d+|localhost|[0:]*1)$/);
  new Intl.DateTimeFormat("en", { timeZone: config.site.timeZone });
}

function expectTotal(text: string): void {
  const reading = readConfig(text);
  if (reading.ok) {
    expectSound(reading.config);
    return;
  }
  expect(reading.problems.length).toBeGreaterThan(0);
  for (const problem of reading.problems) {
    expect(problemLine(problem)).toMatch(/^[^\p{Cc}\p{Cs}]+$/u);
    expect(problem.problem.length).toBeLessThan(250);
    expect(problem.remedy.length).toBeGreaterThan(5);
    expect(problem.value.length).toBeLessThanOrEqual(60);
  }
}

type Step = string | number;

/** Every place in the example, to spoil one of them. */
function placesIn(value: unknown, steps: readonly Step[] = []): readonly (readonly Step[])[] {
  if (typeof value !== "object" || value === null) return [steps];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [steps, ...keys.flatMap((key) => placesIn((value as Record<Step, unknown>)[key], [...steps, key]))];
}

const places = placesIn(JSON.parse(exampleText)).slice(1);
const ids = [...exampleText.matchAll(/"id": "([^"]+)"/g)].map(([, id]) => id ?? "");
const likely = fc.oneof(
  fc.constantFrom(...ids, "failSafe", "card", "pin", "0.0.0.0", "::1", "UTC", "Europe/Nowhere", "", "5000"),
  fc.integer({ min: -1, max: 30 }),
  fc.constantFrom<unknown>(null, true, [], {}, 0.5, 100, 5000, 60_000, 1e15, [1], ["card"], ["front-exit"]),
  fc.jsonValue(),
  fc.string({ unit: "binary" }),
);
const mutation = fc.record({
  place: fc.constantFrom(...places),
  how: fc.constantFrom("put", "put", "remove", "rename", "repeat"),
  value: likely,
});

function mutate(site: unknown, { place, how, value }: { place: readonly Step[]; how: string; value: unknown }): void {
  const parent = place.slice(0, -1).reduce<unknown>((at, step) => (at as Record<Step, unknown> | null)?.[step], site);
  if (typeof parent !== "object" || parent === null) return;
  const holder = parent as Record<Step, unknown>;
  const key = place.at(-1) ?? "";
  if (how === "put") holder[key] = value;
  else if (how === "repeat" && Array.isArray(parent)) parent.push(structuredClone(holder[key]));
  else {
    if (how === "rename" && typeof value === "string") holder[value] = holder[key];
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete holder[key];
  }
}

test("no mutation of the example throws, and none that is accepted breaks a rule", () => {
  let refused = 0;
  let passed = 0;
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      const site = JSON.parse(exampleText);
      for (const one of mutations) mutate(site, one);
      const text = JSON.stringify(site, null, 1);
      if (readConfig(text).ok) passed += 1;
      else refused += 1;
      expectTotal(text);
    }),
    { numRuns: 3_000 },
  );
  expect(passed).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(1_000);
});

test("no JSON value throws", () => {
  fc.assert(fc.property(fc.oneof(fc.json(), fc.json({ noUnicodeString: false, maxDepth: 8 })), expectTotal), {
    numRuns: 1_000,
  });
});

test("no text throws, be it cut out of the example or anything at all", () => {
  const pieces = fc.tuple(
    fc.nat(exampleText.length),
    fc.nat(exampleText.length),
    fc.string({ unit: "binary", maxLength: 8 }),
  );
  const spliced = pieces.map(([from, to, between]) => exampleText.slice(0, from) + between + exampleText.slice(to));
  fc.assert(fc.property(fc.oneof(spliced, fc.string({ unit: "binary" })), expectTotal), { numRuns: 2_000 });
});

test("a file of nothing but mistakes is refused with less than a second of work and lists no more than a thousand", () => {
  const keys = (count: number, make: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => make(n)).join(",");
  for (const text of [
    `{${keys(19_000, (n) => `"unlockMs${n}":1`)}}`,
    `{${keys(19_000, () => '"site":1')}}`,
    `{"doors":[${keys(6_000, (n) => `{"id":"front-${n}","relay":"r"}`)}]}`,
    `{"readers":[${keys(9_000, (n) => `{"door":"d${n}"}`)}],"doors":[{}]}`,
    `{"site":{"timeZone":"${"E".repeat(64)}"},"doors":[{"exitButtons":[${keys(18_000, (n) => `"x${n}"`)}]}]}`,
    `{"doors":[{"methods":[${keys(19_000, () => '"pin"')}]}]}`,
  ]) {
    const begun = process.cpuUsage();
    const reading = readConfig(text);
    expect(process.cpuUsage(begun).user).toBeLessThan(1_000_000);
    if (reading.ok) throw new Error("accepted");
    expect(reading.problems.length).toBeLessThanOrEqual(1_001);
    if (reading.problems.length > 1_000)
      expect(reading.problems.at(-1)?.problem).toMatch(/^\d+ more problems follow\.$/);
  }
});
