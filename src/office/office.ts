// The office put together: its lines to board, ledger and doors, and the console that shows them; knows no IPC.
import { canCall } from "../domain/can-call.ts";
import type { RefusalCause, RefusedOver } from "../domain/http-opening.ts";
import type { HealthFact, OfficeOpening, ToOffice } from "../domain/status.ts";
import { monoMs, unixMs } from "../domain/time.ts";
import { AccessFile } from "./api/access-file.ts";
import { ApiDesk } from "./api/api-desk.ts";
import { CredentialCheck } from "./api/credential-check.ts";
import { BeatTally } from "./beat-tally.ts";
import { BoardLink } from "./board-link.ts";
import type { LampSignal } from "./board-says.ts";
import { EntryCode } from "./console/entry-code.ts";
import { beatMs, EventStreams } from "./console/event-streams.ts";
import type { Listening } from "./console/guard.ts";
import { ownOrigin } from "./console/guard.ts";
import { JournalFeed } from "./console/journal-feed.ts";
import { loadPanelFiles } from "./console/panel-files.ts";
import { planRoutes } from "./console/routes.ts";
import { openConsoleServer } from "./console/server.ts";
import { Sessions } from "./console/session.ts";
import type { PageBoard, PageSite } from "./console/wire.ts";
import type { ReadCallFacts } from "./directory-port.ts";
import type { DoorDesk } from "./door-desk.ts";
import type { OpenJournal } from "./journal-port.ts";
import { LedgerLink } from "./ledger-link.ts";
import { Paced } from "./paced.ts";

const drawEveryMs = 25;
const signalEveryMs = 50;

export interface OfficePorts {
  readonly openJournal: OpenJournal;
  readonly readCallFacts: ReadCallFacts;
  readonly desk: DoorDesk;
  /** Tells the main process that the one-time code was used. */
  readonly entered: () => void;
  readonly clock: { wall(): number; mono(): number };
  /** Where the console's pages are. */
  readonly panelFolder: URL;
}

export interface Office {
  readonly address: string;
  /** The doors or their health changed at the desk. */
  doorsChanged(): void;
  renewCode(offer: Extract<ToOffice, { kind: "code" }>): void;
  /** How many pages are listening. */
  pages(): number;
  /** What the clock does every few seconds: shows the pages a sign of life, ends those that overstayed, tells what was counted. */
  beat(): void;
  close(): Promise<void>;
}

export async function openOffice(opening: OfficeOpening, ports: OfficePorts): Promise<Office> {
  const files = loadPanelFiles(ports.panelFolder);
  const server = await openConsoleServer(opening.console);
  const streams = new EventStreams(ports.clock.wall);
  const lifeMs = (endsWallMs: number): number => endsWallMs - ports.clock.wall();
  const code = new EntryCode(
    { digest: opening.codeDigest, lifeMs: lifeMs(opening.codeExpiresWallMs) },
    ports.clock.mono,
  );
  const own = new OwnHealth(ports.clock.wall, () => doors.call());
  const pageDoors = () => ({ doors: ports.desk.doors, health: [...ports.desk.health, ...own.facts()] });
  const doors = new Paced(drawEveryMs, () => streams.broadcast({ name: "doors", data: pageDoors() }));
  const board = opening.boardSocket === null ? null : openBoard(opening.boardSocket, streams, own);
  const pageBoard = () => pageBoardOf(board?.link ?? null);
  const feed = new JournalFeed(ports.openJournal, opening.databasePath, {
    batch: (batch, head) => streams.broadcast({ name: "journal", data: batch, id: head }),
    changed: (readable, why) => own.set("record", readable, `The record cannot be read: ${why}`),
  });
  const ledger = new LedgerLink(opening.ledgerSocket, {
    grew: () => feed.grew(),
    changed: (connected, why) => own.set("ledger line", connected, `The ledger does not answer: ${why}`),
  });
  const { port, secure } = server.listening;
  const sessions = new Sessions({ keyHex: opening.sessionKeyHex, port, secure, wall: ports.clock.wall });
  const entered = (): void => {
    ports.entered();
    ledger.note({ type: "console.entered", how: "oneTimeCode" });
  };
  const pageSite = () => pageSiteOf(opening);
  const parts = {
    opening,
    files,
    board: board?.link ?? null,
    desk: ports.desk,
    feed,
    streams,
    sessions,
    code,
    entered,
  };
  const refusals = new BeatTally<Refusal>((refusal, count) => ledger.note({ type: "http.refused", ...refusal, count }));
  const api = openApi(opening, ports, server.listening, own, (over, why) => refusals.count({ over, why }));
  server.serve(planRoutes({ ...parts, pageSite, pageDoors, pageBoard }), sessions, api);
  const beat = (): void => {
    streams.beat();
    refusals.beat();
  };
  const beats = setInterval(beat, beatMs);
  return {
    address: server.address,
    doorsChanged: () => doors.call(),
    renewCode: (offer) => code.renew({ digest: offer.codeDigest, lifeMs: lifeMs(offer.codeExpiresWallMs) }),
    pages: () => streams.size,
    beat,
    close: async () => {
      clearInterval(beats);
      doors.cancel();
      board?.close();
      ledger.close();
      feed.close();
      streams.close();
      ports.desk.close();
      await server.close();
    },
  };
}

interface Refusal {
  readonly over: RefusedOver;
  readonly why: RefusalCause;
}

/** What answers machines, over the same port as the pages. */
function openApi(
  { api, site, databasePath }: OfficeOpening,
  { clock, desk, readCallFacts }: OfficePorts,
  listening: Listening,
  own: OwnHealth,
  refused: (over: RefusedOver, why: RefusalCause) => void,
): ApiDesk {
  const file = new AccessFile(api.accessFile, (well, why) => own.set("http access", well, why));
  const entries = () => file.entries();
  return new ApiDesk({
    spec: api.opening,
    doors: site.doors.map(({ id }) => id),
    check: new CredentialCheck(entries, Buffer.from(api.digestKeyHex, "hex"), clock.mono),
    desk,
    mono: clock.mono,
    ownOrigin: (host) => ownOrigin(host, listening),
    refused,
    canCall: (person, door) => {
      const { trusted, ...facts } = readCallFacts(databasePath, person, door);
      const now = { wall: unixMs(clock.wall()), mono: monoMs(clock.mono()), trusted };
      return canCall(api.callPermission, facts, now, site.timeZone);
    },
  });
}

/** The board's line, and how its news reaches the pages without outrunning them. */
function openBoard(path: string, streams: EventStreams, own: OwnHealth) {
  const lamps = new Map<string, LampSignal>();
  const blink = new Paced(signalEveryMs, () => {
    for (const [reader, signal] of lamps) streams.broadcast({ name: "signal", data: { reader, signal } });
    lamps.clear();
  });
  const draw = new Paced(drawEveryMs, () => streams.broadcast({ name: "board", data: pageBoardOf(link) }));
  const link = new BoardLink(path, {
    changed: () => {
      own.set("board line", link.picture().connected, "The simulated board does not answer.");
      draw.call();
    },
    signal: (reader, signal) => {
      lamps.set(reader, signal);
      blink.call();
    },
  });
  const close = (): void => {
    blink.cancel();
    draw.cancel();
    link.close();
  };
  return { link, close };
}

/** What the office itself cannot reach; absent while all is well. */
class OwnHealth {
  readonly #wall: () => number;
  readonly #changed: () => void;
  readonly #faults = new Map<string, HealthFact>();

  constructor(wall: () => number, changed: () => void) {
    this.#wall = wall;
    this.#changed = changed;
  }

  set(part: string, well: boolean, why: string): void {
    if (well === !this.#faults.has(part)) return;
    if (well) this.#faults.delete(part);
    else this.#faults.set(part, { part, state: "fault", why, sinceWallMs: this.#wall() });
    this.#changed();
  }

  facts(): readonly HealthFact[] {
    return [...this.#faults.values()];
  }
}

function pageSiteOf({ site, samples, boardSocket }: OfficeOpening): PageSite {
  return {
    name: site.name,
    timeZone: site.timeZone,
    doors: site.doors.map(({ id, name, lock, relay, contact, exitButtons }) => {
      return { id, name, lock, relay, contact, exitButtons };
    }),
    readers: site.readers.map(({ id, door }) => ({ id, door })),
    fireInput: site.fireInput,
    keyTimeoutMs: site.keypad.keyTimeoutMs,
    samples,
    simulated: boardSocket !== null,
    beatMs,
  };
}

function pageBoardOf(link: BoardLink | null): PageBoard {
  if (link === null) return { connected: false, relays: {}, inputs: {}, readers: {}, clock: null };
  const { connected, relays, inputs, readers, clock } = link.picture();
  return {
    connected,
    relays: Object.fromEntries(relays),
    inputs: Object.fromEntries(inputs),
    readers: Object.fromEntries(readers),
    clock,
  };
}
