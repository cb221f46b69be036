// What was shown at a reader, as read; knows nothing of whose it is.

export const methods = ["pin", "card", "qr"] as const;
export type Method = (typeof methods)[number];

/**
 * A card's canonical identity: upper-case hex of its bytes as the reader delivered them, four bytes at least
 * (a 26-bit frame gives `00B775D2`); raw frames add their length in bits (`1234567890/37`). Display formats are views of it.
 */
export type CardCode = string & { readonly code: "card" };

export type Presentation =
  /** `digits` is null when more keys came than an entry may have: nothing can match, yet it was a try. */
  | { readonly method: "pin"; readonly digits: string | null }
  | { readonly method: "card"; readonly code: CardCode }
  | { readonly method: "qr"; readonly text: string };
