// Which controllers an order is for, where nobody named one: those of its doors, all for a whole site, or the only one.
import type { Order } from "../../issuer/commander.ts";
import type { Controller } from "../../issuer/store.ts";
import { Misuse } from "../misuse.ts";

export interface Target {
  readonly controller: string;
  readonly order: Order;
}

type Known = Pick<Controller, "controller" | "doors">;

export function targetsOf(order: Order, named: string | undefined, all: readonly Known[]): readonly Target[] {
  if (named !== undefined) return [{ controller: named, order }];
  if (order.kind === "lockDown" || order.kind === "lockDownRelease") return lockdownTargets(order, all);
  const having = "door" in order ? all.filter(({ doors }) => doors?.includes(order.door)) : all;
  const [only, ...others] = having;
  if (only !== undefined && others.length === 0) return [{ controller: only.controller, order }];
  throw new Misuse(`Name the controller with --controller; there are ${namesOf(all)}.`);
}

/** No doors are all doors of the site. Each controller is told its own. */
function lockdownTargets(order: Extract<Order, { doors: unknown }>, all: readonly Known[]): readonly Target[] {
  const unknown = order.doors.filter((door) => !all.some(({ doors }) => doors?.includes(door)));
  if (unknown.length > 0)
    throw new Misuse(`No controller has the door ${unknown.join(", ")}; name one with --controller.`);
  if (all.length === 0) throw new Misuse("The site has no controllers yet.");
  return all.flatMap(({ controller, doors }): Target[] => {
    const own = order.doors.filter((door) => doors?.includes(door));
    return order.doors.length > 0 && own.length === 0 ? [] : [{ controller, order: { ...order, doors: own } }];
  });
}

const namesOf = (all: readonly Known[]): string => all.map(({ controller }) => controller).join(", ") || "none";
