// Which input means what, so that a level from the wires reaches the right door.
import type { DoorId, InputId } from "../domain/ids.ts";
import type { SiteSpec } from "../domain/site.ts";

export type InputRole =
  | { readonly kind: "exit"; readonly door: DoorId }
  | { readonly kind: "contact"; readonly door: DoorId }
  | { readonly kind: "fire" };

/** One exit button may serve several doors. */
export function inputRoles(site: SiteSpec): ReadonlyMap<InputId, readonly InputRole[]> {
  const roles = new Map<InputId, InputRole[]>();
  const add = (input: InputId, role: InputRole) => roles.set(input, [...(roles.get(input) ?? []), role]);
  for (const door of site.doors) {
    for (const exit of door.exitButtons) add(exit, { kind: "exit", door: door.id });
    if (door.contact !== null) add(door.contact, { kind: "contact", door: door.id });
  }
  if (site.fireInput !== null) add(site.fireInput, { kind: "fire" });
  return roles;
}
