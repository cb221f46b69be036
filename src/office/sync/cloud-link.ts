// One controller's end of the link: what arrives goes to the desk that it is for, what they say is signed and sent.
import { randomBytes } from "node:crypto";
import type { CloudSpec, OfficeOpening } from "../../domain/status.ts";
import { unixMs } from "../../domain/time.ts";
import type { Down } from "../../link/down-messages.ts";
import { signMessage } from "../../link/envelope.ts";
import type { Identity } from "../../link/identity.ts";
import type { DownMessage } from "../../link/read-message.ts";
import { readDown } from "../../link/read-message.ts";
import { seal, sealKey, unseal } from "../../link/seal.ts";
import { askerOf, readTopic, resultTopic, topicOf } from "../../link/topics.ts";
import type { UpKind } from "../../link/up-messages.ts";
import { upPlaceOf } from "../../link/up-messages.ts";
import { Paced } from "../paced.ts";
import type { Arrival, BrokerSpec, Outgoing } from "./broker-line.ts";
import { BrokerLine } from "./broker-line.ts";
import { Challenges, renewEveryMs } from "./challenges.ts";
import type { Result } from "./command-desk.ts";
import { CommandDesk } from "./command-desk.ts";
import { DirectoryDesk } from "./directory-desk.ts";
import type { EventBatch } from "./event-batch.ts";
import type { IdentityTurns } from "./identity-turns.ts";
import { KeyDesk } from "./key-desk.ts";
import type { LedgerPort, OpenLedgerPort } from "./ledger-asks.ts";
import { LiveAlarms } from "./live-alarms.ts";
import type { SyncPorts } from "./open-sync.ts";
import { RecordSource } from "./record-source.ts";
import { Refusals } from "./refusals.ts";
import { planState } from "./state-report.ts";
import { Uploader } from "./uploader.ts";

export interface CloudLinkParts extends SyncPorts {
  readonly identity: Identity;
  readonly cloud: CloudSpec;
  readonly opening: Pick<OfficeOpening, "databasePath">;
  readonly openLedger: OpenLedgerPort;
  /** What becomes of the identity when the broker refuses it, or the issuer has answered under it. */
  readonly turns: Pick<IdentityTurns, "refused" | "proven">;
}

const stateEveryMs = 1_000;
const stateAtLeastMs = 900_000;
const syncPatienceMs = 20_000;
const uploadEveryMs = 50;
const expiry = { events: 600, sync: 60, alarm: 3_600, result: 600, rotate: 600 } as const;
const maxLogBytes = 65_536;

export class CloudLink {
  readonly #parts: CloudLinkParts;
  readonly #record: RecordSource;
  readonly #ledger: LedgerPort;
  /** A step of the directory takes seconds; nobody's command is to wait behind it. */
  readonly #writer: LedgerPort;
  readonly #refusals: Refusals;
  readonly #challenges: Challenges;
  readonly #commands: CommandDesk;
  readonly #directory: DirectoryDesk;
  readonly #alarms: LiveAlarms;
  readonly #keys: KeyDesk;
  readonly #sealing: ReturnType<typeof sealKey>;
  readonly #unsealing: ReturnType<typeof sealKey>;
  readonly #tellState = new Paced(stateEveryMs, () => this.#sendState());
  readonly #readRecord = new Paced(uploadEveryMs, () => this.#uploader?.grew());
  readonly #tellAcked = new Paced(stateEveryMs, () => this.#saveAcked());
  /** There once the ledger has said how far the issuer was. */
  #uploader: Uploader | null = null;
  #line: BrokerLine | null = null;
  #isOpen = false;
  #stateAt = 0;
  #syncAt: number | null = null;
  /** The newest question to the issuer; its nonce until it was answered. */
  #asked: { readonly nonce: string | null; readonly at: number } = { nonce: null, at: Number.NEGATIVE_INFINITY };
  #closed = false;

  constructor(parts: CloudLinkParts) {
    const { identity, clock, note, opening } = parts;
    this.#parts = parts;
    this.#record = new RecordSource(() => parts.openJournal(opening.databasePath));
    this.#refusals = new Refusals(note, clock.mono);
    this.#challenges = new Challenges(clock.mono, randomBytes);
    this.#sealing = sealKey("up", identity, identity.unsealer, identity.issuerSeal);
    this.#unsealing = sealKey("down", identity, identity.unsealer, identity.issuerSeal);
    this.#ledger = parts.openLedger(() => void this.#restore());
    this.#writer = parts.openLedger(() => {});
    this.#directory = this.#directoryDesk();
    this.#commands = this.#commandDesk();
    this.#alarms = new LiveAlarms({
      read: (after, limit) => this.#record.read((reader) => reader.after(after, limit)),
      head: () => this.#record.read((reader) => reader.tail(1)[0] ?? { epoch: 0, seq: 0 }),
      send: ({ epoch, seq, at: { wall, trusted }, event }) =>
        this.#send("alarm", { epoch, seq, wall, trusted, event }, { expirySeconds: expiry.alarm }),
    });
    this.#keys = new KeyDesk({
      identityFile: parts.cloud.identityFile,
      hasCertificate: identity.tls.certificate !== null,
      mono: clock.mono,
      time: () => this.#time(),
      ask: (keys) => void this.#send("rotate", keys, { expirySeconds: expiry.rotate }),
      trouble: (why) => parts.own.set("cloud keys", why === null, why ?? ""),
    });
    parts.own.set("cloud", false, "The broker is being called.");
  }

  grew(): void {
    this.#alarms.grew();
    this.#readRecord.call();
  }

  changed(): void {
    this.#tellState.call();
  }

  beat(): void {
    const now = this.#parts.clock.mono();
    this.#refusals.beat();
    this.#uploader?.beat();
    if (!this.#isOpen) return;
    this.#keys.beat();
    const isClockless = this.#parts.desk.time.source === null;
    if (now - this.#stateAt >= (isClockless ? renewEveryMs : stateAtLeastMs)) this.#tellState.call();
    if (this.#syncAt !== null && now - this.#syncAt >= syncPatienceMs) this.#askAgain();
    // What its beacons say is as old as its time tells, which only an answer proves; and what was refused may be taken by now.
    else if ((isClockless || this.#directory.refused.length > 0) && now - this.#asked.at >= stateAtLeastMs)
      this.#sync();
  }

  close(): void {
    this.#closed = true;
    for (const paced of [this.#tellState, this.#readRecord, this.#tellAcked]) paced.cancel();
    this.#line?.close();
    this.#ledger.close();
    this.#writer.close();
    this.#record.close();
    this.#parts.own.set("cloud", true, "");
  }

  /** Asked anew whenever the ledger has come back. */
  async #restore(): Promise<void> {
    const reply = await this.#ledger.ask({ kind: "cloudState" });
    if (reply?.kind !== "cloudState" || this.#closed) return;
    this.#directory.restored(reply.directory, reply.waiting);
    if (this.#isOpen) this.#sync();
    this.#uploader ??= new Uploader(this.#uploads(), reply.acked);
    this.#line ??= this.#openLine();
  }

  #openLine(): BrokerLine {
    const { clock, own } = this.#parts;
    return new BrokerLine({
      spec: brokerSpec(this.#parts),
      will: () => ({ topic: this.#topic("gone"), payload: this.#signed("gone", { boot: this.#parts.cloud.boot }) }),
      opened: () => {
        this.#isOpen = true;
        own.set("cloud", true, "");
        this.#sendState();
        this.#sync();
        this.#alarms.opened();
        this.#uploader?.opened();
      },
      arrived: (arrival) => this.#take(arrival),
      gone: (why, wasRefused) => {
        this.#isOpen = false;
        if (wasRefused) this.#parts.turns.refused();
        this.#alarms.gone();
        this.#uploader?.gone();
        own.set("cloud", false, `The broker cannot be reached: ${why}.`);
      },
      mono: clock.mono,
      chance: Math.random,
    });
  }

  #uploads(): ConstructorParameters<typeof Uploader>[0] {
    const { clock, note } = this.#parts;
    return {
      read: (after, limit) => this.#record.read((reader) => reader.linked(after, limit)),
      kept: (after, before, limit) => this.#record.read((reader) => reader.keptAlarms(after, before, limit)),
      send: (batch) => this.#sendBatch(batch),
      acked: () => this.#tellAcked.call(),
      forked: (place) => note({ type: "cloud.forked", ...place }),
      later: () => this.#readRecord.call(),
      ...clock,
    };
  }

  #directoryDesk(): DirectoryDesk {
    return new DirectoryDesk({
      ask: (request) => this.#writer.ask(request),
      unseal: (kind, sealed) => unseal(kind, sealed, this.#unsealing),
      sync: () => this.#sync(),
      syncLater: () => {
        this.#syncAt ??= this.#parts.clock.mono();
      },
      refused: (why) => this.#refusals.count(why),
    });
  }

  #commandDesk(): CommandDesk {
    const { desk, cloud } = this.#parts;
    return new CommandDesk({
      now: () => ({ ...this.#time(), challenges: this.#challenges.living() }),
      mayOpen: cloud.mayOpen,
      isBlocked: (door) => desk.doors.some((one) => one.door === door && one.standing === "blocked"),
      ask: (request) => this.#ledger.ask(request),
      doors: (who, command) => desk.command(who, command),
      sync: () => this.#sync(),
      logs: (lines) => desk.logs(lines),
      restart: () => {
        if (!cloud.isWatchedOver) return "Nobody would start it again: it does not run as a service.";
        // The answer goes first.
        setTimeout(() => desk.restart(), stateEveryMs);
        return null;
      },
      refused: (why) => this.#refusals.count(why),
    });
  }

  #time(): { readonly wall: number; readonly trusted: boolean } {
    const { aheadMs, source } = this.#parts.desk.time;
    return { wall: Math.round(this.#parts.clock.wall() + aheadMs), trusted: source !== null };
  }

  #take(arrival: Arrival): void {
    if (!this.#refusals.admits()) return;
    const { identity } = this.#parts;
    const at = readTopic(arrival.topic);
    const isOurs = at?.site === identity.site && at.controller === identity.controller;
    if (!isOurs) {
      this.#refusals.count("misplaced");
      return;
    }
    const read = readDown({ ...arrival, place: at.place }, identity, identity.issuerKeys);
    if (read.ok) this.#obey(read.message, arrival);
    else this.#refusals.count(read.why);
  }

  #obey(message: DownMessage, arrival: Arrival): void {
    switch (message.kind) {
      case "ack":
        this.#syncAt = null;
        this.#line?.served();
        this.#answered(message);
        if (this.#uploader?.ack(message) === false) this.#refusals.count("stale");
        return;
      case "beacon":
        // Whoever speaks now hears as well, which it may not have done when it was asked.
        if (this.#directory.beacon(message) && !arrival.retained && this.#syncAt !== null) this.#askAgain();
        return;
      case "delta":
      case "chunk":
        void this.#directory.take(message).then(() => this.#tellState.call());
        return;
      case "command":
        void this.#command(message, arrival);
        return;
      case "certificate": {
        const refusal = this.#keys.certified(message);
        if (refusal !== null) this.#refusals.count(refusal);
        return;
      }
      case "keys":
        if (!this.#keys.renewed(message)) this.#refusals.count("stale");
    }
  }

  /** Only an answer to what was asked now tells what time it is there. */
  #answered({ nonce, at }: Down<"ack">): void {
    const asked = this.#asked;
    if (nonce === null || nonce !== asked.nonce) return;
    this.#asked = { nonce: null, at: asked.at };
    this.#parts.turns.proven();
    const agoMs = Math.ceil(this.#parts.clock.mono() - asked.at);
    void this.#ledger.ask({ kind: "cloudProven", at: unixMs(at), agoMs });
  }

  async #command(command: Down<"command">, { responseTopic, correlation }: Arrival): Promise<void> {
    const asker = askerOf(this.#parts.identity, responseTopic);
    if (asker === null) {
      this.#refusals.count("misplaced");
      return;
    }
    const result = await this.#commands.take(command);
    if (result === null) return;
    const message = this.#signed("result", { id: command.id, ...this.#resultOf(result) });
    const options = { expirySeconds: expiry.result, correlation };
    void this.#line?.publish(resultTopic(this.#parts.identity, asker), message, options);
  }

  #resultOf({ code, why, log }: Result) {
    const sealed = log === undefined ? {} : { sealed: seal("result", newest(log), this.#sealing, randomBytes) };
    return { ok: code === "done", code, why, ...sealed };
  }

  /** Whoever did not hear the question did not hear either which doors there are, without which it has no directory for them. */
  #askAgain(): void {
    this.#tellState.call();
    this.#sync();
  }

  #sync(): void {
    const head = this.#record.read((reader) => reader.linked(reader.head() - 1, 1));
    if (!this.#isOpen || head === null) return;
    const [{ epoch, seq, hash } = { epoch: 0, seq: 0, hash: "0".repeat(64) }] = head;
    const nonce = randomBytes(12).toString("base64url");
    const acked = this.#uploader?.place ?? null;
    const { standing: directory, refused } = this.#directory;
    this.#uploader?.asked(nonce);
    this.#syncAt = this.#parts.clock.mono();
    this.#asked = { nonce, at: this.#syncAt };
    const said = { nonce, epoch, seq, hash, acked: acked?.epoch === 0 ? null : acked, directory, refused };
    void this.#send("sync", said, { expirySeconds: expiry.sync });
  }

  #sendState(): void {
    const head = this.#record.read((reader) => reader.tail(1));
    if (!this.#isOpen || head === null) return;
    const { desk, cloud, clock, own } = this.#parts;
    const [{ epoch, seq } = { epoch: 0, seq: 0 }] = head;
    this.#stateAt = clock.mono();
    const state = planState({
      ...cloud,
      challenge: this.#challenges.current(),
      head: { epoch, seq },
      directory: this.#directory.standing.version,
      doors: desk.doors,
      health: [...desk.health, ...own.facts()],
      time: desk.time,
      machineWall: clock.wall(),
      issuerKeys: [...this.#parts.identity.issuerKeys.keys()],
    });
    void this.#send("state", state, { retain: true });
  }

  #sendBatch({ message, sealed }: EventBatch): void {
    const more = sealed.length === 0 ? {} : { sealed: seal("events", sealed, this.#sealing, randomBytes) };
    void this.#send("events", { ...message, ...more }, { expirySeconds: expiry.events });
  }

  #saveAcked(): void {
    const place = this.#uploader?.place;
    if (place !== undefined) void this.#ledger.ask({ kind: "cloudAcked", ...place });
  }

  #send(kind: Exclude<UpKind, "result">, members: object, options: Outgoing): Promise<boolean> {
    return this.#line?.publish(this.#topic(kind), this.#signed(kind, members), options) ?? Promise.resolve(false);
  }

  #topic(kind: UpKind): string {
    return topicOf(this.#parts.identity, upPlaceOf[kind]);
  }

  #signed(kind: UpKind, members: object): string {
    const { site, controller, signer } = this.#parts.identity;
    return signMessage({ kind, site, controller, at: this.#time().wall, ...members }, signer);
  }
}

/** The newest lines that find room. */
function newest(lines: readonly string[]): readonly string[] {
  let bytes = 0;
  const fits = lines.toReversed().filter((line) => {
    bytes += Buffer.byteLength(line) + 3;
    return bytes <= maxLogBytes;
  });
  return fits.reverse();
}

function brokerSpec({ identity, cloud }: CloudLinkParts): BrokerSpec {
  const { site, controller, tls, broker } = identity;
  return {
    url: cloud.broker ?? broker ?? "",
    clientId: `${site}.${controller}`,
    user: cloud.user,
    passwordFile: cloud.passwordFile,
    ca: tls.ca,
    caFile: cloud.caFile,
    certificate: tls.certificate,
    key: tls.key,
    subscribe: topicOf(identity, "down/#"),
  };
}
