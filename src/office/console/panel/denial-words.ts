// Words for ways in, and for the reasons why they were denied; knows no event.
import type { Method } from "../../../domain/presentation.ts";
import type { DenyReason } from "../../../domain/reasons.ts";

export const withMethod: Record<Method, string> = {
  pin: "with a PIN",
  card: "with a card",
  qr: "with a QR code",
  plate: "by number plate",
};
export const unknown: Record<Method, string> = {
  pin: "unknown code",
  card: "unknown card",
  qr: "unknown QR code",
  plate: "unknown number plate",
};

export const reasonWords: Record<DenyReason, string> = {
  ledgerUnavailable: "the record could not be reached",
  busy: "too many at once",
  askExpired: "it took too long to decide",
  featureOff: "this kind of key is off at this site",
  methodOff: "this kind of key is off at this door",
  accessLimited: "too many wrong codes, codes are blocked for a while",
  entryInvalid: "not a possible code",
  unknownCredential: "unknown code",
  credentialSuspended: "this key is suspended",
  credentialLost: "this key was reported lost",
  credentialStolen: "this key was reported stolen",
  credentialExpired: "this key has expired",
  wrongDirection: "this key works in the other direction only",
  factorMissing: "this is not enough at this door",
  factorWrong: "the second key was wrong",
  personBlocked: "too many wrong second keys",
  doorBlocked: "the door is blocked",
  lockedDown: "the door is locked down",
  holderSuspended: "this person is suspended",
  passesOff: "this site takes no passes",
  hostSuspended: "whoever gave the pass may not come in either",
  notGrantable: "whoever gave the pass may not let others in here",
  revoked: "the pass was taken back",
  clockUntrusted: "the time is not certain",
  notYetValid: "the pass is not valid yet",
  expired: "the pass has expired",
  betweenOccurrences: "the pass is for other days or hours",
  activationOver: "the pass was opened too long ago",
  usesExhausted: "the pass is used up at this door",
  noGrant: "no right to this door",
  never: "this door is closed to them",
  outsideSchedule: "not at this time",
  holiday: "it is a holiday",
  tooSoon: "too soon after the last opening",
  passback: "they are inside already",
  areaFull: "it is full inside",
  interlocked: "another door is open",
};
