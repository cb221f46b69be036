// Puts the events of a request with several lines into the order in which they happened, and notices what was lost.
//
// The kernel numbers an event at its interrupt and queues it from a thread of the line's own: of two pulses on two lines the
// second may be queued first.
import type { LineEvent } from "./uapi.ts";

/** More are waiting for one only where the kernel has thrown that one away. */
const maxHeld = 16;

export interface OrderedEvent {
  readonly event: LineEvent;
  /** What should have come before it never will. */
  readonly afterLoss: boolean;
}

export class EventOrder {
  #next = 1;
  /** By their numbers, all of them past the next. */
  #held: LineEvent[] = [];

  take(event: LineEvent): readonly OrderedEvent[] {
    const ahead = (event.seqno - this.#next) | 0;
    // Its place was given up.
    if (ahead < 0) return [];
    const place = this.#held.findLastIndex((one) => ((event.seqno - one.seqno) | 0) > 0) + 1;
    this.#held.splice(place, 0, event);
    const ready = this.#ready();
    return this.#held.length > maxHeld ? [...ready, ...this.#giveUp()] : ready;
  }

  /** All that the kernel has is told: what is missing now is lost. */
  settle(): readonly OrderedEvent[] {
    const given: OrderedEvent[] = [];
    while (this.#held.length > 0) given.push(...this.#giveUp());
    return given;
  }

  #ready(): OrderedEvent[] {
    const ready: OrderedEvent[] = [];
    for (let [first] = this.#held; first?.seqno === this.#next; [first] = this.#held) {
      ready.push({ event: first, afterLoss: false });
      this.#held.shift();
      // Counted in 32 bits, so it begins anew after four thousand million events.
      this.#next = (this.#next + 1) >>> 0;
    }
    return ready;
  }

  #giveUp(): readonly OrderedEvent[] {
    const [first] = this.#held;
    if (first === undefined) return [];
    this.#next = first.seqno;
    return this.#ready().map((one, n) => (n === 0 ? { ...one, afterLoss: true } : one));
  }
}
