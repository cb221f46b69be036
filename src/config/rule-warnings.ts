// What is allowed among the rules of doors, codes and areas and still deserves a second look; knows no wire.
import { shareOf } from "../domain/code-partition.ts";
import type { GuessOdds } from "../domain/guess.ts";
import { holderPolicy, paddedOdds } from "../domain/guess.ts";
import { leastPaddedDigits } from "../domain/padded-pin.ts";
import { hasNoWayOut } from "./policy-check.ts";
import type { Finding, Step } from "./problem.ts";
import { methodsOf } from "./reader-methods.ts";
import type { Config, DoorConfig } from "./schema.ts";

export function ruleWarnings(config: Config): readonly Finding[] {
  return [
    ...config.doors.flatMap((door, n) => doorRuleWarnings(door, n, config)),
    ...typedCodeWarnings(config),
    ...codeWarnings(config),
    ...areaWarnings(config),
    ...interlockWarnings(config),
    ...switchWarnings(config),
  ];
}

const warning = (steps: readonly Step[], value: unknown, problem: string, remedy: string): Finding => ({
  steps,
  value,
  problem,
  remedy,
});

/** Whether something that a door takes can be shown at one of its readers. */
function takes(door: DoorConfig, method: DoorConfig["methods"][number], { readers, features }: Config): boolean {
  if (!door.methods.includes(method) || !features[method]) return false;
  return readers.some((reader) => reader.door === door.id && methodsOf(reader).includes(method));
}

function doorRuleWarnings(door: DoorConfig, n: number, config: Config): readonly Finding[] {
  const warnings: Finding[] = [];
  const warn = (key: keyof DoorConfig, problem: string, remedy: string) =>
    warnings.push(warning(["doors", n, key], door[key], problem, remedy));
  const takesPasses = takes(door, "qr", config) && takes(door, "pin", config);
  if (door.unit && !door.passCodeRequired && !takesPasses) {
    const problem = "No pass opens the door of a home unless its QR and its secret code are shown, and they cannot be.";
    warn("unit", problem, "Nothing to do if that is meant; otherwise add a scanner and a keypad.");
  }
  const { resetMs, administratorTwiceMs, forced } = door.alarms;
  const hasAlarm = (forced && door.contact !== null) || door.tampers.length > 0;
  if (!hasAlarm && (resetMs > 0 || administratorTwiceMs > 0)) {
    warn("alarms", "No alarm of this door stays, so there is none to end.", "Leave the times out.");
  }
  if (door.timetable.some(({ afterFirstPerson, action }) => action === "lockDown" && afterFirstPerson)) {
    const problem = "A lockdown waits for nobody: afterFirstPerson counts for holdOpen only.";
    warn("timetable", problem, "Leave afterFirstPerson out.");
  }
  return warnings;
}

/** Codes that are longer than what a keypad takes for an entry. */
function typedCodeWarnings(config: Config): readonly Finding[] {
  const { keypad, codes, passes, doors } = config;
  const longest = Math.min(keypad.autoSubmitLength ?? keypad.maxKeys, keypad.maxKeys);
  if (!doors.some((door) => takes(door, "pin", config))) return [];
  const warn = (steps: readonly Step[], digits: number): readonly Finding[] => {
    const problem = `Codes of ${digits} digits cannot be typed, for an entry has at most ${longest}.`;
    return digits <= longest
      ? []
      : [warning(steps, digits, problem, `Write at most ${longest}, or let entries be longer.`)];
  };
  return [
    ...warn(["codes", "publicLength"], codes.publicLength),
    ...warn(["passes", "courierDigits"], passes.courierDigits),
  ];
}

function codeWarnings(config: Config): readonly Finding[] {
  const { codes, passes, doors } = config;
  const typing = doors.filter((door) => takes(door, "pin", config));
  const warnings: Finding[] = [];
  const warn = (key: keyof Config["codes"], problem: string, remedy: string) =>
    warnings.push(warning(["codes", key], codes[key], problem, remedy));
  if (codes.duress) {
    const problem = "Each PIN then has a twin that opens, too: whoever guesses needs half as many tries.";
    warn("duress", problem, "Have PINs of six digits or more.");
  }
  if (codes.partition && passes.courierDigits < 8) {
    const problem = `Of a courier's ${passes.courierDigits} digits everybody then knows the first.`;
    warn("partition", problem, "Write 8 as courierDigits at passes.");
  }
  if (codes.virtualPin && !typing.some((door) => door.keypadMode === "pin" && takes(door, "card", config))) {
    warn("virtualPin", "No door takes a card and then a PIN without the apartment.", "Leave it out.");
  }
  if (codes.virtualPin && foundCardOdds(config).perDay > worryingPerDay) {
    const problem = "Whoever has found a card hits its owner's PIN within a day with more than one in a hundred.";
    warn("virtualPin", problem, "Write fewer attempts or a longer blockMs at factors, or false here.");
  }
  if (codes.publicLength < 6 && typing.length > 0) {
    const problem = `One of ${10 ** codes.publicLength} codes opens for everybody who is told it.`;
    warn("publicLength", problem, "Write 6 or more, or set no public codes.");
  }
  if (codes.qrPinOnKeypad && typing.length === 0) {
    warn("qrPinOnKeypad", "No door takes typed digits.", "Leave it out.");
  }
  if (codes.codeAlone && typing.every((door) => takes(door, "qr", config))) {
    warn("codeAlone", "Each door with keys has a scanner, so a code never opens alone.", "Leave it out.");
  }
  return warnings;
}

/** Above it, a day of guessing is worth somebody's while. */
const worryingPerDay = 0.01;

/** Of the shortest PINs that may have digits around them. */
export function foundCardOdds(config: Config): GuessOdds {
  const { duress, partition } = config.codes;
  const pins = { length: leastPaddedDigits, count: duress ? 2 : 1, share: shareOf("person", partition) };
  return paddedOdds(holderPolicy(config), [pins]);
}

function areaWarnings(config: Config): readonly Finding[] {
  return config.areas.flatMap(({ id, passback, capacity, forgiveMs }, n) => {
    const counts = passback !== "off" || capacity > 0;
    const isUsed = config.doors.some(({ leadsTo, leadsFrom }) => leadsTo === id || leadsFrom === id);
    if (!counts || !isUsed || forgiveMs === 0 || !hasNoWayOut(config, id)) return [];
    const problem = "Nobody is ever seen to leave this area, only forgotten after forgiveMs.";
    const remedy = "Add a reader with direction exit at a door that leads to it.";
    return [warning(["areas", n], id, problem, remedy)];
  });
}

/** What stands open for hours keeps the rest of its group shut for as long. */
function interlockWarnings({ interlocks, doors }: Config): readonly Finding[] {
  return interlocks.flatMap((group, n) =>
    group.flatMap((id, m) => {
      const door = doors.find((one) => one.id === id);
      const isHeld = door?.timetable.some(({ action }) => action === "holdOpen") ?? false;
      if (!isHeld && door?.mode !== "bistable") return [];
      const why = isHeld ? "its timetable holds this door open" : "this bistable door is switched open";
      return [
        warning(
          ["interlocks", n, m],
          id,
          `While ${why}, no other door of the group opens.`,
          "Nothing to do if that is meant.",
        ),
      ];
    }),
  );
}

function switchWarnings({ enrolByCard, features, readers }: Config): readonly Finding[] {
  const readsCards = readers.some((reader) => methodsOf(reader).includes("card"));
  if (!enrolByCard || (readsCards && features.card)) return [];
  return [warning(["enrolByCard"], true, "No reader reads cards that count.", "Leave it out.")];
}
