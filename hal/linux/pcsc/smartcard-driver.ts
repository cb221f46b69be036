// pcscd through the package smartcard, which says itself when something is wrong.
import type { Driver, DriverListener, ShownCard } from "./driver.ts";

/** What is used of the package; it need not be installed where this is compiled. */
interface SmartcardPackage {
  readonly Devices: new () => Devices;
  readonly SCARD_SHARE_SHARED: number;
  readonly SCARD_PROTOCOL_T0: number;
  readonly SCARD_PROTOCOL_T1: number;
  readonly SCARD_RESET_CARD: number;
}

interface Devices {
  start(): void;
  stop(): void;
  on(event: string, listener: (value: never) => void): void;
}

interface Card {
  readonly atr: Buffer | null;
  transmit(bytes: Buffer, options: { maxRecvLength: number }): Promise<Buffer>;
  reconnect(shareMode: number, protocol: number, initialization: number): Promise<number>;
}

interface CardEvent {
  readonly reader: { readonly name: string; readonly atr: Buffer | null };
  readonly card: Card | null;
}

const maxAnswerBytes = 264;

export async function openSmartcardDriver(listener: DriverListener): Promise<Driver> {
  const name = "smartcard";
  const smartcard = (await import(name)) as SmartcardPackage;
  const devices = new smartcard.Devices();
  let closed = false;
  const came = new Set<string>();
  devices.on("reader-attached", (reader: { name: string }) => {
    came.add(reader.name);
    listener.readerCame(reader.name);
  });
  devices.on("reader-detached", (reader: { name: string }) => {
    came.delete(reader.name);
    listener.readerWent(reader.name);
  });
  devices.on("card-inserted", ({ reader, card }: CardEvent) => {
    const atr = card?.atr ?? reader.atr;
    if (card === null || atr === null) listener.cardMute(reader.name);
    else listener.cardCame(reader.name, cardOf(smartcard, card, atr));
  });
  devices.on("card-removed", ({ reader }: CardEvent) => listener.cardWent(reader.name));
  devices.on("error", (error: Error) => {
    if (closed) return;
    // A card that could not be connected to is an error without a reader's name, and no reason to begin anew.
    if (!isOfCard(error)) listener.broke(error.message);
    else if (came.size === 1) for (const reader of came) listener.cardMute(reader);
  });
  devices.start();
  return {
    close() {
      closed = true;
      devices.stop();
    },
  };
}

/** The package hands on no codes, only its own words for them. */
const cardTroubles =
  /^(Card (was|is) |No smart card|Sharing violation|Protocol mismatch|Reader not ready|Transaction failed)/;
const isOfCard = (error: Error): boolean => cardTroubles.test(error.message);

const cardOf = (smartcard: SmartcardPackage, card: Card, atr: Buffer): ShownCard => ({
  atr,
  transmit: (bytes) => card.transmit(bytes, { maxRecvLength: maxAnswerBytes }),
  async renew() {
    const protocols = smartcard.SCARD_PROTOCOL_T0 | smartcard.SCARD_PROTOCOL_T1;
    await card.reconnect(smartcard.SCARD_SHARE_SHARED, protocols, smartcard.SCARD_RESET_CARD);
  },
});
