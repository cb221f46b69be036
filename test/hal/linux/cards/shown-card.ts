// Shows virtual cards to the reading of cards without pcscd between: for what need not wait for a daemon.
import type { CardProfile, PcscWiring } from "../../../../hal/card-profile.ts";
import type { CardReading } from "../../../../hal/linux/pcsc/read-card.ts";
import { readCard } from "../../../../hal/linux/pcsc/read-card.ts";
import type { VirtualCard } from "./virtual-card.ts";

export const openReader: PcscWiring = {
  id: "lobby",
  kind: "pcsc",
  device: "*",
  driver: "smartcard",
  classic: "uid",
  plus: "uid",
  desfire: "uid",
  felica: "uid",
  other: "uid",
  profiles: [],
};

export type Keys = Readonly<Record<string, string>>;

export function show(card: VirtualCard, reader: Partial<PcscWiring> = {}, keys: Keys = {}): CardReading {
  card.reset();
  const reading = readCard(
    card.atr,
    { ...openReader, ...reader },
    {
      keyOf: ({ id }: CardProfile) => (keys[id] === undefined ? null : Buffer.from(keys[id], "hex")),
      random: (bytes) => Buffer.from(Array.from({ length: bytes }, (_, n) => (n * 37 + 11) & 0xff)),
    },
  );
  let step = reading.next();
  while (step.done !== true) {
    if (step.value.kind === "renew") card.reset();
    step = reading.next(step.value.kind === "send" ? card.answer(step.value.bytes) : Buffer.alloc(0));
  }
  return step.value;
}
