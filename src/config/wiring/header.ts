// The 40-pin header that Raspberry boards and many others share: which of its pins a GPIO number is, and what else it does.

/** By GPIO number. */
const headerPins: Readonly<Record<number, number>> = {
  0: 27,
  1: 28,
  2: 3,
  3: 5,
  4: 7,
  5: 29,
  6: 31,
  7: 26,
  8: 24,
  9: 21,
  10: 19,
  11: 23,
  12: 32,
  13: 33,
  14: 8,
  15: 10,
  16: 36,
  17: 11,
  18: 12,
  19: 35,
  20: 38,
  21: 40,
  22: 15,
  23: 16,
  24: 18,
  25: 22,
  26: 37,
  27: 13,
};

export const groundPins: readonly number[] = [6, 9, 14, 20, 25, 30, 34, 39];
export const supplyPins: Readonly<Record<number, string>> = { 1: "3V3", 2: "5V", 4: "5V", 17: "3V3" };
export const headerSize = 40;

/** Null for a line that is not on the header. */
export const headerPinOf = (gpio: number): number | null => headerPins[gpio] ?? null;

export const gpioOf = (headerPin: number): number | null => {
  const found = Object.entries(headerPins).find(([, pin]) => pin === headerPin);
  return found === undefined ? null : Number(found[0]);
};

/** What a pin does beside being a line, and what to do where it is to be one; null is nothing. */
export function otherUse(gpio: number): string | null {
  if (gpio === 0 || gpio === 1) return "read by the board itself at its start, to find add-on boards; take another pin";
  if (gpio === 2 || gpio === 3) return "I2C, pulled up on the board; keep I2C switched off";
  if (gpio === 14 || gpio === 15) return "the serial console; switch it off in the board's configuration";
  if (gpio >= 7 && gpio <= 11) return "SPI; keep it switched off";
  return null;
}

/** No other use, and on the header. */
export const freePins = (used: ReadonlySet<number>): readonly number[] =>
  Object.keys(headerPins)
    .map(Number)
    .filter((gpio) => !used.has(gpio) && otherUse(gpio) === null);
