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

/** ONVIF Access Control's words (tns1:AccessControl/Denied), for integrations that speak them. */
export type OnvifReason =
  | "CredentialNotEnabled"
  | "CredentialNotActive"
  | "CredentialExpired"
  | "InvalidPIN"
  | "NotPermittedAtThisTime"
  | "Unauthorized"
  | "Other";

const onvif: Record<DenyReason, OnvifReason> = {
  ledgerUnavailable: "Other",
  busy: "Other",
  askExpired: "Other",
  methodOff: "Other",
  accessLimited: "Other",
  entryInvalid: "InvalidPIN",
  unknownCredential: "Other",
  credentialSuspended: "CredentialNotEnabled",
  holderSuspended: "CredentialNotEnabled",
  revoked: "CredentialNotEnabled",
  clockUntrusted: "NotPermittedAtThisTime",
  notYetValid: "CredentialNotActive",
  expired: "CredentialExpired",
  usesExhausted: "CredentialExpired",
  noGrant: "Unauthorized",
  never: "NotPermittedAtThisTime",
  outsideSchedule: "NotPermittedAtThisTime",
};

export const onvifReason = (reason: DenyReason): OnvifReason => onvif[reason];
