// What an installer may write: every setting with its range, its default and its help text; knows no file and no other setting.
import { z } from "zod";
import { idPattern } from "../domain/ids.ts";
import { methods } from "../domain/presentation.ts";

/** `patternErrorMessage` is what editors show for a text that does not fit, and what `postern check` advises. */
const text = (pattern: RegExp, advice: string, title: string, example: string) =>
  z
    .string()
    .regex(pattern)
    .meta({ title, patternErrorMessage: advice, examples: [example] });

const id = (example: string) =>
  text(idPattern, "Write 1 to 63 small letters, digits or hyphens, a letter or digit first.", "id", example);
const name = (example: string) =>
  text(/^\S(.*\S)?$/, "Write 1 to 64 characters without a space at either end.", "name", example).max(64);
const filePath = (example: string) =>
  text(/^\/.{0,4094}$/, "Write the full path of the file, from the first slash on.", "full path", example);

const pin = z
  .int()
  .min(0)
  .max(1023)
  .meta({ description: "The line's number on the board (GPIO number, not the header's pin number).", examples: [17] });
const span = (min: number, max: number, help: string) => z.int().min(min).max(max).describe(`${help} In milliseconds.`);
const list = <T extends z.ZodType>(entry: T, min: number, max: number) => z.array(entry).min(min).max(max);

const second = 1000;
const hour = 3_600 * second;
const day = 24 * hour;

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
    pin: pin.describe("The output line that drives the relay (GPIO number, not the header's pin number)."),
  })
  .describe("One relay.");

export const inputSchema = z
  .strictObject({
    id: id("front-exit").describe("How doors and the fire section refer to this input."),
    pin: pin.describe("The input line that is read (GPIO number, not the header's pin number)."),
  })
  .describe("One input: an exit button, a door contact or the fire panel.");

const wiegandPins = z
  .strictObject({ d0: pin.describe("The line of DATA0."), d1: pin.describe("The line of DATA1.") })
  .describe("The two data lines.");
const readerCommon = {
  id: id("front-reader").describe("What this reader is called in events and faults."),
  door: id("front").describe("The id of the door that this reader asks for."),
};

export const wiegandReaderSchema = z
  .strictObject({
    ...readerCommon,
    kind: z.literal("wiegand").describe("A card reader on two Wiegand lines."),
    pins: wiegandPins,
    format: z
      .enum(["w26", "w34", "w37", "raw"])
      .describe(
        "How the reader's frames are laid out; w26 is the common one. Use raw for any other: the card is then known by all of its bits. Cards enrolled in one format are not known in another.",
      ),
    keypad: z.boolean().default(false).describe("Whether the reader has keys and sends them on the same lines."),
  })
  .describe("A card reader on two Wiegand lines, with or without keys.");

export const keypadReaderSchema = z
  .strictObject({
    ...readerCommon,
    kind: z.literal("keypad").describe("A keypad without a card reader, on two Wiegand lines."),
    pins: wiegandPins,
  })
  .describe("A keypad on two Wiegand lines.");

export const scannerReaderSchema = z
  .strictObject({
    ...readerCommon,
    kind: z.literal("scanner").describe("A QR scanner on a serial port."),
    port: text(
      /^[A-Za-z0-9][\w.:+-]{0,127}(\/[A-Za-z0-9][\w.:+-]{0,127}){0,3}$/,
      "Write the port's name under /dev, without /dev itself.",
      "port",
      "ttyACM0",
    ).describe("The serial port, named as under /dev. The names in serial/by-id survive replugging."),
  })
  .describe("A QR scanner on a serial port.");

export const readerSchema = z
  .discriminatedUnion("kind", [wiegandReaderSchema, keypadReaderSchema, scannerReaderSchema])
  .describe("One thing at which people show a card, a code or a PIN.");

export const doorSchema = z
  .strictObject({
    id: id("front").describe("How readers and grants refer to this door."),
    name: name("Front door").describe("What people call this door."),
    lock: z
      .enum(["failSecure", "failSafe"])
      .describe(
        "failSecure: the lock stays locked without power (energized is unlocked). failSafe: it opens without power (energized is locked). Read it off the lock: the wrong one leaves the door standing open, or shut in a fire.",
      ),
    relay: id("front-strike").describe("The id of the relay that drives the lock."),
    contact: id("front-contact")
      .nullable()
      .default(null)
      .describe("The id of the input that sees the door open; null when there is none."),
    exitButtons: list(id("front-exit"), 0, 8).default([]).describe("The ids of the inputs that let people out."),
    methods: list(z.enum(methods), 1, methods.length)
      .default([...methods])
      .describe("What may open this door from outside."),
    unlockMs: span(100, hour, "How long the door stays unlocked after a permitted presentation.").default(5 * second),
    relockOnClose: z
      .boolean()
      .default(true)
      .describe("Lock as soon as the door falls shut, without waiting for unlockMs to end. Needs a contact."),
    heldOpenMs: span(second, hour, "How long the door may stand open before it alarms. Needs a contact.").default(
      60 * second,
    ),
    forcedGraceMs: span(
      0,
      60 * second,
      "How long after locking an opening still counts as the one that was permitted. Needs a contact.",
    ).default(2 * second),
    exitHoldMs: span(
      second,
      hour,
      "How long a held exit button keeps the door unlocked before it counts as stuck.",
    ).default(30 * second),
  })
  .describe("One door: a lock, and what belongs to it.");

export const fireSchema = z
  .strictObject({
    input: id("fire-panel").describe("The id of the input that the fire panel drives. It unlocks fail-safe doors."),
  })
  .describe("The fire panel.");

export const keypadSchema = z
  .strictObject({
    keyTimeoutMs: span(second, 60 * second, "How long after the last key an unfinished entry is forgotten.").default(
      10 * second,
    ),
    maxKeys: z.int().min(4).max(16).default(16).describe("How many digits an entry may have."),
    autoSubmitLength: z
      .int()
      .min(2)
      .max(16)
      .nullable()
      .default(null)
      .describe("Take an entry without # once it has this many digits; null waits for #."),
  })
  .describe("How PINs are typed, at every keypad.");

export const guessingSchema = z
  .strictObject({
    failures: z
      .int()
      .min(1)
      .max(50)
      .default(5)
      .describe("How many wrong codes a door forgives before it blocks codes."),
    blockMs: span(second, day, "How long the first block lasts; each further one lasts twice as long.").default(
      30 * second,
    ),
    maxBlockMs: span(second, day, "The longest that a block may last.").default(15 * 60 * second),
    drainMs: span(second, day, "After how long one wrong code is forgotten.").default(20 * 60 * second),
  })
  .describe("What stops people from trying codes, at each door. Cards and exit buttons are never blocked.");

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
    board: z.literal("simulated").describe("What the wires are on: simulated is a board in software, for trying out."),
    relays: list(relaySchema, 1, 128).describe("The relays, one for each door."),
    inputs: list(inputSchema, 0, 256).default([]).describe("Exit buttons, door contacts and the fire panel."),
    readers: list(readerSchema, 0, 128).default([]).describe("Card readers, keypads and scanners."),
    doors: list(doorSchema, 1, 64).describe("The doors."),
    fire: fireSchema.nullable().default(null),
    keypad: keypadSchema.prefault({}),
    guessing: guessingSchema.prefault({}),
    journal: journalSchema.prefault({}),
    recordDeadlineMs: span(
      0,
      1500,
      "When the disk is slower than this, a resident's uncounted card opens first and is recorded right after; 0 always waits for the disk.",
    ).default(300),
    console: consoleSchema.prefault({}),
  })
  .meta({ title: "Postern site", description: "Everything that an installer tells a Postern controller." });

export type Config = z.output<typeof configSchema>;
export type DoorConfig = Config["doors"][number];
export type ReaderConfig = Config["readers"][number];
