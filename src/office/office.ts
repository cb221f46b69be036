// The office put together: its lines to board, ledger and doors, and the console that shows them; knows no IPC.

import type { JournalEvent } from "../domain/events.ts";
import type { HealthFact, OfficeOpening, ToOffice } from "../domain/status.ts";
import { openApi } from "./api/open-api.ts";
import { BoardLink } from "./board-link.ts";
import type { LampSignal } from "./board-says.ts";
import { EntryCode } from "./console/entry-code.ts";
import { beatMs, EventStreams } from "./console/event-streams.ts";
import { JournalFeed } from "./console/journal-feed.ts";
import { loadPanelFiles } from "./console/panel-files.ts";
import type { ReadPicture } from "./console/picture-request.ts";
import { planRoutes } from "./console/routes.ts";
import { openConsoleServer } from "./console/server.ts";
import { Sessions } from "./console/session.ts";
import type { PageBoard, PageDoors, PageSite } from "./console/wire.ts";
import type { ReadCallFacts } from "./directory-port.ts";
import type { DoorDesk } from "./door-desk.ts";
import { JoinDesk } from "./join-desk.ts";
import type { OpenJournal } from "./journal-port.ts";
import { LedgerLink } from "./ledger-link.ts";
import { openOutlets } from "./outlets.ts";
import { OwnHealth } from "./own-health.ts";
import { Paced } from "./paced.ts";

const drawEveryMs = 25;
const signalEveryMs = 50;

export interface OfficePorts {
  readonly openJournal: OpenJournal;
  readonly readCallFacts: ReadCallFacts;
  readonly readPicture: ReadPicture;
  readonly desk: DoorDesk;
  /** Tells the main process that the one-time code was used. */
  readonly entered: () => void;
  /** Tells it what this office cannot reach. */
  readonly tellFacts: (facts: readonly HealthFact[]) => void;
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
  const firstCode = { digest: opening.codeDigest, lifeMs: lifeMs(opening.codeExpiresWallMs) };
  const code = new EntryCode(firstCode, ports.clock.mono);
  const own = new OwnHealth(ports.clock.wall, (facts) => {
    doors.call();
    ports.tellFacts(facts);
  });
  const pageDoors = () => pageDoorsOf(ports, own.facts());
  const doors = new Paced(drawEveryMs, () => streams.broadcast({ name: "doors", data: pageDoors() }));
  const board = opening.boardSocket === null ? null : openBoard(opening.boardSocket, streams, own);
  const pageBoard = () => pageBoardOf(board?.link ?? null);
  const feed = new JournalFeed(ports.openJournal, opening.databasePath, {
    batch: (batch, head) => streams.broadcast({ name: "journal", data: batch, id: head }),
    changed: (readable, why) => own.set("record", readable, `The record cannot be read: ${why}`),
  });
  const note = (event: JournalEvent): void => ledger.note(event);
  const outlets = openOutlets(opening, { ...ports, own, note });
  const ledger = new LedgerLink(opening.ledgerSocket, {
    grew: () => {
      feed.grew();
      outlets.grew();
    },
    changed: (connected, why) => own.set("ledger line", connected, `The ledger does not answer: ${why}`),
  });
  const sessions = new Sessions({ keyHex: opening.sessionKeyHex, ...server.listening, wall: ports.clock.wall });
  const join = openJoining(opening, ports.clock.wall, streams);
  const parts = {
    opening,
    files,
    board: board?.link ?? null,
    desk: ports.desk,
    join,
    feed,
    streams,
    sessions,
    code,
    entered: () => {
      ports.entered();
      note({ type: "console.entered", how: "oneTimeCode" });
    },
    readPicture: ports.readPicture,
    pageSite: () => pageSiteOf(opening),
    pageDoors,
    pageBoard,
  };
  const api = openApi(opening, { ...ports, listening: server.listening, own, note });
  server.serve(planRoutes(parts), sessions, api.desk);
  const beat = (): void => {
    for (const part of [streams, api, outlets, join]) part.beat();
  };
  const beats = setInterval(beat, beatMs);
  return {
    address: server.address,
    doorsChanged: () => {
      doors.call();
      outlets.changed();
    },
    renewCode: (offer) => code.renew({ digest: offer.codeDigest, lifeMs: lifeMs(offer.codeExpiresWallMs) }),
    pages: () => streams.size,
    beat,
    close: async () => {
      clearInterval(beats);
      doors.cancel();
      for (const part of [outlets, join, board, ledger, feed, streams, ports.desk]) part?.close();
      await server.close();
    },
  };
}

function openJoining({ cloud }: OfficeOpening, wall: () => number, streams: EventStreams): JoinDesk {
  const changed = (): void => streams.broadcast({ name: "joining", data: desk.page });
  const desk: JoinDesk = new JoinDesk({ identityFile: cloud?.identityFile ?? null, wall, changed });
  return desk;
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

function pageDoorsOf({ desk, clock }: OfficePorts, ownFacts: readonly HealthFact[]): PageDoors {
  const { doors, health, time } = desk;
  return {
    doors,
    health: [...health, ...ownFacts],
    time: { wallMs: clock.wall() + time.aheadMs, trusted: time.source !== null },
  };
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
  if (link === null) return { connected: false, relays: {}, inputs: {}, readers: {} };
  const { connected, relays, inputs, readers } = link.picture();
  return {
    connected,
    relays: Object.fromEntries(relays),
    inputs: Object.fromEntries(inputs),
    readers: Object.fromEntries(readers),
  };
}
