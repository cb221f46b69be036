// How a duress code is formed from a PIN; knows no person and no store.

/**
 * The last digit plus five, without carry: 4711 gives 4716. Five away is never a neighbor on a keypad, so a slip of the finger
 * raises no silent alarm, and the twin of the twin is the PIN itself, so PINs and twins pair off without a gap. Both of a pair are
 * taken together: no twin can be anybody else's live code.
 */
export const duressTwin = (pin: string): string => `${pin.slice(0, -1)}${(Number(pin.slice(-1)) + 5) % 10}`;
