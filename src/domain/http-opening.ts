// How doors may be opened, and asked about, by commands over HTTP; knows no address, header or secret.
import type { DoorId } from "./ids.ts";

/**
 * `bearer`: our own POST with a token. `legacyQuery`: name and password in the address. `httpAuth`: in the Authorization header.
 * `relayTrigger`: the same, as a POST that names a relay by number.
 */
export const openingModes = ["bearer", "legacyQuery", "httpAuth", "relayTrigger"] as const;
export type OpeningMode = (typeof openingModes)[number];

/** What a token may be used for. */
export const accessScopes = ["open", "query"] as const;
export type AccessScope = (typeof accessScopes)[number];

export interface HttpOpeningSpec {
  /** None is off. */
  readonly modes: readonly OpeningMode[];
  /** From where `legacyQuery` is taken: addresses, or networks with their prefix length. */
  readonly addresses: readonly string[];
  /** Whether whoever asks must be logged in to the console as well. */
  readonly sessionCheck: boolean;
  /** Which door each number means, from 1 on. */
  readonly doors: readonly DoorId[];
}

export type RefusedOver = OpeningMode | "query";
export const refusalCauses = ["credential", "door", "address", "blocked", "session", "crossSite", "busy"] as const;
/** `credential` and `door` are answered alike; only the record tells them apart. */
export type RefusalCause = (typeof refusalCauses)[number];

export const accessChanges = ["tokenMade", "accountSet", "revoked"] as const;
export type AccessChange = (typeof accessChanges)[number];
