// What of an issuer's key is taken and still deserves a second look: codes that the keypads cannot take, doors that are elsewhere. Pure.
import type { PassKeyGiven } from "../domain/carried-pass/pass-key.ts";
import { completePassKey } from "../domain/carried-pass/pass-key.ts";
import type { SiteSpec } from "../domain/site.ts";

export function passKeyWarnings(given: PassKeyGiven, { doors, keypad }: SiteSpec): string[] {
  const { places, digits } = completePassKey(given);
  const isHere = places.some((place) => place.doors.some((door) => doors.some(({ id }) => id === door)));
  return [
    ...(isHere ? [] : ["None of the key's doors is at this controller: its passes open nothing here."]),
    ...(digits === null ? [] : keypadWarnings(digits, keypad)),
  ];
}

function keypadWarnings(digits: number, { autoSubmitLength, maxKeys }: SiteSpec["keypad"]): string[] {
  if (autoSubmitLength !== null && autoSubmitLength < digits) {
    return [
      `No keypad takes codes of ${digits} digits, because "keypad.autoSubmitLength" ends each entry after ${autoSubmitLength}.`,
    ];
  }
  if (maxKeys >= digits) return [];
  return [`No keypad takes codes of ${digits} digits, because "keypad.maxKeys" is ${maxKeys}.`];
}
