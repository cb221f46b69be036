// Which controllers an order goes to.
import { expect, test } from "vitest";
import { targetsOf } from "../../src/cli/issuer/order-targets.ts";
import type { Order } from "../../src/issuer/commander.ts";

const all = [
  { controller: "one", doors: ["front", "garage"] },
  { controller: "two", doors: ["back"] },
  { controller: "new", doors: null },
];
const lockDown = (...doors: readonly string[]): Order => ({ kind: "lockDown", doors: [...doors], forMs: null });

test("a door's order goes to the controller that has it, and one that nobody has wants a name", () => {
  const open = { kind: "open", door: "back" } as const;
  expect(targetsOf(open, undefined, all)).toEqual([{ controller: "two", order: open }]);
  expect(targetsOf(open, "new", all)).toEqual([{ controller: "new", order: open }]);
  expect(() => targetsOf({ kind: "open", door: "cellar" }, undefined, all)).toThrow(
    "No controller has the door cellar; there are back, front, garage.",
  );
  expect(() => targetsOf({ kind: "restart" }, undefined, all)).toThrow("Name the controller");
});

test("a lockdown without doors is the whole site's, and with doors each controller is told its own", () => {
  expect(targetsOf(lockDown(), undefined, all).map(({ controller }) => controller)).toEqual(["one", "two", "new"]);
  expect(targetsOf(lockDown("front", "back"), undefined, all)).toEqual([
    { controller: "one", order: lockDown("front") },
    { controller: "two", order: lockDown("back") },
  ]);
  expect(() => targetsOf(lockDown("cellar"), undefined, all)).toThrow("No controller has the door cellar");
});
