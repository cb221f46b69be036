// Sees how long each packet of a broker says that it is before anybody collects it; knows MQTT's fixed header and nothing of what follows.

/** MQTT 5 section 1.5.5: seven bits a byte, least first, four bytes at most. */
const maxLengthShift = 21;

export class PacketGauge {
  readonly #maxPacketBytes: number;
  /** Null at a packet's first byte, then the length as far as it is known. */
  #length: { readonly value: number; readonly shift: number } | null = null;
  /** Of the present packet, still to come. */
  #rest = 0;
  #isOver = false;

  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  /** False once a packet is longer than it may be, or its length is none. */
  admits(chunk: Uint8Array): boolean {
    let at = 0;
    while (!this.#isOver && at < chunk.length) {
      const passed = Math.min(this.#rest, chunk.length - at);
      this.#rest -= passed;
      at += passed;
      const byte = chunk[at];
      if (byte === undefined) break;
      this.#readHeader(byte);
      at += 1;
    }
    return !this.#isOver;
  }

  #readHeader(byte: number): void {
    if (this.#length === null) {
      this.#length = { value: 0, shift: 0 };
      return;
    }
    const { value, shift } = this.#length;
    const length = value + (byte & 0x7f) * 2 ** shift;
    const isLast = byte < 0x80;
    const headerBytes = 2 + shift / 7;
    this.#isOver = headerBytes + length > this.#maxPacketBytes || (!isLast && shift === maxLengthShift);
    this.#length = isLast ? null : { value: length, shift: shift + 7 };
    this.#rest = isLast ? length : 0;
  }
}
