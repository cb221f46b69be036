// Puts a scanner's bytes together to lines of text: one code, one line, whatever ends it. Knows no port and no clock.

/** Longer than any code of a pass; a longer line is dropped whole, so that no part of it can count. */
const maxLength = 300;
const startOfText = 0x02;
const ends: ReadonlySet<number> = new Set([0x03, 0x0a, 0x0d]);
/** AIM's name for the kind of code, which many scanners can be set to send in front: `]Q1`. */
const symbology = /^\][A-Za-z][0-9A-Za-z]/;
const printable = /^[\x20-\x7e\xa0-\xff]+$/;

export class TextLines {
  #text = "";
  #isOverlong = false;

  /** True while a line has begun and not ended. */
  get isWithin(): boolean {
    return this.#text !== "" || this.#isOverlong;
  }

  /** The lines that end here. Those with control characters in them are noise, or another speed, and are dropped. */
  take(bytes: Uint8Array): readonly string[] {
    const lines: string[] = [];
    for (const byte of bytes) {
      if (byte === startOfText) this.drop();
      else if (ends.has(byte)) {
        const text = this.#text.replace(symbology, "");
        if (!this.#isOverlong && printable.test(text)) lines.push(text);
        this.drop();
      } else if (this.#text.length < maxLength) this.#text += String.fromCharCode(byte);
      else this.#isOverlong = true;
    }
    return lines;
  }

  drop(): void {
    this.#text = "";
    this.#isOverlong = false;
  }
}
