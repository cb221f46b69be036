// A virtual DESFire: applications, keys and data files, authentication by 0A, 1A, AA and 71, reading in all three protections.
// Written from the makers' published sequences (AN12196, AN12343 and what is public of the first card), for its own side of them.
import { randomBytes } from "node:crypto";
import type { Mode } from "./cipher.ts";
import { everySecond, macOf, mix, seal, sizeOf, turn, unseal } from "./cipher.ts";
import { smartAtr, sw, uidAnswer, type VirtualCard } from "./virtual-card.ts";

export interface DesfireFile {
  /** 0 plain, 1 with a MAC, 3 enciphered. */
  readonly protection: 0 | 1 | 3;
  readonly data: Buffer;
}

export interface DesfireApplication {
  /** As the wire has it: the lowest byte first. */
  readonly aid: string;
  readonly keys: readonly Buffer[];
  readonly files: ReadonlyMap<number, DesfireFile>;
}

type Session =
  | { readonly kind: "legacy"; readonly key: Buffer }
  | { readonly kind: "chain"; readonly mode: Mode; readonly key: Buffer; iv: Buffer }
  | { readonly kind: "ev2"; readonly enc: Buffer; readonly mac: Buffer; readonly ti: Buffer; counter: number };

interface Pending {
  readonly command: number;
  readonly mode: Mode;
  readonly key: Buffer;
  readonly random: Buffer;
  readonly iv: Buffer;
}

export class DesfireCard implements VirtualCard {
  readonly atr = smartAtr("80");
  /** What the card does wrong on purpose, for those who must notice. */
  tamper: (answer: Buffer) => Buffer = (answer) => answer;
  readonly #uid: () => Buffer;
  readonly #applications: readonly DesfireApplication[];
  #application: DesfireApplication | null = null;
  #pending: Pending | null = null;
  #session: Session | null = null;
  #versionFrame = 0;

  constructor(uid: () => Buffer, applications: readonly DesfireApplication[] = []) {
    this.#uid = uid;
    this.#applications = applications;
  }

  reset(): void {
    this.#application = null;
    this.#pending = null;
    this.#session = null;
  }

  answer(command: Buffer): Buffer {
    const uid = uidAnswer(command, this.#uid());
    if (uid !== null) return uid;
    if (command[0] !== 0x90) return sw(0x6a82);
    const data = command.length > 5 ? command.subarray(5, 5 + (command[4] ?? 0)) : Buffer.alloc(0);
    return this.#native(command[1] ?? 0, data);
  }

  #native(command: number, data: Buffer): Buffer {
    switch (command) {
      case 0x60:
        this.#versionFrame = 1;
        return sw(0x91af, Buffer.from("04010101001a05", "hex"));
      case 0x5a:
        this.reset();
        this.#application = this.#applications.find(({ aid }) => aid === data.toString("hex")) ?? null;
        return sw(this.#application === null ? 0x91a0 : 0x9100);
      case 0x0a:
      case 0x1a:
      case 0xaa:
      case 0x71:
        return this.#challenge(command, data[0] ?? 0);
      case 0xaf:
        return this.#goOn(data);
      case 0xf5:
        return this.#settings(data);
      case 0xbd:
      case 0xad:
        return this.#read(command, data);
      default:
        return sw(0x911c);
    }
  }

  #goOn(data: Buffer): Buffer {
    if (this.#pending !== null) return this.#prove(data);
    this.#versionFrame += 1;
    return this.#versionFrame === 2
      ? sw(0x91af, Buffer.from("04010101001a05", "hex"))
      : sw(0x9100, Buffer.from("04782e21801d80ba5432195020", "hex"));
  }

  #challenge(command: number, number: number): Buffer {
    this.#session = null;
    const key = this.#application?.keys[number];
    if (key === undefined) return sw(0x9140);
    const mode: Mode = command === 0xaa || command === 0x71 ? "aes" : "des";
    if (mode === "aes" && key.length !== 16) return sw(0x91ae);
    const random = randomBytes(sizeOf(mode));
    const sent = seal(mode, key, Buffer.alloc(sizeOf(mode)), random);
    this.#pending = { command, mode, key, random, iv: sent };
    return sw(0x91af, sent);
  }

  #prove(proof: Buffer): Buffer {
    const { command, mode, key, random: b, iv } = this.#pending as Pending;
    this.#pending = null;
    const size = sizeOf(mode);
    const none = Buffer.alloc(size);
    const isChained = command === 0xaa || command === 0x1a;
    // Whoever asks deciphers to send, under 0A: enciphering undoes it, each block apart.
    const plain = command === 0x0a ? legacyPlain(key, proof) : unseal(mode, key, isChained ? iv : none, proof);
    const a = plain.subarray(0, size);
    if (!plain.subarray(size).equals(turn(b))) return sw(0x91ae);
    if (command === 0x71) return this.#beginEv2(key, a, b);
    if (mode === "aes") {
      const session = Buffer.concat([a.subarray(0, 4), b.subarray(0, 4), a.subarray(12), b.subarray(12)]);
      this.#session = { kind: "chain", mode, key: session, iv: none };
      return sw(0x9100, seal(mode, key, proof.subarray(-size), turn(a)));
    }
    const short = Buffer.concat([a.subarray(0, 4), b.subarray(0, 4)]);
    const isOne = key.length === 8 || key.subarray(0, 8).equals(key.subarray(8));
    const session = isOne ? short : Buffer.concat([short, a.subarray(4), b.subarray(4)]);
    this.#session =
      command === 0x0a ? { kind: "legacy", key: session } : { kind: "chain", mode, key: session, iv: none };
    return sw(0x9100, seal(mode, key, command === 0x0a ? none : proof.subarray(-size), turn(a)));
  }

  #beginEv2(key: Buffer, a: Buffer, b: Buffer): Buffer {
    const ti = randomBytes(4);
    const tail = [
      Buffer.from("00010080", "hex"),
      a.subarray(0, 2),
      mix(a.subarray(2, 8), b.subarray(0, 6)),
      b.subarray(6),
      a.subarray(8),
    ];
    const derive = (label: number[]): Buffer => macOf("aes", key, Buffer.concat([Buffer.from(label), ...tail]));
    this.#session = { kind: "ev2", enc: derive([0xa5, 0x5a]), mac: derive([0x5a, 0xa5]), ti, counter: 0 };
    const answer = Buffer.concat([ti, turn(a), Buffer.alloc(12)]);
    return sw(0x9100, seal("aes", key, Buffer.alloc(16), answer));
  }

  #settings(data: Buffer): Buffer {
    const file = this.#application?.files.get(data[0] ?? -1);
    if (!this.#accepts(0xf5, data, 1, true)) return sw(0x911e);
    if (file === undefined) return sw(0x91f0);
    const size = Buffer.alloc(3);
    size.writeUIntLE(file.data.length, 0, 3);
    const settings = Buffer.concat([Buffer.of(0x00, file.protection, 0x00, 0x10), size]);
    return sw(0x9100, this.#protect(settings, this.#session?.kind === "legacy" ? 0 : 1));
  }

  #read(command: number, data: Buffer): Buffer {
    const file = this.#application?.files.get(data[0] ?? -1);
    if (file === undefined) return sw(0x91f0);
    if (this.#session === null) return sw(0x91ae);
    if (!this.#accepts(command, data, 7, file.protection !== 0)) return sw(0x911e);
    const from = data.readUIntLE(1, 3);
    const length = data.readUIntLE(4, 3);
    if (from + length > file.data.length) return sw(0x91be);
    return sw(0x9100, this.tamper(this.#protect(file.data.subarray(from, from + length), file.protection)));
  }

  /** The MAC behind a command of the second evolution, or the step that a command takes in the chain of the first. */
  #accepts(command: number, data: Buffer, headerBytes: number, isMacked: boolean): boolean {
    const session = this.#session;
    if (session?.kind === "chain") {
      session.iv = macOf(session.mode, session.key, Buffer.concat([Buffer.of(command), data]), session.iv);
    }
    if (session?.kind !== "ev2") return data.length === headerBytes;
    if (!isMacked) return data.length === headerBytes;
    return ev2Mac(session, command, data.subarray(0, headerBytes)).equals(data.subarray(headerBytes));
  }

  #protect(data: Buffer, protection: 0 | 1 | 3): Buffer {
    const session = this.#session;
    if (session === null) return data;
    if (session.kind === "legacy") return legacyAnswer(session.key, data, protection);
    if (session.kind === "ev2") {
      session.counter += 1;
      return ev2Answer(session, data, protection);
    }
    const size = sizeOf(session.mode);
    if (protection !== 3) {
      session.iv = macOf(session.mode, session.key, Buffer.concat([data, Buffer.of(0)]), session.iv);
      return Buffer.concat([data, session.iv.subarray(0, 8)]);
    }
    const sum = checksum32(Buffer.concat([data, Buffer.of(0)]));
    const body = filled(Buffer.concat([data, sum]), size);
    const sealed = seal(session.mode, session.key, session.iv, body);
    session.iv = sealed.subarray(-size);
    return sealed;
  }
}

function legacyPlain(key: Buffer, proof: Buffer): Buffer {
  const none = Buffer.alloc(8);
  const [first, second] = [proof.subarray(0, 8), proof.subarray(8)];
  return Buffer.concat([seal("des", key, none, first), mix(seal("des", key, none, second), first)]);
}

function legacyAnswer(key: Buffer, data: Buffer, protection: 0 | 1 | 3): Buffer {
  if (protection === 0) return data;
  const none = Buffer.alloc(8);
  if (protection === 1) return Buffer.concat([data, seal("des", key, none, filled(data, 8)).subarray(-8, -4)]);
  return seal("des", key, none, filled(Buffer.concat([data, checksum16(data)]), 8));
}

function ev2Mac(session: Extract<Session, { kind: "ev2" }>, first: number, rest: Buffer): Buffer {
  const counter = Buffer.alloc(2);
  counter.writeUInt16LE(session.counter);
  return everySecond(macOf("aes", session.mac, Buffer.concat([Buffer.of(first), counter, session.ti, rest])));
}

function ev2Answer(session: Extract<Session, { kind: "ev2" }>, data: Buffer, protection: 0 | 1 | 3): Buffer {
  if (protection === 0) return data;
  if (protection === 1) return Buffer.concat([data, ev2Mac(session, 0, data)]);
  const counter = Buffer.alloc(2);
  counter.writeUInt16LE(session.counter);
  const start = Buffer.concat([Buffer.of(0x5a, 0xa5), session.ti, counter, Buffer.alloc(8)]);
  const iv = seal("aes", session.enc, Buffer.alloc(16), start);
  const body = seal("aes", session.enc, iv, filled(Buffer.concat([data, Buffer.of(0x80)]), 16));
  return Buffer.concat([body, ev2Mac(session, 0, body)]);
}

const filled = (data: Buffer, to: number): Buffer =>
  Buffer.concat([data, Buffer.alloc((to - (data.length % to)) % to)]);

/** Bit by bit, as the polynomials say. */
function crc(data: Buffer, start: number, polynomial: number): number {
  let value = start;
  for (const byte of data) {
    value = (value ^ byte) >>> 0;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? ((value >>> 1) ^ polynomial) >>> 0 : value >>> 1;
  }
  return value;
}

function checksum32(data: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(crc(data, 0xffffffff, 0xedb88320));
  return bytes;
}

function checksum16(data: Buffer): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(crc(data, 0x6363, 0x8408));
  return bytes;
}
