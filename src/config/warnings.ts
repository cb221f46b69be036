// What is allowed in a configuration and still deserves a second look; knows no file and no line.
import { disabledInputWarnings } from "./disabled-inputs.ts";
import { homeAssistantWarnings } from "./home-assistant-check.ts";
import { networkWarnings } from "./network-check.ts";
import { osdpWarnings } from "./osdp-check.ts";
import { pcscWarnings } from "./pcsc-check.ts";
import { guessingSchema } from "./policy-schema.ts";
import type { Finding } from "./problem.ts";
import { shortValue } from "./problem.ts";
import { methodsOf } from "./reader-methods.ts";
import { ruleWarnings } from "./rule-warnings.ts";
import type { Config, DoorConfig } from "./schema.ts";

export function warningsOf(config: Config): readonly Finding[] {
  return [
    ...config.doors.flatMap((door, n) => doorWarnings(door, n, config)),
    ...readersSwitchedOff(config),
    ...unusedWires(config),
    ...fireWarnings(config),
    ...disabledInputWarnings(config),
    ...guessWarnings(config),
    ...networkWarnings(config),
    ...homeAssistantWarnings(config),
    ...bouncingInputs(config),
    ...pcscWarnings(config),
    ...ruleWarnings(config),
    ...osdpWarnings(config),
  ];
}

function doorWarnings(door: DoorConfig, n: number, { doors }: Config): readonly Finding[] {
  const warnings: Finding[] = [];
  const warn = (key: keyof DoorConfig, problem: string, remedy: string) =>
    warnings.push({ steps: ["doors", n, key], value: door[key], problem, remedy });
  if (door.lock === "failSecure" && door.exitButtons.length === 0) {
    warn(
      "exitButtons",
      "Nothing here lets people out of this fail-secure door.",
      "Make sure that its handle or bar always does.",
    );
  }
  if (door.contact === null) {
    warn("contact", "Without a contact nobody learns that this door was forced or stands open.", "Add one if you can.");
  }
  if (doors.findIndex((other) => other.name === door.name) < n) {
    warn("name", "Another door has the same name.", "Call them by different names, or events are hard to tell apart.");
  }
  return warnings;
}

function readersSwitchedOff({ readers, doors }: Config): readonly Finding[] {
  return readers.flatMap((reader, n) => {
    const allowed = doors.find((door) => door.id === reader.door)?.methods ?? [];
    const off = methodsOf(reader).filter((method) => !allowed.includes(method));
    if (off.length === 0) return [];
    const problem = `This reader gives ${off.join(" and ")}, which its door's methods leave out.`;
    return [{ steps: ["readers", n], value: reader.id, problem, remedy: "Nothing to do if that is meant." }];
  });
}

function unusedWires({ relays, inputs, doors, fire, lockdown, supply, receptions, areas }: Config): readonly Finding[] {
  const ofDoors = doors.flatMap((door) => [
    door.relay,
    ...door.auxRelays.map(({ relay }) => relay),
    door.contact,
    ...door.exitButtons,
    ...door.tampers,
    door.leadsTo,
    door.leadsFrom,
  ]);
  const acting = inputs.filter(({ actions, opens }) => actions.length + opens.length > 0).map(({ id }) => id);
  const ofSupply = [supply.mains, supply.battery, ...supply.enclosures];
  const ofSite = [fire?.input ?? null, lockdown?.input ?? null, ...ofSupply, ...receptions.map(({ input }) => input)];
  const used = new Set([...ofDoors, ...acting, ...ofSite]);
  const unused = (list: "relays" | "inputs" | "areas", entries: readonly { readonly id: string }[]) =>
    entries.flatMap(({ id }, n) => {
      const problem = "Nothing uses this.";
      return used.has(id) ? [] : [{ steps: [list, n], value: id, problem, remedy: "Name it at a door, or remove it." }];
    });
  return [...unused("relays", relays), ...unused("inputs", inputs), ...unused("areas", areas)];
}

function fireWarnings({ doors, fire }: Config): readonly Finding[] {
  const failSafe = doors.some((door) => door.lock === "failSafe");
  if (fire === null && failSafe) {
    const problem = "The fire panel reaches no fail-safe door through Postern.";
    return [{ steps: ["fire"], value: fire, problem, remedy: "Add it, or let it cut the lock's power itself." }];
  }
  if (fire === null || failSafe) return [];
  const problem = "A fire unlocks fail-safe doors only, and there is none.";
  return [{ steps: ["fire"], value: fire, problem, remedy: "Check the lock of each door." }];
}

/** Of what is on the board's own lines: readers settle theirs themselves. */
function bouncingInputs({ board, inputs }: Config): readonly Finding[] {
  if (board !== "linux") return [];
  return inputs.flatMap(({ pin, debounceMs }, n) => {
    if (pin === undefined || debounceMs > 0) return [];
    const problem = "Buttons and contacts bounce, and each bounce here counts as a change.";
    return [{ steps: ["inputs", n, "debounceMs"], value: debounceMs, problem, remedy: "Write 30." }];
  });
}

function guessWarnings({ guessing }: Config): readonly Finding[] {
  const usual = guessingSchema.parse({});
  const warn = (key: keyof typeof usual, weaker: boolean) => {
    const problem = `This makes codes easier to guess than the usual ${shortValue(usual[key])}.`;
    const remedy = "Use longer codes to make up for it.";
    return weaker ? [{ steps: ["guessing", key], value: guessing[key], problem, remedy }] : [];
  };
  return [
    ...warn("failures", guessing.failures > usual.failures),
    ...warn("blockMs", guessing.blockMs < usual.blockMs),
    ...warn("maxBlockMs", guessing.maxBlockMs < usual.maxBlockMs),
    ...warn("drainMs", guessing.drainMs < usual.drainMs),
  ];
}
