// What a card protocol asks for, step by step; whoever runs one sends for it. Knows no reader and no driver.

export type Step =
  | { readonly kind: "send"; readonly bytes: Buffer }
  /** Card off and on again: a refused key leaves some cards deaf until then. */
  | { readonly kind: "renew" };

/** Gets the card's answer of two bytes at least to each `send`; a card that is gone ends it from outside. */
export type Reading<Result> = Generator<Step, Result, Buffer>;

export function* send(...parts: readonly (Buffer | readonly number[])[]): Reading<Buffer> {
  return yield { kind: "send", bytes: Buffer.concat(parts.map((part) => Buffer.from(part))) };
}

export function* renew(): Reading<void> {
  yield { kind: "renew" };
}

/** ISO 7816: what the two last bytes of an answer say. */
export const statusOf = (answer: Buffer): number => answer.readUInt16BE(answer.length - 2);
export const bodyOf = (answer: Buffer): Buffer => answer.subarray(0, -2);
export const isOk = (answer: Buffer): boolean => statusOf(answer) === 0x9000;

export const unreadProblems = [
  /** Another one at each showing: nobody can be known by it. */
  "randomNumber",
  "keyRefused",
  "keyMissing",
  "applicationMissing",
  "fileMissing",
  "notAllowed",
  "unprotectedData",
  "forgedAnswer",
  "blankCard",
  "malformedCode",
  "unknownCard",
  "technologyOff",
  "unsupportedByReader",
  "notReadable",
] as const;
export type UnreadProblem = (typeof unreadProblems)[number];

export type BytesReading =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly problem: UnreadProblem };

export const unread = (problem: UnreadProblem): { readonly ok: false; readonly problem: UnreadProblem } => ({
  ok: false,
  problem,
});
