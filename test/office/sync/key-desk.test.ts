// New keys of a controller: asked about under the present ones, and taken up only upon the answer that was waited for.
import { createPublicKey, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { certifyController, makeTlsKey, openAuthority, privatePem } from "../../../src/issuer/authority.ts";
import type { Down } from "../../../src/link/down-messages.ts";
import { formerIdentityFile, makeNextKeys, nextKeysFile } from "../../../src/link/pairing/next-keys.ts";
import type { Up } from "../../../src/link/up-messages.ts";
import { KeyDesk } from "../../../src/office/sync/key-desk.ts";
import { madeIdentity } from "../../link/made-identity.ts";

const address = { site: "hof", controller: "gate-1" };

function controller() {
  const folder = mkdtempSync(join(tmpdir(), "postern-keys-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const authority = openAuthority(join(folder, "authority"), Date.now());
  const tls = makeTlsKey();
  const spki = createPublicKey(tls).export({ format: "der", type: "spki" }).toString("base64url");
  const certificate = certifyController(authority, address, spki, Date.now());
  const identity = madeIdentity(address, { ca: authority.certificate, certificate, key: privatePem(tls) }).file;
  const identityFile = join(folder, "cloud-identity.json");
  writeFileSync(identityFile, JSON.stringify(identity));
  const asked: Pick<Up<"rotate">, "signKey" | "sealKey" | "tlsKey">[] = [];
  const troubles: (string | null)[] = [];
  let now = 0;
  const clock = { wall: Date.now(), trusted: true };
  const desk = new KeyDesk({
    ...{ identityFile, hasCertificate: true, mono: () => now, time: () => clock },
    ask: (keys) => asked.push(keys),
    trouble: (why) => troubles.push(why),
  });
  const answer = (over: Partial<Down<"certificate">> = {}): Down<"certificate"> => {
    const { signKey = "", sealKey = "", tlsKey } = asked.at(-1) ?? {};
    const made = certifyController(authority, address, tlsKey ?? "", Date.now());
    const enveloped = { kind: "certificate", ...address, at: 0, key: "", signature: "" } as const;
    return { ...enveloped, signKey, sealKey, certificate: made, ...over };
  };
  const certified = (key: string, at: number) => certifyController(authority, address, key, at);
  return {
    ...{ desk, asked, troubles, answer, identityFile, clock, certified },
    makeKeys: () => writeFileSync(nextKeysFile(identityFile), makeNextKeys()),
    pass: (ms: number) => {
      now += ms;
      desk.beat();
    },
    text: () => readFileSync(identityFile, "utf8"),
  };
}

test("nothing is asked while nobody has made keys; then it is asked again until the answer comes", () => {
  const { asked, makeKeys, pass } = controller();
  pass(10_000);
  expect(asked).toEqual([]);
  makeKeys();
  pass(2_000);
  expect(asked).toHaveLength(1);
  pass(10_000);
  expect(asked).toHaveLength(1);
  pass(20_000);
  expect(asked).toHaveLength(2);
  expect(asked[0]).toEqual(asked[1]);
});

test("the answer makes them the controller's own, and the next keys are gone", () => {
  const { desk, makeKeys, pass, answer, identityFile, text } = controller();
  const before = text();
  makeKeys();
  pass(2_000);
  expect(desk.certified(answer())).toBe(null);
  expect(text()).not.toBe(before);
  expect(readFileSync(formerIdentityFile(identityFile), "utf8")).toBe(before);
  expect(existsSync(nextKeysFile(identityFile))).toBe(false);
});

test("an answer to other keys, with another's certificate, without one, or a second time changes nothing", () => {
  const { desk, makeKeys, pass, answer, text } = controller();
  const before = text();
  expect(desk.certified(answer())).toBe("stale");
  makeKeys();
  pass(2_000);
  const stranger = randomBytes(32).toString("base64url");
  const other = JSON.parse(before).tls.certificate as string;
  for (const over of [{ signKey: stranger }, { sealKey: stranger }]) expect(desk.certified(answer(over))).toBe("stale");
  for (const over of [{ certificate: other }, { certificate: null }]) {
    expect(desk.certified(answer(over))).toBe("malformed");
  }
  expect(text()).toBe(before);
  const right = answer();
  expect(desk.certified(right)).toBe(null);
  const after = text();
  expect(desk.certified(right)).toBe("stale");
  expect(text()).toBe(after);
});

const yearMs = 365 * 86_400_000;

test("a certificate that nobody could connect with is not taken, is told, and is mended by a good one", () => {
  const { desk, makeKeys, pass, answer, text, asked, troubles, certified, identityFile, clock } = controller();
  const before = text();
  makeKeys();
  pass(2_000);
  const key = asked[0]?.tlsKey ?? "";
  const good = certified(key, clock.wall);
  const bad = [
    ["no certificate", "malformed", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
    ["not even PEM", "malformed", "certificate"],
    [
      "with something behind it that is none",
      "malformed",
      `${good}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n`,
    ],
    ["over already", "malformed", certified(key, clock.wall - 21 * yearMs)],
    ["not begun yet", "malformed", certified(key, clock.wall + yearMs)],
  ] as const;
  for (const [why, refusal, certificate] of bad)
    expect([why, desk.certified(answer({ certificate }))]).toEqual([why, refusal]);
  expect(text()).toBe(before);
  expect(existsSync(nextKeysFile(identityFile))).toBe(true);
  expect(troubles.at(-1)).toMatch(/certificate for the new keys cannot be used; the present ones stay/);
  expect(desk.certified(answer({ certificate: good }))).toBe(null);
  expect(troubles.at(-1)).toBe(null);
});

test("while nobody vouches for the clock it judges no certificate's time", () => {
  const { desk, makeKeys, pass, answer, clock } = controller();
  Object.assign(clock, { wall: 0, trusted: false });
  makeKeys();
  pass(2_000);
  expect(desk.certified(answer())).toBe(null);
});

test("cut off after it had changed over, it asks once more and stays who it is", () => {
  const { desk, makeKeys, pass, answer, text, identityFile } = controller();
  makeKeys();
  const next = readFileSync(nextKeysFile(identityFile));
  pass(2_000);
  desk.certified(answer());
  const after = JSON.parse(text());
  writeFileSync(nextKeysFile(identityFile), next);
  pass(60_000);
  expect(desk.certified(answer())).toBe(null);
  expect(JSON.parse(text()).device).toEqual(after.device);
  expect(existsSync(nextKeysFile(identityFile))).toBe(false);
});

test("a disk that takes no file leaves the present keys in use, and says so", () => {
  const { desk, makeKeys, pass, answer, text, identityFile, troubles } = controller();
  makeKeys();
  pass(2_000);
  const before = text();
  // A folder where the file would be written first.
  mkdirSync(`${identityFile}.partial`);
  expect(desk.certified(answer())).toBe(null);
  expect(text()).toBe(before);
  expect(troubles.at(-1)).toMatch(/New keys cannot be written beside .*; it goes on with the present ones\./);
});

test("the issuer's own keys are taken when they are newer than those before, and never an older word again", () => {
  const { desk, text } = controller();
  const [first = ""] = JSON.parse(text()).issuer.sign as string[];
  const seal = JSON.parse(text()).issuer.seal as string;
  const second = madeIdentity(address).file.issuer.sign[0] ?? "";
  const told = (at: number, ...sign: string[]): Down<"keys"> => {
    return { kind: "keys", ...address, at, key: "", signature: "", sign, seal };
  };
  const counted = () => JSON.parse(text()).issuer.sign;
  expect(desk.renewed(told(100, first, second))).toBe(true);
  expect(counted()).toEqual([first, second]);
  expect(desk.renewed(told(200, second))).toBe(true);
  expect(counted()).toEqual([second]);
  for (const at of [1, 100, 200]) expect(desk.renewed(told(at, first, second))).toBe(false);
  expect(desk.renewed(told(300, "!".repeat(43)))).toBe(false);
  expect(counted()).toEqual([second]);
});

test("the same keys said again are written no second time, so that nobody begins anew for them", () => {
  const { desk, text } = controller();
  const { sign, seal } = JSON.parse(text()).issuer as { sign: string[]; seal: string };
  const before = text();
  expect(desk.renewed({ kind: "keys", ...address, at: 5, key: "", signature: "", sign, seal })).toBe(true);
  expect(text()).toBe(before);
});
