// Sends a command to a controller and waits for its result; knows the store only to note both.
import { randomBytes } from "node:crypto";
import type { Down } from "../link/down-messages.ts";
import { readUp } from "../link/read-message.ts";
import type { Address } from "../link/topics.ts";
import { readTopic, resultTopic, topicOf } from "../link/topics.ts";
import type { Up } from "../link/up-messages.ts";
import { ControllerLink } from "./controller-link.ts";
import type { SiteKeys } from "./counted-keys.ts";
import type { Arrival, Link, OpenLink } from "./link-port.ts";
import { believedBy } from "./roster.ts";
import type { IssuerStore } from "./store.ts";

export type Order = Down<"command">["do"];

export interface CommanderParts {
  readonly store: IssuerStore;
  readonly openLink: OpenLink;
  readonly keysOf: (site: string) => SiteKeys;
  readonly now: () => number;
  /** Part of the topic on which results come. */
  readonly asker: string;
}

export type Outcome =
  | { readonly kind: "answered"; readonly result: Up<"result">; readonly log: readonly unknown[] | null }
  | { readonly kind: "unknownController" }
  | { readonly kind: "unreachableBroker"; readonly why: string }
  /** It was done or was not. */
  | { readonly kind: "silent" };

interface Watched {
  readonly link: ControllerLink;
  readonly begun: Promise<void>;
  state: Up<"state"> | null;
}

const idBytes = 16;
/** For what the broker had kept of the controller's state, which comes at once or never. */
const stateWaitMs = 500;
const graceMs = 2_000;
const brokerWaitMs = 15_000;

export class Commander {
  readonly #parts: CommanderParts;
  readonly #link: Link;
  readonly #watched = new Map<string, Watched>();
  readonly #waiting = new Map<string, (result: Up<"result">) => void>();
  readonly #states = new Map<string, () => void>();
  #open: () => void = () => {};
  readonly #opened = new Promise<true>((opened) => {
    this.#open = () => opened(true);
  });
  #why = "nobody answers there";

  constructor(parts: CommanderParts) {
    this.#parts = parts;
    this.#link = parts.openLink({
      opened: () => {
        this.#open();
        void this.#resubscribe();
      },
      arrived: async (arrival) => this.#take(arrival),
      gone: (why) => {
        this.#why = why;
      },
    });
  }

  async order(address: Address, order: Order, by: string, forMs: number): Promise<Outcome> {
    if ((await within(brokerWaitMs, this.#opened)) === null) return { kind: "unreachableBroker", why: this.#why };
    const watched = await this.#watch(address);
    if (watched === null) return { kind: "unknownController" };
    const { store, now } = this.#parts;
    const id = randomBytes(idBytes).toString("base64url");
    const sentAt = now();
    await store.commands.sent({ ...address, id, what: order.kind, who: by, sentAt });
    const result = await this.#send(watched, { id, do: order, by }, forMs);
    if (result === null) return { kind: "silent" };
    await store.commands.answered(address, id, result.code, result.why, now());
    return { kind: "answered", result, log: this.#logOf(watched, result) };
  }

  async close(): Promise<void> {
    await this.#link.close();
  }

  async #send({ link, state }: Watched, said: Pick<Down<"command">, "id" | "do" | "by">, forMs: number) {
    const { now, asker } = this.#parts;
    const until = now() + forMs;
    // A clock that nobody vouches for cannot be told times.
    const challenge = state === null || state.clock.trusted ? null : state.challenge;
    const payload = link.signed("command", { ...said, until, challenge }, now());
    const answered = new Promise<Up<"result">>((done) => this.#waiting.set(said.id, done));
    await this.#link.publish(topicOf(link.address, "down/command"), payload, {
      expirySeconds: Math.max(1, Math.ceil(forMs / 1_000)),
      responseTopic: resultTopic(link.address, asker),
      correlation: Buffer.from(said.id),
    });
    const result = await within(forMs + graceMs, answered);
    this.#waiting.delete(said.id);
    return result;
  }

  async #watch(address: Address): Promise<Watched | null> {
    const key = keyOf(address);
    const known = this.#watched.get(key);
    if (known !== undefined) {
      await known.begun;
      return known;
    }
    const row = await this.#parts.store.fleet.get(address);
    if (row === null) return null;
    const link = new ControllerLink(address, row.keys, this.#parts.keysOf(address.site), believedBy(row));
    const watched: Watched = { link, begun: this.#begin(address), state: null };
    this.#watched.set(key, watched);
    await watched.begun;
    return watched;
  }

  async #begin(address: Address): Promise<void> {
    const heard = new Promise<void>((done) => this.#states.set(keyOf(address), done));
    await this.#link.subscribe(this.#filtersOf(address));
    await within(stateWaitMs, heard);
  }

  async #resubscribe(): Promise<void> {
    await this.#link.subscribe([...this.#watched.values()].flatMap(({ link }) => this.#filtersOf(link.address)));
  }

  #filtersOf(address: Address): readonly string[] {
    return [resultTopic(address, this.#parts.asker), topicOf(address, "state")];
  }

  #take({ topic, payload, retained }: Arrival): void {
    const at = readTopic(topic);
    const watched = at === null ? undefined : this.#watched.get(keyOf(at));
    if (at === null || watched === undefined) return;
    const place = at.place.startsWith("result/") ? "result" : at.place;
    const read = readUp({ payload, place, retained }, at, watched.link.verifiers);
    if (!read.ok) return;
    if (read.message.kind === "result") this.#waiting.get(read.message.id)?.(read.message);
    if (read.message.kind !== "state") return;
    watched.state = read.message;
    this.#states.get(keyOf(at))?.();
  }

  #logOf({ link }: Watched, { sealed }: Up<"result">): readonly unknown[] | null {
    return sealed === undefined ? null : link.unsealed("result", sealed);
  }
}

const keyOf = ({ site, controller }: Address): string => `${site}/${controller}`;

/** Null when it takes longer. */
async function within<Value>(ms: number, promise: Promise<Value>): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((done) => {
    timer = setTimeout(() => done(null), ms);
  });
  const first = await Promise.race([promise, late]);
  clearTimeout(timer);
  return first;
}
