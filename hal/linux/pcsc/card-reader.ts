// One configured reader in the process that talks to pcscd: reads each card that is shown there, once, and tells of it.
import type { PcscWiring } from "../../card-profile.ts";
import type { ShownCard } from "./driver.ts";
import type { Reading, Step } from "./exchange.ts";
import type { FromPcsc } from "./messages.ts";
import type { CardReading, CardSecrets } from "./read-card.ts";
import { readCard } from "./read-card.ts";
import { Showing } from "./showing.ts";

/** Longer than any of the protocols takes at a slow reader. */
const readingMs = 3_000;

export interface CardReaderParts {
  readonly wiring: PcscWiring;
  readonly secrets: CardSecrets;
  readonly tell: (message: FromPcsc) => void;
  readonly now: () => number;
  /** A native call did not return, and nothing will end it but the end of this process. */
  readonly stuck: () => void;
}

export class CardReader {
  readonly #parts: CardReaderParts;
  readonly #showing = new Showing();
  /** Counts cards, so that what a former one still answers is not taken for the present one's. */
  #turn = 0;

  constructor(parts: CardReaderParts) {
    this.#parts = parts;
  }

  async came(card: ShownCard): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const { wiring, secrets } = this.#parts;
    const patience = setTimeout(() => this.#parts.stuck(), readingMs);
    const result = await run(readCard(card.atr, wiring, secrets), card);
    clearTimeout(patience);
    if (turn === this.#turn) this.#tell(result);
  }

  mute(): void {
    this.#turn += 1;
    this.#tell({ kind: "unread", problem: "notReadable" });
  }

  went(): void {
    this.#turn += 1;
    this.#showing.went(this.#parts.now());
  }

  #tell(result: CardReading): void {
    const { tell, now, wiring } = this.#parts;
    if (this.#showing.came(JSON.stringify(result), now())) tell({ ...result, reader: wiring.id });
  }
}

/** A card that is pulled away in the middle answers with nothing, or with an error. */
async function run(reading: Reading<CardReading>, card: ShownCard): Promise<CardReading> {
  try {
    let step = reading.next();
    while (step.done !== true) {
      step = reading.next(await take(step.value, card));
    }
    return step.value;
  } catch {
    return { kind: "unread", problem: "notReadable" };
  }
}

async function take(step: Step, card: ShownCard): Promise<Buffer> {
  if (step.kind === "renew") {
    await card.renew();
    return Buffer.alloc(0);
  }
  const answer = await card.transmit(step.bytes);
  if (answer.length < 2) throw new Error("the card is gone");
  return answer;
}
