// Spends a pass's use and kills itself at one statement of the way there, before or after it ran: `FOLDER before|after N`.
// The answer that left is a line on standard output.
import { writeSync } from "node:fs";
import Sqlite from "better-sqlite3";
import { openSpender, spendOnce } from "./spend-ask.ts";

const [folder = "", when = "", nth = "0"] = process.argv.slice(2);
const ledger = openSpender(folder, "victim");

let count = 0;
const statement = Object.getPrototypeOf(new Sqlite(":memory:").prepare("SELECT 1"));
for (const way of ["run", "get", "all"] as const) {
  const original = statement[way];
  statement[way] = function ran(this: unknown, ...values: unknown[]): unknown {
    count += 1;
    const isLast = count === Number(nth);
    if (isLast && when === "before") process.kill(process.pid, "SIGKILL");
    const result = original.apply(this, values);
    if (isLast && when === "after") process.kill(process.pid, "SIGKILL");
    return result;
  };
}
writeSync(1, `${spendOnce(ledger, "victim.1")}\n`);
writeSync(1, `statements ${count}\n`);
