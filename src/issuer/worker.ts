// A worker: leases its share of the controllers, takes what they send, answers, and tells them where the directory stands.
// Everything that must outlive it is in the store; it may be killed at any time.
import { readUp } from "../link/read-message.ts";
import type { Address } from "../link/topics.ts";
import { readTopic, topicOf } from "../link/topics.ts";
import { Complaints } from "./complaints.ts";
import type { ControllerLink, Letter } from "./controller-link.ts";
import { CountedKeys } from "./counted-keys.ts";
import { headOf } from "./directory-answer.ts";
import type { IntakeParts } from "./intake.ts";
import { Intake } from "./intake.ts";
import type { Arrival, Link, OpenLink } from "./link-port.ts";
import { Queues } from "./queues.ts";
import type { Member } from "./roster.ts";
import { believedBy, Roster } from "./roster.ts";
import type { FolderKeys } from "./site-keys.ts";
import type { Site } from "./store.ts";

export interface WorkerParts extends Omit<IntakeParts, "keysOf"> {
  /** As they lie in the folder now. */
  readonly folderKeysOf: (site: string) => FolderKeys;
  readonly name: string;
  readonly mono: () => number;
  readonly openLink: OpenLink;
  /** After so many days names go from the events; null keeps them. */
  readonly forgetNamesDays: number | null;
}

const leaseMs = 10_000;
const renewEveryMs = 3_000;
const lookAtKeysEveryMs = 5_000;
const dayMs = 86_400_000;
const forgetEveryMs = 3_600_000;
const beaconEveryMs = 300_000;
const beaconsAtOnce = 100;
const tellViewMs = 1_000;
const ownPlaces = ["state", "up/events", "up/sync", "up/keys"];
/** Their order does not matter, so that any worker may take them, also while a lease changes hands. */
const sharedFilters = (site: string): readonly string[] => [`postern/1/${site}/+/live`, `postern/1/${site}/+/result/+`];

export class Worker {
  readonly #parts: WorkerParts;
  readonly #intake: Intake;
  readonly #roster: Roster;
  readonly #keys: CountedKeys;
  readonly #queues = new Queues();
  readonly #link: Link;
  readonly #complaints: Complaints;
  #isConnected = false;
  /** Connected, and it reads what it is to read. */
  #isOpen = false;
  #leasedUntil = 0;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #lookedAtKeysAt = Number.NEGATIVE_INFINITY;
  /** Has had the keys that count once; what takes no private half it goes on with. */
  #hasKeys = false;
  #keyProblem: string | null = null;
  #leased: readonly number[] = [];
  #fleetVersion = -1;
  #versions = new Map<string, number>();
  #isBeating = false;
  #isClosed = false;
  #forgotAt = Number.NEGATIVE_INFINITY;

  constructor(parts: WorkerParts) {
    this.#parts = parts;
    this.#keys = new CountedKeys(parts.store.sites, parts.folderKeysOf);
    const keysOf = (site: string) => this.#keys.of(site);
    this.#intake = new Intake({ ...parts, keysOf });
    this.#roster = new Roster(parts.store.fleet, keysOf);
    this.#complaints = new Complaints(parts.tell, parts.mono);
    this.#link = parts.openLink({
      opened: () => this.#opened(),
      arrived: (arrival) => this.#take(arrival),
      gone: (why) => {
        if (this.#isConnected) parts.tell(`The broker is gone: ${why}.`);
        else this.#complaints.say(`The broker cannot be reached: ${why}.`);
        this.#isConnected = false;
        this.#isOpen = false;
      },
    });
  }

  /** Every second or so. */
  async beat(): Promise<void> {
    if (this.#isBeating || this.#isClosed) return;
    this.#isBeating = true;
    try {
      const sites = await this.#parts.store.sites.list();
      await this.#lookAtKeys(sites);
      if (this.#keyProblem !== null) {
        await this.#leaveToOthers(this.#keyProblem);
        return;
      }
      if (this.#parts.mono() - this.#renewedAt >= renewEveryMs) await this.#renew();
      await this.#lookAtFleet();
      if (this.#isConnected && !this.#isOpen) await this.#setUp();
      await this.#lookAtDirectories(sites);
      await this.#sendBeacons();
      await this.#forget();
    } catch (error) {
      this.#complaints.say(`The store does not answer: ${wordsOf(error)}.`);
    } finally {
      this.#complaints.beat();
      this.#isBeating = false;
    }
  }

  /** Gives back what it has leased, so that others need not wait. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#leasedUntil = 0;
    await this.#link.close();
    await this.#queues.idle();
    await this.#parts.store.leases.release(this.#parts.name);
  }

  /** Whoever changes keys says so in the store, and puts them into the folder; neither takes a worker that is started anew. */
  async #lookAtKeys(sites: readonly Site[]): Promise<void> {
    const now = this.#parts.mono();
    const isDue = this.#keys.isStale(sites) || now - this.#lookedAtKeysAt >= lookAtKeysEveryMs;
    if (!isDue) return;
    const outcome = await this.#keys.look(sites);
    this.#lookedAtKeysAt = now;
    this.#keyProblem = "problem" in outcome ? outcome.problem : null;
    if ("problem" in outcome) return;
    this.#hasKeys = true;
    if (outcome.isNew) this.#roster.renewKeys(now);
  }

  /** Until the folder has the keys that count, it would only contradict whoever has them. */
  async #leaveToOthers(why: string): Promise<void> {
    this.#complaints.say(why);
    if (this.#leased.length === 0) return;
    this.#leasedUntil = 0;
    this.#leased = [];
    this.#renewedAt = Number.NEGATIVE_INFINITY;
    const { went } = await this.#roster.load([], this.#parts.mono());
    await this.#link.unsubscribe(went.flatMap(filtersOf));
    await this.#parts.store.leases.release(this.#parts.name);
  }

  /** One worker does it for all. */
  async #forget(): Promise<void> {
    const { forgetNamesDays: days, mono, now, store, tell } = this.#parts;
    if (days === null || !this.#leased.includes(0) || mono() - this.#forgotAt < forgetEveryMs) return;
    this.#forgotAt = mono();
    const many = await store.record.forget(now() - days * dayMs);
    if (many > 0) tell(`The names in ${many} events are older than ${days} days and are forgotten.`);
  }

  async #renew(): Promise<void> {
    const now = this.#parts.mono();
    const leased = await this.#parts.store.leases.renew(this.#parts.name, leaseMs);
    this.#renewedAt = now;
    // By our own clock, and from before we asked: never longer than the store thinks.
    this.#leasedUntil = now + leaseMs;
    if (leased.join() !== this.#leased.join()) this.#fleetVersion = -1;
    this.#leased = leased;
  }

  async #lookAtFleet(): Promise<void> {
    const version = await this.#parts.store.fleet.version();
    if (version === this.#fleetVersion) return;
    const { came, went } = await this.#roster.load(this.#leased, this.#parts.mono());
    this.#fleetVersion = version;
    if (!this.#isOpen) return;
    await this.#link.unsubscribe(went.flatMap(filtersOf));
    await this.#subscribe(came);
  }

  async #lookAtDirectories(sites: readonly Site[]): Promise<void> {
    for (const { name, version } of sites) {
      const seen = this.#versions.get(name);
      if (seen === undefined) await this.#subscribeShared(name);
      else if (seen !== version) await this.#tellChanged(name, seen);
      this.#versions.set(name, version);
    }
  }

  async #tellChanged(site: string, above: number): Promise<void> {
    const doors = new Set(await this.#parts.store.directory.doorsChanged(site, above));
    for (const member of this.#roster.members) {
      if (member.row.site === site && concerns(doors, member)) member.beaconAt = this.#parts.mono();
    }
  }

  async #sendBeacons(): Promise<void> {
    if (!this.#isOpen || !this.#isLeased()) return;
    const now = this.#parts.mono();
    const due = [...this.#roster.members].filter(({ beaconAt }) => beaconAt <= now).slice(0, beaconsAtOnce);
    for (const member of due) {
      // A slow disk must not cost the lease, without which everything that controllers send is dropped.
      if (this.#parts.mono() - this.#renewedAt >= renewEveryMs) return;
      await this.#roster.refresh(member);
      await this.#sendBeacon(member);
    }
  }

  async #sendBeacon(member: Member): Promise<void> {
    const { row, link } = member;
    member.beaconAt = this.#parts.mono() + beaconEveryMs;
    const letter = this.#intake.keysFor(link, believedBy(row));
    if (typeof letter !== "string") this.#publish(letter);
    if (row.doors === null) return;
    const version = await headOf(this.#parts.store.directory, { ...row, doors: row.doors });
    this.#publish(link.letter("beacon", { version }, { now: this.#parts.now() }));
  }

  #opened(): void {
    this.#parts.tell("The broker is there.");
    this.#isConnected = true;
    this.#setUp().catch((error: unknown) => this.#complaints.say(`The store does not answer: ${wordsOf(error)}.`));
  }

  /** Once for each connection; tried again with the next beat where the store or the broker does not let it. */
  async #setUp(): Promise<void> {
    // What is dealt to a worker that cannot read it is dealt to no other.
    if (!this.#hasKeys) return;
    for (const { name } of await this.#parts.store.sites.list()) {
      if (!(await this.#subscribeShared(name))) return;
    }
    this.#isOpen = true;
    await this.#subscribe([...this.#roster.members]);
    const now = this.#parts.mono();
    for (const member of this.#roster.members) member.beaconAt = now;
  }

  async #subscribeShared(site: string): Promise<boolean> {
    const prefix = this.#link.canShare ? "$share/postern/" : "";
    const granted = await this.#link.subscribe(sharedFilters(site).map((filter) => prefix + filter));
    if (!granted && this.#isConnected) {
      this.#complaints.say("The broker does not let this user read what controllers send; see its access list.");
    }
    return granted;
  }

  async #subscribe(members: readonly Member[]): Promise<void> {
    await this.#link.subscribe(members.flatMap(({ link }) => filtersOf(link.address)));
  }

  async #take(arrival: Arrival): Promise<void> {
    const at = readTopic(arrival.topic);
    if (at === null) return;
    await this.#queues.add(`${at.site}/${at.controller}`, async () => {
      try {
        await this.#read(arrival, at);
      } catch (error) {
        this.#complaints.say(`A message could not be taken: ${wordsOf(error)}.`);
      }
    });
  }

  async #read(arrival: Arrival, at: Address & { readonly place: string }): Promise<void> {
    const link = await this.#roster.find(at);
    if (link === null) {
      this.#refuse("unknown");
      return;
    }
    const place = at.place.startsWith("result/") ? "result" : at.place;
    const read = readUp({ payload: arrival.payload, place, retained: arrival.retained }, at, link.verifiers);
    if (!read.ok) {
      this.#refuse(read.why);
      return;
    }
    const member = this.#roster.own(at);
    // Whoever has the lease answers; the others keep only what is each once anyway.
    if (ownPlaces.includes(place) && (member === null || !this.#isLeased())) return;
    const settled = await this.#settled(link, read.message.key);
    const letters = await this.#intake.take(settled, read.message, arrival.retained);
    // What comes under the new keys next is to be read.
    if (read.message.kind === "rotate") await this.#lookAtFleet();
    for (const letter of letters) this.#publish(letter);
    if (place === "state" && member !== null) await this.#afterState(member);
  }

  /** The first message under new keys: the old ones count no more, and what we say is sealed for the new ones. */
  async #settled(link: ControllerLink, keyId: string): Promise<ControllerLink> {
    const keys = link.waiting(keyId);
    if (keys === null) return link;
    await this.#parts.store.fleet.settle(link.address, keys);
    await this.#lookAtFleet();
    return (await this.#roster.find(link.address)) ?? link;
  }

  /** Other doors see another directory. A controller that has just connected asks by itself. */
  async #afterState(member: Member): Promise<void> {
    const before = member.row.viewVersion;
    await this.#roster.refresh(member);
    if (member.row.viewVersion !== before) member.beaconAt = this.#parts.mono() + tellViewMs;
  }

  #isLeased(): boolean {
    return this.#parts.mono() < this.#leasedUntil;
  }

  #publish({ topic, payload, options }: Letter): void {
    void this.#link.publish(topic, payload, options);
  }

  #refuse(why: string): void {
    this.#complaints.say(`A message was refused: ${why}.`);
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : "unknown");

const filtersOf = (address: Address): readonly string[] => ownPlaces.map((place) => topicOf(address, place));

const concerns = (doors: ReadonlySet<string>, { row }: Member): boolean =>
  doors.has("*") || (row.doors ?? []).some((door) => doors.has(door));
