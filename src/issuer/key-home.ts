// Where a folder of keys lies, in a few digits that tell it from a copy of it and say nothing else of the machine.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";

/** As systemd and D-Bus keep it; a machine without it is told apart by the folder alone. */
const machineIdFiles = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
const digits = 32;

/** A folder that is moved within its disk stays the same one; one that is copied, restored or unpacked is another. */
export function homeOf(folder: string): string {
  const file = machineIdFiles.find(existsSync);
  const machine = file === undefined ? "" : readFileSync(file, "utf8").trim();
  const { ino } = statSync(folder, { bigint: true });
  return createHash("sha256").update(`postern issuer keys\0${machine}\0${ino}`).digest("hex").slice(0, digits);
}
