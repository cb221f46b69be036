import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { keyIdOf, rawPublicKey, signMessage } from "../../src/link/envelope.ts";
import { readDown, readUp } from "../../src/link/read-message.ts";

const address = { site: "hof-12", controller: "gate-1" };
const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const signer = { id: keyIdOf(rawPublicKey(publicKey)), privateKey };
const verifiers = new Map([[signer.id, publicKey]]);
const command = {
  kind: "command",
  ...address,
  at: 1,
  id: "A".repeat(22),
  do: { kind: "open", door: "front" },
  by: "anna",
  until: 2,
  challenge: null,
};

const down = (message: typeof command | object, place: string, retained = false) => {
  const payload = Buffer.from(signMessage(message as typeof command, signer));
  const read = readDown({ payload, place, retained }, address, verifiers);
  return read.ok ? read.message.kind : read.why;
};

test("a command is read on its own topic, and only there", () => {
  expect(down(command, "down/command")).toBe("command");
  for (const place of ["down/directory", "down/ack", "down/keys", "up/events", ""])
    expect(down(command, place)).toBe("misplaced");
});

test("a command that the broker had kept is refused, a beacon is not", () => {
  expect(down(command, "down/command", true)).toBe("retained");
  expect(down({ kind: "beacon", ...address, at: 1, version: 3 }, "down/beacon", true)).toBe("beacon");
});

test("a well signed message that is not as its kind must be is malformed", () => {
  expect(down({ ...command, do: { kind: "open" } }, "down/command")).toBe("malformed");
  expect(down({ ...command, id: "short" }, "down/command")).toBe("malformed");
  expect(down({ ...command, do: { kind: "format", door: "front" } }, "down/command")).toBe("malformed");
});

test("no kind of the other direction, and no name that objects inherit, is a kind", () => {
  expect(down({ ...command, kind: "constructor" }, "down/command")).toBe("misplaced");
  const payload = Buffer.from(signMessage(command, signer));
  expect(readUp({ payload, place: "up/events", retained: false }, address, verifiers)).toEqual({
    ok: false,
    why: "misplaced",
  });
});
