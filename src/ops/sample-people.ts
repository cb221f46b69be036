// Sample people for the simulated site. Their codes are derived from the site's own key, so that no file holds them.
import { createHmac } from "node:crypto";
import type { LedgerReply, LedgerRequest } from "../domain/ask.ts";
import type { DirectoryChange, HolderRef } from "../domain/directory.ts";
import { Fault } from "../domain/fault.ts";
import type { CredentialId, DoorId, PassId, PersonId, ScheduleId } from "../domain/ids.ts";
import { always } from "../domain/schedule.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Sample } from "../domain/status.ts";
import { unixMs } from "../domain/time.ts";
import { askSocket } from "./line-client.ts";

const dayMs = 86_400_000;
const patienceMs = 10_000;
/** Ids of sample people begin so, and nobody else's should. */
const reserved = "sample-";
const officeHours = "office-hours" as ScheduleId;

export interface SamplePeople {
  readonly samples: readonly Sample[];
  readonly changes: readonly DirectoryChange[];
}

export function samplePeople(site: SiteSpec, key: Buffer, nowWallMs: number): SamplePeople {
  const digest = (label: string) => createHmac("sha256", key).update(`sample ${label}`).digest();
  const pin = (label: string) => String(digest(label).readUInt32BE(0) % 1_000_000).padStart(6, "0");
  const card = (label: string) => `00${digest(label).subarray(0, 3).toString("hex").toUpperCase()}`;
  const samples: Sample[] = [
    { label: "Ana Ruiz, resident", kind: "pin", secret: pin("ana pin") },
    { label: "Ana Ruiz, resident", kind: "card", secret: card("ana card") },
    { label: "Bo Lind, weekdays 8 to 18", kind: "card", secret: card("bo card") },
    { label: "Courier, once at each door", kind: "pin", secret: pin("courier pin") },
    {
      label: "Courier, once at each door",
      kind: "qr",
      secret: `POSTERN-${digest("courier qr").toString("hex", 0, 10)}`,
    },
    { label: "Nobody's card", kind: "card", secret: card("stranger") },
  ];
  return { samples, changes: planPeople(site, samples, nowWallMs) };
}

/** Puts them in once, when the directory has never had anyone. */
export async function seedSamples(
  site: SiteSpec,
  key: Buffer,
  nowWallMs: number,
  ledgerSocket: string,
): Promise<readonly Sample[]> {
  const { samples, changes } = samplePeople(site, key, nowWallMs);
  const asking = (request: LedgerRequest) => askSocket<LedgerReply>(ledgerSocket, request, patienceMs);
  const known = await asking({ kind: "directory" });
  if (known.kind === "directory" && known.version > 0) return samples;
  const reply = await asking({ kind: "change", by: "first start", changes });
  if (reply.kind !== "changed") throw new Fault("samples.refused", "The sample people were refused.", { reply });
  return samples;
}

/** A site of one's own must not open for people whose codes stand on the simulated site's page. */
export async function removeSamples(ledgerSocket: string): Promise<void> {
  const asking = (request: LedgerRequest) => askSocket<LedgerReply>(ledgerSocket, request, patienceMs);
  const known = await asking({ kind: "directory" });
  if (known.kind !== "directory") throw new Fault("samples.unknown", "The ledger did not list its people.", { known });
  const left = known.listing.holders.filter(({ id }) => id.startsWith(reserved));
  if (left.length === 0) return;
  const changes = left.map(
    ({ kind, id }): DirectoryChange => ({ op: "removeHolder", holder: { kind, id } as HolderRef }),
  );
  const reply = await asking({ kind: "change", by: "first start of this site", changes });
  if (reply.kind !== "changed")
    throw new Fault("samples.refused", "The sample people could not be removed.", { reply });
}

function planPeople(site: SiteSpec, samples: readonly Sample[], nowWallMs: number): DirectoryChange[] {
  const ana: HolderRef = { kind: "person", id: `${reserved}ana` as PersonId };
  const bo: HolderRef = { kind: "person", id: `${reserved}bo` as PersonId };
  const courier: HolderRef = { kind: "pass", id: `${reserved}courier` as PassId };
  const credential = (id: string, index: number, holder: HolderRef): DirectoryChange[] => {
    const sample = samples[index];
    if (sample === undefined) return [];
    return [{ op: "putCredential", id: id as CredentialId, kind: sample.kind, secret: sample.secret, holder }];
  };
  const grants = (holder: HolderRef, schedule: ScheduleId) =>
    site.doors.map((door): DirectoryChange => ({ op: "putGrant", holder, door: door.id as DoorId, schedule }));
  const unbounded = { from: null, until: null };
  return [
    {
      op: "putSchedule",
      schedule: {
        id: officeHours,
        name: "Weekdays 8 to 18",
        rule: {
          kind: "weekly",
          windows: [{ days: ["mon", "tue", "wed", "thu", "fri"], startMinute: 8 * 60, endMinute: 18 * 60 }],
        },
      },
    },
    {
      op: "putPerson",
      person: { kind: "person", id: ana.id as PersonId, name: "Ana Ruiz", state: "active", validity: unbounded },
    },
    {
      op: "putPerson",
      person: { kind: "person", id: bo.id as PersonId, name: "Bo Lind", state: "active", validity: unbounded },
    },
    {
      op: "putPass",
      pass: {
        kind: "pass",
        id: courier.id as PassId,
        name: "Courier",
        state: "active",
        validity: { from: null, until: unixMs(nowWallMs + 30 * dayMs) },
        usesPerDoor: 1,
      },
    },
    ...credential("ana-pin", 0, ana),
    ...credential("ana-card", 1, ana),
    ...credential("bo-card", 2, bo),
    ...credential("courier-pin", 3, courier),
    ...credential("courier-qr", 4, courier),
    ...grants(ana, always.id),
    ...grants(bo, officeHours),
    ...grants(courier, always.id),
  ];
}
