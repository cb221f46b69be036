// What all virtual cards have: an ATR and an answer to each command, as a reader would hand it on. Knows no socket.

export interface VirtualCard {
  readonly atr: Buffer;
  /** Power on, or a reset: what was proven before is forgotten. */
  reset(): void;
  answer(command: Buffer): Buffer;
}

export const sw = (word: number, data: Buffer = Buffer.alloc(0)): Buffer =>
  Buffer.concat([data, Buffer.of(word >> 8, word & 0xff)]);

/** PC/SC part 3: what a contactless reader answers for the card itself. Null for other commands. */
export function uidAnswer(command: Buffer, uid: Buffer): Buffer | null {
  return command.subarray(0, 4).equals(Buffer.from("ffca0000", "hex")) ? sw(0x9000, uid) : null;
}

export const storageAtr = (standard: number, name: number): Buffer => {
  const atr = Buffer.from("3b8f8001804f0ca00000030600000000000000", "hex");
  atr[12] = standard;
  atr.writeUInt16BE(name, 13);
  return Buffer.concat([atr, Buffer.of(atr.subarray(1).reduce((sum, byte) => sum ^ byte, 0))]);
};

export const smartAtr = (history: string): Buffer => {
  const bytes = Buffer.from(history, "hex");
  const body = Buffer.concat([Buffer.of(0x80 + bytes.length, 0x80, 0x01), bytes]);
  return Buffer.concat([Buffer.of(0x3b), body, Buffer.of(body.reduce((sum, byte) => sum ^ byte, 0))]);
};

/** A card that has a UID and nothing else. */
export class PlainCard implements VirtualCard {
  readonly atr: Buffer;
  readonly #uid: () => Buffer;

  constructor(atr: Buffer, uid: () => Buffer) {
    this.atr = atr;
    this.#uid = uid;
  }

  reset(): void {}

  answer(command: Buffer): Buffer {
    return uidAnswer(command, this.#uid()) ?? sw(0x6d00);
  }
}
