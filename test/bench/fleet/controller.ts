// One simulated controller: the product's own link, ledger and keys, put together in one process without doors and wires.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { machineMono } from "../../../hal/machine-time.ts";
import type { CloudRequest, LedgerReply, LedgerRequest } from "../../../src/domain/ask.ts";
import type { JournalEvent } from "../../../src/domain/events.ts";
import type { BootId, DoorId, InputId, RunId } from "../../../src/domain/ids.ts";
import type { SiteSpec } from "../../../src/domain/site.ts";
import type { Instant } from "../../../src/domain/time.ts";
import { monoMs, unixMs } from "../../../src/domain/time.ts";
import { ChangeDesk } from "../../../src/ledger/change-desk.ts";
import { cloudKinds } from "../../../src/ledger/cloud-line.ts";
import { CloudRequests } from "../../../src/ledger/cloud-requests.ts";
import { Desk } from "../../../src/ledger/desk.ts";
import { openJournalReader } from "../../../src/ledger/journal-reader.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { openLedger } from "../../../src/ledger/open-ledger.ts";
import { createPinHash, PinQueue } from "../../../src/ledger/pin-hash.ts";
import type { Identity } from "../../../src/link/identity.ts";
import { readIdentity } from "../../../src/link/identity.ts";
import { DoorDesk } from "../../../src/office/door-desk.ts";
import { OwnHealth } from "../../../src/office/own-health.ts";
import { CloudLink } from "../../../src/office/sync/cloud-link.ts";
import type { OpenLedgerPort } from "../../../src/office/sync/ledger-asks.ts";
import { site } from "../../site-fixture.ts";
import { doorOf } from "./preparation.ts";
import type { PartSpec, Standing } from "./words.ts";

const now = (): Instant => ({ wall: unixMs(Date.now()), mono: monoMs(machineMono()), trusted: true });
/** The fixture's site with its front door under the name that this controller's has. */
const siteWith = (door: string): SiteSpec =>
  JSON.parse(JSON.stringify(site).replaceAll('"front"', JSON.stringify(door))) as SiteSpec;

export class FleetController {
  readonly #name: string;
  readonly #pressed: JournalEvent;
  readonly #ledger: Ledger;
  readonly #desk: Desk;
  readonly #link: CloudLink;
  #recorded = 0;
  #version = 0;
  #acked = 0;
  #wanted: number;
  readonly #openedAt = Date.now();
  #connectedAt: number | null = null;
  #inStepAt: number | null = null;

  constructor(name: string, { folder, broker, version }: Omit<PartSpec, "names">) {
    this.#name = name;
    this.#pressed = { type: "exit.pressed", door: doorOf(name) as DoorId, input: "front-exit" as InputId };
    this.#wanted = version;
    const at = join(folder, name);
    const database = join(at, "ledger.db");
    const report = (fault: unknown): void => console.error(name, fault);
    this.#ledger = openLedger({ database, keysDir: join(at, "keys"), credentialsDir: null }, { now, report });
    const ledger = this.#ledger;
    const pins = new PinQueue(createPinHash(ledger.siteSalt));
    const grew = (): void => this.#link.grew();
    const after = (ms: number, run: () => void): void => void setTimeout(run, ms);
    this.#desk = new Desk({ ledger, pins, now, send: () => {}, schedule: setImmediate, after, grew, report });
    const changes = new ChangeDesk({ ledger, pins, desk: this.#desk, grew });
    const boot = randomUUID() as BootId;
    const requests = new CloudRequests({ ledger, desk: this.#desk, changes });
    const own = new OwnHealth(Date.now, (facts) => {
      this.#connectedAt = facts.some(({ part }) => part === "cloud") ? null : Date.now();
      this.#look();
    });
    const ownSite = siteWith(doorOf(name));
    this.#desk.receive({ kind: "open", run: randomUUID() as RunId, boot, site: ownSite, at: now() });
    const identityFile = join(at, "identity.json");
    this.#link = new CloudLink({
      identity: identityIn(identityFile),
      opening: { databasePath: database },
      openLedger: this.#port(requests),
      openJournal: openJournalReader,
      turns: { refused: () => {}, proven: () => {} },
      clock: { wall: Date.now, mono: machineMono },
      desk: doors(doorOf(name)),
      own,
      note: (event) => this.#desk.note(event),
      cloud: {
        ...{ broker, caFile: null, user: null, passwordFile: null, mayOpen: true, identityFile },
        ...{ boot, version: "bench", isWatchedOver: false },
      },
    });
  }

  get standing(): Standing {
    const head = this.#ledger.headSeq;
    const [openedAt, connectedAt, inStepAt] = [this.#openedAt, this.#connectedAt, this.#inStepAt];
    return { name: this.#name, openedAt, connectedAt, inStepAt, head };
  }

  /** In step is whoever is connected, has the directory so far, and whose record the issuer has. */
  await(version: number): void {
    this.#wanted = version;
    this.#inStepAt = null;
    this.#look();
  }

  record(events: number): void {
    const entries = Array.from({ length: events }, (_, n) => ({
      n: this.#recorded + n + 1,
      at: now(),
      what: this.#pressed,
    }));
    this.#recorded += events;
    this.#inStepAt = null;
    this.#desk.receive({ kind: "record", entries });
  }

  beat(): void {
    this.#link.beat();
  }

  close(): void {
    this.#link.close();
    this.#ledger.close();
  }

  /** In the product it is a socket to the ledger's process; lines of JSON pass through it. */
  #port(requests: CloudRequests): OpenLedgerPort {
    return (opened) => {
      setImmediate(opened);
      const ask = (request: LedgerRequest): Promise<LedgerReply | null> => {
        const read = JSON.parse(JSON.stringify(request)) as CloudRequest;
        if (!cloudKinds.includes(read.kind)) return Promise.resolve(null);
        return new Promise((done) =>
          requests.answer(read, (reply) => {
            this.#learn(read, reply);
            done(JSON.parse(JSON.stringify(reply)) as LedgerReply);
          }),
        );
      };
      return { ask, close: () => {} };
    };
  }

  #learn(request: CloudRequest, reply: LedgerReply): void {
    if (request.kind === "cloudAcked") this.#acked = request.seq;
    if ("directory" in reply && reply.directory.snapshot === null) this.#version = reply.directory.version;
    this.#look();
  }

  #look(): void {
    const isInStep = this.#connectedAt !== null && this.#version >= this.#wanted && this.#acked >= this.#ledger.headSeq;
    if (isInStep) this.#inStepAt ??= Date.now();
  }
}

function identityIn(file: string): Identity {
  const identity = readIdentity(readFileSync(file, "utf8"));
  if (identity === null) throw new Error(`${file} is damaged.`);
  return identity;
}

function doors(door: string): DoorDesk {
  const desk = new DoorDesk(() => {}, machineMono);
  const still = {
    locked: true,
    contact: "closed",
    forced: false,
    heldOpen: false,
    fire: false,
    tampered: false,
  } as const;
  const status = {
    door: door as DoorId,
    name: "Front door",
    mode: "locked",
    standing: "locked",
    ...still,
    heldOpenSoon: false,
    stuckExits: [],
  } as const;
  desk.publish({ kind: "doors", doors: [status], health: [], time: { aheadMs: 0, source: "network", proven: true } });
  return desk;
}
