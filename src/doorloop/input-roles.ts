// Which input means what, so that a level from the wires reaches the right door.
import type { DoorId, InputId } from "../domain/ids.ts";
import type { SiteSpec } from "../domain/site.ts";

export type InputRole =
  | { readonly kind: "exit"; readonly door: DoorId }
  | { readonly kind: "contact"; readonly door: DoorId }
  | { readonly kind: "fire" };

export function inputRoles(site: SiteSpec): ReadonlyMap<InputId, InputRole> {
  const roles = new Map<InputId, InputRole>();
  for (const door of site.doors) {
    for (const exit of door.exitButtons) roles.set(exit, { kind: "exit", door: door.id });
    if (door.contact !== null) roles.set(door.contact, { kind: "contact", door: door.id });
  }
  if (site.fireInput !== null) roles.set(site.fireInput, { kind: "fire" });
  return roles;
}
