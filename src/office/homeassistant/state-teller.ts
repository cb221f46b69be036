// Tells a broker how things stand: one message at a time, always the newest, and events only while they are news.
import type { BrokerSession } from "./broker-session.ts";

/** More events than wait here are not told. */
const maxEvents = 32;

interface Event {
  readonly topic: string;
  readonly payload: string;
}

export class StateTeller {
  #session: BrokerSession | null = null;
  #wanted: ReadonlyMap<string, string> = new Map();
  #told = new Map<string, string>();
  #events: Event[] = [];
  #busy = false;

  /** From now on to this one, which has been told nothing; null tells nobody. */
  tell(session: BrokerSession | null): void {
    this.#session = session;
    this.#told = new Map();
    this.#events = [];
    void this.#pump();
  }

  /** All that should be known, by topic, in the order in which it is told. */
  want(wanted: ReadonlyMap<string, string>): void {
    this.#wanted = wanted;
    void this.#pump();
  }

  event(event: Event): void {
    if (this.#session === null || this.#events.length >= maxEvents) return;
    this.#events.push(event);
    void this.#pump();
  }

  async #pump(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#session !== null && (await this.#tellNext(this.#session)));
    this.#busy = false;
  }

  /** False when there is nothing to tell, or nobody to tell it to. */
  async #tellNext(session: BrokerSession): Promise<boolean> {
    const told = this.#told;
    for (const [topic, payload] of this.#wanted) {
      if (told.get(topic) === payload) continue;
      const has = await session.publish(topic, payload, { retain: true });
      if (has) told.set(topic, payload);
      return has || session !== this.#session;
    }
    const event = this.#events.shift();
    if (event === undefined) return false;
    return (await session.publish(event.topic, event.payload, { retain: false })) || session !== this.#session;
  }
}
