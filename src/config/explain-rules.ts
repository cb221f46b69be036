// What a configuration asks for beyond the usual, as titled lines for `postern check`: only what is there is told.
import { auxRelaySchema, doorSchema } from "./door-schema.ts";
import type { TitledLine } from "./explain-settings.ts";
import { line, settingLines, spanText } from "./explain-settings.ts";
import { actionSchema } from "./network-schema.ts";
import type { Config, DoorConfig } from "./schema.ts";

const usual = doorSchema.parse({ id: "usual", name: "Usual", lock: "failSecure", relay: "usual" });
const usualAux = auxRelaySchema.parse({ relay: "usual" });
const usualAction = actionSchema.parse({ id: "usual", url: "http://usual/" });
type InputOpening = Config["inputs"][number]["opens"][number];

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
    ...(door.extendedUnlockMs === usual.extendedUnlockMs && door.extendedHeldOpenMs === usual.extendedHeldOpenMs
      ? []
      : [`${spanText(door.extendedUnlockMs)}, and ${spanText(door.extendedHeldOpenMs)} open, for who needs longer`]),
  ];
  const asks = [
    ...(door.unit ? ["the door of a home: passes need their code"] : []),
    ...(door.passCodeRequired && !door.unit ? ["passes need their code"] : []),
    ...(door.grantableBy === "administrators" ? ["no pass but an administrator's"] : []),
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
  const { lockdown, inputs, receptions, interlocks, areas, keypad } = config;
  const apartment = keypad.apartmentLength;
  return [
    ...(lockdown === null
      ? []
      : [["lockdown", `${lockdown.input} shuts all doors until somebody releases it`] as const]),
    ...supplyLines(config),
    ...inputs.flatMap(inputLines),
    ...receptions.map(
      ({ input, doors, schedule }) =>
        ["reception", `${input} opens ${doors.join(", ")} to anybody during ${schedule}`] as const,
    ),
    ...interlocks.map((group) => ["interlock", `only one of ${group.join(", ")} at a time`] as const),
    ...areas.map((area) => ["area", areaText(area)] as const),
    ...(apartment === null ? [] : [["apartments", `the first ${apartment} digits before a PIN`] as const]),
    ...settingLines(config),
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

/** What an input does by its role stands at what has it. */
function inputLines({ id, activeLevel, debounceMs, supervised, actions, opens }: Config["inputs"][number]) {
  return line("input", [
    ...(activeLevel === "high" ? [`${id} is active when it is high`] : []),
    ...(debounceMs > 0 ? [`${id} counts after ${spanText(debounceMs)}`] : []),
    ...(supervised ? [`${id} tells a cut or shorted wire`] : []),
    ...actions.map(({ action, delayMs, delayMode }) => {
      const delay = delayMs > 0 ? ` after ${spanText(delayMs)}` : "";
      return `${id} sets off ${action}${delay}${delayMode === "ifStillActive" ? " if it is still active" : ""}`;
    }),
    ...opens.map((opening) => openingText(id, opening)),
  ]);
}

function networkLines({ httpOpening, actions, doors, homeAssistant }: Config): readonly TitledLine[] {
  const { modes, sessionCheck, addresses } = httpOpening;
  const numbered = httpOpening.doors.length === 0 ? doors.map(({ id }) => id) : httpOpening.doors;
  const login = sessionCheck ? ", from whoever is logged in to the console" : "";
  const numbers = modes.every((mode) => mode === "bearer") ? "" : `; number 1 is ${numbered.join(", then ")}`;
  return [
    ...(modes.length === 0 ? [] : [["over HTTP", `${modes.join(", ")} open doors${login}${numbers}`] as const]),
    ...line("from", modes.includes("legacyQuery") ? [`${addresses.join(", ")} by legacyQuery`] : []),
    ...actions.map((action, n) => ["action", `${n + 1} ${actionText(action)}`] as const),
    ...(homeAssistant === null ? [] : [["home", homeText(homeAssistant)] as const]),
  ];
}

function homeText(home: NonNullable<Config["homeAssistant"]>): string {
  const { broker, caFile, username, passwordFile, discoveryPrefix, id, mayOpen, revealDetails } = home;
  const told = [
    mayOpen ? "may open doors, as may everyone who may publish there" : "may look and not open",
    ...(caFile === null ? [] : [`its certificate by ${caFile}`]),
    ...(username === null ? [] : [`as ${username}${passwordFile === null ? "" : ` by ${passwordFile}`}`]),
    `called ${id} below ${discoveryPrefix}`,
    ...(revealDetails ? ["told who comes and why not"] : []),
  ];
  return [`Home Assistant at ${broker}`, ...told].join("; ");
}

function actionText(action: Config["actions"][number]): string {
  const { id, method, url, body, headers, authorizationFile, on, onNamed, doors, timeoutMs, revealNames } = action;
  const told = [
    ...(body === null ? [] : ["with a body of its own"]),
    ...headers.map((header) => `with ${header.name}`),
    ...(authorizationFile === null ? [] : [`authorized by ${authorizationFile}`]),
    ...(on.length === 0 ? [] : [`upon ${on.join(", ")}`]),
    ...(onNamed.length === 0 ? [] : [`upon ${onNamed.join(", ")} of people`]),
    ...(doors.length === 0 ? [] : [`at ${doors.join(", ")} only`]),
    ...(timeoutMs === usualAction.timeoutMs ? [] : [`within ${spanText(timeoutMs)}`]),
    ...(revealNames ? ["with people's names"] : []),
  ];
  return [`${id}: ${method} ${url}`, ...told].join("; ");
}

const needWords: Readonly<Record<DoorConfig["factors"][number]["need"], string>> = {
  any: "one thing",
  cardAndPin: "a card and its owner's PIN",
  qrAndCode: "a QR and its code",
  twoPeople: "two people",
};

function auxText({ relay, mode, delayMs, holdMs, methods }: DoorConfig["auxRelays"][number]): string {
  const delay = delayMs > 0 ? ` after ${spanText(delayMs)}` : "";
  const isUsual = methods.join() === usualAux.methods.join();
  const by = isUsual ? "" : `, by ${methods.join(", ")}`;
  return `${relay}${delay}, ${mode === "bistable" ? "switching over" : `for ${spanText(holdMs)}`}${by}`;
}

function openingText(id: string, { door, schedule, delayMs, delayMode }: InputOpening): string {
  const ifHeld = delayMode === "ifStillActive" ? " if it is still active" : "";
  const delay = delayMs > 0 ? `, after ${spanText(delayMs)}${ifHeld}` : "";
  return `${id} opens ${door} to anybody during ${schedule}${delay}`;
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
