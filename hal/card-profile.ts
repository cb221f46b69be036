// How a card's own number is to be got from it: where its maker's memory holds it, and by what key. Holds no key.

export const codeEncodings = [
  "hex",
  "hexReversed",
  "uintBE",
  "uintLE",
  "bcd",
  "ascii",
  "asciiHex",
  "w26",
  "w34",
] as const;
export type CodeEncoding = (typeof codeEncodings)[number];

export const desfireCryptos = ["aes", "aesEv2", "des", "iso3des"] as const;
export type DesfireCrypto = (typeof desfireCryptos)[number];

/** Which of the bytes that were read are the number, and how it is written in them. */
interface CodePlace {
  readonly offset: number;
  readonly length: number;
  readonly encoding: CodeEncoding;
}

interface SectorPlace extends CodePlace {
  readonly id: string;
  readonly sector: number;
  /** Counted within the sector; read in this order and joined. */
  readonly blocks: readonly number[];
  readonly keyType: "A" | "B";
}

export interface ClassicProfile extends SectorPlace {
  readonly kind: "classic";
}

export interface PlusProfile extends SectorPlace {
  readonly kind: "plus";
}

export interface DesfireProfile extends CodePlace {
  readonly id: string;
  readonly kind: "desfire";
  /** Six hex digits as people write them; on the wire the last byte goes first. */
  readonly aid: string;
  readonly file: number;
  readonly keyNumber: number;
  readonly crypto: DesfireCrypto;
  /** Takes data that nothing protects on their way from the card. */
  readonly acceptPlain: boolean;
  /** Each card has a key of its own, made from this one. */
  readonly diversify: { readonly aid: "none" | "asWritten" | "reversed"; readonly system: string } | null;
}

export interface PhoneProfile {
  readonly id: string;
  readonly kind: "phone";
  /** Of the application on the phone: 5 to 16 bytes in hex. */
  readonly aid: string;
}

export type CardProfile = ClassicProfile | PlusProfile | DesfireProfile | PhoneProfile;

/** `secured`: by its profiles only, and never by its UID. */
export type CardReadingMode = "uid" | "secured" | "off";

export const pcscDrivers = ["smartcard", "nfc-pcsc"] as const;
export type PcscDriver = (typeof pcscDrivers)[number];

/** A reader at pcscd. */
export interface PcscWiring {
  readonly id: string;
  readonly kind: "pcsc";
  /** A part of the name that pcscd gives the reader; `*` stands for anything. */
  readonly device: string;
  readonly driver: PcscDriver;
  readonly classic: CardReadingMode;
  readonly plus: CardReadingMode;
  readonly desfire: CardReadingMode;
  readonly felica: "uid" | "off";
  readonly other: "uid" | "off";
  readonly profiles: readonly CardProfile[];
}
