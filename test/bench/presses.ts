// Presses exit buttons through the board's socket and times each until the relay's message comes back.
import type { BoardMessage, Product } from "../system/product.ts";
import { pressedDoors } from "./many-doors.ts";

export interface Presses {
  /** Milliseconds from the command's writing, in this process, to the reading of the relay's message. */
  readonly outside: readonly number[];
  /** Whole milliseconds of the board's clock from the input's event to the relay's. */
  readonly inside: readonly number[];
  readonly presentedPerSecond: number;
}

const giveUpMs = 60_000;
/** The key # and a whole card, on a card reader's lines. */
const submitBits = "1011";
const cardBits = 26;

/** Presses only at doors that are locked again, so that each press has a relay to move. */
export async function pressAll(site: Product, presses: number, everyMs: number): Promise<Presses> {
  const free = Array.from({ length: pressedDoors }, (_, n) => n);
  const pressedAt = new Map<number, number>();
  const heardAt = new Map<number, number>();
  const outside: number[] = [];
  const inside: number[] = [];
  let presented = 0;
  const done = Promise.withResolvers<void>();
  const take = (message: BoardMessage) => {
    if (message.kind === "event") {
      const event = message["event"] as BoardEventMessage;
      if (event.kind === "input" && event.active === true) heardAt.set(numberIn(event.input), event.at);
      else if (isPresentation(event)) presented += 1;
      return;
    }
    if (message.kind !== "relay") return;
    const door = numberIn(message["relay"]);
    if (message["energized"] === false && door < pressedDoors) free.push(door);
    const at = pressedAt.get(door);
    if (message["energized"] === false || at === undefined) return;
    pressedAt.delete(door);
    outside.push(performance.now() - at);
    inside.push(Number(message["atMono"]) - (heardAt.get(door) ?? Number.NaN));
    if (outside.length === presses) done.resolve();
  };
  const forget = site.board.onMessage(take);
  const startedAt = performance.now();
  let pressed = 0;
  const timer = setInterval(() => {
    const due = Math.min(presses, Math.floor((performance.now() - startedAt) / everyMs));
    for (; pressed < due; pressed += 1) {
      const door = free.shift();
      if (door === undefined) break;
      pressedAt.set(door, performance.now());
      site.board.push(`press exit-${door} 20ms`);
    }
  }, 1);
  const giveUp = setTimeout(
    () => done.reject(new Error(`${outside.length} of ${presses} presses moved a relay`)),
    giveUpMs,
  );
  await done.promise;
  clearTimeout(giveUp);
  clearInterval(timer);
  forget();
  return { outside, inside, presentedPerSecond: presented / ((performance.now() - startedAt) / 1_000) };
}

interface BoardEventMessage {
  readonly kind: string;
  readonly input?: string;
  readonly active?: boolean;
  readonly bits?: string;
  readonly at: number;
}

const numberIn = (id: unknown): number => Number(String(id).replace(/^\D+/, ""));

const isPresentation = ({ kind, bits }: BoardEventMessage): boolean =>
  kind === "text" || (kind === "frame" && (bits?.length === cardBits || bits === submitBits));
