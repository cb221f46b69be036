// A virtual phone that answers as docs/readers.md says Postern's own application does.
import { hex, macOf, ownKey } from "./cipher.ts";
import { smartAtr, sw, uidAnswer, type VirtualCard } from "./virtual-card.ts";

export class PhoneCard implements VirtualCard {
  readonly atr = smartAtr("4a434f50");
  readonly #aid: Buffer;
  readonly #id: Buffer;
  readonly #key: Buffer;
  #selected = false;

  constructor(aid: string, id: string, site: Buffer) {
    this.#aid = hex(aid);
    this.#id = hex(id);
    this.#key = ownKey(site, this.#id);
  }

  reset(): void {
    this.#selected = false;
  }

  answer(command: Buffer): Buffer {
    const uid = uidAnswer(command, hex("08c4d5e6"));
    if (uid !== null) return uid;
    const data = command.subarray(5, 5 + (command[4] ?? 0));
    if (command.subarray(0, 4).equals(hex("00a40400"))) {
      this.#selected = data.equals(this.#aid);
      return this.#selected ? sw(0x9000, this.#id) : sw(0x6a82);
    }
    if (!this.#selected || !command.subarray(0, 4).equals(hex("80880000"))) return sw(0x6985);
    return sw(0x9000, macOf("aes", this.#key, Buffer.concat([data, this.#id])));
  }
}
