// Keeps what is sound of a configuration with mistakes in it, so that every check can still look at the rest.
import type { z } from "zod";
import { idPattern } from "../domain/ids.ts";
import { cameraReaderSchema } from "./camera-schema.ts";
import { cloudSchema } from "./cloud-schema.ts";
import { doorSchema } from "./door-schema.ts";
import { homeAssistantSchema } from "./home-assistant-schema.ts";
import { actionHostSchema, actionSchema, httpOpeningSchema } from "./network-schema.ts";
import { osdpReaderSchema, rs485Schema } from "./osdp-schema.ts";
import {
  classicProfileSchema,
  desfireProfileSchema,
  pcscReaderSchema,
  phoneProfileSchema,
  plusProfileSchema,
} from "./pcsc-schema.ts";
import { areaSchema, codesSchema, featuresSchema, guessingSchema, keypadSchema } from "./policy-schema.ts";
import { own } from "./published-schema.ts";
import {
  configSchema,
  consoleSchema,
  fireSchema,
  gpioSchema,
  inputSchema,
  lockdownSchema,
  receptionSchema,
  relaySchema,
  siteSchema,
  supplySchema,
} from "./schema.ts";
import { keyboardReaderSchema, plateReaderSchema, scannerReaderSchema, tagReaderSchema } from "./text-reader-schema.ts";
import { keypadReaderSchema, wiegandReaderSchema } from "./wiegand-schema.ts";

type Some<Schema extends z.ZodObject> = { readonly [Key in keyof z.output<Schema>]?: z.output<Schema>[Key] };

export type SomeDoor = Some<typeof doorSchema>;
export type SomeReader =
  | Some<typeof wiegandReaderSchema>
  | Some<typeof keypadReaderSchema>
  | Some<typeof scannerReaderSchema>
  | Some<typeof plateReaderSchema>
  | Some<typeof keyboardReaderSchema>
  | Some<typeof tagReaderSchema>
  | Some<typeof cameraReaderSchema>
  | Some<typeof pcscReaderSchema>
  | Some<typeof osdpReaderSchema>;
export type SomeProfile =
  | Some<typeof classicProfileSchema>
  | Some<typeof plusProfileSchema>
  | Some<typeof desfireProfileSchema>
  | Some<typeof phoneProfileSchema>;

/** A configuration of which any setting may be missing because what stands there is wrong. */
export interface Salvage {
  readonly site: Some<typeof siteSchema>;
  readonly board: "simulated" | "linux" | undefined;
  readonly gpio: Some<typeof gpioSchema>;
  readonly relays: readonly Some<typeof relaySchema>[];
  readonly inputs: readonly Some<typeof inputSchema>[];
  readonly readers: readonly SomeReader[];
  readonly cardProfiles: readonly SomeProfile[];
  readonly rs485: readonly Some<typeof rs485Schema>[];
  readonly doors: readonly SomeDoor[];
  readonly areas: readonly Some<typeof areaSchema>[];
  /** What is no id in a group is left out of it as undefined. */
  readonly interlocks: readonly (readonly (string | undefined)[])[];
  readonly receptions: readonly Some<typeof receptionSchema>[];
  readonly fire: Some<typeof fireSchema>;
  readonly lockdown: Some<typeof lockdownSchema>;
  readonly supply: Some<typeof supplySchema>;
  readonly features: Some<typeof featuresSchema>;
  readonly codes: Some<typeof codesSchema>;
  readonly keypad: Some<typeof keypadSchema>;
  readonly guessing: Some<typeof guessingSchema>;
  /** Null when there is none. */
  readonly cloud: Some<typeof cloudSchema> | null;
  readonly console: Some<typeof consoleSchema>;
  readonly httpOpening: Some<typeof httpOpeningSchema>;
  readonly actions: readonly Some<typeof actionSchema>[];
  readonly homeAssistant: Some<typeof homeAssistantSchema>;
  /** What is no host is left out of it as undefined. */
  readonly actionHosts: readonly (string | undefined)[];
}

/** More entries than any list may have are refused anyway and not looked at. */
const maxEntries = 256;

export function salvage(file: unknown): Salvage {
  return {
    site: soundFields(siteSchema, own(file, "site")),
    board: configSchema.shape.board.safeParse(own(file, "board")).data,
    gpio: soundFields(gpioSchema, own(file, "gpio")),
    relays: entries(file, "relays").map((entry) => soundFields(relaySchema, entry)),
    inputs: entries(file, "inputs").map((entry) => soundFields(inputSchema, entry)),
    readers: entries(file, "readers").map(soundReader),
    cardProfiles: entries(file, "cardProfiles").map(soundProfile),
    rs485: entries(file, "rs485").map((entry) => soundFields(rs485Schema, entry)),
    doors: entries(file, "doors").map((entry) => soundFields(doorSchema, entry)),
    areas: entries(file, "areas").map((entry) => soundFields(areaSchema, entry)),
    interlocks: entries(file, "interlocks").map(soundGroup),
    receptions: entries(file, "receptions").map((entry) => soundFields(receptionSchema, entry)),
    fire: soundFields(fireSchema, own(file, "fire")),
    lockdown: soundFields(lockdownSchema, own(file, "lockdown")),
    supply: soundFields(supplySchema, own(file, "supply")),
    features: soundFields(featuresSchema, own(file, "features")),
    codes: soundFields(codesSchema, own(file, "codes")),
    keypad: soundFields(keypadSchema, own(file, "keypad")),
    guessing: soundFields(guessingSchema, own(file, "guessing")),
    cloud: (own(file, "cloud") ?? null) === null ? null : soundFields(cloudSchema, own(file, "cloud")),
    console: soundFields(consoleSchema, own(file, "console")),
    httpOpening: soundFields(httpOpeningSchema, own(file, "httpOpening")),
    actions: entries(file, "actions").map((entry) => soundFields(actionSchema, entry)),
    homeAssistant: soundFields(homeAssistantSchema, own(file, "homeAssistant")),
    actionHosts: entries(file, "actionHosts").map((entry) => actionHostSchema.safeParse(entry).data),
  };
}

function soundReader(entry: unknown): SomeReader {
  const kind = own(entry, "kind");
  if (kind === "keypad") return soundFields(keypadReaderSchema, entry);
  if (kind === "scanner") return soundFields(scannerReaderSchema, entry);
  if (kind === "plate") return soundFields(plateReaderSchema, entry);
  if (kind === "tag") return soundFields(tagReaderSchema, entry);
  if (kind === "keyboard") return soundFields(keyboardReaderSchema, entry);
  if (kind === "camera") return soundFields(cameraReaderSchema, entry);
  if (kind === "pcsc") return soundFields(pcscReaderSchema, entry);
  if (kind === "osdp") return soundFields(osdpReaderSchema, entry);
  return soundFields(wiegandReaderSchema, entry);
}

function soundProfile(entry: unknown): SomeProfile {
  const kind = own(entry, "kind");
  if (kind === "plus") return soundFields(plusProfileSchema, entry);
  if (kind === "desfire") return soundFields(desfireProfileSchema, entry);
  if (kind === "phone") return soundFields(phoneProfileSchema, entry);
  return soundFields(classicProfileSchema, entry);
}

type ListKey =
  | "relays"
  | "inputs"
  | "readers"
  | "cardProfiles"
  | "rs485"
  | "doors"
  | "areas"
  | "interlocks"
  | "receptions"
  | "actions"
  | "actionHosts";

const soundGroup = (group: unknown): readonly (string | undefined)[] =>
  Array.isArray(group)
    ? group.slice(0, maxEntries).map((id) => (typeof id === "string" && idPattern.test(id) ? id : undefined))
    : [];

/** What cannot be read as a list counts as one entry of which nothing is known: nobody can say what is not in it. */
function entries(file: unknown, key: ListKey): readonly unknown[] {
  const list = own(file, key) ?? (hasStrangeKey(configSchema, file) ? undefined : []);
  if (!Array.isArray(list)) return [undefined];
  return list.length <= maxEntries ? list : [...list.slice(0, maxEntries), undefined];
}

/** A setting that is absent has its default, unless it may be there under a mistyped key. */
function soundFields<Schema extends z.ZodObject>(schema: Schema, value: unknown): Some<Schema> {
  const sound: Record<string, unknown> = {};
  const mistyped = hasStrangeKey(schema, value);
  for (const [key, field] of Object.entries<z.ZodType>(schema.shape)) {
    const written = own(value, key);
    if (written === undefined && mistyped) continue;
    const parsed = field.safeParse(written);
    if (parsed.success) sound[key] = parsed.data;
  }
  return sound as Some<Schema>;
}

function hasStrangeKey(schema: z.ZodObject, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.keys(value).some((key) => !Object.hasOwn(schema.shape, key));
}
