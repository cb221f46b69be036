// Says in words what kept TLS from coming about, in place of OpenSSL's line; knows no broker and no address. Pure.

export type Failure = Error & { readonly code?: unknown };

interface Complaint {
  readonly pattern: RegExp;
  readonly words: string;
}

/** As OpenSSL and Node name them, in small letters and without underscores; the first that fits counts. */
const complaints: readonly Complaint[] = [
  { pattern: /alert certificate required/, words: "it wants a certificate" },
  { pattern: /alert (unknown ca|bad certificate|certificate unknown)/, words: "it does not believe our certificate" },
  { pattern: /alert certificate expired/, words: "it takes our certificate for expired; check both clocks" },
  { pattern: /alert certificate revoked/, words: "our certificate was revoked there" },
  { pattern: /alert handshake failure/, words: "it agreed on no way of TLS; it may want a certificate" },
  { pattern: /protocol version|unsupported protocol/, words: "it speaks no version of TLS that is spoken here" },
  { pattern: /wrong version number|packet length too long/, words: "what answers there does not speak TLS" },
  { pattern: /cert has expired/, words: "its certificate has expired" },
  { pattern: /cert not yet valid/, words: "its certificate is not good yet; check the clock" },
  { pattern: /altname invalid/, words: "its certificate is for another name" },
  { pattern: /self signed cert|unable to (verify leaf|get issuer)/, words: "nobody vouches for its certificate" },
  { pattern: /^err ssl|^err osssl|^err tls|:ssl routines:/, words: "TLS with it did not come about" },
];

const named = ({ code, message }: Failure): string => `${String(code)} ${message}`.replaceAll("_", " ").toLowerCase();

/** Null where it was not TLS that failed. */
export const tlsComplaint = (error: Failure): string | null =>
  complaints.find(({ pattern }) => pattern.test(named(error)))?.words ?? null;

export const isCertificateWanted = (error: Failure): boolean => tlsComplaint(error) === complaints[0]?.words;
