// Keys as Linux writes them on 64-bit systems: struct input_event, little-endian.
const eventBytes = 24;

export function eventOf(type: number, code: number, value: number): Buffer {
  const bytes = Buffer.alloc(eventBytes);
  bytes.writeUInt16LE(type, 16);
  bytes.writeUInt16LE(code, 18);
  bytes.writeInt32LE(value, 20);
  return bytes;
}

/** Each key down, the end of a report, up, the end of a report. */
export const typed = (codes: readonly number[]): Buffer =>
  Buffer.concat(
    codes.flatMap((code) => [
      eventOf(4, 4, code),
      eventOf(1, code, 1),
      eventOf(0, 0, 0),
      eventOf(1, code, 0),
      eventOf(0, 0, 0),
    ]),
  );
