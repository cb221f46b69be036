// What the ledger's messages say about health; knows nothing else of what they are for.
import type { FromLedger } from "../domain/ask.ts";
import type { Health } from "./health.ts";

export function noteLedgerHealth(health: Health, message: FromLedger): void {
  switch (message.kind) {
    case "ready":
      health.set("ledger", "ok", "");
      return;
    case "calendar":
      health.set("schedules", message.missing.length === 0 ? "ok" : "fault", message.missing.join(" "));
      health.set("codes", message.doubtfulCodes === undefined ? "ok" : "fault", message.doubtfulCodes ?? "");
      return;
    case "trouble":
      health.set("disk", "fault", message.why);
      return;
    case "well":
      health.set("disk", "ok", "");
      return;
    case "copied":
      health.set("copy of the directory", message.why === null ? "ok" : "fault", message.why ?? "");
      return;
    case "rescueKept":
      health.set("rescue file", message.why === null ? "ok" : "fault", message.why ?? "");
      return;
    default:
      return;
  }
}
