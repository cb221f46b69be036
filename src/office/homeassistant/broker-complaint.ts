// Says in one sentence why a broker could not be used, and how to mend it. Pure.

import { tlsComplaint } from "../../link/tls-complaint.ts";

/** Reasons of a CONNACK, MQTT 5 section 3.2.2.2. */
const refusals: Readonly<Record<number, string>> = {
  132: "The broker does not speak MQTT 5; use a newer one.",
  133: "The broker does not take this controller's id; write another one.",
  134: "The broker does not take this name and password; check username and passwordFile.",
  135: "The broker does not let Postern in; check username, passwordFile and what it allows.",
  137: "The broker is busy.",
  138: "The broker has banned this controller.",
};

const failures: Readonly<Record<string, string>> = {
  ECONNREFUSED: "Nobody answers at BROKER; is the broker running?",
  ECONNRESET: "BROKER broke the connection off.",
  EHOSTUNREACH: "There is no way to BROKER; check the network.",
  ENETUNREACH: "There is no way to BROKER; check the network.",
  ENOTFOUND: "Nobody knows the host of BROKER; check its name.",
  EAI_AGAIN: "The host of BROKER cannot be looked up now.",
  "connack timeout": "BROKER does not answer as a broker of MQTT 5 would.",
  "Keepalive timeout": "BROKER does not answer any more.",
  ETIMEDOUT: "BROKER does not answer.",
  CERT_HAS_EXPIRED: "The certificate of BROKER has expired; renew it.",
  ERR_TLS_CERT_ALTNAME_INVALID: "The certificate of BROKER is for another name.",
  DEPTH_ZERO_SELF_SIGNED_CERT: "The certificate of BROKER is signed by itself; name it in caFile.",
  SELF_SIGNED_CERT_IN_CHAIN: "Nobody vouches for the certificate of BROKER; name its authority in caFile.",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "Nobody vouches for the certificate of BROKER; name its authority in caFile.",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "Nobody vouches for the certificate of BROKER; name its authority in caFile.",
};

export function complaintOf(error: Error & { readonly code?: unknown }, broker: string): string {
  const { code } = error;
  const known = typeof code === "number" ? refusals[code] : failures[String(code ?? error.message)];
  return known?.replace("BROKER", broker) ?? `${broker} cannot be used: ${tlsComplaint(error) ?? error.message}.`;
}
