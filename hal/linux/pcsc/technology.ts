// What kind of card was shown, by its ATR and, where that does not say it, by its answer to GetVersion. Pure.
import type { Reading } from "./exchange.ts";
import { bodyOf, send, statusOf } from "./exchange.ts";

/** `smart` speaks ISO 14443-4, and its ATR alone does not say more. */
export type Family = "classic" | "felica" | "memory" | "plus" | "smart";

/** PC/SC part 3: contactless memory cards answer as A0 00 00 03 06, with their standard and their name behind. */
const storageId = Buffer.from("a000000306", "hex");
const felicaStandard = 0x11;
/** 1K, 4K, Mini, Plus of 2K and 4K that still speak as Classic, Infineon's 1K. */
const classicNames = [0x0001, 0x0002, 0x0026, 0x0036, 0x0037, 0xff88];
const felicaNames = [0x003b, 0xf011, 0xf012];
/** MIFARE Plus in security level 3 begins its historical bytes with these. */
const plusHistory = Buffer.from("c105", "hex");

export function familyOf(atr: Buffer): Family {
  const id = atr.indexOf(storageId);
  if (id >= 0 && id + 8 <= atr.length) {
    const name = atr.readUInt16BE(id + 6);
    if (atr[id + 5] === felicaStandard || felicaNames.includes(name)) return "felica";
    return classicNames.includes(name) ? "classic" : "memory";
  }
  return historyOf(atr).subarray(0, 2).equals(plusHistory) ? "plus" : "smart";
}

/** The historical bytes of an ATR that a contactless reader made: 3B 8n 80 01, the bytes, a check byte. */
function historyOf(atr: Buffer): Buffer {
  const t0 = atr[1] ?? 0;
  return atr[0] === 0x3b && t0 >> 4 === 8 ? atr.subarray(4, 4 + (t0 & 0x0f)) : Buffer.alloc(0);
}

const moreFrames = 0x91af;
/** The second byte of GetVersion's first frame, its lower half: 1 and 8 are DESFire's, 2 is Plus's. */
const versionKinds: Readonly<Record<number, "desfire" | "plus">> = { 1: "desfire", 8: "desfire", 2: "plus" };

export function* askVersion(): Reading<"desfire" | "plus" | null> {
  const first = yield* send([0x90, 0x60, 0x00, 0x00, 0x00]);
  if (statusOf(first) !== moreFrames) return null;
  const kind = versionKinds[(bodyOf(first)[1] ?? 0) & 0x0f] ?? null;
  let answer = first;
  for (let frame = 0; frame < 3 && statusOf(answer) === moreFrames; frame += 1) {
    answer = yield* send([0x90, 0xaf, 0x00, 0x00, 0x00]);
  }
  return kind;
}
