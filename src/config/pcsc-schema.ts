// The settings of readers at pcscd and of the profiles by which they read cards; knows no other setting and no key.
import { z } from "zod";
import { readerCommon } from "./reader-common.ts";
import { id, list, text } from "./setting.ts";

const offset = z.int().min(0).max(65_535).default(0);
const place = {
  offset: offset.describe("Where in the bytes that are read the number begins."),
  length: z.int().min(1).max(32).default(4).describe("How many bytes it has."),
  encoding: z
    .enum(["hex", "hexReversed", "uintBE", "uintLE", "bcd", "ascii", "asciiHex", "w26", "w34"])
    .default("hex")
    .describe(
      "How it is written: hex takes the bytes as they are; uintBE and uintLE are numbers, highest or lowest byte first; bcd and ascii are decimal digits, asciiHex hex ones; w26 and w34 are Wiegand frames with their parity.",
    ),
};

const sectorPlace = {
  id: id("staff-card").describe("How readers and `postern cards key` refer to this profile."),
  sector: z.int().min(0).max(39).describe("The sector."),
  blocks: list(z.int().min(0).max(14), 1, 15).describe(
    "The blocks of it that are read, in this order; never its last one, which holds the keys.",
  ),
  keyType: z.enum(["A", "B"]).default("A").describe("Which of the sector's two keys it is."),
  large: z.boolean().default(false).describe("Says that the card has 4 kB, and so sectors 16 to 39."),
  ...place,
};

export const classicProfileSchema = z
  .strictObject({
    kind: z.literal("classic").describe("MIFARE Classic, whose encryption is broken: anybody can copy such cards."),
    ...sectorPlace,
  })
  .describe("Blocks of a sector of MIFARE Classic.");

export const plusProfileSchema = z
  .strictObject({ kind: z.literal("plus").describe("MIFARE Plus in security level 3 (AES)."), ...sectorPlace })
  .describe("Blocks of a sector of MIFARE Plus.");

export const desfireProfileSchema = z
  .strictObject({
    kind: z.literal("desfire").describe("MIFARE DESFire."),
    id: sectorPlace.id,
    aid: text(/^[0-9A-Fa-f]{6}$/, "Write six hex digits.", "application", "F51A2B").describe(
      "The application, as six hex digits.",
    ),
    file: z.int().min(0).max(31).describe("The file's number."),
    keyNumber: z.int().min(0).max(13).describe("The number of the key that may read it."),
    crypto: z
      .enum(["aes", "aesEv2", "des", "iso3des"])
      .default("aes")
      .describe(
        "How the key is proven: aes as cards of the first evolution do, aesEv2 as those of the second; des (0A) and iso3des (1A) by DES or triple DES.",
      ),
    acceptPlain: z
      .boolean()
      .default(false)
      .describe(
        "Whether data count that nothing protects on their way from the card, as des and aesEv2 may have them.",
      ),
    diversify: z
      .strictObject({
        aid: z
          .enum(["none", "asWritten", "reversed"])
          .default("none")
          .describe("Whether the application stands behind the UID, and in which order of its bytes."),
        system: text(/^(?:[0-9A-Fa-f]{2}){0,24}$/, "Write hex digits, two for each byte.", "system id", "4E585020")
          .default("")
          .describe("The site's own bytes behind that, in hex."),
      })
      .nullable()
      .default(null)
      .describe("How each card's own key is made of this one and its UID (NXP AN10922); null has one key for all."),
    ...place,
  })
  .describe("A file of an application of MIFARE DESFire.");

export const phoneProfileSchema = z
  .strictObject({
    kind: z.literal("phone").describe("A phone with Postern's credential on it."),
    id: sectorPlace.id,
    aid: text(/^(?:[0-9A-Fa-f]{2}){5,16}$/, "Write 10 to 32 hex digits.", "application", "F0504F535445524E").describe(
      "The application that the phone answers for, in hex.",
    ),
  })
  .describe("A credential on a phone.");

export const cardProfileSchema = z
  .discriminatedUnion("kind", [classicProfileSchema, plusProfileSchema, desfireProfileSchema, phoneProfileSchema])
  .describe("Where on a card its number is, and by what kind of key. The key itself: `postern cards key set`.");

const secured = z.enum(["uid", "secured", "off"]).nullable().default(null);
const unsecured = z.enum(["uid", "off"]).nullable().default(null);

export const pcscReaderSchema = z
  .strictObject({
    ...readerCommon,
    kind: z.literal("pcsc").describe("A contactless reader that pcscd drives, at USB for example."),
    device: text(
      /^[\x21-\x7e][\x20-\x7e]{0,99}$/,
      "Write a part of its name, as pcsc_scan shows it.",
      "name",
      "ACR122U",
    )
      .default("*")
      .describe("A part of the name that pcscd gives it; * stands for anything. Two readers need two names."),
    driver: z
      .enum(["smartcard", "nfc-pcsc"])
      .default("smartcard")
      .describe("The package that talks to pcscd. smartcard says what goes wrong; nfc-pcsc has to be watched for it."),
    classic: secured.describe(
      "How MIFARE Classic is read: by its UID, secured by its profiles and never by the UID, or not at all. null: by its UID, but not at all once any kind of card is secured at this reader.",
    ),
    plus: secured.describe("The same of MIFARE Plus in security level 3."),
    desfire: secured.describe("The same of MIFARE DESFire."),
    felica: unsecured.describe("Whether FeliCa is read, by its IDm."),
    other: unsecured.describe("Whether cards of other kinds are read, by their UID."),
    profiles: list(id("staff-card"), 0, 8)
      .default([])
      .describe(
        "The ids of the card profiles that are tried, in this order. A phone is read when one of them says so.",
      ),
  })
  .describe("A contactless reader at pcscd.");
