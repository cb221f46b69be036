// Which pass of a key somebody means: its serial, as the record has it with the key's number before it, or alone.
import { Misuse } from "./misuse.ts";

/** A serial means another pass under each key: what is revoked by a slip never opens again. */
export function serialIn(word: string, { id, number }: { readonly id: string; readonly number: number }): number {
  const [, of, serial] = /^(?:([0-9]{1,5})\.)?([0-9]{1,15})$/.exec(word) ?? [];
  if (serial === undefined)
    throw new Misuse(`${JSON.stringify(word)} is no serial; write it as in ${number}.1234, or 1234.`);
  if (of !== undefined && Number(of) !== number)
    throw new Misuse(`${word} is of the key with the number ${of}, but "${id}" has the number ${number}.`);
  return Number(serial);
}

/** What is taken back, in words. */
export function revokedText(number: number, serials: readonly number[], upTo: number | null): string {
  const single = serials.map((serial) => `${number}.${serial}`);
  return [...(upTo === null ? [] : [`all up to ${number}.${upTo}`]), ...single].join(", ");
}
