// What may happen to a controller, at random: people at the readers, wires, clocks, disks, processes. Each seed leaves some
// kinds of trouble out, so that none hides another.
import { Fault } from "../../hal/fault.ts";
import type { DoorId } from "../../src/domain/ids.ts";
import { allows, firstSchedules, Registrar } from "./book.ts";
import type { DiskMode } from "./disk.ts";
import type { Random } from "./random.ts";
import type { SoakWorld } from "./world.ts";
import { quickPace } from "./world.ts";

const cardReaders = ["front-reader", "garage-reader", "yard-reader"] as const;
const keypads = ["front-keypad", "garage-reader"] as const;
const scanners = ["front-scanner", "yard-scanner"] as const;
const exits = ["front-exit", "garage-exit", "yard-exit"] as const;
const contacts = ["front-contact", "garage-contact"] as const;
const doors = ["front", "garage", "yard"] as const;
const relays = ["front-strike", "garage-magnet", "yard-magnet"] as const;
const devices = [...new Set([...cardReaders, ...keypads, ...scanners, ...exits, ...contacts, "fire-panel"])];
const minuteMs = 60_000;
const dayMs = 86_400_000;

export const troubles = [
  "exits",
  "stuckExits",
  "contacts",
  "operators",
  "orders",
  "fire",
  "directory",
  "clockSteps",
  "drift",
  "trust",
  "devices",
  "relays",
  "ledgerDeaths",
  "ledgerStalls",
  "slowness",
  "disk",
  "kills",
  "stops",
  "reboots",
  "storms",
  "longTimes",
] as const;
export type Trouble = (typeof troubles)[number];

interface Action {
  readonly weight: number;
  /** Null is always on. */
  readonly trouble: Trouble | null;
  readonly run: (walk: Walk) => string;
}

export class Walk {
  readonly world: SoakWorld;
  readonly random: Random;
  readonly registrar: Registrar;
  readonly troubles: ReadonlySet<Trouble>;
  readonly #actions: readonly Action[];
  readonly #hurried: boolean;

  constructor(world: SoakWorld, random: Random, allowed: ReadonlySet<Trouble>) {
    this.world = world;
    this.random = random;
    this.troubles = allowed;
    this.registrar = new Registrar(random);
    this.#hurried = random.chance(0.4);
    this.#actions = actions.filter(({ trouble }) => trouble === null || allowed.has(trouble));
  }

  /** A controller that has just started, and the first people in its directory. */
  begin(): void {
    const { world, registrar } = this;
    world.start();
    world.clock.advance(1_000);
    world.change(firstSchedules);
    for (let count = 0; count < 12; count += 1) world.change(registrar.newcomer(world.book, world.clock.wall()));
  }

  pause(): void {
    this.world.clock.advance(this.#pauseMs());
  }

  /** Does one thing and says what, for the report of a failure. */
  act(): string {
    return this.#choose().run(this);
  }

  #pauseMs(): number {
    const { random } = this;
    const roll = random.next() * (this.#hurried ? 0.87 : 1);
    if (roll < 0.25) return 0;
    if (roll < 0.65) return random.magnitude(1, 500);
    if (roll < 0.85) return random.magnitude(500, 5_000);
    if (roll < 0.95) return random.magnitude(5_000, minuteMs);
    if (roll < 0.995 || !this.troubles.has("longTimes")) return random.magnitude(minuteMs, 60 * minuteMs);
    return random.magnitude(60 * minuteMs, 20 * dayMs);
  }

  #choose(): Action {
    let roll = this.random.next() * this.#actions.reduce((sum, { weight }) => sum + weight, 0);
    for (const action of this.#actions) {
      roll -= action.weight;
      if (roll < 0) return action;
    }
    throw new Error("there is nothing to do");
  }
}

/** The directory's codes of this kind, mostly those that may pass this door right now. */
function codes({ world, random }: Walk, kind: "pin" | "card" | "qr", reader: string): readonly string[] {
  const own = [...world.book.credentials.values()].filter((credential) => credential.kind === kind);
  const door = world.site.readers.find(({ id }) => id === reader)?.door ?? "";
  const now = world.instant();
  const welcome = random.chance(0.6) ? own.filter(({ secret }) => allows(world.book, kind, secret, door, now)) : [];
  return (welcome.length > 0 ? welcome : own).map(({ secret }) => secret);
}

function tap(walk: Walk): string {
  const { world, random } = walk;
  const reader = random.pick(cardReaders);
  const fitting = codes(walk, "card", reader).filter((code) => code.length === (reader === "yard-reader" ? 10 : 8));
  const known = fitting.length > 0 && random.chance(0.85);
  const card = known
    ? random.pick(fitting)
    : random
        .int(2 ** 24)
        .toString(16)
        .padStart(8, "0");
  world.board.tap(reader, card);
  return `tap ${reader} ${card}`;
}

function noise({ world, random }: Walk): string {
  const reader = random.pick(cardReaders);
  const bits = Array.from({ length: random.between(1, 60) }, () => random.int(2)).join("");
  world.board.frame(reader, bits);
  return `frame ${reader} ${bits}`;
}

function typePin(walk: Walk): string {
  const { world, random } = walk;
  const reader = random.pick(keypads);
  const keys = random.chance(0.8) ? rightPin(walk, reader) : wrongPin(walk, reader);
  world.board.keys(reader, keys);
  return `keys ${reader} ${keys}`;
}

function rightPin(walk: Walk, reader: string): string {
  const { random } = walk;
  const pins = codes(walk, "pin", reader);
  const pin = pins.length === 0 ? random.digits(6) : random.pick(pins);
  return random.chance(0.1) ? `${random.digits(2)}*${pin}#` : `${pin}#`;
}

function wrongPin(walk: Walk, reader: string): string {
  const { random } = walk;
  const roll = random.next();
  if (roll < 0.4) {
    const pin = rightPin(walk, reader).slice(-7, -1);
    const place = random.int(pin.length);
    return `${pin.slice(0, place)}${random.int(10)}${pin.slice(place + random.int(2))}#`;
  }
  if (roll < 0.7) return `${random.digits(random.between(1, 8))}#`;
  if (roll < 0.85) return `${random.digits(random.between(17, 30))}#`;
  return random.digits(random.between(1, 5));
}

function guess(walk: Walk): string {
  const { world, random } = walk;
  const reader = random.pick(keypads);
  const tries = random.between(3, 12);
  for (let done = 0; done < tries; done += 1) {
    world.board.keys(reader, `${random.digits(4)}#`);
    world.clock.advance(random.magnitude(20, 3_000));
  }
  return `guess ${tries} times at ${reader}`;
}

function scan(walk: Walk): string {
  const { world, random } = walk;
  const reader = random.pick(scanners);
  const texts = codes(walk, "qr", reader);
  const roll = random.next();
  const text =
    roll < 0.8 && texts.length > 0
      ? random.pick(texts)
      : random.pick([
          random.digits(8),
          "POSTERN-0",
          "https://example.org/",
          "x".repeat(400),
          "ünïcode",
          random.digits(30),
        ]);
  world.board.text(reader, text);
  return `text ${reader} ${text}`;
}

function pressExit({ world, random }: Walk, [low, high]: readonly [number, number]): string {
  const input = random.pick(exits);
  const ms = random.magnitude(low, high);
  world.setInput(input, true);
  world.later(ms, () => world.setInput(input, false));
  return `press ${input} for ${ms} ms`;
}

function moveContact({ world, random }: Walk): string {
  const contact = random.pick(contacts);
  const open = !world.pressed.has(contact);
  world.setInput(contact, open);
  return `${open ? "open" : "close"} ${contact}`;
}

function raiseFire({ world, random }: Walk): string {
  const ms = random.magnitude(1_000, 10 * minuteMs);
  world.setInput("fire-panel", true);
  world.later(ms, () => world.setInput("fire-panel", false));
  return `fire for ${ms} ms`;
}

function stepClock({ world, random }: Walk): string {
  const [roll, sign] = [random.next(), random.chance(0.5) ? 1 : -1];
  const byMs = sign * random.magnitude(1, roll < 0.7 ? minuteMs : roll < 0.97 ? 2 * 60 * minuteMs : 400 * dayMs);
  try {
    world.clock.stepWall(byMs);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "sim.refused") throw error;
  }
  return `clock step ${byMs} ms`;
}

function distrust({ world, random }: Walk): string {
  world.clock.distrust();
  const ms = random.magnitude(100, 30 * minuteMs);
  world.later(ms, () => world.clock.trust());
  return `clock distrusted for ${ms} ms`;
}

function loseDevice({ world, random }: Walk): string {
  const device = random.pick(devices);
  const ms = random.magnitude(10, 10 * minuteMs);
  world.lose(device);
  world.later(ms, () => world.find(device));
  return `lose ${device} for ${ms} ms`;
}

function stickRelay({ world, random }: Walk): string {
  const relay = random.pick(relays);
  const ms = random.magnitude(10, 5 * minuteMs);
  world.stick(relay);
  world.later(ms, () => world.free(relay));
  return `stick ${relay} for ${ms} ms`;
}

function killLedger({ world, random }: Walk): string {
  const ms = random.magnitude(20, 5 * minuteMs);
  world.killLedger("was ended by SIGKILL", ms);
  return `ledger dead for ${ms} ms`;
}

function holdLedger({ world, random }: Walk): string {
  const ms = random.magnitude(20, 20_000);
  world.holdLedger(ms);
  return `ledger stuck for ${ms} ms`;
}

function slowDown({ world, random }: Walk): string {
  const upTo = (most: number): readonly [number, number] => {
    const high = random.chance(0.5) ? 0 : random.magnitude(2, most);
    return [random.chance(0.3) ? Math.floor(high / 2) : 0, high];
  };
  world.pace = {
    askMs: upTo(2_500),
    answerMs: upTo(4_000),
    hashMs: [20, 40 + random.magnitude(1, 3_000)],
    diskMs: upTo(700),
  };
  const ms = random.magnitude(100, 5 * minuteMs);
  world.later(ms, () => {
    world.pace = quickPace;
  });
  return `slow for ${ms} ms: ${JSON.stringify(world.pace)}`;
}

function breakDisk({ world, random }: Walk): string {
  const mode = random.pick<DiskMode>(["refusing", "failing", "full"]);
  const ms = random.magnitude(10, 10 * minuteMs);
  world.breakDisk(mode);
  world.later(ms, () => world.disk.mode("sound"));
  return `disk ${mode} for ${ms} ms`;
}

function restart({ world, random, troubles: allowed }: Walk, how: "kill" | "stop" | "reboot"): string {
  world.restart(how);
  if (!allowed.has("ledgerStalls") || random.chance(0.5)) return how;
  const ms = random.magnitude(50, minuteMs);
  world.controller.stickLedger(ms);
  return `${how}, and the ledger takes ${ms} ms to start`;
}

/** Mostly floods that must be shed; sometimes, while the ledger is away, more than may wait for it. */
function storm({ world, random, troubles: allowed }: Walk): string {
  const huge = allowed.has("ledgerDeaths") && random.chance(0.15);
  const size = huge ? 9_000 : random.magnitude(10, 300);
  const everyMs = random.chance(0.5) ? 0 : 1;
  const exit = random.pick(exits);
  const reader = random.pick(cardReaders);
  if (huge) world.killLedger("was ended by SIGKILL", minuteMs);
  for (let done = 0; done < size; done += 1) {
    if (random.chance(0.7)) world.setInput(exit, !world.pressed.has(exit));
    else
      world.board.tap(
        reader,
        random
          .int(2 ** 20)
          .toString(16)
          .padStart(8, "0"),
      );
    if (everyMs > 0) world.clock.advance(everyMs);
  }
  world.setInput(exit, false);
  return `storm of ${size} at ${exit} and ${reader}`;
}

/** What shuts a door is released before long, most often, so that people still get in. */
function order({ world, random }: Walk): string {
  const door = random.pick(doors) as DoorId;
  const roll = random.next();
  const doorList = [door];
  const until = random.magnitude(1_000, 5 * minuteMs);
  if (roll < 0.25) world.order({ kind: "access", door, by: "operator" });
  else if (roll < 0.5) world.order({ kind: random.pick(["lock", "doubleLock"]), door });
  else if (roll < 0.6) world.order({ kind: "unlock", door });
  else if (roll < 0.7) world.order({ kind: "lockOpen", door });
  else if (roll < 0.8) world.order({ kind: "block", door });
  else if (roll < 0.9)
    world.order({ kind: "lockDown", door, doors: doorList, forMs: random.chance(0.7) ? until : null });
  else {
    world.order({ kind: "lockOpenRelease", door });
    world.order({ kind: "lockDownRelease", door, doors: doorList });
  }
  if (roll >= 0.5 && random.chance(0.9)) {
    world.later(until, () => {
      world.order({ kind: "lockOpenRelease", door });
      world.order({ kind: "lockDownRelease", door, doors: doorList });
      world.order({ kind: "lock", door });
    });
  }
  return `order ${door} ${roll.toFixed(2)}`;
}

const actions: readonly Action[] = [
  { weight: 22, trouble: null, run: tap },
  { weight: 1, trouble: null, run: noise },
  { weight: 16, trouble: null, run: typePin },
  { weight: 1, trouble: null, run: guess },
  { weight: 7, trouble: null, run: scan },
  { weight: 8, trouble: "exits", run: (walk) => pressExit(walk, [50, 3_000]) },
  { weight: 2, trouble: "stuckExits", run: (walk) => pressExit(walk, [3_000, 3 * minuteMs]) },
  { weight: 10, trouble: "contacts", run: moveContact },
  {
    weight: 3,
    trouble: "operators",
    run: ({ world, random }) => {
      const door = random.pick(doors);
      world.command({ kind: "clearForced", door: door as DoorId });
      return `clear forced ${door}`;
    },
  },
  { weight: 3, trouble: "orders", run: order },
  { weight: 0.5, trouble: "fire", run: raiseFire },
  {
    weight: 2,
    trouble: "fire",
    run: ({ world }) => {
      world.command({ kind: "clearFire" });
      return "clear fire";
    },
  },
  {
    weight: 4,
    trouble: "directory",
    run: ({ world, registrar }) => {
      const changes = registrar.plan(world.book, world.clock.wall());
      world.change(changes);
      return `change ${JSON.stringify(changes)}`;
    },
  },
  { weight: 1.5, trouble: "clockSteps", run: stepClock },
  {
    weight: 0.5,
    trouble: "drift",
    run: ({ world, random }) => {
      const ppm = random.chance(0.8) ? random.between(-500, 500) : random.between(-200_000, 200_000);
      world.clock.setDrift(ppm);
      return `drift ${ppm} ppm`;
    },
  },
  { weight: 0.5, trouble: "trust", run: distrust },
  { weight: 1, trouble: "devices", run: loseDevice },
  { weight: 1, trouble: "relays", run: stickRelay },
  { weight: 0.6, trouble: "ledgerDeaths", run: killLedger },
  { weight: 1, trouble: "ledgerStalls", run: holdLedger },
  { weight: 2, trouble: "slowness", run: slowDown },
  { weight: 0.7, trouble: "disk", run: breakDisk },
  { weight: 0.4, trouble: "kills", run: (walk) => restart(walk, "kill") },
  { weight: 0.2, trouble: "stops", run: (walk) => restart(walk, "stop") },
  { weight: 0.2, trouble: "reboots", run: (walk) => restart(walk, "reboot") },
  { weight: 0.1, trouble: "storms", run: storm },
];
