// The contract of what joins this process to pcscd, small enough for two packages. Knows no protocol of a card.

/** A card that lies there, for as long as it does. */
export interface ShownCard {
  readonly atr: Buffer;
  /** Rejects, or answers with less than two bytes, when the card is gone. */
  transmit(bytes: Buffer): Promise<Buffer>;
  /** Resets the card, as a refused key may need. */
  renew(): Promise<void>;
}

export interface DriverListener {
  readerCame(name: string): void;
  readerWent(name: string): void;
  /** Something lies there that does not answer. */
  cardMute(name: string): void;
  cardCame(name: string, card: ShownCard): void;
  cardWent(name: string): void;
  /** Nothing more will come of this driver; a new one has to be opened. */
  broke(why: string): void;
}

export interface Driver {
  close(): void;
}

/** May throw: the package is not there, or pcscd is not. */
export type OpenDriver = (listener: DriverListener) => Promise<Driver>;
