// Takes what controllers send into the store, each event once, and says what is answered; knows no broker.
import { canonicalJson } from "../domain/canonical-json.ts";
import { publicKeyFrom } from "../link/envelope.ts";
import type { UpMessage } from "../link/read-message.ts";
import type { Address } from "../link/topics.ts";
import type { Up } from "../link/up-messages.ts";
import type { ChainHead, ChainNote, ChainPort, TakenEvent } from "./chain-judge.ts";
import { claimedNote, contradictions, doubledNote, forkedNote, judgeBatch } from "./chain-judge.ts";
import type { ControllerLink, Letter } from "./controller-link.ts";
import type { SiteKeys } from "./counted-keys.ts";
import { idOfKey, signersOf } from "./counted-keys.ts";
import { headOf, nextStep } from "./directory-answer.ts";
import type { Controller, IssuerStore, Personal } from "./store.ts";

export interface IntakeParts {
  readonly store: IssuerStore;
  readonly chain: ChainPort;
  readonly now: () => number;
  readonly keysOf: (site: string) => SiteKeys;
  /** A certificate of that controller's for a key, SPKI in base64url; null when nobody here gives out any, or not for such a key. */
  readonly certify: (address: Address, tls: string) => string | null;
  /** Something that an operator should see; never a secret or a name. */
  readonly tell: (what: string) => void;
}

const isPublicKey = (kind: "ed25519" | "x25519", text: string): boolean =>
  publicKeyFrom(kind, Buffer.from(text, "base64url")) !== null;

const nothing = "0".repeat(64);
/** A store that was restored may be so far behind what controllers had from it. */
const maxAhead = 10_000_000;
/** How often it is tried again when another worker was quicker. */
const tries = 3;

export class Intake {
  readonly #parts: IntakeParts;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  async take(link: ControllerLink, message: UpMessage, retained: boolean): Promise<readonly Letter[]> {
    switch (message.kind) {
      case "events":
        return this.#events(link, message);
      case "sync":
        return this.#sync(link, message);
      case "state":
        await this.#state(link, message, retained);
        return this.#ownKeys(link, message.issuerKeys ?? null);
      case "gone":
        await this.#gone(link, message);
        return [];
      case "alarm":
        await this.#alarm(link, message);
        return [];
      case "result":
        await this.#result(link, message);
        return [];
      case "rotate":
        return this.#rotate(link, message);
    }
  }

  /** Both generations are taken until the first message under the new one. */
  async #rotate(link: ControllerLink, { signKey, sealKey, tlsKey }: Up<"rotate">): Promise<readonly Letter[]> {
    const { store, now, certify, tell } = this.#parts;
    const isSound = isPublicKey("ed25519", signKey) && isPublicKey("x25519", sealKey);
    const certificate = isSound && tlsKey !== null ? certify(link.address, tlsKey) : null;
    const { site, controller } = link.address;
    if (!isSound || (tlsKey !== null && certificate === null)) {
      tell(`${site}/${controller} asked for other keys, and could not be given a certificate for them.`);
      return [];
    }
    const known = await store.fleet.get(link.address);
    const isKnown = known?.keys.some(({ sign, seal }) => sign === signKey && seal === sealKey) ?? false;
    if (!isKnown) await store.fleet.put(link.address, { sign: signKey, seal: sealKey, tls: tlsKey }, now());
    return [link.letter("certificate", { signKey, sealKey, certificate }, { now: now() })];
  }

  async #events(link: ControllerLink, batch: Up<"events">): Promise<readonly Letter[]> {
    for (let n = 0; n < tries; n += 1) {
      const controller = await this.#parts.store.fleet.get(link.address);
      // Another board may have got the name meanwhile.
      if (controller === null || !controller.keys.some(({ sign }) => idOfKey(sign) === batch.key)) return [];
      if (await this.#takeBatch(link, batch, controller)) break;
    }
    const controller = await this.#parts.store.fleet.get(link.address);
    return controller === null ? [] : [this.#ack(link, controller.chain, null)];
  }

  /** False when the chain has moved meanwhile. */
  async #takeBatch(link: ControllerLink, batch: Up<"events">, { chain, board }: Controller): Promise<boolean> {
    const { store } = this.#parts;
    const verdict = judgeBatch(batch, chain, this.#parts.chain);
    switch (verdict.kind) {
      case "elsewhere":
        return true;
      case "refuse":
        await this.#note(link, verdict.note);
        return true;
      case "known": {
        const { epoch, seq, hash } = verdict.last;
        const held = await store.record.hashAt(link.address, epoch, seq);
        if (held !== null && held !== hash) await this.#note(link, forkedNote(verdict.last));
        return true;
      }
      case "take": {
        const { events, head, notes } = verdict;
        const first = events.find(({ seq }) => seq === batch.events[0]?.seq);
        const isBegun = chain === null && first !== undefined;
        if (isBegun && (await store.record.resume(link.address, { board, first, prev: batch.prev }))) return false;
        const { personal, wrong } = this.#personal(link, batch);
        const contradicted = await this.#contradicted(link, events);
        const all = [...notes, ...contradicted, ...wrong.map((seq) => namesNote(batch.epoch, seq))];
        const taken = { events, personal, notes: all, board, from: chain, head, now: this.#parts.now() };
        const isTaken = await store.record.take(link.address, taken);
        if (isTaken) for (const { what } of all) this.#tell(link, what);
        return isTaken;
      }
    }
  }

  async #contradicted({ address }: ControllerLink, events: readonly TakenEvent[]): Promise<readonly ChainNote[]> {
    const [first] = events;
    if (first === undefined || !events.some(({ type }) => type === "log.pruned")) return [];
    return contradictions(events, await this.#parts.store.record.gaps(address, first.epoch));
  }

  /** Names that belong to their events; those of which that cannot be said are not kept. */
  #personal(link: ControllerLink, { sealed, events }: Up<"events">) {
    const bySeq = new Map(events.map((event) => [event.seq, event]));
    const values = sealed === undefined ? [] : link.unsealed("events", sealed);
    if (values === null)
      return {
        personal: [],
        wrong: events
          .filter(isNamed)
          .map(({ seq }) => seq)
          .slice(0, 1),
      };
    const read = values.flatMap((value) => personalIn(value));
    const holds = ({ seq, salt, personal }: Personal): boolean => {
      const commitment = bySeq.get(seq)?.commitment ?? null;
      const made = this.#parts.chain.commitTo(Buffer.from(salt, "hex"), personal).toString("hex");
      return commitment === made;
    };
    return { personal: read.filter(holds), wrong: read.filter((one) => !holds(one)).map(({ seq }) => seq) };
  }

  async #sync(link: ControllerLink, sync: Up<"sync">): Promise<readonly Letter[]> {
    const { store, now } = this.#parts;
    const { epoch, seq, at, directory, refused } = sync;
    const heard = { at, epoch, seq, seenAt: now(), aheadMs: at - now() };
    const { version, snapshot } = directory;
    await store.fleet.heardSync(link.address, { ...heard, directory: version, snapshot, refused });
    await this.#compareHeads(link, sync);
    const controller = await store.fleet.get(link.address);
    if (controller === null) return [];
    const ack = this.#ack(link, controller.chain, sync.nonce);
    const step = await this.#step(link, controller, sync);
    return step === null ? [ack] : [ack, step];
  }

  /** What the controller says that its last event is must be what the issuer has of it. */
  async #compareHeads(link: ControllerLink, { epoch, seq, hash }: Up<"sync">): Promise<void> {
    const held = await this.#parts.store.record.hashAt(link.address, epoch, seq);
    if (held !== null && held !== hash) await this.#note(link, forkedNote({ epoch, seq }));
  }

  async #step(
    link: ControllerLink,
    controller: Controller,
    { directory, refused }: Up<"sync">,
  ): Promise<Letter | null> {
    const { store, now, keysOf } = this.#parts;
    const { doors, state } = controller;
    // It tells its doors with its state, which comes first; those of the board before it are only kept for it.
    if (doors === null || state === null) return null;
    const head = await headOf(store.directory, { ...controller, doors });
    if (directory.version > head && directory.version - head <= maxAhead) {
      await store.fleet.renew(controller, directory.version);
      this.#tell(
        link,
        `It has version ${directory.version} of the directory, and the store only ${head}: all of it is sent anew.`,
      );
    }
    const { viewVersion } = (await store.fleet.get(controller)) ?? controller;
    const { site } = controller;
    const next = await nextStep(
      store.directory,
      { site, doors, viewVersion },
      { ...directory, refused },
      keysOf(site).secrets,
    );
    return next === null ? null : link.letter(next.kind, next.members, { now: now(), hidden: next.hidden });
  }

  async #state(link: ControllerLink, state: Up<"state">, retained: boolean): Promise<void> {
    const { store, now } = this.#parts;
    const { at, epoch, seq, boot, doors, directory } = state;
    const { key: _, signature: __, ...told } = state;
    const outcome = await store.fleet.heardState(link.address, {
      ...{ at, epoch, seq, boot, directory, text: JSON.stringify(told), doors: doors.map(({ door }) => door) },
      // What the broker had kept tells nothing of the clock.
      ...(retained ? { seenAt: at, aheadMs: 0 } : { seenAt: now(), aheadMs: at - now() }),
    });
    if (outcome.kind === "doubled") await this.#note(link, doubledNote({ epoch, seq }));
    if (outcome.denied.length > 0) await this.#note(link, claimedNote(outcome.denied));
  }

  /** What is told of our own keys, signed by one that the controller knows, until it knows those that count. */
  keysFor(link: ControllerLink, believed: readonly string[] | null): Letter | "known" | "unknowable" {
    const { keysOf, now } = this.#parts;
    const site = keysOf(link.address.site);
    const { counted, publicSeal } = site;
    if (believed === null || believed.toSorted().join() === counted.map(idOfKey).toSorted().join()) return "known";
    const by = signersOf(site).find(({ id }) => believed.includes(id));
    if (by === undefined) return "unknowable";
    return link.letter("keys", { sign: counted, seal: publicSeal }, { now: now(), by });
  }

  #ownKeys(link: ControllerLink, believed: readonly string[] | null): readonly Letter[] {
    const letter = this.keysFor(link, believed);
    if (letter === "unknowable") this.#tell(link, "It knows none of this issuer's keys any more; pair it anew.");
    return typeof letter === "string" ? [] : [letter];
  }

  /** Of a life of the board that is over it tells nothing. */
  async #gone({ address }: ControllerLink, { boot, at }: Up<"gone">): Promise<void> {
    const { fleet } = this.#parts.store;
    const state = (await fleet.get(address))?.state ?? null;
    if (state !== null && (JSON.parse(state) as Pick<Up<"state">, "boot">).boot === boot) await fleet.gone(address, at);
  }

  async #alarm(link: ControllerLink, { epoch, seq, wall, trusted, event }: Up<"alarm">): Promise<void> {
    const news = { ...link.address, epoch, seq, wall, trusted, body: JSON.stringify(event) };
    const isNew = await this.#parts.store.record.alarm(news, this.#parts.now());
    if (isNew) this.#tell(link, `Alarm: ${event.type} (event ${seq}).`);
  }

  async #result(link: ControllerLink, { id, code, why }: Up<"result">): Promise<void> {
    await this.#parts.store.commands.answered(link.address, id, code, why, this.#parts.now());
  }

  #ack(link: ControllerLink, chain: ChainHead | null, nonce: string | null): Letter {
    const { epoch, seq, hash } = chain ?? { epoch: 0, seq: 0, hash: nothing };
    return link.letter("ack", { epoch, seq, hash, nonce }, { now: this.#parts.now() });
  }

  async #note(link: ControllerLink, note: Parameters<IssuerStore["record"]["note"]>[1]): Promise<void> {
    const isNew = await this.#parts.store.record.note(link.address, note, this.#parts.now());
    if (isNew) this.#tell(link, note.what);
  }

  #tell({ address }: ControllerLink, what: string): void {
    this.#parts.tell(`${address.site}/${address.controller}: ${what}`);
  }
}

const isNamed = ({ commitment }: { readonly commitment: string | null }): boolean => commitment !== null;

const namesNote = (epoch: number, seq: number) => ({
  ...{ kind: "names" as const, epoch, seq, toSeq: null, hash: null },
  what: `The names in event ${seq} are not those that it was recorded with, and are not kept.`,
});

/** As the controller writes them: `{seq, salt, personal}`, the last as an object whose canonical form was committed to. */
function personalIn(value: unknown): Personal[] {
  if (typeof value !== "object" || value === null) return [];
  const { seq, salt, personal } = value as Readonly<Record<string, unknown>>;
  if (typeof seq !== "number" || typeof salt !== "string" || !/^[0-9a-f]{2,128}$/.test(salt)) return [];
  if (typeof personal !== "object" || personal === null) return [];
  return [{ seq, salt, personal: canonicalJson(personal) }];
}
