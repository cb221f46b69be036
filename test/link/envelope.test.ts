import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  keyIdOf,
  maxMessageBytes,
  openMessage,
  publicKeyFrom,
  rawPublicKey,
  signMessage,
} from "../../src/link/envelope.ts";
import { seal, sealKey, unseal } from "../../src/link/seal.ts";
import { askerOf, readTopic, resultTopic, topicOf } from "../../src/link/topics.ts";

const address = { site: "hof-12", controller: "gate-1" };
const neighbour = { site: "hof-12", controller: "gate-2" };
const pair = generateKeyPairSync("ed25519");
const raw = rawPublicKey(pair.publicKey);
const signer = { id: keyIdOf(raw), privateKey: pair.privateKey };
const verifiers = new Map([[signer.id, pair.publicKey]]);
const beacon = { kind: "beacon", ...address, at: 1_790_000_000_000, version: 7 };
const text = signMessage(beacon, signer);
const why = (payload: string | Buffer, to = address, keys = verifiers) => {
  const opened = openMessage(Buffer.from(payload), to, keys);
  return opened.ok ? "ok" : opened.why;
};

describe("a signed message", () => {
  test("is opened by whom it is for, whatever the order of its members", () => {
    const members = Object.entries(JSON.parse(text) as object).reverse();
    expect(why(text)).toBe("ok");
    expect(why(JSON.stringify(Object.fromEntries(members), null, 2))).toBe("ok");
  });

  test("is refused by a neighbour, even one who trusts the same issuer", () => {
    expect(why(text, neighbour)).toBe("foreign");
  });

  test("does not hold when any of its members is another, missing or new", () => {
    const message = JSON.parse(text) as Record<string, unknown>;
    const edits = [
      ...Object.keys(message).map((name) => ({
        ...message,
        [name]: name === "at" || name === "version" ? 8 : "other",
      })),
      ...Object.keys(message).map((name) => ({ ...message, [name]: undefined })),
      { ...message, more: true },
    ];
    for (const edit of edits) expect(why(JSON.stringify(edit))).not.toBe("ok");
  });

  test("is acted upon as it was parsed: a member that stands twice counts once", () => {
    const doubled = text.replace('"version":7', '"version":7,"version":8');
    expect(why(doubled)).toBe("unsigned");
  });

  test("does not hold by a key that does not count, or that only bears the other's id", () => {
    const other = generateKeyPairSync("ed25519");
    expect(why(signMessage(beacon, { id: signer.id, privateKey: other.privateKey }))).toBe("unsigned");
    expect(why(text, address, new Map())).toBe("unsigned");
  });

  test("is refused unread when it is too long, no JSON, or no object", () => {
    expect(why(Buffer.alloc(maxMessageBytes + 1, 32))).toBe("oversized");
    for (const bad of ["", "{", "[]", "7", "null", '"kind"', "{}", "\u0000", '{"__proto__":{"kind":"beacon"}}'])
      expect(why(bad)).toBe("malformed");
  });

  test("that is nested deeper than anybody can walk is refused like any other that nobody signed", () => {
    const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
    expect(why(text.replace('"version":7', `"version":${deep}`))).toBe("unsigned");
  });

  test("names its key by the same 16 digits on both sides", () => {
    expect(publicKeyFrom("ed25519", raw)?.equals(pair.publicKey)).toBe(true);
    expect(publicKeyFrom("ed25519", raw.subarray(1))).toBeNull();
  });
});

describe("what is sealed", () => {
  const issuer = generateKeyPairSync("x25519");
  const device = generateKeyPairSync("x25519");
  const down = sealKey("down", address, issuer.privateKey, device.publicKey);
  const same = sealKey("down", address, device.privateKey, issuer.publicKey);
  let drawn = 0;
  const random = (size: number) => Buffer.alloc(size, ++drawn);
  const sealed = seal("delta", ["471102", null], down, random);

  test("is opened by the other end only, in the same direction, kind and place", () => {
    expect(unseal("delta", sealed, same)).toEqual(["471102", null]);
    expect(unseal("chunk", sealed, same)).toBeNull();
    expect(unseal("delta", sealed, sealKey("up", address, device.privateKey, issuer.publicKey))).toBeNull();
    expect(unseal("delta", sealed, sealKey("down", neighbour, device.privateKey, issuer.publicKey))).toBeNull();
  });

  test("cannot be changed at any byte, or cut", () => {
    const bytes = Buffer.from(sealed, "base64url");
    for (const [n] of bytes.entries()) {
      const edited = Buffer.from(bytes);
      edited[n] = (edited[n] ?? 0) ^ 1;
      expect(unseal("delta", edited.toString("base64url"), same)).toBeNull();
      expect(unseal("delta", bytes.subarray(0, n).toString("base64url"), same)).toBeNull();
    }
  });
});

describe("topics", () => {
  test("tell whose they are, and are refused when they are no controller's", () => {
    expect(readTopic(topicOf(address, "up/events"))).toEqual({ ...address, place: "up/events" });
    for (const topic of ["postern/2/a/b/state", "postern/1/a/b", "postern/1/A/b/state", "postern/1//b/state", "x"])
      expect(readTopic(topic)).toBeNull();
  });

  test("let an answer go to the controller's own results only", () => {
    expect(askerOf(address, resultTopic(address, "worker-1"))).toBe("worker-1");
    expect(askerOf(address, undefined)).toBe("all");
    for (const topic of [
      resultTopic(neighbour, "w"),
      topicOf(address, "state"),
      resultTopic(address, "a/b"),
      resultTopic(address, "#"),
      "",
    ])
      expect(askerOf(address, topic)).toBeNull();
  });
});
