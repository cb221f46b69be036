// What an installer may write of the rules that hold at every door; knows no wire.
import { z } from "zod";
import { cardFormats, longUidParts } from "../domain/card-format.ts";
import { day, hour, id, name, second, span } from "./setting.ts";

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
    apartmentLength: z
      .int()
      .min(1)
      .max(6)
      .nullable()
      .default(null)
      .describe(
        "Where a door asks for the apartment: its digits, typed right before the PIN; null has # between them.",
      ),
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

export const featuresSchema = z
  .strictObject({
    pin: z.boolean().default(true).describe("Whether PINs open anything."),
    card: z.boolean().default(true).describe("Whether cards open anything."),
    qr: z.boolean().default(true).describe("Whether QR codes open anything."),
    plate: z.boolean().default(true).describe("Whether number plates open anything."),
    callPermission: z
      .boolean()
      .default(true)
      .describe("Whether a call bridge is told to call only those who could open the door at that moment."),
  })
  .describe("Switches of whole ways in, over all doors.");

export const factorPolicySchema = z
  .strictObject({
    timeoutMs: span(second, 60 * second, "How long the second factor, or the second person, may take.").default(
      10 * second,
    ),
    attempts: z
      .int()
      .min(1)
      .max(20)
      .default(5)
      .describe("So many wrong second factors block the first one of that person."),
    blockMs: span(second, day, "For how long.").default(5 * 60 * second),
  })
  .describe("Doors that ask for two things.");

export const codesSchema = z
  .strictObject({
    duress: z
      .boolean()
      .default(false)
      .describe(
        "Whether each private PIN has a twin for when somebody is forced: its last digit plus five, without carry (4711 and 4716). It opens like the PIN and tells the operators. Holds for PINs that are set from then on.",
      ),
    partition: z
      .boolean()
      .default(false)
      .describe(
        "Whether codes of passes begin with 9, and no others, so that they never meet. It costs passes one digit: whoever guesses knows the first. Holds for codes that are set from then on.",
      ),
    virtualPin: z
      .boolean()
      .default(false)
      .describe(
        "Whether up to four digits that a person types before and after a PIN of six or more are passed over, so that onlookers do not learn it: 9947110688 for 471106. Only after that person's card, where card and PIN are asked for.",
      ),
    publicLength: z.int().min(4).max(8).default(6).describe("The length that the shared codes have."),
    coolDownDays: z
      .int()
      .min(0)
      .max(3650)
      .default(90)
      .describe("For how many days a code that was taken away is given to nobody else."),
    qrPinOnKeypad: z.boolean().default(false).describe("Whether the digits of a QR may be typed as well."),
    codeAlone: z
      .boolean()
      .default(false)
      .describe("Whether a pass's secret code of six digits or more opens alone at a door without a scanner."),
  })
  .describe("Codes that people type.");

export const passesSchema = z
  .strictObject({
    enabled: z.boolean().default(true).describe("Whether passes open anything; false refuses new ones, too."),
    activateOnFirstUse: z
      .boolean()
      .default(true)
      .describe("Whether the first use starts a pass's limited time, when its issuer has said nothing."),
    courierHours: z.int().min(1).max(720).default(24).describe("How long a courier's pass is valid."),
    courierUses: z.int().min(1).max(999).default(1).describe("How often a courier's pass opens each of its doors."),
    courierDigits: z.int().min(6).max(8).default(8).describe("How many digits a courier's code has."),
    staffMaxHours: z.int().min(1).max(720).default(12).describe("The longest that a pass issued by staff may last."),
    purgeAfterDays: z
      .int()
      .min(1)
      .max(3650)
      .default(30)
      .describe("How many days after it expired, was revoked or was used up a pass is removed for good."),
  })
  .describe("Passes: keys for a while, for visitors and couriers.");

export const privacySchema = z
  .strictObject({
    keepNamesDays: z
      .int()
      .min(1)
      .max(3650)
      .default(90)
      .describe("How many days the record keeps the names in its events; the events themselves stay."),
  })
  .describe("How long people's names are kept.");

export const cardsSchema = z
  .strictObject({
    icFormat: z
      .enum(cardFormats)
      .default("8HN")
      .describe("How numbers of 13.56 MHz cards are shown and typed: 8HN is the card's four bytes as hex digits."),
    idFormat: z.enum(cardFormats).default("8HN").describe("The same for 125 kHz cards."),
    longUid: z
      .enum(longUidParts)
      .nullable()
      .default(null)
      .describe(
        "Which four bytes of a longer number lists from other systems hold: its first or its last; null matches whole numbers only.",
      ),
  })
  .describe("How card numbers are written for people. Changing it leaves every enrolled card working.");

export const areaSchema = z
  .strictObject({
    id: id("parking").describe("How doors refer to this area."),
    name: name("Parking").describe("What people call it."),
    passback: z
      .enum(["off", "soft", "hard"])
      .default("off")
      .describe("Whether somebody who is held to be inside may enter again: soft records it, hard denies."),
    forgiveMs: span(0, 7 * day, "After how long nobody is held to be inside any more; 0 never forgets.").default(
      12 * hour,
    ),
    capacity: z.int().min(0).max(100_000).default(0).describe("How many people may be inside; 0 is any number."),
  })
  .describe("A part of the site that doors lead to and from.");
