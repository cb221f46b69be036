// Refuses files with keys in them that others than their owner may read. Knows nothing of what is in them.
import { statSync } from "node:fs";
import { Fault } from "../domain/fault.ts";

export function refuseExposed(file: string): void {
  if ((statSync(file).mode & 0o077) !== 0)
    throw new Fault("issuer.exposed", `Others may read ${file}; set its mode to 0600.`);
}
