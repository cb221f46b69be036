// The link to the cloud put together: begins when there is an identity, and begins anew when pairing has changed it.
import { readFileSync, statSync } from "node:fs";
import type { JournalEvent } from "../../domain/events.ts";
import type { CloudSpec, OfficeOpening } from "../../domain/status.ts";
import type { Identity } from "../../link/identity.ts";
import { readIdentity } from "../../link/identity.ts";
import type { DoorDesk } from "../door-desk.ts";
import type { OpenJournal } from "../journal-port.ts";
import type { OwnHealth } from "../own-health.ts";
import { CloudLink } from "./cloud-link.ts";
import { IdentityTurns } from "./identity-turns.ts";
import type { OpenLedgerPort } from "./ledger-asks.ts";
import { LedgerAsks } from "./ledger-asks.ts";

export interface SyncPorts {
  readonly openJournal: OpenJournal;
  readonly clock: { wall(): number; mono(): number };
  readonly desk: DoorDesk;
  readonly own: OwnHealth;
  readonly note: (event: JournalEvent) => void;
}

export interface OpenSync {
  /** The record may have grown. */
  grew(): void;
  /** The doors or their health changed. */
  changed(): void;
  beat(): void;
  close(): void;
}

const part = "cloud";

export function openSync(cloud: CloudSpec, opening: OfficeOpening, ports: SyncPorts): OpenSync {
  let link: CloudLink | null = null;
  let read: string | null = null;
  const openLedger: OpenLedgerPort = (opened) => new LedgerAsks(opening.ledgerSocket, opened);
  const turns = new IdentityTurns({
    identityFile: cloud.identityFile,
    mono: ports.clock.mono,
    trouble: (why) => ports.own.set("cloud keys", false, why),
  });
  const look = (): void => {
    const { file } = turns;
    const stamp = stampOf(file);
    if (stamp === read) return;
    read = stamp;
    link?.close();
    link = null;
    const found = stamp === null ? unpaired : identityIn(file);
    if (typeof found === "string") ports.own.set(part, false, found);
    else if (found.broker === null && cloud.broker === null) ports.own.set(part, false, noBroker);
    else link = new CloudLink({ identity: found, turns, cloud, opening, openLedger, ...ports });
  };
  look();
  return {
    grew: () => link?.grew(),
    changed: () => link?.changed(),
    beat: () => {
      look();
      link?.beat();
    },
    close: () => link?.close(),
  };
}

const unpaired = "This controller is not paired with an issuer; run `postern join`.";
const noBroker = 'Nobody said where the broker is; name it in "cloud.broker".';

function stampOf(path: string): string | null {
  const found = statSync(path, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.ino} ${found.mtimeMs} ${found.size}`;
}

function identityIn(path: string): Identity | string {
  try {
    if ((statSync(path).mode & 0o077) !== 0) return `Others may read ${path}; set its mode to 0600.`;
    return readIdentity(readFileSync(path, "utf8")) ?? `${path} is damaged; run \`postern join\` again.`;
  } catch {
    return `${path} cannot be read; see that it belongs to the user of the service.`;
  }
}
