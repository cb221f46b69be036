// A virtual MIFARE Plus in security level 3, from its published sequence: first authentication and reads with MACs both ways.
import { randomBytes } from "node:crypto";
import { everySecond, hex, macOf, mix, seal, turn, unseal } from "./cipher.ts";
import { smartAtr, sw, uidAnswer, type VirtualCard } from "./virtual-card.ts";

const none = Buffer.alloc(16);

export class PlusCard implements VirtualCard {
  readonly atr = smartAtr("c1052f2f01bcd6");
  readonly #uid: Buffer;
  /** By key number: 4000 and on, two for each sector. */
  readonly keys = new Map<number, Buffer>();
  readonly blocks = new Map<number, Buffer>();
  /** The reader passes no frames on but within its chip's own command. */
  readonly #onlyWrapped: boolean;
  #pending: { key: Buffer; random: Buffer } | null = null;
  #session: { mac: Buffer; ti: Buffer; reads: number } | null = null;

  constructor(uid: Buffer, onlyWrapped = false) {
    this.#uid = uid;
    this.#onlyWrapped = onlyWrapped;
  }

  reset(): void {
    this.#pending = null;
    this.#session = null;
  }

  answer(command: Buffer): Buffer {
    const uid = uidAnswer(command, this.#uid);
    if (uid !== null) return uid;
    if (command.subarray(0, 4).equals(hex("ff000000")) && command.subarray(5, 8).equals(hex("d44001"))) {
      return sw(0x9000, Buffer.concat([hex("d54100"), this.#frame(command.subarray(8))]));
    }
    return this.#onlyWrapped ? sw(0x6e00) : this.#frame(command);
  }

  #frame(frame: Buffer): Buffer {
    switch (frame[0]) {
      case 0x70:
        return this.#challenge(frame.readUInt16LE(1));
      case 0x72:
        return this.#prove(frame.subarray(1));
      case 0x33:
        return this.#read(frame);
      default:
        return Buffer.of(0x0b);
    }
  }

  #challenge(number: number): Buffer {
    this.reset();
    const key = this.keys.get(number);
    if (key === undefined) return Buffer.of(0x09);
    const random = randomBytes(16);
    this.#pending = { key, random };
    return Buffer.concat([Buffer.of(0x90), seal("aes", key, none, random)]);
  }

  #prove(proof: Buffer): Buffer {
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null) return Buffer.of(0x0b);
    const { key, random: b } = pending;
    const plain = unseal("aes", key, none, proof);
    const a = plain.subarray(0, 16);
    if (!plain.subarray(16).equals(turn(b))) return Buffer.of(0x06);
    const ti = randomBytes(4);
    const vector = Buffer.concat([
      a.subarray(7, 12),
      b.subarray(7, 12),
      mix(a.subarray(0, 5), b.subarray(0, 5)),
      hex("22"),
    ]);
    this.#session = { mac: seal("aes", key, none, vector), ti, reads: 0 };
    return Buffer.concat([Buffer.of(0x90), seal("aes", key, none, Buffer.concat([ti, turn(a), Buffer.alloc(12)]))]);
  }

  #read(frame: Buffer): Buffer {
    const session = this.#session;
    if (session === null) return Buffer.of(0x06);
    const header = frame.subarray(1, 4);
    const mac = (first: number, data: Buffer): Buffer => {
      const count = Buffer.alloc(2);
      count.writeUInt16LE(session.reads);
      return everySecond(macOf("aes", session.mac, Buffer.concat([Buffer.of(first), count, session.ti, header, data])));
    };
    if (!mac(0x33, Buffer.alloc(0)).equals(frame.subarray(4))) return Buffer.of(0x08);
    session.reads += 1;
    const data = this.blocks.get(header.readUInt16LE(0)) ?? Buffer.alloc(16);
    return Buffer.concat([Buffer.of(0x90), data, mac(0x90, data)]);
  }
}
