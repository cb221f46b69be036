// A serial port as a line of bytes, by the package serialport, which is loaded only when a port is to be opened.
import type { Opened } from "./keep-open.ts";

export interface SerialEars {
  readonly data: (bytes: Buffer) => void;
  readonly lost: (why: string) => void;
}

export interface SerialLine extends Opened {
  write(bytes: Buffer): void;
}

/** `port` is named as under /dev. */
export type OpenSerial = (port: string, baud: number, ears: SerialEars) => Promise<SerialLine>;

/** What the kernel may still hold back of what was sent; a port that takes nothing any more is lost. */
const maxUnsentBytes = 16_384;

export const openSerialLine: OpenSerial = async (port, baud, ears) => {
  const { SerialPort } = await import("serialport");
  const serial = new SerialPort({ path: `/dev/${port}`, baudRate: baud, autoOpen: false, lock: true });
  await new Promise<void>((resolve, reject) => serial.open((error) => (error === null ? resolve() : reject(error))));
  let isClosing = false;
  const lose = (why: string): void => {
    if (!isClosing) ears.lost(why);
  };
  serial.on("data", ears.data);
  serial.on("error", (error) => lose(error.message));
  serial.on("close", (error: Error | null) => lose(error?.message ?? "it was closed"));
  return {
    write(bytes) {
      if (serial.writableLength > maxUnsentBytes) lose("it takes no more bytes");
      else serial.write(bytes);
    },
    close() {
      isClosing = true;
      if (serial.isOpen) serial.close(() => {});
    },
  };
};
