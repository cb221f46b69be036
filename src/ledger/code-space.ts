// Whether a code could mean two holders at one door. Codes may be equal where they never meet: at other doors, or in other
// apartments at doors that ask for the apartment.
import type { Database, Statement } from "better-sqlite3";
import type { HolderRef } from "../domain/directory.ts";
import type { CredentialId, DoorId } from "../domain/ids.ts";
import type { DoorSpec } from "../domain/site.ts";

interface Meeting {
  readonly door: DoorId | null;
  readonly own_id: CredentialId;
  readonly own_apartment: string | null;
  readonly other_apartment: string | null;
  readonly own_kind: string;
  readonly other_kind: string;
}

/** Without a door when both codes are one holder's. */
export interface Collision {
  readonly door: DoorId | null;
  readonly credential: CredentialId;
}

export class CodeSpace {
  readonly #meetings: Statement<[string, string], Meeting>;

  constructor(db: Database) {
    // Two codes of one holder meet wherever that one may go, and even before: they would mean two things.
    this.#meetings = db.prepare(
      `SELECT g.door, own.id AS own_id, own.holder_kind AS own_kind, other.holder_kind AS other_kind,
         json_extract(h.body, '$.apartment') AS own_apartment, json_extract(o.body, '$.apartment') AS other_apartment
       FROM credential own
       JOIN credential other ON other.token = own.token AND other.id <> own.id
       JOIN holder h ON h.kind = own.holder_kind AND h.id = own.holder_id
       JOIN holder o ON o.kind = other.holder_kind AND o.id = other.holder_id
       LEFT JOIN holder_grant g ON g.holder_kind = own.holder_kind AND g.holder_id = own.holder_id
         AND EXISTS (SELECT 1 FROM holder_grant og WHERE og.holder_kind = other.holder_kind
           AND og.holder_id = other.holder_id AND og.door = g.door)
       WHERE own.holder_kind = ? AND own.holder_id = ? AND own.digits IS NOT NULL
         AND (g.door IS NOT NULL OR (other.holder_kind = own.holder_kind AND other.holder_id = own.holder_id))`,
    );
  }

  /** The first of them. */
  meeting(holder: HolderRef, doors: ReadonlyMap<DoorId, DoorSpec>): Collision | null {
    const found = this.#meetings.all(holder.kind, holder.id).find((meeting) => {
      if (meeting.door === null) return true;
      const spec = doors.get(meeting.door);
      const apart = meeting.own_kind === "person" && meeting.other_kind === "person";
      return !(apart && spec?.keypadMode === "apartmentPin" && meeting.own_apartment !== meeting.other_apartment);
    });
    return found === undefined ? null : { door: found.door, credential: found.own_id };
  }
}
