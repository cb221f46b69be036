// Which input means what, so that a level from the wires reaches the right door.
import type { DoorId, InputId } from "../domain/ids.ts";
import type { ReceptionSpec, SiteSpec, SupplyKind } from "../domain/site.ts";

export type InputRole =
  | { readonly kind: "exit"; readonly door: DoorId }
  | { readonly kind: "contact"; readonly door: DoorId }
  | { readonly kind: "tamper"; readonly door: DoorId }
  | { readonly kind: "fire" }
  | { readonly kind: "lockdown" }
  | { readonly kind: "supply"; readonly what: SupplyKind }
  | { readonly kind: "reception"; readonly spec: ReceptionSpec };

/** One exit button may serve several doors. */
export function inputRoles(site: SiteSpec): ReadonlyMap<InputId, readonly InputRole[]> {
  const roles = new Map<InputId, InputRole[]>();
  const add = (input: InputId, role: InputRole) => roles.set(input, [...(roles.get(input) ?? []), role]);
  for (const door of site.doors) {
    for (const exit of door.exitButtons) add(exit, { kind: "exit", door: door.id });
    if (door.contact !== null) add(door.contact, { kind: "contact", door: door.id });
    for (const tamper of door.tampers) add(tamper, { kind: "tamper", door: door.id });
  }
  if (site.fireInput !== null) add(site.fireInput, { kind: "fire" });
  if (site.lockdownInput !== null) add(site.lockdownInput, { kind: "lockdown" });
  for (const { input, what } of site.supplyInputs) add(input, { kind: "supply", what });
  for (const spec of site.receptions) add(spec.input, { kind: "reception", spec });
  return roles;
}
