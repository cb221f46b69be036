// Runs the office in this process over fake sockets, a fake record and a clock that tests move, behind real HTTP.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { HomeAssistantSpec } from "../../src/domain/home-assistant.ts";
import type { HttpOpeningSpec } from "../../src/domain/http-opening.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type {
  ActionsSpec,
  ConsoleSpec,
  DoorStatus,
  FromOffice,
  OfficeOpening,
  Sample,
} from "../../src/domain/status.ts";
import type { CallReading } from "../../src/office/directory-port.ts";
import { DoorDesk } from "../../src/office/door-desk.ts";
import { type Office, openOffice } from "../../src/office/office.ts";
import { site as testSite, wires } from "../site-fixture.ts";
import { FakeJournal } from "./fake-journal.ts";
import { FakeLineServer } from "./fake-line-server.ts";

export const entryCode = "ABCD-EFGH-JKLM";
export const sessionKeyHex = "5b".repeat(32);

export const digestOf = (code: string): string => createHash("sha256").update(code).digest("hex");

export interface BenchOptions {
  readonly site?: SiteSpec;
  readonly console?: ConsoleSpec;
  readonly panelFolder?: URL;
  readonly samples?: readonly Sample[];
  readonly simulated?: boolean;
  readonly codeDigest?: string | null;
  readonly codeLifeMs?: number;
  readonly sessionKeyHex?: string;
  readonly opening?: Partial<HttpOpeningSpec>;
  readonly callPermission?: boolean;
  readonly actions?: Partial<ActionsSpec>;
  readonly homeAssistant?: HomeAssistantSpec;
  readonly pictureTexts?: readonly string[];
  readonly callFacts?: CallReading;
}

export interface OfficeBench {
  readonly address: string;
  readonly office: Office;
  readonly desk: DoorDesk;
  readonly journal: FakeJournal;
  readonly board: FakeLineServer;
  readonly ledger: FakeLineServer;
  /** Tokens and accounts, empty at first. */
  readonly accessFile: string;
  /** What the office told the main process. */
  readonly told: FromOffice[];
  /** The first command, past or to come. */
  command(): Promise<FromOffice>;
  readonly clock: { wallMs: number; monoMs: number };
  opening(): OfficeOpening;
  publish(doors: readonly DoorStatus[]): void;
  /** Ends the office and opens another one at the same port, as the main process would after a crash. */
  restart(changed?: Partial<OfficeOpening>): Promise<void>;
  close(): Promise<void>;
}

/** The page's files, as far as the server cares. */
export function writePanelFolder(folder: string): URL {
  const files = {
    "panel.html": "<!doctype html><title>panel</title>",
    "login.html": "<!doctype html><title>login</title>",
    "panel.css": "body{}",
    "panel.js": "export {};",
    "login.css": "body{}",
    "login.js": "export {};",
    "tokens.css": "body{}",
    "icon.svg": "<svg/>",
    "panel.ts": "not served",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return pathToFileURL(`${folder}/`);
}

export const boardSnapshot = {
  kind: "snapshot",
  relays: { "front-strike": false, "garage-magnet": true },
  inputs: {
    "front-contact": false,
    "front-exit": false,
    "garage-contact": false,
    "garage-exit": false,
    "fire-panel": false,
  },
  readers: Object.fromEntries(
    wires.readers.map((reader) => [
      reader.id,
      {
        kind: reader.kind,
        format: reader.kind === "wiegand" ? reader.format : null,
        keypad: reader.kind === "keypad" || (reader.kind === "wiegand" && reader.keypad),
        lost: false,
      },
    ]),
  ),
  clock: { wallMs: Date.UTC(2026, 2, 12, 8, 30), trusted: true },
};

export function statusOf(door: string, changed: Partial<DoorStatus> = {}): DoorStatus {
  const spec = testSite.doors.find((one) => one.id === door);
  if (spec === undefined) throw new Error(`no door ${door}`);
  return {
    door: spec.id,
    name: spec.name,
    mode: "locked",
    standing: "locked",
    locked: true,
    contact: "closed",
    forced: false,
    heldOpen: false,
    fire: false,
    tampered: false,
    heldOpenSoon: false,
    stuckExits: [],
    ...changed,
  };
}

export async function openBench(options: BenchOptions = {}): Promise<OfficeBench> {
  const folder = mkdtempSync(join(tmpdir(), "postern-office-"));
  const panelFolder = options.panelFolder ?? writePanelFolder(folder);
  const board = new FakeLineServer(join(folder, "board.sock"));
  const ledger = new FakeLineServer(join(folder, "ledger.sock"));
  const journal = new FakeJournal();
  board.greeting = boardSnapshot;
  board.answer = (_line, line, say) => say({ kind: "done", line });
  ledger.answer = (line, _number, say) => {
    if (line.includes('"note"')) say({ kind: "noted" });
  };
  await Promise.all([board.listen(), ledger.listen()]);
  const clock = { wallMs: Date.UTC(2026, 2, 12, 8, 30), monoMs: 1_000_000 };
  journal.mono = () => clock.monoMs;
  const told: FromOffice[] = [];
  const commanded = Promise.withResolvers<FromOffice>();
  const desk = new DoorDesk(
    (message) => {
      told.push(message);
      if (message.kind !== "command") return;
      desk.commandDone(message.n, null);
      commanded.resolve(message);
    },
    () => clock.monoMs,
  );
  let opening: OfficeOpening = {
    site: options.site ?? testSite,
    console: options.console ?? { host: "127.0.0.1", port: 0, tls: null },
    databasePath: join(folder, "postern.db"),
    ledgerSocket: ledger.path,
    boardSocket: options.simulated === false ? null : board.path,
    samples: options.samples ?? [],
    codeDigest: options.codeDigest === undefined ? digestOf(entryCode) : options.codeDigest,
    codeExpiresWallMs: clock.wallMs + (options.codeLifeMs ?? 15 * 60_000),
    sessionKeyHex: options.sessionKeyHex ?? sessionKeyHex,
    cloud: null,
    actions: {
      list: [],
      hosts: [],
      relays: ["front-strike", "garage-magnet"],
      inputs: ["front-exit", "front-contact"],
      cursorFile: join(folder, "action-cursor.json"),
      boot: "boot-1",
      version: "1.2.3",
      ...options.actions,
    },
    homeAssistant: { spec: options.homeAssistant ?? null, memoryFile: join(folder, "home-assistant.json") },
    api: {
      opening: {
        modes: [],
        addresses: [],
        sessionCheck: false,
        doors: testSite.doors.map(({ id }) => id),
        ...options.opening,
      },
      callPermission: options.callPermission ?? true,
      accessFile: join(folder, "http-access.json"),
      digestKeyHex: "6d".repeat(32),
    },
  };
  const ports = {
    openJournal: () => journal.open(),
    readPicture: async () => options.pictureTexts ?? [],
    readCallFacts: () => options.callFacts ?? { person: null, grants: [], holidays: [], trusted: true },
    desk,
    entered: () => told.push({ kind: "entered" }),
    tellFacts: () => {},
    clock: { wall: () => clock.wallMs, mono: () => clock.monoMs },
    panelFolder,
  };
  const open = async (): Promise<Office> => {
    const clients = [ledger.nextClient(), ...(opening.boardSocket === null ? [] : [board.nextClient()])];
    const opened = await openOffice(opening, ports);
    await Promise.all(clients);
    return opened;
  };
  let office: Office;
  try {
    office = await open();
  } catch (error) {
    await Promise.all([board.close(), ledger.close()]);
    rmSync(folder, { recursive: true });
    throw error;
  }
  return {
    get address() {
      return office.address;
    },
    get office() {
      return office;
    },
    desk,
    journal,
    board,
    ledger,
    accessFile: opening.api.accessFile,
    told,
    command: () => commanded.promise,
    clock,
    opening: () => opening,
    publish: (doors) => {
      desk.publish({ kind: "doors", doors, health: [], time: { aheadMs: 0, source: "site", proven: true } });
      office.doorsChanged();
    },
    restart: async (changed = {}) => {
      const port = Number(new URL(office.address).port);
      await office.close();
      opening = { ...opening, console: { ...opening.console, port }, ...changed };
      office = await open();
    },
    close: async () => {
      await office.close();
      await Promise.all([board.close(), ledger.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}
