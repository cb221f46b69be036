// Finds ids, pins, ports, relays and inputs that contradict each other; knows no timing and no policy.
import { nearest } from "./nearest.ts";
import type { Finding, Step } from "./problem.ts";
import { pathText, shortValue } from "./problem.ts";
import type { Salvage } from "./salvage.ts";

/** One place that lays claim to an id, a pin, a port or a relay. */
interface Claim {
  readonly steps: readonly Step[];
  readonly value: string | number | undefined;
  /** Who claims it, for the one that comes second. */
  readonly owner: string;
}

type Wording = (what: string, owner: string) => Pick<Finding, "problem" | "remedy">;

export function wiringFindings(known: Salvage): readonly Finding[] {
  const ids = knownIds(known);
  return [
    ...clashes(deviceIds(known), takenId),
    ...clashes(idClaims("doors", known.doors), takenId),
    ...clashes(idClaims("areas", known.areas), takenId),
    ...clashes(idClaims("actions", known.actions), takenId),
    ...clashes(idClaims("cardProfiles", known.cardProfiles), takenId),
    ...clashes(pinClaims(known), (what, owner) => ({
      problem: `Pin ${what} already belongs to ${owner}.`,
      remedy: "Wire one of the two to another pin.",
    })),
    ...clashes(portClaims(known), (what, owner) => ({
      problem: `Port ${what} already belongs to ${owner}.`,
      remedy: "Name the port of the other device.",
    })),
    ...clashes(deviceClaims(known), (what, owner) => ({
      problem: `The reader ${what} at pcscd already belongs to ${owner}.`,
      remedy: "Name the two by parts of their names that differ, such as their serial numbers.",
    })),
    ...clashes(deviceFileClaims(known), (what, owner) => ({
      problem: `The device ${what} already belongs to ${owner}.`,
      remedy: "Name the other reader's device.",
    })),
    ...clashes(relayClaims(known, ids), (what, owner) => ({
      problem: `Relay ${what} already drives ${owner}.`,
      remedy: "Give each of the two a relay of its own.",
    })),
    ...danglingIds(known, ids),
    ...roleClashes(known, ids),
  ];
}

const takenId: Wording = (what, owner) => ({
  problem: `The id ${what} already names ${owner}.`,
  remedy: "Give one of the two another id.",
});

function clashes(claims: readonly Claim[], wording: Wording): readonly Finding[] {
  const owners = new Map<string | number, string>();
  const findings: Finding[] = [];
  for (const { steps, value, owner } of claims) {
    if (value === undefined) continue;
    const first = owners.get(value);
    if (first === undefined) owners.set(value, owner);
    else findings.push({ steps, value, ...wording(shortValue(value), first) });
  }
  return findings;
}

type Named = { readonly id?: string };

function ownerOf(list: string, n: number, entry: Named): string {
  return entry.id === undefined ? pathText([list, n]) : `${pathText([list, n])} (${shortValue(entry.id)})`;
}

function idClaims(list: string, entries: readonly Named[]): readonly Claim[] {
  return entries.map((entry, n) => ({ steps: [list, n, "id"], value: entry.id, owner: pathText([list, n]) }));
}

/** Relays, inputs, readers and lines share one space of ids, because a fault names a device by its id alone. */
function deviceIds({ relays, inputs, readers, rs485 }: Salvage): readonly Claim[] {
  return [
    ...idClaims("relays", relays),
    ...idClaims("inputs", inputs),
    ...idClaims("readers", readers),
    ...idClaims("rs485", rs485),
  ];
}

function pinClaims({ relays, inputs, readers }: Salvage): readonly Claim[] {
  const single = (list: string, entries: readonly (Named & { readonly pin?: number | undefined })[]) =>
    entries.map((entry, n) => ({ steps: [list, n, "pin"], value: entry.pin, owner: ownerOf(list, n, entry) }));
  const pairs = readers.flatMap((reader, n) => {
    const pins = "pins" in reader ? reader.pins : undefined;
    const claim = (line: "d0" | "d1") => ({
      steps: ["readers", n, "pins", line],
      value: pins?.[line],
      owner: `${line} of ${ownerOf("readers", n, reader)}`,
    });
    const { led = null, beeper = null } = "led" in reader || "beeper" in reader ? reader : {};
    const signal = (name: "led" | "beeper", wired: { readonly pin: number } | null): Claim => ({
      steps: ["readers", n, name, "pin"],
      value: wired?.pin,
      owner: `${name} of ${ownerOf("readers", n, reader)}`,
    });
    return [claim("d0"), claim("d1"), signal("led", led), signal("beeper", beeper)];
  });
  return [...single("relays", relays), ...single("inputs", inputs), ...pairs];
}

function portClaims({ readers, rs485 }: Salvage): readonly Claim[] {
  const lines = rs485.map((line, n) => ({
    steps: ["rs485", n, "port"],
    value: line.port,
    owner: ownerOf("rs485", n, line),
  }));
  const others = readers.map((reader, n) => ({
    steps: ["readers", n, "port"],
    value: "port" in reader ? reader.port : undefined,
    owner: ownerOf("readers", n, reader),
  }));
  return [...lines, ...others];
}

function deviceFileClaims({ readers }: Salvage): readonly Claim[] {
  return readers.map((reader, n) => ({
    steps: ["readers", n, "device"],
    value: reader.kind === "camera" || reader.kind === "keyboard" ? reader.device : undefined,
    owner: ownerOf("readers", n, reader),
  }));
}

function deviceClaims({ readers }: Salvage): readonly Claim[] {
  return readers.map((reader, n) => ({
    steps: ["readers", n, "device"],
    value: reader.kind === "pcsc" ? reader.device : undefined,
    owner: ownerOf("readers", n, reader),
  }));
}

/** Locks first: of a lock's relay that is claimed once more, the other claim is the mistake. */
function relayClaims({ doors }: Salvage, ids: KnownIds): readonly Claim[] {
  const known = (relay: string | undefined) => (isDangling(ids.relay, relay) ? undefined : relay);
  const locks = doors.map((door, n) => ({
    steps: ["doors", n, "relay"],
    value: known(door.relay),
    owner: ownerOf("doors", n, door),
  }));
  const others = doors.flatMap((door, n) =>
    (door.auxRelays ?? []).map(({ relay }, m) => ({
      steps: ["doors", n, "auxRelays", m, "relay"],
      value: known(relay),
      owner: `auxRelays[${m}] of ${ownerOf("doors", n, door)}`,
    })),
  );
  return [...locks, ...others];
}

/** Null where an entry's own id is wrong: what seems to be missing may be that one. */
type IdSet = ReadonlySet<string> | null;
const idKinds = ["relay", "input", "door", "area", "action", "cardProfile"] as const;
type IdKind = (typeof idKinds)[number];
type KnownIds = Readonly<Record<IdKind, IdSet>>;

export function knownIds({ relays, inputs, doors, areas, actions, cardProfiles }: Salvage): KnownIds {
  return {
    relay: idsOf(relays),
    input: idsOf(inputs),
    door: idsOf(doors),
    area: idsOf(areas),
    action: idsOf(actions),
    cardProfile: idsOf(cardProfiles),
  };
}

function idsOf(entries: readonly Named[]): IdSet {
  const ids = entries.map((entry) => entry.id);
  return ids.every((id) => id !== undefined) ? new Set(ids) : null;
}

export function isDangling(ids: IdSet, id: string | undefined): boolean {
  return id !== undefined && ids !== null && !ids.has(id);
}

function danglingIds(known: Salvage, ids: KnownIds): readonly Finding[] {
  const findings: Finding[] = [];
  const refer = (steps: readonly Step[], kind: IdKind, id: string | null | undefined) => {
    if (id !== null && id !== undefined && isDangling(ids[kind], id)) {
      findings.push({ steps, value: id, ...danglingWords(id, kind, ids) });
    }
  };
  known.readers.forEach((reader, n) => {
    refer(["readers", n, "door"], "door", reader.door);
    if ("profiles" in reader) {
      reader.profiles?.forEach((id, m) => {
        refer(["readers", n, "profiles", m], "cardProfile", id);
      });
    }
  });
  known.doors.forEach((door, n) => {
    refer(["doors", n, "relay"], "relay", door.relay);
    refer(["doors", n, "contact"], "input", door.contact);
    for (const list of ["exitButtons", "tampers"] as const) {
      door[list]?.forEach((id, m) => {
        refer(["doors", n, list, m], "input", id);
      });
    }
    door.auxRelays?.forEach(({ relay }, m) => {
      refer(["doors", n, "auxRelays", m, "relay"], "relay", relay);
    });
    refer(["doors", n, "leadsTo"], "area", door.leadsTo);
    refer(["doors", n, "leadsFrom"], "area", door.leadsFrom);
  });
  known.interlocks.forEach((group, n) => {
    group.forEach((id, m) => {
      refer(["interlocks", n, m], "door", id);
    });
  });
  known.receptions.forEach(({ input, doors }, n) => {
    refer(["receptions", n, "input"], "input", input);
    doors?.forEach((id, m) => {
      refer(["receptions", n, "doors", m], "door", id);
    });
  });
  refer(["fire", "input"], "input", known.fire.input);
  refer(["lockdown", "input"], "input", known.lockdown.input);
  refer(["supply", "mains"], "input", known.supply.mains);
  refer(["supply", "battery"], "input", known.supply.battery);
  known.supply.enclosures?.forEach((id, n) => {
    refer(["supply", "enclosures", n], "input", id);
  });
  known.httpOpening.doors?.forEach((id, n) => {
    refer(["httpOpening", "doors", n], "door", id);
  });
  known.inputs.forEach(({ actions, opens }, n) => {
    actions?.forEach(({ action }, m) => {
      refer(["inputs", n, "actions", m, "action"], "action", action);
    });
    opens?.forEach(({ door }, m) => {
      refer(["inputs", n, "opens", m, "door"], "door", door);
    });
  });
  known.actions.forEach(({ doors }, n) => {
    doors?.forEach((id, m) => {
      refer(["actions", n, "doors", m], "door", id);
    });
  });
  return findings;
}

function danglingWords(id: string, kind: IdKind, ids: KnownIds): Pick<Finding, "problem" | "remedy"> {
  const candidates = [...(ids[kind] ?? [])];
  const other = idKinds.find((name) => ids[name]?.has(id));
  const guess = nearest(id, candidates);
  return {
    problem:
      other === undefined ? `No ${kind} has this id.` : `This is the id of ${article(other)}, not of ${article(kind)}.`,
    remedy:
      guess === null
        ? `Add it to "${kind}s"${candidates.length === 0 ? "" : `, or name one of: ${candidates.slice(0, 5).join(", ")}`}.`
        : `Did you mean ${shortValue(guess)}?`,
  };
}

const article = (kind: IdKind): string => `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;

interface Role {
  readonly words: string;
  /** Of this kind one input may have several, each at a door of its own; null may not be shared. */
  readonly shared: "exit" | "tamper" | null;
  readonly door: number | null;
}

/** An exit button, or a box's tamper contact, may serve several doors; every other role needs an input of its own. */
function roleClashes(
  { doors, fire, lockdown, supply, receptions, inputs }: Salvage,
  ids: KnownIds,
): readonly Finding[] {
  const first = new Map<string, Role>();
  const findings: Finding[] = [];
  const claim = (steps: readonly Step[], id: string | null | undefined, role: Role) => {
    if (id === null || id === undefined || isDangling(ids.input, id)) return;
    const before = first.get(id);
    if (before === undefined) {
      first.set(id, role);
      return;
    }
    const sameKind = role.shared !== null && before.shared === role.shared;
    if (sameKind && before.door !== role.door) return;
    const remedy = sameKind ? "Name it once." : "Give each role an input of its own.";
    findings.push({ steps, value: id, problem: `This input is already ${before.words}.`, remedy });
  };
  doors.forEach((door, n) => {
    const owner = ownerOf("doors", n, door);
    claim(["doors", n, "contact"], door.contact, { words: `the contact of ${owner}`, shared: null, door: n });
    door.exitButtons?.forEach((id, m) => {
      claim(["doors", n, "exitButtons", m], id, { words: `an exit button of ${owner}`, shared: "exit", door: n });
    });
    door.tampers?.forEach((id, m) => {
      claim(["doors", n, "tampers", m], id, { words: `a tamper contact of ${owner}`, shared: "tamper", door: n });
    });
  });
  const alone = (words: string): Role => ({ words, shared: null, door: null });
  claim(["fire", "input"], fire.input, alone("the fire panel's"));
  claim(["lockdown", "input"], lockdown.input, alone("the lockdown switch's"));
  claim(["supply", "mains"], supply.mains, alone("what tells of the mains"));
  claim(["supply", "battery"], supply.battery, alone("what tells of the battery"));
  supply.enclosures?.forEach((id, n) => {
    claim(["supply", "enclosures", n], id, alone("the contact of the controller's box"));
  });
  receptions.forEach(({ input }, n) => {
    claim(["receptions", n, "input"], input, alone(`the button of receptions[${n}]`));
  });
  inputs.forEach(({ id, opens = [] }, n) => {
    if (opens.length > 0) claim(["inputs", n, "opens"], id, alone("one that opens doors"));
  });
  return findings;
}
