// Why a presentation was denied: exactly one reason each, for the record only; the person at the door sees "denied".

/** What a carried pass alone is refused for. */
export const carriedRefusals = ["passUnreadable", "issuerUnknown", "passForged", "issuerExceeded"] as const;
export type CarriedRefusal = (typeof carriedRefusals)[number];

export const denyReasons = [
  "ledgerUnavailable",
  "busy",
  "askExpired",
  "featureOff",
  "methodOff",
  "accessLimited",
  "entryInvalid",
  "unknownCredential",
  ...carriedRefusals,
  "credentialSuspended",
  "credentialLost",
  "credentialStolen",
  "credentialExpired",
  "wrongDirection",
  "factorMissing",
  "factorWrong",
  "personBlocked",
  "doorBlocked",
  "lockedDown",
  "holderSuspended",
  "revoked",
  "passesOff",
  "hostSuspended",
  "directoryStale",
  "notGrantable",
  "clockUntrusted",
  "notYetValid",
  "expired",
  "betweenOccurrences",
  "activationOver",
  "usesExhausted",
  "noGrant",
  "never",
  "outsideSchedule",
  "holiday",
  "tooSoon",
  "passback",
  "areaFull",
  "interlocked",
] as const;

export type DenyReason = (typeof denyReasons)[number];
