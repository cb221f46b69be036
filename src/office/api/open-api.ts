// What answers machines, put together: their file, the check of who they are, the doors, and the count of refusals.
import { canCall } from "../../domain/can-call.ts";
import type { JournalEvent } from "../../domain/events.ts";
import type { OpeningMode, RefusalCause, RefusedOver } from "../../domain/http-opening.ts";
import type { DoorId } from "../../domain/ids.ts";
import type { OfficeOpening } from "../../domain/status.ts";
import { monoMs, unixMs } from "../../domain/time.ts";
import { BeatTally } from "../beat-tally.ts";
import type { Listening } from "../console/guard.ts";
import { ownOrigin } from "../console/guard.ts";
import type { ReadCallFacts } from "../directory-port.ts";
import type { DoorDesk } from "../door-desk.ts";
import type { OwnHealth } from "../own-health.ts";
import { AccessFile } from "./access-file.ts";
import { ApiDesk } from "./api-desk.ts";
import { CredentialCheck } from "./credential-check.ts";

export interface ApiPorts {
  readonly clock: { wall(): number; mono(): number };
  readonly desk: DoorDesk;
  readonly readCallFacts: ReadCallFacts;
  readonly listening: Listening;
  readonly own: OwnHealth;
  readonly note: (event: JournalEvent) => void;
}

interface Opening {
  readonly over: OpeningMode;
  readonly door: DoorId;
  readonly who: string;
}

interface Refusal {
  readonly over: RefusedOver;
  readonly why: RefusalCause;
}

export interface OpenApi {
  readonly desk: ApiDesk;
  /** Tells what was counted since the last one. */
  beat(): void;
}

export function openApi({ api, site, databasePath }: OfficeOpening, ports: ApiPorts): OpenApi {
  const { clock, listening, own, note, readCallFacts } = ports;
  const file = new AccessFile(api.accessFile, (well, why) => own.set("http access", well, why));
  const refusals = new BeatTally<Refusal>((refusal, count) => note({ type: "http.refused", ...refusal, count }));
  const openings = new BeatTally<Opening>((opening, count) => note({ type: "http.opened", ...opening, count }));
  const entries = () => file.entries();
  const desk = new ApiDesk({
    spec: api.opening,
    doors: site.doors.map(({ id }) => id),
    check: new CredentialCheck(entries, Buffer.from(api.digestKeyHex, "hex"), clock.mono),
    desk: ports.desk,
    mono: clock.mono,
    ownOrigin: (host) => ownOrigin(host, listening),
    opened: (over, door, who) => openings.count({ over, door, who }),
    refused: (over, why) => refusals.count({ over, why }),
    canCall: (person, door) => {
      const { trusted, ...facts } = readCallFacts(databasePath, person, door);
      const now = { wall: unixMs(clock.wall()), mono: monoMs(clock.mono()), trusted };
      return canCall(api.callPermission, facts, now, site.timeZone);
    },
  });
  const beat = (): void => {
    openings.beat();
    refusals.beat();
  };
  return { desk, beat };
}
