import { execFileSync } from "node:child_process";
import { generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { CertificateTerms } from "../../src/issuer/x509.ts";
import { certificate } from "../../src/issuer/x509.ts";

const day = 86_400_000;
const now = Date.now();
const folder = mkdtempSync(join(tmpdir(), "postern-x509-"));
afterAll(() => rmSync(folder, { recursive: true }));

const pair = () => generateKeyPairSync("ec", { namedCurve: "P-256" });
const root = pair();
const by = { subject: "Casa Olmo", privateKey: root.privateKey };
const issue = (use: CertificateTerms["use"], over: Partial<CertificateTerms> = {}) =>
  certificate(
    { subject: "hof-12/gate-1", publicKey: pair().publicKey, fromMs: now - day, untilMs: now + 30 * day, use, ...over },
    by,
    randomBytes,
  );
const authority = issue({ as: "authority" }, { subject: by.subject, publicKey: root.publicKey });

function openssl(purpose: string, pem: string, ...more: readonly string[]): string {
  writeFileSync(join(folder, "ca.pem"), authority);
  writeFileSync(join(folder, "one.pem"), pem);
  const args = ["verify", "-x509_strict", "-CAfile", "ca.pem", "-purpose", purpose, ...more, "one.pem"];
  return execFileSync("openssl", args, { cwd: folder, encoding: "utf8", stdio: "pipe" }).trim();
}

test("OpenSSL takes the authority, and a client and a server that it vouches for, by the strict rules", () => {
  expect(openssl("any", authority)).toBe("one.pem: OK");
  expect(openssl("sslclient", issue({ as: "client" }))).toBe("one.pem: OK");
  const server = issue({ as: "server", hosts: ["broker.example", "127.0.0.1", "2001:db8::17"] });
  expect(openssl("sslserver", server, "-verify_hostname", "broker.example")).toBe("one.pem: OK");
  expect(openssl("sslserver", server, "-verify_ip", "127.0.0.1")).toBe("one.pem: OK");
  expect(openssl("sslserver", server, "-verify_ip", "2001:db8::17")).toBe("one.pem: OK");
});

test("neither stands for the other, for another host, after its time, or as an authority", () => {
  const client = issue({ as: "client" });
  const server = issue({ as: "server", hosts: ["broker.example"] });
  expect(() => openssl("sslserver", client)).toThrow();
  expect(() => openssl("sslclient", server)).toThrow();
  expect(() => openssl("sslserver", server, "-verify_hostname", "other.example")).toThrow();
  expect(() => openssl("sslclient", issue({ as: "client" }, { untilMs: now - 1 }))).toThrow();
  expect(new X509Certificate(client).ca).toBe(false);
});

test("a certificate that lasts beyond 2049 says its years in full", () => {
  const far = new X509Certificate(issue({ as: "client" }, { untilMs: Date.UTC(2061, 4, 6) }));
  expect(new Date(far.validTo).getUTCFullYear()).toBe(2061);
  expect(far.subject).toBe("CN=hof-12/gate-1");
});
