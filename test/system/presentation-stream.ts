// People at every reader and exit button of the busy site, who come back however often the board goes away.
import { type BusyReader, busyDoors, busyHolders, busyReaders, strangers } from "./busy-site.ts";
import type { Choice } from "./choice.ts";
import { createChoice } from "./choice.ts";
import type { BoardClient } from "./product.ts";
import { connectBoard } from "./product.ts";

export interface Stream {
  /** Presents and presses nothing more once this resolves. */
  stop(): Promise<void>;
}

const retryMs = 10;
/** Longer than an ask can take; a reader that stays silent had its signal taken away by a kill. */
const patienceMs = 3_000;

export function openStream(boardSocket: string, seed: number): Stream {
  let board: BoardClient | null = null;
  let stopping = false;
  const connection = (async () => {
    while (!stopping) {
      const connected = await connectBoard(boardSocket).catch(() => null);
      if (connected === null) {
        await pause(retryMs);
        continue;
      }
      board = connected;
      const closed = connected.next(() => false).catch(() => {});
      if (stopping) connected.close();
      await closed;
      board = null;
    }
  })();
  const live = async (seedOf: number, act: (board: BoardClient, choice: Choice) => Promise<void>) => {
    const choice = createChoice(seedOf);
    while (!stopping) {
      if (board !== null) await act(board, choice).catch(() => {});
      await pause(15 + choice.below(105));
    }
  };
  const lives = [
    ...busyReaders.map((reader, n) => live(seed + 1 + n, (at, choice) => present(at, reader, choice))),
    ...busyDoors.map(({ exit }, n) => live(seed + 101 + n, (at, choice) => press(at, exit, choice))),
  ];
  return {
    async stop() {
      stopping = true;
      await Promise.all(lives);
      board?.close();
      await connection;
    },
  };
}

async function present(board: BoardClient, reader: BusyReader, choice: Choice): Promise<void> {
  const answered = board.next((one) => one.kind === "signal" && one["reader"] === reader.id && one["signal"] !== "key");
  const command = showing(reader, choice);
  // Now and then somebody is too quick: the second presentation finds the reader busy.
  board.push(choice.chance(0.06) ? `${command}\n${showing(reader, choice)}` : command);
  await Promise.race([answered, pause(patienceMs)]);
}

function showing(reader: BusyReader, choice: Choice): string {
  const isStranger = choice.chance(0.15);
  // Passes are used up in time; people are not.
  const holders = choice.chance(0.5) ? busyHolders : busyHolders.filter(({ usesPerDoor }) => usesPerDoor === null);
  const secretOf = (field: "card" | "pin" | "text"): string[] =>
    holders.flatMap((holder) => (holder[field] === null ? [] : [holder[field]]));
  if (reader.text) return `text ${reader.id} ${choice.of(isStranger ? strangers.texts : secretOf("text"))}`;
  const typesPin = reader.keys && (reader.cardBits === null || choice.chance(0.5));
  if (typesPin) return `keys ${reader.id} ${choice.of(isStranger ? strangers.pins : secretOf("pin"))}#`;
  return `tap ${reader.id} ${choice.of(isStranger ? strangers.cards : secretOf("card"))}`;
}

async function press(board: BoardClient, exit: string, choice: Choice): Promise<void> {
  await pause(choice.below(500));
  board.push(`press ${exit} ${20 + choice.below(150)}ms`);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
