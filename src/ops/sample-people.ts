// Sample people for the simulated site. Their codes are derived from the site's own key, so that no file holds them.
import { createHmac } from "node:crypto";
import type { LedgerReply, LedgerRequest } from "../domain/ask.ts";
import { formatDate } from "../domain/calendar-day.ts";
import type { CredentialKind, DirectoryChange, HolderRef, PassGiven } from "../domain/directory.ts";
import { Fault } from "../domain/fault.ts";
import type { CredentialId, DoorId, PassId, PersonId, ScheduleId } from "../domain/ids.ts";
import { localTimeAt } from "../domain/local-time.ts";
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
  const longPin = (label: string) => String(digest(label).readUInt32BE(0) % 100_000_000).padStart(8, "0");
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
    { label: "Cleaner, Tuesdays and Fridays 7 to 11", kind: "pin", secret: pin("cleaner pin") },
    { label: "Visitor, by the QR on her phone", kind: "qr", secret: longPin("visitor qr") },
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
  const known = await asking({ kind: "export", after: null });
  if (known.kind === "exported" && known.version > 0) return samples;
  const reply = await asking({ kind: "change", by: "first start", changes });
  if (reply.kind !== "changed") throw new Fault("samples.refused", "The sample people were refused.", { reply });
  return samples;
}

/** A site of one's own must not open for people whose codes stand on the simulated site's page. */
export async function removeSamples(ledgerSocket: string): Promise<void> {
  const asking = (request: LedgerRequest) => askSocket<LedgerReply>(ledgerSocket, request, patienceMs);
  const left = [...(await samplesOf("person", asking)), ...(await samplesOf("pass", asking))];
  if (left.length === 0) return;
  const changes = left.map((holder): DirectoryChange => ({ op: "removeHolder", holder }));
  const reply = await asking({ kind: "change", by: "first start of this site", changes });
  if (reply.kind !== "changed")
    throw new Fault("samples.refused", "The sample people could not be removed.", { reply });
}

/** They lie together in the order of ids, so that one page of a directory of any size holds them all. */
async function samplesOf(
  kind: "person" | "pass",
  asking: (request: LedgerRequest) => Promise<LedgerReply>,
): Promise<HolderRef[]> {
  const reply = await asking({ kind: "export", after: { kind, id: reserved } });
  if (reply.kind !== "exported") throw new Fault("samples.unknown", "The ledger did not list its people.", { reply });
  return reply.page.holders
    .map(({ holder }) => ({ kind: holder.kind, id: holder.id }) as HolderRef)
    .filter((holder) => holder.kind === kind && holder.id.startsWith(reserved));
}

function planPeople(site: SiteSpec, samples: readonly Sample[], nowWallMs: number): DirectoryChange[] {
  const ana: HolderRef = { kind: "person", id: `${reserved}ana` as PersonId };
  const bo: HolderRef = { kind: "person", id: `${reserved}bo` as PersonId };
  const grants = (holder: HolderRef, schedule: ScheduleId) => grantsAt(site.doors, holder, schedule);
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
    ...planPasses(site, nowWallMs),
    ...credential("ana-pin", samples[0], ana),
    ...credential("ana-card", samples[1], ana),
    ...credential("bo-card", samples[2], bo),
    ...credential("courier-pin", samples[3], courier),
    ...credential("courier-qr", samples[4], courier),
    ...credential("cleaner-pin", samples[5], cleaner),
    ...credential("visitor-qr", samples[6], visitor, "qrPin"),
    ...grants(ana, always.id),
    ...grants(bo, officeHours),
    ...grants(courier, always.id),
    ...grants(cleaner, always.id),
    ...grantsAt(site.doors.slice(0, 1), visitor, always.id),
  ];
}

const unbounded = { from: null, until: null };
const courier: HolderRef = { kind: "pass", id: `${reserved}courier` as PassId };
const cleaner: HolderRef = { kind: "pass", id: `${reserved}cleaner` as PassId };
const visitor: HolderRef = { kind: "pass", id: `${reserved}visitor` as PassId };

/** A cleaner who comes every week, and a visitor whom Ana expects. */
function planPasses({ timeZone }: SiteSpec, nowWallMs: number): DirectoryChange[] {
  const today = localTimeAt(unixMs(nowWallMs), timeZone).day;
  const lasting = (days: number) => ({ from: null, until: unixMs(nowWallMs + days * dayMs) });
  const pass = (id: string, name: string, more: Partial<PassGiven>): DirectoryChange => ({
    op: "putPass",
    pass: { kind: "pass", id: id as PassId, name, state: "active", validity: lasting(30), ...more },
  });
  return [
    pass(courier.id, "Courier", { usesPerDoor: 1 }),
    pass(cleaner.id, "Cleaner", {
      validity: lasting(365),
      recurrence: {
        kind: "weekly",
        from: formatDate(today),
        until: formatDate(today + 364),
        days: ["tue", "fri"],
        window: { startMinute: 7 * 60, endMinute: 11 * 60 },
      },
    }),
    pass(visitor.id, "Visitor", { preset: "visitor", host: `${reserved}ana` as PersonId, usesPerDoor: null }),
  ];
}

function credential(
  id: string,
  sample: Sample | undefined,
  holder: HolderRef,
  kind: CredentialKind | null = null,
): DirectoryChange[] {
  if (sample === undefined) return [];
  const { secret } = sample;
  return [{ op: "putCredential", id: id as CredentialId, kind: kind ?? sample.kind, secret, holder }];
}

const grantsAt = (doors: SiteSpec["doors"], holder: HolderRef, schedule: ScheduleId) =>
  doors.map((door): DirectoryChange => ({ op: "putGrant", holder, door: door.id as DoorId, schedule }));
