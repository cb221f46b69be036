// Lets go of where somebody, or everybody, is held to be, so that they may enter again.
import type { Database } from "better-sqlite3";
import type { HolderRef } from "../domain/directory.ts";
import type { Instant } from "../domain/time.ts";
import type { Ledger } from "./ledger.ts";

/** Returns how many were held to be somewhere. */
export function forgiveWhereabouts(ledger: Ledger, holder: HolderRef | null, by: string, at: Instant): number {
  let count = 0;
  ledger.note(() => {
    count = forget(ledger.db, holder);
    return { type: "passback.forgiven", count, by };
  }, at);
  return count;
}

function forget(db: Database, holder: HolderRef | null): number {
  if (holder === null) return db.prepare("DELETE FROM whereabouts").run().changes;
  const one = db.prepare("DELETE FROM whereabouts WHERE holder_kind = ? AND holder_id = ?");
  return one.run(holder.kind, holder.id).changes;
}
