// Stands between clients and a broker and spoils their TCP connections by a seeded plan: cuts, delays, silence, lost answers.
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer, connect as dial } from "node:net";
import type { Random } from "../../sim/random.ts";
import { seededRandom } from "../../sim/random.ts";

/**
 * What becomes of a connection, once it has carried as many bytes as were drawn for it. TCP itself neither doubles nor reorders bytes, so
 * messages are doubled by losing the answers to what has arrived, and come out of order when an old connection's bytes arrive late.
 */
export const fates = [
  /** Goes on. */
  "clean",
  /** Is closed before it carries anything. */
  "refused",
  /** Ends at once on both sides; what was on its way is lost. */
  "cut",
  /** What the broker says is lost, while the client is still heard; then it ends. */
  "answersLost",
  /** Ends for the client at once; what it had sent reaches the broker later, when it may be back already. */
  "late",
  /** Swallows everything without a word; then it ends. */
  "halfOpen",
] as const;
export type Fate = (typeof fates)[number];
export type Span = readonly [least: number, most: number];

export interface LinkPlan {
  readonly seed: string;
  /** How often each fate is drawn, relative to each other. */
  readonly weights: Partial<Readonly<Record<Fate, number>>>;
  /** How many bytes, both ways together, pass before the fate strikes. */
  readonly afterBytes: Span;
  /** How long silence lasts, and how late bytes come, in milliseconds. */
  readonly silenceMs: Span;
  /** How long each piece is on its way; pieces of one direction stay in order. */
  readonly delayMs: Span;
  /** In each direction of each connection; null does not slow it down. */
  readonly bytesPerSecond: number | null;
}

export const cleanPlan: LinkPlan = {
  seed: "clean",
  weights: { clean: 1 },
  afterBytes: [0, 0],
  silenceMs: [0, 0],
  delayMs: [0, 0],
  bytesPerSecond: null,
};

export class FaultyLink {
  /** How many connections met each fate so far. */
  readonly met: Record<Fate, number> = { clean: 0, refused: 0, cut: 0, answersLost: 0, late: 0, halfOpen: 0 };
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #open = new Set<Connection>();
  #plan: LinkPlan;
  #random: Random;
  #isDown = false;

  private constructor(targetPort: number, plan: LinkPlan) {
    this.#targetPort = targetPort;
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
    this.#server = createServer({ noDelay: true }, (client) => this.#accept(client));
  }

  static async open(targetPort: number, plan: LinkPlan = cleanPlan): Promise<FaultyLink> {
    const link = new FaultyLink(targetPort, plan);
    await new Promise<void>((resolve) => link.#server.listen(0, "127.0.0.1", resolve));
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#open.size;
  }

  /** For connections from now on; those that are there keep their fate. */
  follow(plan: LinkPlan): void {
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
  }

  /** Ends all connections; with `false` it also takes no new ones until it is told otherwise. */
  cutAll(takesNew = true): void {
    this.#isDown = !takesNew;
    for (const connection of this.#open) connection.cut();
  }

  takeAgain(): void {
    this.#isDown = false;
  }

  /** All connections swallow what they are told from now on, and stay open. */
  silenceAll(): void {
    for (const connection of this.#open) connection.silence(Number.POSITIVE_INFINITY);
  }

  async close(): Promise<void> {
    for (const connection of this.#open) connection.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    client.on("error", () => {});
    const fate = this.#isDown ? "refused" : drawn(this.#plan.weights, this.#random);
    if (fate === "refused") {
      this.met.refused++;
      client.resetAndDestroy();
      return;
    }
    const broker = dial({ port: this.#targetPort, host: "127.0.0.1", noDelay: true });
    const lot = { fate, plan: this.#plan, random: seededRandom(String(this.#random.next())) };
    const connection = new Connection(client, broker, lot, {
      met: (met) => this.met[met]++,
      ended: () => this.#open.delete(connection),
    });
    this.#open.add(connection);
  }
}

interface Lot {
  readonly fate: Fate;
  readonly plan: LinkPlan;
  readonly random: Random;
}

interface Told {
  readonly met: (fate: Fate) => void;
  readonly ended: () => void;
}

type From = "client" | "broker";
/** What is late has so long to be taken before its connection ends. */
const graceMs = 20;

const other = { client: "broker", broker: "client" } as const;

/** Null bytes are the end of what one side says. */
interface Piece {
  readonly dueAt: number;
  readonly bytes: Buffer | null;
}

class Connection {
  readonly #sockets: Readonly<Record<From, Socket>>;
  readonly #lot: Lot;
  readonly #told: Told;
  readonly #swallows: Record<From, boolean> = { client: false, broker: false };
  readonly #underway: Readonly<Record<From, Piece[]>> = { client: [], broker: [] };
  readonly #timers: Record<From | "end", NodeJS.Timeout | undefined> = {
    client: undefined,
    broker: undefined,
    end: undefined,
  };
  #left: number;
  #isStruck = false;

  constructor(client: Socket, broker: Socket, lot: Lot, told: Told) {
    this.#sockets = { client, broker };
    this.#lot = lot;
    this.#told = told;
    this.#left = between(lot.plan.afterBytes, lot.random);
    for (const from of ["client", "broker"] as const) {
      const socket = this.#sockets[from];
      socket.on("error", () => {});
      socket.on("data", (bytes) => this.#carry(from, bytes));
      socket.on("close", () => this.#send(from, null));
    }
    if (lot.fate === "clean") told.met("clean");
  }

  cut(): void {
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#underway.client.length = this.#underway.broker.length = 0;
    this.#swallows.client = this.#swallows.broker = true;
    this.#sockets.client.resetAndDestroy();
    this.#sockets.broker.resetAndDestroy();
    this.#told.ended();
  }

  silence(forMs: number): void {
    this.#swallows.client = this.#swallows.broker = true;
    if (Number.isFinite(forMs)) this.#endIn(forMs);
  }

  #carry(from: From, bytes: Buffer): void {
    this.#left -= bytes.length;
    if (this.#left <= 0 && !this.#isStruck) this.#strike();
    this.#send(from, bytes);
  }

  #send(from: From, bytes: Buffer | null): void {
    if (this.#swallows[from]) return;
    const { delayMs, bytesPerSecond } = this.#lot.plan;
    const queue = this.#underway[from];
    const takesMs = bytesPerSecond === null || bytes === null ? 0 : (bytes.length * 1_000) / bytesPerSecond;
    const arrival = performance.now() + between(delayMs, this.#lot.random);
    queue.push({ dueAt: Math.max(arrival, queue.at(-1)?.dueAt ?? 0) + takesMs, bytes });
    // A slow link takes no more than it can carry, so that the sender feels it.
    if (takesMs > 0) this.#sockets[from].pause();
    this.#pump(from);
  }

  #pump(from: From): void {
    const queue = this.#underway[from];
    const to = this.#sockets[other[from]];
    for (let next = queue[0]; next !== undefined && next.dueAt <= performance.now(); next = queue[0]) {
      queue.shift();
      if (next.bytes !== null) to.write(next.bytes);
      else {
        to.end();
        this.#told.ended();
      }
    }
    clearTimeout(this.#timers[from]);
    const [head] = queue;
    if (head === undefined) this.#sockets[from].resume();
    else this.#timers[from] = setTimeout(() => this.#pump(from), Math.max(1, head.dueAt - performance.now())).unref();
  }

  #strike(): void {
    this.#isStruck = true;
    const { fate, plan, random } = this.#lot;
    if (fate === "clean" || fate === "refused") return;
    this.#told.met(fate);
    const silenceMs = between(plan.silenceMs, random);
    if (fate === "cut") this.cut();
    else if (fate === "halfOpen") this.silence(silenceMs);
    else {
      this.#swallows.broker = true;
      this.#endIn(silenceMs + graceMs);
      if (fate === "late") this.#holdBack(silenceMs);
    }
  }

  /** The piece that is being carried is the client's last; it arrives when the client may be back on another connection. */
  #holdBack(ms: number): void {
    this.#underway.client.push({ dueAt: performance.now() + ms, bytes: Buffer.alloc(0) });
    setImmediate(() => {
      this.#swallows.client = true;
      this.#sockets.client.resetAndDestroy();
    });
  }

  #endIn(ms: number): void {
    this.#timers.end = setTimeout(() => this.cut(), ms).unref();
  }
}

function drawn(weights: LinkPlan["weights"], random: Random): Fate {
  const sum = fates.reduce((total, fate) => total + (weights[fate] ?? 0), 0);
  let left = random.next() * sum;
  for (const fate of fates) {
    left -= weights[fate] ?? 0;
    if (left < 0) return fate;
  }
  return "clean";
}

const between = ([least, most]: Span, random: Random): number => least + random.next() * (most - least);
