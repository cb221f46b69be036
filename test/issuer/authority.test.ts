// The authority that vouches for brokers and controllers, from its folder.
import { createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { certifyClient, makeTlsKey, openAuthority } from "../../src/issuer/authority.ts";

const now = Date.now();
const folder = mkdtempSync(join(tmpdir(), "postern-authority-"));
afterAll(() => rmSync(folder, { recursive: true }));
const longest = `${"s".repeat(32)}/${"c".repeat(32)}`;

test("an authority is made once, for its owner's eyes, and vouches on after it was opened again", () => {
  const own = join(folder, "own");
  const made = openAuthority(own, now);
  const again = openAuthority(own, now);
  expect(again.certificate).toBe(made.certificate);
  expect(statSync(join(own, "ca.key")).mode & 0o777).toBe(0o600);
  const client = new X509Certificate(certifyClient(again, createPublicKey(makeTlsKey()), longest, now));
  expect(client.checkIssued(new X509Certificate(made.certificate))).toBe(true);
  expect(client.verify(createPublicKey(made.privateKey))).toBe(true);
  expect(client.subject).toBe(`CN=${longest}`);
});

test("an authority with another's key is refused, and told apart", () => {
  const [one, other] = [join(folder, "one"), join(folder, "other")];
  openAuthority(one, now);
  openAuthority(other, now);
  copyFileSync(join(other, "ca.key"), join(one, "ca.key"));
  expect(() => openAuthority(one, now)).toThrow(/does not belong to .*ca\.crt; bring back the pair/);
});

test("no certificate is written for a key on another curve", () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  expect(() => certifyClient(openAuthority(join(folder, "own"), now), publicKey, "hof-12/gate-1", now)).toThrow(
    /P-256/,
  );
});
