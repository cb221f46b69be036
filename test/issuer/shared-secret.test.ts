// When a key that is published gives a controller power over others' doors, and what is said then.
import { expect, test } from "vitest";
import { sharedSecret } from "../../src/issuer/shared-secret.ts";

const fleet = [
  { controller: "gate-1", doors: ["front", "garage"] },
  { controller: "gate-2", doors: ["back"] },
  { controller: "gate-3", doors: null },
];
const id = "desk";

test("a secret that reaches doors of two controllers is said to, with what to do instead", () => {
  expect(sharedSecret({ id, form: "mac" }, ["front", "back"], fleet)).toBe(
    "The secret of the key desk goes to 2 controllers (gate-1, gate-2), and whoever reads it at one of them can make passes for the doors of all: make a key of the form signed, or one for each controller.",
  );
  expect(sharedSecret({ id, form: "code" }, ["garage", "back"], fleet)).toContain(
    "can make codes for the doors of all: make one for each controller, or give out passes of a key of the form signed.",
  );
});

test("nothing is said of a secret that one controller has, nor of a key that makes nothing at a door", () => {
  expect(sharedSecret({ id, form: "mac" }, ["front", "garage", "attic"], fleet)).toBeNull();
  expect(sharedSecret({ id, form: "signed" }, ["front", "back"], fleet)).toBeNull();
});
