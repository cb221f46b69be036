// Finds settings that are fine alone and wrong together; knows no file and no line.
import { BlockList, isIP } from "node:net";
import { isTimeZone } from "../domain/local-time.ts";
import type { Method } from "../domain/presentation.ts";
import { nearest } from "./nearest.ts";
import type { Finding } from "./problem.ts";
import { shortValue } from "./problem.ts";
import type { Salvage, SomeDoor, SomeReader } from "./salvage.ts";
import { isDangling, knownIds, wiringFindings } from "./wiring-check.ts";

export function crossCheck(known: Salvage): readonly Finding[] {
  return [
    ...wiringFindings(known),
    ...doorsNothingOpens(known),
    ...known.doors.flatMap(doorFindings),
    ...zoneFindings(known),
    ...entryFindings(known),
    ...blockFindings(known),
    ...consoleFindings(known),
  ];
}

/** What a reader can present. */
export function methodsOf(reader: SomeReader): readonly Method[] {
  if (reader.kind === "keypad") return ["pin"];
  if (reader.kind === "scanner") return ["qr"];
  if (reader.kind === "plate") return ["plate"];
  return reader.kind === "wiegand" && reader.keypad === true ? ["card", "pin"] : ["card"];
}

function doorsNothingOpens(known: Salvage): readonly Finding[] {
  const { door: doorIds } = knownIds(known);
  const unclear = known.readers.some(
    ({ door, kind }) => door === undefined || kind === undefined || isDangling(doorIds, door),
  );
  if (unclear) return [];
  return known.doors.flatMap(({ id, exitButtons, methods }, n) => {
    if (id === undefined || methods === undefined || exitButtons?.length !== 0) return [];
    const readers = known.readers.filter((reader) => reader.door === id);
    if (readers.some((reader) => methodsOf(reader).some((method) => methods.includes(method)))) return [];
    const why = readers.length === 0 ? "it has no reader" : "its methods leave out what its readers read";
    const problem = `Nothing can open this door: ${why}, and it has no exit button.`;
    return [{ steps: ["doors", n], value: id, problem, remedy: "Add a reader or an exit button for it." }];
  });
}

function doorFindings(door: SomeDoor, n: number): readonly Finding[] {
  return [...heldOpenFindings(door, n), ...repeatedMethods(door, n)];
}

function heldOpenFindings({ contact, heldOpenMs, unlockMs }: SomeDoor, n: number): readonly Finding[] {
  if (typeof contact !== "string" || heldOpenMs === undefined || unlockMs === undefined) return [];
  if (heldOpenMs > unlockMs) return [];
  return [
    {
      steps: ["doors", n, "heldOpenMs"],
      value: heldOpenMs,
      problem: `The door would alarm as held open while it is still unlocked, for ${unlockMs} ms.`,
      remedy: `Write more than ${unlockMs}, or shorten unlockMs.`,
    },
  ];
}

function repeatedMethods({ methods = [] }: SomeDoor, n: number): readonly Finding[] {
  return methods.flatMap((method, m) =>
    methods.indexOf(method) === m
      ? []
      : [{ steps: ["doors", n, "methods", m], value: method, problem: "This is listed twice.", remedy: "Remove one." }],
  );
}

function zoneFindings({ site: { timeZone } }: Salvage): readonly Finding[] {
  if (timeZone === undefined || isTimeZone(timeZone)) return [];
  const guess = nearest(timeZone, Intl.supportedValuesOf("timeZone"));
  const remedy = guess === null ? 'Write an IANA name, such as "Europe/Madrid".' : `Did you mean ${shortValue(guess)}?`;
  return [{ steps: ["site", "timeZone"], value: timeZone, problem: "No time zone has this name.", remedy }];
}

function entryFindings({ keypad: { autoSubmitLength, maxKeys } }: Salvage): readonly Finding[] {
  if (typeof autoSubmitLength !== "number" || maxKeys === undefined || autoSubmitLength <= maxKeys) return [];
  return [
    {
      steps: ["keypad", "autoSubmitLength"],
      value: autoSubmitLength,
      problem: `An entry never gets that long, for maxKeys is ${maxKeys}.`,
      remedy: `Write at most ${maxKeys}, or raise maxKeys.`,
    },
  ];
}

function blockFindings({ guessing: { blockMs, maxBlockMs } }: Salvage): readonly Finding[] {
  if (blockMs === undefined || maxBlockMs === undefined || blockMs <= maxBlockMs) return [];
  return [
    {
      steps: ["guessing", "maxBlockMs"],
      value: maxBlockMs,
      problem: `The longest block would be shorter than the first, of ${blockMs} ms.`,
      remedy: `Write at least ${blockMs}, or shorten blockMs.`,
    },
  ];
}

function consoleFindings({ console: { host, tls } }: Salvage): readonly Finding[] {
  if (host === undefined) return [];
  const steps = ["console", "host"];
  if (host !== "localhost" && isIP(host) === 0) {
    const remedy = 'Write an address of this machine, such as "127.0.0.1".';
    return [{ steps, value: host, problem: 'This is neither an IP address nor "localhost".', remedy }];
  }
  if (tls !== null || isLoopback(host)) return [];
  const problem = "Others on the network could reach the console here, and it has no encryption.";
  return [{ steps, value: host, problem, remedy: 'Add "tls", or write "127.0.0.1".' }];
}

function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  const loopback = new BlockList();
  loopback.addSubnet("127.0.0.0", 8, "ipv4");
  loopback.addAddress("::1", "ipv6");
  return loopback.check(host, isIP(host) === 6 ? "ipv6" : "ipv4");
}
