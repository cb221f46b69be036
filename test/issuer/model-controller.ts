// A controller of the fewest lines: it signs, keeps a chained record, takes the directory as docs/mqtt.md says, and does commands.
import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto";
import { canonicalJson } from "../../src/domain/canonical-json.ts";
import type { LinkedEvent } from "../../src/domain/events.ts";
import type { Link, OpenLink } from "../../src/issuer/link-port.ts";
import type { FolderKeys } from "../../src/issuer/site-keys.ts";
import type { ControllerKeys } from "../../src/issuer/store.ts";
import { commitTo, hashEvent } from "../../src/ledger/chain.ts";
import type { Signer, Verifiers } from "../../src/link/envelope.ts";
import { keyIdOf, publicKeyFrom, rawPublicKey, signMessage } from "../../src/link/envelope.ts";
import { publicKeyText } from "../../src/link/identity.ts";
import type { DownMessage } from "../../src/link/read-message.ts";
import { readDown } from "../../src/link/read-message.ts";
import { seal, sealKey, unseal } from "../../src/link/seal.ts";
import { readTopic, topicOf } from "../../src/link/topics.ts";
import type { UpKind } from "../../src/link/up-messages.ts";
import { upPlaceOf } from "../../src/link/up-messages.ts";

type Document = Extract<DownMessage, { kind: "delta" }>["documents"][number];

export interface ModelEvent {
  readonly seq: number;
  readonly event: { readonly type: string; readonly [member: string]: unknown };
  readonly personal?: object;
}

interface Row {
  readonly raw: Readonly<Record<string, unknown>> & { readonly seq: number };
  readonly prev: string;
  readonly hash: string;
  readonly sealed: object | null;
}

const nothing = "0".repeat(64);
const sealKeyOf = (text: string) => publicKeyFrom("x25519", Buffer.from(text, "base64url"));

export class ModelController {
  readonly site: string;
  readonly controller: string;
  readonly keys: ControllerKeys;
  readonly heard: DownMessage[] = [];
  readonly refused: string[] = [];
  readonly documents = new Map<string, { readonly document: Document; readonly version: number }>();
  readonly secrets = new Map<string, string>();
  readonly bodies = new Map<string, unknown>();
  epoch = 1;
  rows: Row[] = [];
  directory = { version: 0, snapshot: null as { snapshot: number; upTo: string } | null };
  acked: { epoch: number; seq: number } | null = null;
  now = 1_000_000;
  answers = true;
  /** What it could not read, in words; null has it fail the test. */
  unread: string[] | null = null;
  /** Says in its state which of the issuer's keys it knows, and takes others. */
  tellsKeys = false;
  #keysAt = 0;
  /** Who else wants to know what it hears. */
  listener: (message: DownMessage) => void = () => {};
  readonly #signer: Signer;
  readonly #unsealer = generateKeyPairSync("x25519").privateKey;
  #issuer: Verifiers;
  #issuerSeal: ReturnType<typeof publicKeyFrom>;
  #link: Link | null = null;
  #doors: readonly string[];

  constructor(
    site: string,
    controller: string,
    doors: readonly string[],
    issuer: Pick<FolderKeys, "publicSign" | "publicSeal">,
  ) {
    this.site = site;
    this.controller = controller;
    this.#doors = doors;
    const pair = generateKeyPairSync("ed25519");
    this.#signer = { id: keyIdOf(rawPublicKey(pair.publicKey)), privateKey: pair.privateKey };
    this.keys = {
      sign: publicKeyText(pair.publicKey),
      seal: publicKeyText(createPublicKey(this.#unsealer)),
      tls: null,
    };
    const raw = Buffer.from(issuer.publicSign, "base64url");
    this.#issuer = new Map([[keyIdOf(raw), publicKeyFrom("ed25519", raw)!]]);
    this.#issuerSeal = sealKeyOf(issuer.publicSeal);
  }

  connect(open: OpenLink): void {
    this.#link = open({
      opened: () => void this.#link?.subscribe([topicOf(this, "down/#")]),
      arrived: async ({ topic, payload, retained }) => this.#take(topic, payload, retained),
      gone: () => {},
    });
  }

  /** Its record grows. */
  record(...events: readonly ModelEvent["event"][]): void {
    for (const event of events) this.#append(event, null);
  }

  recordNamed(event: ModelEvent["event"], personal: object): void {
    this.#append(event, personal);
  }

  beginAnew(): void {
    this.epoch += 1;
    this.rows = [];
  }

  setDoors(doors: readonly string[]): void {
    this.#doors = doors;
  }

  sendState(more: object = {}): void {
    this.say("state", {
      ...{ boot: "boot", version: "1", challenge: null, ...this.#head(), directory: this.directory.version },
      clock: { wall: this.now, trusted: true, source: "network" },
      doors: this.#doors.map((door) => ({
        ...{ door, mode: "locked", locked: true, contact: "closed" },
        ...{ forced: false, heldOpen: false, tampered: false, fire: false },
      })),
      health: [],
      ...(this.tellsKeys ? { issuerKeys: this.believes } : {}),
      ...more,
    });
  }

  sync(): void {
    const last = this.rows.at(-1);
    const head = { ...this.#head(), hash: last?.hash ?? nothing };
    const nonce = randomBytes(12).toString("base64url");
    this.say("sync", { nonce, ...head, acked: this.acked, directory: this.directory, refused: this.refused });
  }

  /** The events with these numbers, as one batch. */
  sendEvents(fromSeq: number, toSeq: number, more: object = {}): void {
    this.say("events", this.batch(fromSeq, toSeq, more));
  }

  batch(fromSeq: number, toSeq: number, more: object = {}): object {
    const rows = this.rows.filter(({ raw }) => raw.seq >= fromSeq && raw.seq <= toSeq);
    const sealed = rows.flatMap((row) => (row.sealed === null ? [] : [row.sealed]));
    const key = this.#issuerSeal!;
    const box =
      sealed.length === 0
        ? {}
        : { sealed: seal("events", sealed, sealKey("up", this, this.#unsealer, key), randomBytes) };
    return {
      ...{ epoch: this.epoch, prev: rows[0]!.prev, events: rows.map(({ raw }) => raw), hash: rows.at(-1)!.hash },
      ...{ historical: false, ...box, ...more },
    };
  }

  /** Its record as an office reads it. */
  linked(after: number, limit: number): LinkedEvent[] {
    return this.rows.slice(after, after + limit).map(({ raw, prev, hash }) => {
      const { seq, wall, mono, trusted, boot, event, commitment } = raw as Readonly<Record<string, unknown>>;
      const at = { wall, mono, trusted };
      return {
        seq,
        epoch: this.epoch,
        at,
        boot,
        event,
        commitment,
        prev,
        hash,
        salt: null,
        personal: null,
      } as LinkedEvent;
    });
  }

  say(kind: UpKind, members: object, asker = "all"): void {
    const { site, controller } = this;
    const payload = signMessage({ kind, site, controller, at: this.now, ...members }, this.#signer);
    const place = kind === "result" ? `result/${asker}` : upPlaceOf[kind];
    void this.#link?.publish(topicOf(this, place), payload, { retain: kind === "state" });
  }

  /** What it holds of the cloud's, in words. */
  held(): readonly string[] {
    return [...this.documents.values()]
      .filter(({ document }) => document.what !== "gone")
      .map(({ document }) => `${document.what} ${document.id}`)
      .sort();
  }

  #head() {
    return { epoch: this.rows.length === 0 ? 0 : this.epoch, seq: this.rows.at(-1)?.raw.seq ?? 0 };
  }

  #append(event: ModelEvent["event"], personal: object | null): void {
    const last = this.rows.at(-1);
    const prev = last?.hash ?? nothing;
    const seq = (last?.raw.seq ?? 0) + 1;
    const salt = randomBytes(16);
    const commitment = personal === null ? null : commitTo(salt, canonicalJson(personal));
    const stamp = { wall: this.now + seq, mono: seq, trusted: true, boot: "boot" };
    const body = canonicalJson(event);
    const hash = hashEvent(Buffer.from(prev, "hex"), { seq, epoch: this.epoch, ...stamp, body, commitment });
    this.rows.push({
      raw: { seq, ...stamp, event, commitment: commitment?.toString("hex") ?? null },
      prev,
      hash: hash.toString("hex"),
      sealed: personal === null ? null : { seq, salt: salt.toString("hex"), personal },
    });
  }

  #take(topic: string, payload: Buffer, retained: boolean): void {
    const at = readTopic(topic)!;
    const read = readDown({ payload, place: at.place, retained }, this, this.#issuer);
    if (!read.ok && this.unread !== null) {
      this.unread.push(read.why);
      return;
    }
    if (!read.ok) throw new Error(`${topic}: ${read.why}`);
    const { message } = read;
    this.heard.push(message);
    this.listener(message);
    if (message.kind === "ack" && message.seq > 0) this.acked = { epoch: message.epoch, seq: message.seq };
    if (message.kind === "beacon" && message.version > this.directory.version) this.sync();
    if (message.kind === "keys" && this.tellsKeys) this.#believe(message);
    if (message.kind === "delta") this.#delta(message);
    if (message.kind === "chunk") this.#chunk(message);
    if (message.kind === "command" && this.answers) {
      this.say("result", { id: message.id, ok: true, code: "done", why: null }, "tester");
    }
  }

  #delta(delta: Extract<DownMessage, { kind: "delta" }>): void {
    if (delta.from !== this.directory.version || this.directory.snapshot !== null) return;
    for (const document of delta.documents) this.#put(document, this.#opened("delta", delta.sealed));
    this.directory = { version: delta.version, snapshot: null };
    if (delta.more) this.sync();
  }

  #chunk(chunk: Extract<DownMessage, { kind: "chunk" }>): void {
    const { snapshot, after, upTo, documents, version } = chunk;
    if (after !== null && after !== this.directory.snapshot?.upTo) return;
    for (const document of documents) this.#put(document, this.#opened("chunk", chunk.sealed));
    const named = new Set(documents.map((one) => `${"of" in one ? one.of : one.what} ${one.id}`));
    for (const [key, known] of this.documents) {
      const { what, id } = known.document;
      const section = what === "person" ? 1 : what === "pass" ? 2 : 3;
      const position = `${section}:${what}:${id}`;
      const isWithin = (after === null || position > after) && (upTo === null || position <= upTo);
      if (isWithin && !named.has(key) && known.version <= version) this.documents.delete(key);
    }
    this.directory =
      upTo === null ? { version: snapshot, snapshot: null } : { ...this.directory, snapshot: { snapshot, upTo } };
    this.sync();
  }

  /** As docs/mqtt.md has it: only what was made after the last that it took; then it connects anew. */
  #believe({ at, sign, seal }: Extract<DownMessage, { kind: "keys" }>): void {
    if (at <= this.#keysAt) return;
    this.#keysAt = at;
    const verifiers = sign.map((key) => Buffer.from(key, "base64url"));
    this.#issuer = new Map(verifiers.map((raw) => [keyIdOf(raw), publicKeyFrom("ed25519", raw)!]));
    this.#issuerSeal = sealKeyOf(seal);
    this.now += 1;
    this.sendState();
    this.sync();
  }

  get believes(): readonly string[] {
    return [...this.#issuer.keys()];
  }

  #opened(kind: string, sealed: string | undefined): readonly unknown[] {
    if (sealed === undefined) return [];
    return unseal(kind, sealed, sealKey("down", this, this.#unsealer, this.#issuerSeal!)) ?? [];
  }

  #put(document: Document, secrets: readonly unknown[]): void {
    if (document.what === "kept") return;
    const key = `${"of" in document ? document.of : document.what} ${document.id}`;
    if ((this.documents.get(key)?.version ?? -1) >= document.version) return;
    this.documents.set(key, { document, version: document.version });
    if (!("credentials" in document)) return;
    this.bodies.set(document.id, secrets[document.body as number]);
    for (const { id, secret } of document.credentials) this.secrets.set(id, String(secrets[secret]));
  }
}
