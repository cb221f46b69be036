// Sectors of MIFARE Classic, through the reader's pseudo-commands (PC/SC part 3, REQUIREMENTS F.2). Pure.
import type { ClassicProfile } from "../../card-profile.ts";
import type { BytesReading, Reading } from "./exchange.ts";
import { bodyOf, isOk, send, unread } from "./exchange.ts";

export const blockBytes = 16;
/** In the reader's volatile memory. */
const keySlot = 0x00;
/** The first 32 sectors have four blocks each, those of a 4K card behind them sixteen. */
const smallSectors = 32;

export const blockNumber = (sector: number, block: number): number =>
  sector < smallSectors ? sector * 4 + block : smallSectors * 4 + (sector - smallSectors) * 16 + block;

export function* readClassic(profile: ClassicProfile, key: Buffer): Reading<BytesReading> {
  const loaded = yield* send([0xff, 0x82, 0x00, keySlot, key.length], key);
  if (!isOk(loaded)) return unread("unsupportedByReader");
  const first = blockNumber(profile.sector, profile.blocks[0] ?? 0);
  const keyType = profile.keyType === "A" ? 0x60 : 0x61;
  const admitted = yield* send([0xff, 0x86, 0x00, 0x00, 0x05, 0x01, 0x00, first, keyType, keySlot]);
  if (!isOk(admitted)) return unread("keyRefused");
  const blocks: Buffer[] = [];
  for (const block of profile.blocks) {
    const answer = yield* send([0xff, 0xb0, 0x00, blockNumber(profile.sector, block), blockBytes]);
    if (!isOk(answer) || answer.length !== blockBytes + 2) return unread("notAllowed");
    blocks.push(bodyOf(answer));
  }
  return { ok: true, bytes: Buffer.concat(blocks) };
}
