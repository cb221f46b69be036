// Why a presentation was denied: exactly one reason each, for the record only; the person at the door sees "denied".

export const denyReasons = [
  "ledgerUnavailable",
  "busy",
  "askExpired",
  "methodOff",
  "accessLimited",
  "entryInvalid",
  "unknownCredential",
  "credentialSuspended",
  "holderSuspended",
  "revoked",
  "clockUntrusted",
  "notYetValid",
  "expired",
  "usesExhausted",
  "noGrant",
  "never",
  "outsideSchedule",
] as const;

export type DenyReason = (typeof denyReasons)[number];
