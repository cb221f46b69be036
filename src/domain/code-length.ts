// How many digits a code should have where so many others live; knows no store and no door.

export const maxCodeDigits = 8;
/** A stranger's single try finds some code once in so many times, as long as eight digits allow it. */
const wantedTries = 100_000;
/** IEC 60839-11-1 asks for no less, and alone it is weak. */
const leastTries = 1_000;

/**
 * The code itself is among those that live, and `share` is the part of all codes among which they are. Null where even the longest
 * would be found too easily.
 */
export function dueDigits(liveCodes: number, share = 1): number | null {
  for (let digits = 2; digits < maxCodeDigits; digits += 1) {
    if (liveCodes * wantedTries <= share * 10 ** digits) return digits;
  }
  return liveCodes * leastTries <= share * 10 ** maxCodeDigits ? maxCodeDigits : null;
}

/** From so many on, more make no difference to how long a code should be. */
export const manyCodes = 10 ** (maxCodeDigits - 1) / wantedTries + 1;
/** From so many on, there should be no further one. */
export const tooManyCodes = 10 ** maxCodeDigits / leastTries + 1;
