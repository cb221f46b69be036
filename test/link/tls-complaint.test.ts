// Words for failures of TLS, as they come out of Node and its OpenSSL.
import { expect, test } from "vitest";
import { isCertificateWanted, tlsComplaint } from "../../src/link/tls-complaint.ts";

const failure = (code: string | undefined, message: string) =>
  code === undefined ? new Error(message) : Object.assign(new Error(message), { code });
const line = (words: string): string =>
  `406D8604C07F0000:error:0A00045C:SSL routines:ssl3_read_bytes:${words}:../x.c:1:`;

test("who wants a certificate is told apart, by its code or by OpenSSL's line alone", () => {
  const wanted = line("tlsv13 alert certificate required");
  for (const code of ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", undefined]) {
    expect(isCertificateWanted(failure(code, wanted))).toBe(true);
  }
  expect(isCertificateWanted(failure("ERR_SSL_WRONG_VERSION_NUMBER", line("wrong version number")))).toBe(false);
});

test.each([
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", line("tlsv1 alert unknown ca"), "it does not believe our certificate"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", line("wrong version number"), "what answers there does not speak TLS"],
  ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", line("sslv3 alert handshake failure"), /agreed on no way of TLS/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match", "its certificate is for another name"],
  ["CERT_HAS_EXPIRED", "certificate has expired", "its certificate has expired"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", "nobody vouches for its certificate"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get it", "nobody vouches for its certificate"],
  ["ERR_SSL_SOMETHING_NEW", line("something new"), "TLS with it did not come about"],
])("%s is said in words", (code, message, words) => {
  const said = tlsComplaint(failure(code, message)) ?? "";
  expect(said).toMatch(words);
  expect(said).not.toMatch(/routines|error:|ERR_/);
});

test("what is not TLS's is left to others", () => {
  expect(tlsComplaint(failure("ECONNREFUSED", "connect ECONNREFUSED 127.0.0.1:9"))).toBeNull();
  expect(tlsComplaint(failure(undefined, "Connection refused: Not authorized"))).toBeNull();
});
