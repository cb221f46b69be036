// What was shown at a reader, as read; knows nothing of whose it is.

export const methods = ["pin", "card", "qr", "plate"] as const;
export type Method = (typeof methods)[number];

/**
 * A card's canonical identity: upper-case hex of its bytes as the reader delivered them, four bytes at least
 * (a 26-bit frame gives `00B775D2`); raw frames add their length in bits (`1234567890/37`). Display formats are views of it.
 */
export type CardCode = string & { readonly code: "card" };

export type Presentation =
  /**
   * `digits` is null when more keys came than an entry may have: nothing can match, yet it was a try. `apartment` is absent
   * where none was asked for, and empty where it was left out on purpose, as for public codes and passes.
   */
  | { readonly method: "pin"; readonly digits: string | null; readonly apartment?: string }
  /** `short`: the reader delivers the lowest three bytes only. */
  | { readonly method: "card"; readonly code: CardCode; readonly short?: boolean }
  | { readonly method: "qr"; readonly text: string }
  /** As `normalizePlate` leaves it. */
  | { readonly method: "plate"; readonly plate: string };

/** Digits in a QR are looked up like typed ones, and guessed like them. */
export const isDigitText = (text: string): boolean => /^[0-9]{1,16}$/.test(text);

/** Letters and digits of a plate, or of a vehicle's radio tag, once it is normalised. */
export const isPlate = (plate: string): boolean => /^[\p{L}\p{N}]{2,32}$/u.test(plate);

/** Upper case, without separators: `ab-12 cd` is `AB12CD`. */
export const normalizePlate = (text: string): string => text.toUpperCase().replace(/[^\p{L}\p{N}]/gu, "");
