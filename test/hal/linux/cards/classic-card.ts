// A virtual MIFARE Classic behind a PC/SC reader, from the readers' manuals: key slots, authentication by block, reading by block.
import { storageAtr, sw, uidAnswer, type VirtualCard } from "./virtual-card.ts";

export interface ClassicKeys {
  readonly a: Buffer;
  readonly b: Buffer;
}

export class ClassicCard implements VirtualCard {
  readonly atr: Buffer;
  readonly #uid: Buffer;
  readonly #blocks = new Map<number, Buffer>();
  readonly #keys = new Map<number, ClassicKeys>();
  readonly #slots = new Map<number, Buffer>();
  #sector: number | null = null;
  /** After a refused key such a card is deaf until it is powered anew. */
  #halted = false;

  constructor(uid: Buffer, is4k = false) {
    this.#uid = uid;
    this.atr = storageAtr(0x03, is4k ? 0x0002 : 0x0001);
  }

  write(sector: number, block: number, data: Buffer, keys: ClassicKeys): void {
    this.#keys.set(sector, keys);
    this.#blocks.set(place(sector, block), data);
  }

  reset(): void {
    this.#sector = null;
    this.#halted = false;
  }

  answer(command: Buffer): Buffer {
    const uid = uidAnswer(command, this.#uid);
    if (uid !== null) return uid;
    const [cla, ins, , p2 = 0] = command;
    if (cla !== 0xff) return sw(0x6e00);
    if (ins === 0x82 && command[4] === 6) {
      this.#slots.set(p2, command.subarray(5, 11));
      return sw(0x9000);
    }
    if (ins === 0x86) return this.#authenticate(command[7] ?? 0, command[8] ?? 0, command[9] ?? 0);
    if (ins === 0xb0) return this.#read(p2);
    return sw(0x6d00);
  }

  #authenticate(block: number, type: number, slot: number): Buffer {
    const sector = sectorOf(block);
    const keys = this.#keys.get(sector);
    const key = type === 0x60 ? keys?.a : keys?.b;
    const isRight = !this.#halted && key !== undefined && this.#slots.get(slot)?.equals(key) === true;
    this.#sector = isRight ? sector : null;
    this.#halted = !isRight;
    return sw(isRight ? 0x9000 : 0x6300);
  }

  #read(block: number): Buffer {
    if (this.#sector !== sectorOf(block)) return sw(0x6982);
    return sw(0x9000, this.#blocks.get(block) ?? Buffer.alloc(16));
  }
}

const sectorOf = (block: number): number => (block < 128 ? block >> 2 : 32 + ((block - 128) >> 4));
const place = (sector: number, block: number): number =>
  sector < 32 ? (sector << 2) + block : 128 + ((sector - 32) << 4) + block;
