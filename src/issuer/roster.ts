// The controllers that a worker speaks with, as the store has them: keys ready to use, and when each is next told where it should be.
import type { Address } from "../link/topics.ts";
import { ControllerLink } from "./controller-link.ts";
import type { SiteKeys } from "./counted-keys.ts";
import type { Controller, FleetStore } from "./store.ts";

export interface Member {
  link: ControllerLink;
  row: Controller;
  /** In monotonic time. */
  beaconAt: number;
}

export interface RosterNews {
  readonly came: readonly Member[];
  readonly went: readonly Address[];
}

const keyOf = ({ site, controller }: Address): string => `${site}/${controller}`;

export class Roster {
  readonly #fleet: FleetStore;
  readonly #keysOf: (site: string) => SiteKeys;
  #members = new Map<string, Member>();
  /** Of other workers' controllers, for what any worker may take. */
  #others = new Map<string, ControllerLink | null>();

  constructor(fleet: FleetStore, keysOf: (site: string) => SiteKeys) {
    this.#fleet = fleet;
    this.#keysOf = keysOf;
  }

  get members(): Iterable<Member> {
    return this.#members.values();
  }

  own(address: Address): Member | null {
    return this.#members.get(keyOf(address)) ?? null;
  }

  /** Null when there is no such controller. */
  async find(address: Address): Promise<ControllerLink | null> {
    const key = keyOf(address);
    const known = this.#members.get(key)?.link ?? this.#others.get(key);
    if (known !== undefined) return known;
    const row = await this.#fleet.get(address);
    const link = row === null ? null : this.#linkOf(row);
    if (this.#others.size >= maxOthers) this.#others.clear();
    this.#others.set(key, link);
    return link;
  }

  async load(parts: readonly number[], dueAt: number): Promise<RosterNews> {
    const rows = await this.#fleet.inParts(parts);
    const before = this.#members;
    const came: Member[] = [];
    this.#members = new Map();
    this.#others = new Map();
    for (const row of rows) {
      const known = before.get(keyOf(row));
      const isSame = known !== undefined && speaksAlike(known.row, row);
      const member = isSame ? { ...known, row } : { link: this.#linkOf(row), row, beaconAt: dueAt };
      this.#members.set(keyOf(row), member);
      if (known === undefined) came.push(member);
    }
    const went = [...before.values()].map(({ link }) => link.address).filter((one) => !this.#members.has(keyOf(one)));
    return { came, went };
  }

  async refresh(member: Member): Promise<void> {
    const row = (await this.#fleet.get(member.row)) ?? member.row;
    if (!speaksAlike(member.row, row)) member.link = this.#linkOf(row);
    member.row = row;
  }

  /** Our own keys are others: each is told where it should be, and of them, when that is due. */
  renewKeys(dueAt: number): void {
    this.#others = new Map();
    for (const member of this.#members.values()) {
      member.link = this.#linkOf(member.row);
      member.beaconAt = dueAt;
    }
  }

  #linkOf(row: Controller): ControllerLink {
    const { site, controller, keys } = row;
    return new ControllerLink({ site, controller }, keys, this.#keysOf(site), believedBy(row));
  }
}

/** Ids of the issuer's keys that a controller says to know; null when it has said nothing of them. */
export function believedBy({ state }: Pick<Controller, "state">): readonly string[] | null {
  if (state === null) return null;
  return (JSON.parse(state) as { readonly issuerKeys?: readonly string[] }).issuerKeys ?? null;
}

const speaksAlike = (a: Controller, b: Controller): boolean =>
  JSON.stringify([a.keys, believedBy(a)]) === JSON.stringify([b.keys, believedBy(b)]);

const maxOthers = 10_000;
