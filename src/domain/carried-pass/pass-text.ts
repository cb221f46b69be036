// The decimal digits that a QR code holds and the bytes that they mean, one text for each; knows no pass.

/** Shorter ones are plain codes, or nothing. */
const minDigits = 40;
/** Of a pass of either form. */
const minBytes = 21;
const maxBytes = 88;

export const isCarriedText = (text: string): boolean => text.length >= minDigits && /^[0-9]+$/.test(text);

/** As many digits as the largest number of so many bytes has. */
const digitsOf = (bytes: number): number => (256n ** BigInt(bytes) - 1n).toString().length;

const bytesOfDigits = new Map(
  Array.from({ length: maxBytes - minBytes + 1 }, (_, n) => [digitsOf(minBytes + n), minBytes + n]),
);

/** Null for what is no text of a pass. */
export function bytesOfText(text: string): Uint8Array | null {
  const size = bytesOfDigits.get(text.length);
  if (size === undefined || !isCarriedText(text)) return null;
  let rest = BigInt(text);
  const bytes = new Uint8Array(size);
  for (let at = size - 1; at >= 0; at -= 1) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return rest === 0n ? bytes : null;
}

export const textOfBytes = (bytes: Uint8Array): string =>
  bytes
    .reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
    .toString()
    .padStart(digitsOf(bytes.length), "0");
