// Keeps Home Assistant told of doors, events and health over its broker, and hands on what it asks; no door waits for any of it.
import type { RecordedEvent } from "../../domain/events.ts";
import type { HomeAssistantSpec } from "../../domain/home-assistant.ts";
import type { DoorId } from "../../domain/ids.ts";
import type { DoorStatus, HealthFact } from "../../domain/status.ts";
import { HeldGrants, isOpenGrant } from "../actions/held-grants.ts";
import { Paced } from "../paced.ts";
import { BrokerLink } from "./broker-link.ts";
import type { BrokerSession } from "./broker-session.ts";
import type { HomeMemory } from "./home-memory.ts";
import { homeClientId, homeTopics } from "./home-topics.ts";
import type { Introduction } from "./introduce.ts";
import { introduce, remember } from "./introduce.ts";
import type { OrderDesk } from "./order-desk.ts";
import type { Discovery } from "./plan-discovery.ts";
import { planEvent } from "./plan-event.ts";
import { planStates } from "./plan-states.ts";
import type { Arrival } from "./read-order.ts";
import { StateTeller } from "./state-teller.ts";

/** What happened longer ago is no news, and is not told. */
const newsMs = 10_000;
/** No door keeps anybody waiting for longer. */
const heldMs = 600_000;
const stateEveryMs = 50;
/** Whoever says over and over that Home Assistant has started is told anew only so often. */
const birthEveryMs = 5_000;

export interface HomeParts {
  readonly spec: HomeAssistantSpec;
  readonly discovery: Discovery;
  /** Of the whole site. */
  readonly doorIds: readonly DoorId[];
  readonly memory: HomeMemory;
  readonly orders: OrderDesk;
  readonly doors: () => readonly DoorStatus[];
  readonly health: () => readonly HealthFact[];
  /** Of which run of the machine events are news. */
  readonly boot: string;
  readonly mono: () => number;
  readonly changed: (well: boolean, why: string) => void;
}

export class HomeDesk {
  readonly #parts: HomeParts;
  readonly #topics: ReturnType<typeof homeTopics>;
  readonly #held = new HeldGrants();
  readonly #link: BrokerLink;
  readonly #teller = new StateTeller();
  readonly #states = new Paced(stateEveryMs, () => this.#tellStates());
  readonly #births = new Paced(birthEveryMs, () => this.#introduceAgain());
  #session: BrokerSession | null = null;

  constructor(parts: HomeParts) {
    this.#parts = parts;
    this.#topics = homeTopics(parts.spec);
    this.#link = new BrokerLink({
      place: parts.spec,
      clientId: homeClientId(parts.spec.id),
      will: { topic: this.#topics.availability, payload: "offline" },
      mono: parts.mono,
      prepare: () => remember(parts.memory, this.#introduction()),
      opened: (session) => void this.#opened(session),
      arrived: (arrival, session) => this.#arrived(arrival, session),
      gone: (why) => this.#gone(why),
    });
  }

  /** Doors or health may stand otherwise. */
  statesChanged(): void {
    this.#states.call();
  }

  happened(events: readonly RecordedEvent[]): void {
    for (const recorded of events) for (const told of this.#toldBy(recorded)) this.#tellEvent(told);
  }

  close(): void {
    this.#states.cancel();
    this.#births.cancel();
    this.#link.close();
  }

  async #opened(session: BrokerSession): Promise<void> {
    const { birth, orders } = this.#topics;
    if (!(await session.subscribe([birth, orders]))) return;
    if (!(await introduce(session, this.#parts.memory, this.#introduction())) || session.isOver) return;
    this.#session = session;
    this.#tellStates();
    this.#teller.tell(session);
    this.#parts.changed(true, "");
  }

  #introduction(): Introduction {
    const { spec, discovery, doorIds } = this.#parts;
    const { broker, caFile, username, passwordFile, discoveryPrefix, id } = spec;
    const { availability, controller, door } = this.#topics;
    return {
      place: { broker, caFile, username, passwordFile, discoveryPrefix, id },
      discovery,
      topics: [discovery.topic, availability, controller, ...doorIds.map(door)],
    };
  }

  /** Home Assistant has started: what it has heard before is gone, and what is retained may be. */
  #introduceAgain(): void {
    const session = this.#session;
    if (session === null) return;
    void introduce(session, this.#parts.memory, this.#introduction()).then((done) => {
      if (done && session === this.#session) this.#teller.tell(session);
    });
  }

  #arrived(arrival: Arrival, session: BrokerSession): void {
    if (arrival.topic !== this.#topics.birth) void this.#parts.orders.take(arrival, session.ageMs());
    else if (Buffer.from(arrival.payload).equals(online)) this.#births.call();
  }

  #gone(why: string): void {
    this.#session = null;
    this.#teller.tell(null);
    this.#parts.changed(false, why);
  }

  #tellStates(): void {
    const { spec, doors, health } = this.#parts;
    const states = planStates({ spec, doors: doors(), health: health() });
    this.#teller.want(new Map([...states, [this.#topics.availability, "online"]]));
  }

  /** A grant is told once its door has let it through. */
  #toldBy(recorded: RecordedEvent): readonly RecordedEvent[] {
    if (isOpenGrant(recorded.event)) {
      this.#held.forget((grant) => !this.#isWithin(grant, heldMs));
      this.#held.hold(recorded.event.ask, recorded);
      return [];
    }
    const grant = this.#held.settledBy(recorded);
    if (!this.#isWithin(recorded, newsMs)) return [];
    return grant === null ? [recorded] : [grant, recorded];
  }

  #tellEvent(recorded: RecordedEvent): void {
    const told = planEvent(recorded, this.#parts.spec.revealDetails);
    if (told !== null) this.#teller.event({ topic: this.#topics.events(told.door), payload: told.payload });
  }

  #isWithin({ at, boot }: RecordedEvent, ms: number): boolean {
    return boot === this.#parts.boot && this.#parts.mono() - at.mono <= ms;
  }
}

const online = Buffer.from("online");
