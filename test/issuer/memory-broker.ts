// A broker in memory: topics, retained messages, shared subscriptions; every test says when it delivers.
import type { Arrival, Link, LinkEvents, OpenLink, Outgoing } from "../../src/issuer/link-port.ts";

export interface Published {
  readonly topic: string;
  readonly payload: string;
  readonly options: Outgoing;
}

interface Client {
  readonly filters: Set<string>;
  readonly events: LinkEvents;
  isOpen: boolean;
}

export class MemoryBroker {
  readonly published: Published[] = [];
  readonly #clients = new Set<Client>();
  readonly #retained = new Map<string, Published>();
  /** Work that was handed out and is not done yet. */
  #busy = 0;
  #turn = 0;

  readonly open: OpenLink = (events) => {
    const client: Client = { filters: new Set(), events, isOpen: true };
    this.#clients.add(client);
    queueMicrotask(() => events.opened());
    return this.#linkOf(client);
  };

  /** Until nothing is on its way any more. */
  async settled(): Promise<void> {
    for (let calm = 0; calm < 5; ) {
      await new Promise((soon) => setImmediate(soon));
      calm = this.#busy === 0 ? calm + 1 : 0;
    }
  }

  publish(topic: string, payload: string, options: Outgoing = {}): void {
    const published = { topic, payload, options };
    this.published.push(published);
    if (options.retain === true) this.#retained.set(topic, published);
    const shared = new Map<string, Client[]>();
    for (const client of this.#clients) {
      if (!client.isOpen) continue;
      for (const filter of client.filters) {
        const plain = filter.replace(/^\$share\/[^/]+\//, "");
        if (!matches(plain, topic)) continue;
        if (plain === filter) this.#deliver(client, published, false);
        else shared.set(filter, [...(shared.get(filter) ?? []), client]);
      }
    }
    for (const clients of shared.values()) {
      const client = clients[this.#turn % clients.length];
      this.#turn += 1;
      if (client !== undefined) this.#deliver(client, published, false);
    }
  }

  #deliver({ events }: Client, { topic, payload, options }: Published, retained: boolean): void {
    const arrival: Arrival = {
      topic,
      payload: Buffer.from(payload),
      retained,
      correlation: options.correlation ?? null,
    };
    this.#busy += 1;
    void Promise.resolve()
      .then(() => events.arrived(arrival))
      .finally(() => {
        this.#busy -= 1;
      });
  }

  #linkOf(client: Client): Link {
    return {
      canShare: true,
      publish: async (topic, payload, options) => {
        if (!client.isOpen) return false;
        this.publish(topic, payload, options);
        return true;
      },
      subscribe: async (filters) => {
        for (const filter of filters) {
          client.filters.add(filter);
          for (const [topic, kept] of this.#retained) if (matches(filter, topic)) this.#deliver(client, kept, true);
        }
        return true;
      },
      unsubscribe: async (filters) => {
        for (const filter of filters) client.filters.delete(filter);
      },
      close: async () => {
        client.isOpen = false;
      },
    };
  }
}

function matches(filter: string, topic: string): boolean {
  const wanted = filter.split("/");
  const words = topic.split("/");
  for (const [n, want] of wanted.entries()) {
    if (want === "#") return true;
    if (words[n] === undefined || (want !== "+" && want !== words[n])) return false;
  }
  return wanted.length === words.length;
}
