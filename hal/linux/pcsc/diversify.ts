// A card's own key from a site's: NXP AN10922. Pure.
import { aesCipher, desCipher, finishCmac, pad80, zeros } from "./block-cipher.ts";

/** AN10922 gives the two halves of a two-key triple DES key constants of their own. */
const constants = { aes: 0x01, desFirst: 0x21, desSecond: 0x22 };
export const maxAesInput = 31;
export const maxDesInput = 15;

export function diversifyAes(key: Buffer, input: Buffer): Buffer {
  const cipher = aesCipher(key);
  const [blocks, isWhole] = twoBlocks(constants.aes, input, 16);
  return finishCmac(cipher, blocks, isWhole, zeros(16));
}

export function diversifyDes(key: Buffer, input: Buffer): Buffer {
  const cipher = desCipher(key);
  const half = (constant: number): Buffer => {
    const [blocks, isWhole] = twoBlocks(constant, input, 8);
    return finishCmac(cipher, blocks, isWhole, zeros(8));
  };
  return Buffer.concat([half(constants.desFirst), half(constants.desSecond)]);
}

/** Always two blocks, other than CMAC itself would have it for short inputs. */
function twoBlocks(constant: number, input: Buffer, blockBytes: number): readonly [Buffer, boolean] {
  const message = Buffer.concat([Buffer.of(constant), input]);
  if (message.length === 2 * blockBytes) return [message, true];
  return [pad80(message, 2 * blockBytes), false];
}
