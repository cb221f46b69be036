// What an input that is switched off leaves undone, said loudly where people's ways out depend on it; knows no wire.
import type { Finding } from "./problem.ts";
import type { Config, DoorConfig } from "./schema.ts";

/** One for each thing that the input would do if it were on. */
export function disabledInputWarnings(config: Config): readonly Finding[] {
  return config.inputs.flatMap(({ id, enabled }, n) =>
    enabled
      ? []
      : undone(id, config).map((problem) => ({ steps: ["inputs", n, "enabled"], value: enabled, problem, remedy })),
  );
}

const remedy = "Write true as soon as it can be read again.";

function undone(id: string, { doors, fire, lockdown, supply, receptions, inputs }: Config): readonly string[] {
  const isOff = (input: string) => inputs.some((one) => one.id === input && !one.enabled);
  const found: string[] = [];
  if (fire?.input === id) found.push("This input is off, so a fire unlocks no door through Postern.");
  if (lockdown?.input === id) found.push("This input is off, so the lockdown switch locks nothing.");
  if (receptions.some(({ input }) => input === id)) found.push("This input is off, so its button opens nothing.");
  if (supply.mains === id) found.push("This input is off, so nobody learns that the mains has failed.");
  if (supply.battery === id) found.push("This input is off, so nobody learns that the battery is low.");
  if (supply.enclosures.includes(id)) found.push("This input is off, so nobody learns that a box was opened.");
  if (inputs.some((one) => one.id === id && one.opens.length > 0))
    found.push("This input is off, so it opens no door.");
  return [...found, ...doors.flatMap((door) => undoneAt(door, id, isOff))];
}

function undoneAt(door: DoorConfig, id: string, isOff: (input: string) => boolean): readonly string[] {
  const found: string[] = [];
  const say = (what: string) => found.push(`This input is off, so ${what}.`);
  if (door.exitButtons.includes(id)) {
    if (!door.exitButtons.every(isOff)) say(`one exit button of the door "${door.id}" does nothing`);
    else say(`no exit button lets people out of the door "${door.id}", whose handle or bar must always do`);
  }
  if (door.contact === id) say(`nobody learns that the door "${door.id}" was forced or stands open`);
  if (door.tampers.includes(id)) say(`nobody learns that a box of the door "${door.id}" was opened`);
  return found;
}
