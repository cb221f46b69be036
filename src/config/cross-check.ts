// Finds settings that are fine alone and wrong together; knows no file and no line.
import { BlockList, isIP } from "node:net";
import { isTimeZone } from "../domain/local-time.ts";
import type { Method } from "../domain/presentation.ts";
import { cameraFindings } from "./camera-check.ts";
import { doorFindings } from "./door-check.ts";
import { gpioFindings } from "./gpio-check.ts";
import { homeAssistantFindings } from "./home-assistant-check.ts";
import { nearest } from "./nearest.ts";
import { networkFindings } from "./network-check.ts";
import { osdpFindings } from "./osdp-check.ts";
import { pcscFindings } from "./pcsc-check.ts";
import { policyFindings } from "./policy-check.ts";
import type { Finding } from "./problem.ts";
import { shortValue } from "./problem.ts";
import { methodsOf, readersByDoor, sidesOf } from "./reader-methods.ts";
import type { Salvage } from "./salvage.ts";
import { wiegandFindings } from "./wiegand-check.ts";
import { wiringFindings } from "./wiring-check.ts";

export function crossCheck(known: Salvage): readonly Finding[] {
  return [
    ...wiringFindings(known),
    ...gpioFindings(known),
    ...wiegandFindings(known),
    ...osdpFindings(known),
    ...cameraFindings(known),
    ...doorsNothingOpens(known),
    ...doorFindings(known),
    ...zoneFindings(known),
    ...policyFindings(known),
    ...consoleFindings(known),
    ...networkFindings(known),
    ...homeAssistantFindings(known),
    ...pcscFindings(known),
  ];
}

function doorsNothingOpens(known: Salvage): readonly Finding[] {
  const readersOf = readersByDoor(known);
  if (readersOf === null) return [];
  return known.doors.flatMap((door, n) => {
    const { id, exitButtons, methods } = door;
    if (id === undefined || methods === undefined || exitButtons?.length !== 0) return [];
    const readers = readersOf(id);
    if (sidesOf(door, readers, known.features).some((side) => side.size > 0)) return [];
    const why = readers.length === 0 ? "it has no reader" : whyNothingCounts(readers.flatMap(methodsOf), methods);
    const problem = `Nothing can open this door: ${why}, and it has no exit button.`;
    return [{ steps: ["doors", n], value: id, problem, remedy: "Add a reader or an exit button for it." }];
  });
}

const whyNothingCounts = (read: readonly Method[], methods: readonly Method[]): string =>
  read.some((method) => methods.includes(method))
    ? "features switches off what its readers read"
    : "its methods leave out what its readers read";

function zoneFindings({ site: { timeZone } }: Salvage): readonly Finding[] {
  if (timeZone === undefined || isTimeZone(timeZone)) return [];
  const guess = nearest(timeZone, Intl.supportedValuesOf("timeZone"));
  const remedy = guess === null ? 'Write an IANA name, such as "Europe/Madrid".' : `Did you mean ${shortValue(guess)}?`;
  return [{ steps: ["site", "timeZone"], value: timeZone, problem: "No time zone has this name.", remedy }];
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
