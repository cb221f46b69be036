// An OSDP reader in software, written from the standard's text and vectors: its own frames, ciphers and seals, nothing of the panel's.
import { createCipheriv, createDecipheriv } from "node:crypto";

export interface SimulatedReaderOptions {
  readonly address: number;
  readonly key: Buffer | null;
  readonly random: () => number;
  /** What a frame with a wrong check does: nothing, or a refusal in clear and the end of the session, as libosdp does. */
  readonly onDamage?: "ignore" | "drop";
  /** Keeps a card until the panel has moved on; left out it forgets a card whose answer was lost with the session. */
  readonly keepsCards?: boolean;
  readonly serial?: number;
  /** Takes the default key although it has its own. */
  readonly installMode?: boolean;
  /** Says that it has no secure channel. */
  readonly noSecurity?: boolean;
  readonly answersKeySetInClear?: boolean;
  /** Tells changed inputs when it is polled. */
  readonly tellsInputs?: boolean;
}

const defaultKey = Buffer.from("303132333435363738393a3b3c3d3e3f", "hex");
const sessionMs = 8_000;

interface Secrets {
  readonly enc: Buffer;
  readonly mac1: Buffer;
  readonly mac2: Buffer;
  commandMac: Buffer;
  replyMac: Buffer;
  isUp: boolean;
  readonly answer: Buffer;
}

export class SimulatedReader {
  readonly options: SimulatedReaderOptions;
  key: Buffer | null;
  muted = false;
  busy = 0;
  lights: Buffer[] = [];
  readonly outputs = [false, false];
  outputUntil: number[] = [0, 0];
  inputs = [false, false];
  tamper = false;
  sessions = 0;
  readonly heardCodes: number[] = [];
  lastReply: Buffer | null = null;
  /** Card bits and keys still to be told. */
  readonly #events: { id: number; data: Buffer }[] = [];
  #unsure: { id: number; data: Buffer } | null = null;
  #secrets: Secrets | null = null;
  #sequence = -1;
  #cached: { command: Buffer; reply: Buffer } | null = null;
  #heard: Buffer = Buffer.alloc(0);
  #heardAt = -1;
  #commandAt = 0;

  constructor(options: SimulatedReaderOptions) {
    this.options = options;
    this.key = options.key;
  }

  get isSecure(): boolean {
    return this.#secrets?.isUp === true;
  }

  present(bits: string): void {
    const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
    [...bits].forEach((bit, n) => {
      if (bit === "1") bytes[n >> 3] = bytes[n >> 3]! | (0x80 >> (n & 7));
    });
    this.#events.push({
      id: 0x50,
      data: Buffer.concat([Buffer.from([0, 1, bits.length & 255, bits.length >> 8]), bytes]),
    });
  }

  press(keys: string): void {
    const codes = [...keys].map((key) => (key === "*" ? 0x7f : key === "#" ? 0x0d : key.charCodeAt(0)));
    this.#events.push({ id: 0x53, data: Buffer.from([0, codes.length, ...codes]) });
  }

  format(text: string): void {
    this.#events.push({ id: 0x51, data: Buffer.from([0, 0, text.length, ...Buffer.from(text)]) });
  }

  /** As after a power cut. */
  reboot(): void {
    this.#secrets = null;
    this.#sequence = -1;
    this.#cached = null;
  }

  /** What it answers to these bytes; null is nothing. */
  hear(bytes: Buffer, now: number): Buffer | null {
    if (now - this.#heardAt > 20) this.#heard = Buffer.alloc(0);
    this.#heardAt = now;
    this.#heard = Buffer.concat([this.#heard, bytes]);
    for (;;) {
      const start = this.#heard.indexOf(0x53);
      if (start < 0 || this.#heard.length < start + 5) return null;
      const length = this.#heard.readUInt16LE(start + 2);
      if (length < 7 || length > 1440) {
        this.#heard = this.#heard.subarray(start + 1);
        continue;
      }
      if (this.#heard.length < start + length) return null;
      const frame = this.#heard.subarray(start, start + length);
      this.#heard = this.#heard.subarray(start + length);
      const reply = this.#take(frame, now);
      this.lastReply = reply ?? this.lastReply;
      return reply;
    }
  }

  #take(frame: Buffer, now: number): Buffer | null {
    if ((frame[1]! & 0x80) !== 0 || frame[1] !== this.options.address || this.muted) return null;
    if (now - this.#commandAt > sessionMs) this.#dropSession();
    const sequence = frame[4]! & 3;
    const check = frame.readUInt16LE(frame.length - 2);
    if (check !== crc(frame.subarray(0, -2))) {
      if (this.options.onDamage !== "drop") return null;
      this.#dropSession();
      return this.#plain(sequence, 0x41, Buffer.from([1]));
    }
    this.#commandAt = now;
    if (this.busy > 0) {
      this.busy -= 1;
      return this.#plain(0, 0x79, Buffer.alloc(0));
    }
    if (sequence === 0) {
      this.#dropSession();
      this.#cached = null;
    } else if (sequence === this.#sequence && this.#cached !== null) {
      if (this.#cached.command.equals(frame)) return this.#cached.reply;
    } else if (sequence !== (this.#sequence % 3) + 1) {
      this.#dropSession();
      return this.#plain(sequence, 0x41, Buffer.from([4]));
    }
    this.#sequence = sequence;
    // Whoever sends another command has heard the answer to the one before.
    this.#unsure = null;
    const reply = this.#obey(frame, sequence, now);
    this.#cached = { command: Buffer.from(frame), reply };
    return reply;
  }

  #dropSession(): void {
    this.#secrets = null;
    if (this.options.keepsCards === true && this.#unsure !== null) this.#events.unshift(this.#unsure);
    this.#unsure = null;
    this.#cached = null;
  }

  #obey(frame: Buffer, sequence: number, now: number): Buffer {
    const refuse = (code: number): Buffer => {
      if (code === 6) this.#dropSession();
      return this.#plain(sequence, 0x41, Buffer.from([code]));
    };
    const hasBlock = (frame[4]! & 8) !== 0;
    if (!hasBlock) {
      const code = frame[5]!;
      this.heardCodes.push(code);
      // A reader that has a key does nothing in clear.
      if (this.key !== null && !this.options.installMode) return refuse(6);
      const [id, data] = this.#answer(code, frame.subarray(6, -2), now);
      return this.#plain(sequence, id, data);
    }
    const [blockLength, type] = [frame[5]!, frame[6]!];
    if (this.options.noSecurity) return refuse(5);
    const body = frame.subarray(5 + blockLength, -2);
    this.heardCodes.push(body[0]!);
    if (type === 0x11) return this.#challenged(frame[7]!, body, sequence) ?? refuse(6);
    if (type === 0x13) return this.#proved(body, sequence) ?? refuse(6);
    const secrets = this.#secrets;
    if (secrets === null || !secrets.isUp || (type !== 0x15 && type !== 0x17)) return refuse(6);
    const mac = macOver(secrets, secrets.replyMac, frame.subarray(0, -6));
    if (!mac.subarray(0, 4).equals(frame.subarray(-6, -2))) return refuse(6);
    const hidden = body.subarray(1, -4);
    const data = type === 0x17 ? unpad(decrypt(secrets.enc, invert(secrets.replyMac), hidden)) : Buffer.alloc(0);
    secrets.commandMac = mac;
    const code = body[0]!;
    const newKey = code === 0x75 ? data.subarray(2, 18) : null;
    const [id, plain] = newKey === null ? this.#answer(code, data, now) : ([0x40, Buffer.alloc(0)] as const);
    if (newKey !== null) this.key = Buffer.from(newKey);
    if (newKey !== null && this.options.answersKeySetInClear) return this.#plain(sequence, 0x40, Buffer.alloc(0));
    return this.#sealed(secrets, sequence, id, plain);
  }

  #challenged(keyType: number, body: Buffer, sequence: number): Buffer | null {
    const takesDefault = this.key === null || this.options.installMode === true;
    if (keyType === 0 && !takesDefault) return this.#challengeReply(1, this.key!, body, sequence);
    if (keyType === 1 && this.key === null) return null;
    return this.#challengeReply(keyType, keyType === 0 ? defaultKey : this.key!, body, sequence);
  }

  #challengeReply(keyType: number, key: Buffer, body: Buffer, sequence: number): Buffer {
    const rndA = body.subarray(1, 9);
    const rndB = Buffer.from(Array.from({ length: 8 }, () => Math.floor(this.options.random() * 256)));
    const derive = (tag: number) => ecb(key, Buffer.from([1, tag, ...rndA.subarray(0, 6), 0, 0, 0, 0, 0, 0, 0, 0]));
    const enc = derive(0x82);
    const [mac1, mac2] = [derive(0x01), derive(0x02)];
    const server = ecb(enc, Buffer.concat([rndB, rndA]));
    const answer = ecb(mac2, ecb(mac1, server));
    this.#secrets = { enc, mac1, mac2, commandMac: Buffer.alloc(16), replyMac: answer, isUp: false, answer };
    this.#server = server;
    const client = ecb(enc, Buffer.concat([rndA, rndB]));
    const chip = Buffer.alloc(8);
    chip.writeUInt32LE(this.options.serial ?? 7, 0);
    return this.#frame(sequence, [3, 0x12, keyType], Buffer.concat([Buffer.from([0x76]), chip, rndB, client]));
  }

  #toldInputs = "";
  #server: Buffer = Buffer.alloc(16);

  #proved(body: Buffer, sequence: number): Buffer | null {
    const secrets = this.#secrets;
    if (secrets === null || !body.subarray(1, 17).equals(this.#server)) return null;
    secrets.isUp = true;
    this.sessions += 1;
    return this.#frame(sequence, [3, 0x14, 1], Buffer.concat([Buffer.from([0x78]), secrets.answer]));
  }

  #answer(code: number, data: Buffer, now: number): readonly [number, Buffer] {
    switch (code) {
      case 0x60: {
        const levels = this.inputs.join();
        if (this.options.tellsInputs && levels !== this.#toldInputs) {
          this.#toldInputs = levels;
          return [0x49, Buffer.from(this.inputs.map(Number))];
        }
        const event = this.#events.shift();
        this.#unsure = event ?? null;
        return event === undefined ? [0x40, Buffer.alloc(0)] : [event.id, event.data];
      }
      case 0x61: {
        const identity = Buffer.from("5c26230102000000000a0203", "hex");
        identity.writeUInt32LE(this.options.serial ?? 7, 5);
        return [0x45, identity];
      }
      case 0x62:
        return [0x46, Buffer.from([4, 1, 1, 5, 1, 1, 6, 1, 1, 8, 1, 0, 9, 0, 0])];
      case 0x64:
        return [0x48, Buffer.from([this.tamper ? 1 : 0, 0])];
      case 0x65:
        return [0x49, Buffer.from(this.inputs.map(Number))];
      case 0x68: {
        const output = data[0]!;
        if (output >= this.outputs.length) return [0x41, Buffer.from([9])];
        this.outputs[output] = data[1] === 2 || data[1] === 5;
        this.outputUntil[output] = data[1] === 5 ? now + data.readUInt16LE(2) * 100 : Number.POSITIVE_INFINITY;
        return [0x40, Buffer.alloc(0)];
      }
      case 0x69:
      case 0x6a:
      case 0x6b:
        this.lights.push(Buffer.from([code, ...data]));
        return [0x40, Buffer.alloc(0)];
      default:
        return [0x41, Buffer.from([3])];
    }
  }

  isOn(output: number, now: number): boolean {
    return this.outputs[output] === true && now < this.outputUntil[output]!;
  }

  #sealed(secrets: Secrets, sequence: number, id: number, data: Buffer): Buffer {
    const hidden = data.length === 0 ? data : encrypt(secrets.enc, invert(secrets.commandMac), pad(data));
    const body = Buffer.concat([Buffer.from([id]), hidden]);
    const length = 5 + 2 + body.length + 6;
    const head = [
      0x53,
      this.options.address | 0x80,
      length & 255,
      length >> 8,
      0x0c | sequence,
      2,
      data.length === 0 ? 0x16 : 0x18,
    ];
    const covered = Buffer.concat([Buffer.from(head), body]);
    const mac = macOver(secrets, secrets.commandMac, covered);
    secrets.replyMac = mac;
    return withCrc(Buffer.concat([covered, mac.subarray(0, 4)]));
  }

  #plain(sequence: number, id: number, data: Buffer): Buffer {
    return this.#frame(sequence, [], Buffer.concat([Buffer.from([id]), data]));
  }

  #frame(sequence: number, block: readonly number[], body: Buffer): Buffer {
    const length = 5 + block.length + body.length + 2;
    const control = 4 | sequence | (block.length > 0 ? 8 : 0);
    const head = [0x53, this.options.address | 0x80, length & 255, length >> 8, control, ...block];
    return withCrc(Buffer.concat([Buffer.from(head), body]));
  }
}

/** A reply that anybody on the line could make: in clear, with a right check. */
export function clearReply(address: number, sequence: number, body: Buffer): Buffer {
  const length = 7 + body.length;
  return withCrc(Buffer.concat([Buffer.from([0x53, address | 0x80, length, 0, 4 | sequence]), body]));
}

const crcTable = Array.from({ length: 256 }, (_, n) => {
  let value = n << 8;
  for (let k = 0; k < 8; k += 1) value = value & 0x8000 ? (value << 1) ^ 0x1021 : value << 1;
  return value & 0xffff;
});

const crc = (bytes: Buffer): number =>
  bytes.reduce((value, byte) => ((value << 8) & 0xffff) ^ crcTable[(value >> 8) ^ byte]!, 0x1d0f);

function withCrc(bytes: Buffer): Buffer {
  const value = crc(bytes);
  return Buffer.concat([Buffer.from([0xff]), bytes, Buffer.from([value & 255, value >> 8])]);
}

function ecb(key: Buffer, block: Buffer): Buffer {
  const cipher = createCipheriv("aes-128-ecb", key, null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(block), cipher.final()]);
}

/** Block by block, as the standard draws it. */
function encrypt(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const out: Buffer[] = [];
  let last = iv;
  for (let at = 0; at < data.length; at += 16) {
    last = ecb(key, xor(last, data.subarray(at, at + 16)));
    out.push(last);
  }
  return Buffer.concat(out);
}

function decrypt(key: Buffer, iv: Buffer, data: Buffer): Buffer {
  const decipher = createDecipheriv("aes-128-ecb", key, null);
  decipher.setAutoPadding(false);
  const out: Buffer[] = [];
  let last = iv;
  for (let at = 0; at < data.length; at += 16) {
    const block = data.subarray(at, at + 16);
    out.push(xor(decipher.update(block), last));
    last = block;
  }
  return Buffer.concat(out);
}

const xor = (one: Buffer, other: Buffer): Buffer => Buffer.from(one.map((byte, n) => byte ^ other[n]!));
const invert = (bytes: Buffer): Buffer => xor(bytes, Buffer.alloc(bytes.length, 255));

function pad(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.from([0x80]), Buffer.alloc(15 - (data.length % 16))]);
}

function unpad(data: Buffer): Buffer {
  return data.subarray(0, data.lastIndexOf(0x80));
}

function macOver(secrets: { readonly mac1: Buffer; readonly mac2: Buffer }, iv: Buffer, covered: Buffer): Buffer {
  const whole = covered.length % 16 === 0 ? covered : pad(covered);
  let mac = iv;
  for (let at = 0; at < whole.length; at += 16) {
    const isLast = at + 16 >= whole.length;
    mac = ecb(isLast ? secrets.mac2 : secrets.mac1, xor(mac, whole.subarray(at, at + 16)));
  }
  return mac;
}
