// Takes a chunk of the cloud's directory and kills itself at one statement of the way there: `FOLDER N`. Says `taken` when it is done.
import { writeSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { cloudOnDisk, firstStep, secondStep } from "./cloud-steps.ts";

const [folder = "", nth = "0"] = process.argv.slice(2);
const cloud = cloudOnDisk(folder, "victim");

let count = 0;
const statement = Object.getPrototypeOf(new Sqlite(":memory:").prepare("SELECT 1"));
for (const way of ["run", "get", "all"] as const) {
  const original = statement[way];
  statement[way] = function ran(this: unknown, ...values: unknown[]): unknown {
    count += 1;
    if (count === Number(nth)) process.kill(process.pid, "SIGKILL");
    return original.apply(this, values);
  };
}
for (const step of [firstStep, secondStep]) await cloud.apply(step);
writeSync(1, `taken after ${count} statements\n`);
