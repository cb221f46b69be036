// What it means when a secret that makes passes or codes goes to several controllers: each could make them for the others. Pure.
import type { PassKey } from "../domain/carried-pass/pass-key.ts";
import type { Controller } from "./store.ts";

/** Null where nobody gets more than his own. */
export function sharedSecret(
  { id, form }: { readonly id: string; readonly form: PassKey["form"] },
  doors: readonly string[],
  fleet: readonly Pick<Controller, "controller" | "doors">[],
): string | null {
  const holders = fleet.filter((one) => one.doors?.some((door) => doors.includes(door)) === true);
  if (form === "signed" || holders.length < 2) return null;
  const names = holders.map(({ controller }) => controller).join(", ");
  const [made, remedy] =
    form === "mac"
      ? ["passes", "make a key of the form signed, or one for each controller"]
      : ["codes", "make one for each controller, or give out passes of a key of the form signed"];
  return `The secret of the key ${id} goes to ${holders.length} controllers (${names}), and whoever reads it at one of them can make ${made} for the doors of all: ${remedy}.`;
}
