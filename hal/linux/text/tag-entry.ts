// What a 125 kHz reader sends becomes showings of cards: frames are checked, and one that is repeated while its tag is held there
// is shown once. Knows no port.
//
// RDM6300, ID-2, ID-12 and ID-20 at 9600 baud: STX, ten hex digits, two more that are the exclusive or of the five bytes, with
// CR and LF before ETX on the ID ones. The first byte is the maker's, the other four are the number that is printed on the tag.
import type { Clock, MonoMs } from "../../clock.ts";

const startOfText = 0x02;
const endOfText = 0x03;
const frameDigits = 12;
/** CR and LF included. */
const maxFrameLength = 14;
/** An RDM6300 repeats every 65 ms or so while the tag is there. */
const absentMs = 1_000;

export interface TagEntryParts {
  readonly clock: Clock;
  /** The four bytes of the number, upper-case hex. */
  readonly shown: (bytes: string, at: MonoMs) => void;
  readonly misread: (at: MonoMs) => void;
}

export class TagEntry {
  readonly #parts: TagEntryParts;
  /** Null outside a frame. */
  #frame: string | null = null;
  #last: { readonly bytes: string; readonly at: MonoMs } | null = null;

  constructor(parts: TagEntryParts) {
    this.#parts = parts;
  }

  take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === startOfText) this.#frame = "";
      else if (byte === endOfText) this.#end();
      else if (this.#frame !== null)
        this.#frame = this.#frame.length < maxFrameLength ? `${this.#frame}${String.fromCharCode(byte)}` : null;
    }
  }

  /** What had begun will not be ended. */
  drop(): void {
    this.#frame = null;
  }

  #end(): void {
    const frame = this.#frame;
    this.#frame = null;
    if (frame === null) return;
    const now = this.#parts.clock.mono();
    const number = numberOf(frame);
    if (number === null) {
      this.#parts.misread(now);
      return;
    }
    const last = this.#last;
    this.#last = { bytes: number, at: now };
    if (last === null || last.bytes !== number || now - last.at >= absentMs) this.#parts.shown(number, now);
  }
}

function numberOf(frame: string): string | null {
  const digits = frame.replace(/\r\n$/, "").toUpperCase();
  if (digits.length !== frameDigits || !/^[0-9A-F]+$/.test(digits)) return null;
  const bytes = Buffer.from(digits, "hex");
  // The sixth is such that all of them make nothing.
  return bytes.reduce((sum, byte) => sum ^ byte, 0) === 0 ? digits.slice(2, 10) : null;
}
