// What an installer may write: every setting with its range, its default and its help text; knows no file and no other setting.
import { z } from "zod";
import { cameraReaderSchema } from "./camera-schema.ts";
import { cloudSchema } from "./cloud-schema.ts";
import { doorSchema } from "./door-schema.ts";
import { homeAssistantSchema } from "./home-assistant-schema.ts";
import { actionHostSchema, actionSchema, httpOpeningSchema } from "./network-schema.ts";
import { osdpReaderSchema, outputPlaceSchema, pointPlaceSchema, rs485Schema } from "./osdp-schema.ts";
import { cardProfileSchema, pcscReaderSchema } from "./pcsc-schema.ts";
import {
  areaSchema,
  cardsSchema,
  codesSchema,
  factorPolicySchema,
  featuresSchema,
  guessingSchema,
  keypadSchema,
  passesSchema,
  privacySchema,
} from "./policy-schema.ts";
import { filePath, id, list, name, pin, span, text } from "./setting.ts";
import { keyboardReaderSchema, plateReaderSchema, scannerReaderSchema, tagReaderSchema } from "./text-reader-schema.ts";
import { keypadReaderSchema, wiegandReaderSchema } from "./wiegand-schema.ts";

export const siteSchema = z
  .strictObject({
    name: name("Casa Olmo").describe("What the site is called, as people will read it."),
    timeZone: text(
      /^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/,
      "Write the IANA name of the zone: region, slash, city.",
      "time zone",
      "Europe/Madrid",
    ).describe("The IANA time zone in which schedules are meant."),
  })
  .describe("The place as a whole.");

export const relaySchema = z
  .strictObject({
    id: id("front-strike").describe("How doors refer to this relay."),
    pin: pin.optional().describe("The output line that drives the relay (GPIO number, not the header's pin number)."),
    on: outputPlaceSchema.optional(),
    activeLevel: z
      .enum(["low", "high"])
      .default("high")
      .describe(
        "Which level energizes it. Many relay boards are energized by a low one: try it before a lock is wired.",
      ),
  })
  .describe("One relay: on a pin of the board, or in an OSDP reader.");

const inputActionSchema = z
  .strictObject({
    action: id("call-guard").describe("The id of the action."),
    delayMs: span(0, 300_000, "How long after the input became active it happens.").default(0),
    delayMode: z
      .enum(["unconditional", "ifStillActive"])
      .default("unconditional")
      .describe("ifStillActive: not when the input was let go before the delay was over."),
  })
  .describe("One action of an input.");

const inputOpeningSchema = z
  .strictObject({
    door: id("front").describe("The id of the door that it opens; never that of a home."),
    schedule: id("office-hours").describe("The id of the schedule that must hold when it opens."),
    delayMs: span(0, 300_000, "How long after the input became active the door opens.").default(0),
    delayMode: z
      .enum(["unconditional", "ifStillActive"])
      .default("unconditional")
      .describe("ifStillActive: not when the input was let go before the delay was over."),
    allowUnauthenticated: z.literal(true).describe("Says that you mean it: whoever sets the input off gets in."),
  })
  .describe("One door that an input opens.");

export const inputSchema = z
  .strictObject({
    id: id("front-exit").describe("How doors and the fire section refer to this input."),
    pin: pin.optional().describe("The input line that is read (GPIO number, not the header's pin number)."),
    on: pointPlaceSchema.optional(),
    enabled: z
      .boolean()
      .default(true)
      .describe("Whether it is read at all. One that is off keeps its place at its door and sets off nothing."),
    activeLevel: z
      .enum(["low", "high"])
      .default("low")
      .describe(
        "Which level means active (pressed, open, fire): low when the contact closes to ground, or when its OSDP reader says so; high is the other way round.",
      ),
    pull: z
      .enum(["up", "down", "none"])
      .default("up")
      .describe(
        "The board's own resistor: up for a contact that closes to ground, none where another device drives it.",
      ),
    debounceMs: span(0, 200, "How long a level must stand before it counts.").default(0),
    supervised: z
      .boolean()
      .default(false)
      .describe("Whether resistors at the end of the wire tell a cut or shorted wire from a level."),
    actions: list(inputActionSchema, 0, 8).default([]).describe("What it sets off besides its role."),
    opens: list(inputOpeningSchema, 0, 8)
      .default([])
      .describe("Doors that it opens for anybody, as a role of its own. Ways out are exitButtons of the doors."),
  })
  .describe("One input: an exit button, a door contact or the fire panel.");

export const readerSchema = z
  .discriminatedUnion("kind", [
    wiegandReaderSchema,
    keypadReaderSchema,
    scannerReaderSchema,
    plateReaderSchema,
    tagReaderSchema,
    keyboardReaderSchema,
    cameraReaderSchema,
    pcscReaderSchema,
    osdpReaderSchema,
  ])
  .describe("One thing at which people show a card, a code or a PIN.");

export const timeSchema = z
  .strictObject({
    network: z
      .enum(["proven", "plain", "ignored"])
      .default("plain")
      .describe(
        "What it is worth that the network has set the machine's clock. proven: only for time daemons whose sources are authenticated (NTS). plain: rights with times hold, but the time is not taken for proof. ignored: not until somebody on site set it.",
      ),
    chip: z
      .boolean()
      .default(false)
      .describe("Whether a clock chip with a battery is fitted, whose time counts after a power cut."),
  })
  .describe("Whose word the machine's clock is believed on; a simulated board believes its own.");

export const gpioSchema = z
  .strictObject({
    chip: z
      .string()
      .min(1)
      .max(31)
      .nullable()
      .default(null)
      .meta({ examples: ["pinctrl-bcm2711"] })
      .describe(
        "The label of the chip that the pins are on, as gpiodetect shows it; null finds a Raspberry Pi's header.",
      ),
    driver: z
      .enum(["chardev", "sysfs"])
      .default("chardev")
      .describe(
        "How the lines are worked. sysfs is for kernels before 5.10: no Wiegand readers, and relays stay as they are when Postern dies.",
      ),
  })
  .describe("The lines of a linux board.");

export const fireSchema = z
  .strictObject({
    input: id("fire-panel").describe("The id of the input that the fire panel drives. It unlocks fail-safe doors."),
  })
  .describe("The fire panel.");

export const lockdownSchema = z
  .strictObject({
    input: id("lockdown-switch").describe("The id of the input that blocks entry at every door while it is active."),
  })
  .describe("The lockdown switch.");

export const supplySchema = z
  .strictObject({
    mains: id("mains-failed")
      .nullable()
      .default(null)
      .describe("The id of the input that the power supply drives when the mains has failed; null has none."),
    battery: id("battery-low")
      .nullable()
      .default(null)
      .describe("The id of the input that it drives when the battery is low; null has none."),
    enclosures: list(id("box-tamper"), 0, 8)
      .default([])
      .describe("The ids of the inputs that see the controller's boxes being opened."),
  })
  .describe("What keeps the controller alive and shut away.");

export const receptionSchema = z
  .strictObject({
    input: id("reception-button").describe("The id of the button's input."),
    doors: list(id("front"), 1, 16).describe("The ids of the doors that it opens; never those of homes."),
    schedule: id("office-hours").describe("The id of the schedule during which it works."),
    allowUnauthenticated: z.literal(true).describe("Says that you mean it: whoever presses the button gets in."),
  })
  .describe("A button that opens for whoever presses it.");

export const rescueSchema = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe(
        "Whether the doors keep a file by which `postern rescue` opens for administrators' cards when Postern cannot start.",
      ),
  })
  .describe("What opens when Postern cannot start.");

export const journalSchema = z
  .strictObject({
    keepEvents: z
      .int()
      .min(100_000)
      .max(50_000_000)
      .default(200_000)
      .describe("How many events the record keeps before it drops the oldest."),
  })
  .describe("The record.");

export const directorySchema = z
  .strictObject({
    file: filePath("/etc/postern/directory.json")
      .nullable()
      .default(null)
      .describe("A directory.json that is applied at the start and whenever it changes; null has none."),
    maxPeople: z.int().min(1).max(50_000).default(20_000).describe("How many people may be entered."),
  })
  .describe("Who may enter; perhaps kept in a file, whose codes are replaced by tokens when it was applied.");

export const consoleSchema = z
  .strictObject({
    host: text(/^[0-9A-Za-z.:]{1,45}$/, 'Write an IP address of this machine, or "localhost".', "address", "127.0.0.1")
      .default("127.0.0.1")
      .describe("The address on which the console answers. Any but loopback (127.0.0.1, ::1) needs tls."),
    port: z.int().min(0).max(65_535).default(8480).describe("The console's port; 0 takes any free one."),
    tls: z
      .strictObject({
        certFile: filePath("/etc/postern/console.crt").describe("The certificate, with its chain, as PEM."),
        keyFile: filePath("/etc/postern/console.key").describe("The certificate's private key, as PEM."),
      })
      .nullable()
      .default(null)
      .describe("The console's certificate; null answers without encryption, on loopback only."),
  })
  .describe("The page for operators.");

export const configSchema = z
  .strictObject({
    $schema: z.string().max(1000).optional().describe("Where editors find the description of this file."),
    site: siteSchema,
    board: z
      .enum(["simulated", "linux"])
      .describe(
        "What the wires are on: linux is the machine that Postern runs on, simulated a board in software, for trying out.",
      ),
    gpio: gpioSchema.prefault({}),
    relays: list(relaySchema, 1, 128).describe("The relays, one for each door."),
    inputs: list(inputSchema, 0, 256).default([]).describe("Exit buttons, door contacts and the fire panel."),
    readers: list(readerSchema, 0, 128).default([]).describe("Card readers, keypads and scanners."),
    cardProfiles: list(cardProfileSchema, 0, 32)
      .default([])
      .describe("How secured cards are read. Their keys are set by `postern cards key` and never stand here."),
    rs485: list(rs485Schema, 0, 16).default([]).describe("RS-485 lines, for OSDP readers."),
    doors: list(doorSchema, 1, 64).describe("The doors."),
    areas: list(areaSchema, 0, 64).default([]).describe("Parts of the site in which people are counted."),
    interlocks: list(list(id("front"), 2, 16), 0, 32)
      .default([])
      .describe("Groups of doors of which only one may be open at a time. Exit buttons open all the same."),
    fire: fireSchema.nullable().default(null),
    lockdown: lockdownSchema.nullable().default(null),
    supply: supplySchema.prefault({}),
    receptions: list(receptionSchema, 0, 8).default([]).describe("Buttons that let anybody in, at set times."),
    features: featuresSchema.prefault({}),
    keypad: keypadSchema.prefault({}),
    guessing: guessingSchema.prefault({}),
    factors: factorPolicySchema.prefault({}),
    codes: codesSchema.prefault({}),
    passes: passesSchema.prefault({}),
    cards: cardsSchema.prefault({}),
    enrolByCard: z
      .boolean()
      .default(false)
      .describe("Whether a reader takes an unknown card for enrolment within 20 seconds of an administrator's."),
    rescue: rescueSchema.prefault({}),
    journal: journalSchema.prefault({}),
    privacy: privacySchema.prefault({}),
    recordDeadlineMs: span(
      0,
      1500,
      "When the disk is slower than this, a resident's uncounted card opens first and is recorded right after; 0 always waits for the disk.",
    ).default(300),
    directory: directorySchema.prefault({}),
    time: timeSchema.prefault({}),
    cloud: cloudSchema.nullable().default(null).describe("null has no cloud."),
    console: consoleSchema.prefault({}),
    httpOpening: httpOpeningSchema.prefault({}),
    actions: list(actionSchema, 0, 50)
      .default([])
      .describe("Requests that are sent when something happened; a person's web relay n sets off the n-th."),
    actionHosts: list(actionHostSchema, 0, 50).default([]).describe("The only hosts that actions may go to."),
    homeAssistant: homeAssistantSchema.nullable().default(null),
  })
  .meta({ title: "Postern site", description: "Everything that an installer tells a Postern controller." });

export type Config = z.output<typeof configSchema>;
export type DoorConfig = Config["doors"][number];
export type ReaderConfig = Config["readers"][number];
