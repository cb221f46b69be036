// What a configuration asks for beyond the usual, as titled lines for `postern check`: only what is there is told.
import type { Config, DoorConfig } from "./schema.ts";

export type TitledLine = readonly [title: string, text: string];

export function doorRuleLines(door: DoorConfig, { areas }: Config): readonly TitledLine[] {
  const { triggerDelayMs, preAlarmMs, sameUserMs, differentUserMs, alarms } = door;
  const waits = [
    ...(triggerDelayMs > 0 ? [`the lock moves ${spanText(triggerDelayMs)} after a grant`] : []),
    ...(sameUserMs > 0 ? [`the same person again after ${spanText(sameUserMs)}`] : []),
    ...(differentUserMs > 0 ? [`the next person after ${spanText(differentUserMs)}`] : []),
    ...(preAlarmMs > 0 ? [`warns ${spanText(preAlarmMs)} before the held-open alarm`] : []),
    ...(alarms.resetMs > 0 ? [`alarms end after ${spanText(alarms.resetMs)}`] : []),
    ...(alarms.administratorTwiceMs > 0 ? ["an administrator who opens twice ends alarms"] : []),
    ...(alarms.forced ? [] : ["no alarm when it is forced"]),
  ];
  const asks = [
    ...(door.unit ? ["the door of a home: passes need their code"] : []),
    ...(door.passCodeRequired && !door.unit ? ["passes need their code"] : []),
    ...(door.keypadMode === "apartmentPin" ? ["PINs come after the apartment"] : []),
    ...door.factors.map(({ schedule, need }) => `${needWords[need]} during ${schedule}`),
  ];
  const areaName = (id: string | null) => areas.find((area) => area.id === id)?.name ?? "outside";
  return [
    ...(door.mode === "bistable" ? [["mode", "bistable: each grant switches between open and locked"] as const] : []),
    ...door.auxRelays.map((aux) => ["drives", auxText(aux)] as const),
    ...(door.tampers.length > 0 ? [["tamper", door.tampers.join(", ")] as const] : []),
    ...(asks.length > 0 ? [["asks for", asks.join("; ")] as const] : []),
    ...door.timetable.map((rule) => ["timetable", timetableText(rule)] as const),
    ...(door.leadsTo === null && door.leadsFrom === null
      ? []
      : [["leads", `from ${areaName(door.leadsFrom)} to ${areaName(door.leadsTo)}`] as const]),
    ...(waits.length > 0 ? [["also", waits.join("; ")] as const] : []),
  ];
}

export function siteRuleLines(config: Config): readonly TitledLine[] {
  const { lockdown, receptions, interlocks, areas, features, keypad, codes } = config;
  const { callPermission, ...ways } = features;
  const off = Object.entries(ways).flatMap(([method, on]) => (on ? [] : [method]));
  const apartment = keypad.apartmentLength;
  const codeTexts = [
    ...(codes.duress ? ["duress twins of PINs"] : []),
    ...(codes.qrPinOnKeypad ? ["digits of QRs are typed, too"] : []),
    ...(codes.codeAlone ? ["long codes of passes open alone where there is no scanner"] : []),
  ];
  return [
    ...(lockdown === null
      ? []
      : [["lockdown", `${lockdown.input} shuts all doors until somebody releases it`] as const]),
    ...supplyLines(config),
    ...receptions.map(
      ({ input, doors, schedule }) =>
        ["reception", `${input} opens ${doors.join(", ")} to anybody during ${schedule}`] as const,
    ),
    ...interlocks.map((group) => ["interlock", `only one of ${group.join(", ")} at a time`] as const),
    ...areas.map((area) => ["area", areaText(area)] as const),
    ...(apartment === null ? [] : [["apartments", `the first ${apartment} digits before a PIN`] as const]),
    ...(codeTexts.length === 0 ? [] : [["codes", codeTexts.join("; ")] as const]),
    ...(off.length === 0 ? [] : [["off", `${off.join(", ")} open nothing`] as const]),
    ...(callPermission ? [] : [["calls", "go to everybody, also to those who may not open"] as const]),
    ...networkLines(config),
  ];
}

function supplyLines({ board, supply, time }: Config): readonly TitledLine[] {
  const { mains, battery, enclosures } = supply;
  const told = [
    ...(mains === null ? [] : [`${mains} tells that the mains has failed`]),
    ...(battery === null ? [] : [`${battery} that the battery is low`]),
    ...(enclosures.length === 0 ? [] : [`${enclosures.join(", ")} that a box was opened`]),
  ];
  const chip = time.chip ? "; or on the clock chip" : "";
  const believed = { proven: "which proves it", plain: "without proof", ignored: "" }[time.network];
  const network = believed === "" ? "when somebody on site has set it" : `on the network's word, ${believed}`;
  return [
    ...(told.length === 0 ? [] : [["supply", told.join("; ")] as const]),
    ...(board === "simulated" ? [] : [["time", `is believed ${network}${chip}`] as const]),
  ];
}

function networkLines({ httpOpening, actions, doors }: Config): readonly TitledLine[] {
  const { modes, sessionCheck } = httpOpening;
  const numbered = httpOpening.doors.length === 0 ? doors.map(({ id }) => id) : httpOpening.doors;
  const login = sessionCheck ? ", from whoever is logged in to the console" : "";
  const numbers = modes.every((mode) => mode === "bearer") ? "" : `; number 1 is ${numbered.join(", then ")}`;
  return [
    ...(modes.length === 0 ? [] : [["over HTTP", `${modes.join(", ")} open doors${login}${numbers}`] as const]),
    ...actions.map(({ id, method, url }, n) => ["action", `${n + 1} ${id}: ${method} ${url}`] as const),
  ];
}

const needWords: Readonly<Record<DoorConfig["factors"][number]["need"], string>> = {
  any: "one thing",
  cardAndPin: "a card and its owner's PIN",
  qrAndCode: "a QR and its code",
  twoPeople: "two people",
};

function auxText({ relay, mode, delayMs, holdMs }: DoorConfig["auxRelays"][number]): string {
  const delay = delayMs > 0 ? ` after ${spanText(delayMs)}` : "";
  return `${relay}${delay}, ${mode === "bistable" ? "switching over" : `for ${spanText(holdMs)}`}`;
}

function timetableText({ schedule, action, afterFirstPerson, mayBeEnded }: DoorConfig["timetable"][number]): string {
  const first = afterFirstPerson && action === "holdOpen" ? ", from the first person on who may hold it open" : "";
  const ended = mayBeEnded ? ", until such a person ends it" : "";
  return `${action === "holdOpen" ? "held open" : "locked down"} during ${schedule}${first}${ended}`;
}

function areaText({ name, passback, capacity, forgiveMs }: Config["areas"][number]): string {
  const again = { off: "", soft: ", entering twice is recorded", hard: ", entering twice is denied" }[passback];
  const room = capacity === 0 ? "" : `, at most ${capacity} people`;
  const forgotten = forgiveMs === 0 ? "nobody is forgotten" : `forgotten after ${spanText(forgiveMs)}`;
  return `${name}${again}${room}; ${forgotten}`;
}

export function spanText(ms: number): string {
  if (ms >= 3_600_000 && ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
