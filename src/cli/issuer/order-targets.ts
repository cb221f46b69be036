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
  if ("door" in order && only === undefined) throw new Misuse(unknownDoors([order.door], all));
  throw new Misuse(`Name the controller with --controller; there are ${namesOf(all)}.`);
}

/** No doors are all doors of the site. Each controller is told its own. */
function lockdownTargets(order: Extract<Order, { doors: unknown }>, all: readonly Known[]): readonly Target[] {
  const unknown = order.doors.filter((door) => !all.some(({ doors }) => doors?.includes(door)));
  if (unknown.length > 0) throw new Misuse(unknownDoors(unknown, all));
  if (all.length === 0) throw new Misuse(noControllers);
  return all.flatMap(({ controller, doors }): Target[] => {
    const own = order.doors.filter((door) => doors?.includes(door));
    return order.doors.length > 0 && own.length === 0 ? [] : [{ controller, order: { ...order, doors: own } }];
  });
}

const noControllers = "The site has no controllers yet.";

function unknownDoors(doors: readonly string[], all: readonly Known[]): string {
  if (all.length === 0) return noControllers;
  const there = all.flatMap((one) => one.doors ?? []).toSorted();
  const some = there.length <= maxListed ? there : [...there.slice(0, maxListed), "…"];
  return `No controller has the door ${doors.join(", ")}; there are ${some.join(", ") || "none yet"}. For a door that a controller has not named yet, say which with --controller.`;
}

const maxListed = 30;

const namesOf = (all: readonly Known[]): string => all.map(({ controller }) => controller).join(", ") || "none";
