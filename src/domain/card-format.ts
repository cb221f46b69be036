// Card numbers as people write them: views of a card's bytes, in both directions. Identity is always the bytes, never a view.
import type { CardCode } from "./presentation.ts";

/** H are hex digits taken, D decimal digits printed, N the reading order, R the bytes reversed. */
export const cardFormats = ["8HN", "8HR", "8H10D", "8HR10D", "6H8D", "6H3D5D", "6H3D5D-R", "RAW"] as const;
export type CardFormat = (typeof cardFormats)[number];

/** 13.56 MHz and 125 kHz: their numbers may be written differently. */
export const cardTechnologies = ["ic", "id"] as const;
export type CardTechnology = (typeof cardTechnologies)[number];

/** Which three of a card's four bytes are known, in reading order; 256 cards share them. */
export const knownParts = ["low", "high"] as const;
export type KnownPart = (typeof knownParts)[number];

export const longUidParts = ["first4", "last4"] as const;

export interface CardPolicy {
  readonly icFormat: CardFormat;
  readonly idFormat: CardFormat;
  /** Which four bytes of a longer number other systems wrote down; null is not known, and then only whole numbers match. */
  readonly longUid: (typeof longUidParts)[number] | null;
}

export const formatOf = ({ icFormat, idFormat }: CardPolicy, technology: CardTechnology | null): CardFormat =>
  technology === "id" ? idFormat : icFormat;

export type CardReading =
  | { readonly ok: true; readonly code: CardCode; readonly known: KnownPart | null }
  | { readonly ok: false; readonly problem: string; readonly remedy: string };

/** Four bytes follow the format; longer numbers and raw frames have no other form than their own. */
export function formatCard(code: CardCode, format: CardFormat): string {
  if (!isFourBytes(code)) return isHex(format) || parseOwnForm(code) !== null ? code : `RAW:${code}`;
  switch (format) {
    case "8HN":
    case "RAW":
      return code;
    case "8HR":
      return reversed(code);
    case "8H10D":
      return padded(Number.parseInt(code, 16), 10);
    case "8HR10D":
      return padded(Number.parseInt(reversed(code), 16), 10);
    case "6H8D":
      return padded(Number.parseInt(code.slice(2), 16), 8);
    case "6H3D5D":
      return facilityAndNumber(code);
    case "6H3D5D-R":
      return facilityAndNumber(reversed(code));
  }
}

/** A number of which three bytes are known says so itself, whatever the site's format is. */
export function formatPartly(code: CardCode, known: KnownPart | null, format: CardFormat): string {
  if (known === null) return formatCard(code, format);
  const own: CardFormat = known === "low" ? "6H8D" : "6H3D5D-R";
  return isPartial(format) && partOf(format) === known ? formatCard(code, format) : `${own}:${formatCard(code, own)}`;
}

/** `8H10D:0045577682` names its own format. */
export function parseCard(text: string, usual: CardFormat): CardReading {
  const trimmed = text.trim();
  const colon = trimmed.indexOf(":");
  const named = colon < 0 ? undefined : cardFormats.find((one) => one === trimmed.slice(0, colon).toUpperCase());
  const format = named ?? usual;
  const number = (named === undefined ? trimmed : trimmed.slice(colon + 1)).trim().toUpperCase();
  return parseOwnForm(number) ?? parseIn(number, format) ?? malformed(format);
}

/** Of a number as a reader delivers it, in hex; null for what no card has. */
export const cardCodeOf = (bytes: string): CardCode | null =>
  /^(?:[0-9A-F]{2}){1,32}$/.test(bytes) ? (bytes.padStart(8, "0") as CardCode) : null;

/** Changes with each presentation, so that nobody can be known by it. */
export const isRandomUid = (code: string): boolean => /^08[0-9A-F]{6}$/.test(code);

/** Null for what is no four bytes: of longer numbers nobody knows which part another reader would give. */
export const lowThreeBytes = (code: string): string | null => (isFourBytes(code) ? code.slice(2) : null);
export const highThreeBytes = (code: string): string | null => (isFourBytes(code) ? code.slice(0, 6) : null);

/** The four bytes of a seven- or ten-byte number that other systems know it by; null when that is not known. */
export function shortNumberOf(code: string, longUid: CardPolicy["longUid"]): CardCode | null {
  if (longUid === null || !/^(?:[0-9A-F]{14}|[0-9A-F]{20})$/.test(code)) return null;
  return (longUid === "first4" ? code.slice(0, 8) : code.slice(-8)) as CardCode;
}

const isFourBytes = (code: string): boolean => /^[0-9A-F]{8}$/.test(code);
/** In these a longer number cannot be taken for one of four bytes. */
const isHex = (format: CardFormat): boolean => format === "8HN" || format === "8HR" || format === "RAW";
const isPartial = (format: CardFormat): boolean => format.startsWith("6H");
const partOf = (format: CardFormat): KnownPart => (format === "6H3D5D-R" ? "high" : "low");
const reversed = (code: string): string => (code.match(/../g) ?? []).reverse().join("");
const padded = (value: number, digits: number): string => String(value).padStart(digits, "0");
const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, "0");

const facilityAndNumber = (code: string): string =>
  padded(Number.parseInt(code.slice(2, 4), 16), 3) + padded(Number.parseInt(code.slice(4), 16), 5);

/** What no format changes: raw frames with their length, and numbers of seven or ten bytes. */
function parseOwnForm(number: string): CardReading | null {
  if (/^(?:[0-9A-F]{2}){1,32}\/[1-9][0-9]{0,2}$/.test(number)) return whole(number);
  // A 58-bit frame carries four bytes with three of zeros in front.
  if (/^0{6}[0-9A-F]{8}$/.test(number)) return whole(number.slice(6));
  return /^(?:[0-9A-F]{14}|[0-9A-F]{20})$/.test(number) ? whole(number) : null;
}

function parseIn(number: string, format: CardFormat): CardReading | null {
  switch (format) {
    case "8HN":
    case "8HR":
    case "RAW":
      if (!/^(?:[0-9A-F]{2}){4,32}$/.test(number)) return null;
      return whole(format === "8HR" && isFourBytes(number) ? reversed(number) : number);
    case "8H10D":
    case "8HR10D": {
      const value = /^[0-9]{1,10}$/.test(number) ? Number(number) : Number.NaN;
      if (!(value <= 0xffff_ffff)) return null;
      return whole(format === "8H10D" ? hex(value, 8) : reversed(hex(value, 8)));
    }
    case "6H8D": {
      const value = /^[0-9]{1,8}$/.test(number) ? Number(number) : Number.NaN;
      return value <= 0xff_ffff ? { ok: true, code: hex(value, 8) as CardCode, known: "low" } : null;
    }
    case "6H3D5D":
    case "6H3D5D-R": {
      const [, facility = "", card = ""] = /^([0-9]{3})[ ,-]?([0-9]{5})$/.exec(number) ?? [];
      if (facility === "" || Number(facility) > 0xff || Number(card) > 0xffff) return null;
      const four = `00${hex(Number(facility), 2)}${hex(Number(card), 4)}`;
      const isHigh = format === "6H3D5D-R";
      return { ok: true, code: (isHigh ? reversed(four) : four) as CardCode, known: isHigh ? "high" : "low" };
    }
  }
}

const whole = (code: string): CardReading => ({ ok: true, code: code as CardCode, known: null });

const examples: Readonly<Record<CardFormat, string>> = {
  "8HN": "8 hex digits, such as 02B775D2",
  "8HR": "8 hex digits, bytes reversed, such as D275B702",
  "8H10D": "up to 10 digits, such as 0045577682",
  "8HR10D": "up to 10 digits, such as 3530929922",
  "6H8D": "up to 8 digits, such as 12023250",
  "6H3D5D": "3 and 5 digits, such as 18330162",
  "6H3D5D-R": "3 and 5 digits, such as 11746850",
  RAW: "the card's bytes as hex digits, such as 02B775D2",
};

const malformed = (format: CardFormat): CardReading => ({
  ok: false,
  problem: `The card number is not in the format ${format}.`,
  remedy: `Write ${examples[format]}, or name its format in front, such as 8HN:02B775D2.`,
});
