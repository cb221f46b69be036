// A serial port as a line of bytes, by the package serialport, which is loaded only when a port is to be opened.
import { constants } from "node:fs";
import { access } from "node:fs/promises";
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
/** The package reads on for ever, and tells nobody, where a port is pulled out just as it reads: so its place is looked at as well. */
const lookEveryMs = 1_000;

export const openSerialLine: OpenSerial = async (port, baud, ears) => {
  const path = `/dev/${port}`;
  await expectPort(path);
  const { SerialPort } = await import("serialport");
  const serial = new SerialPort({ path, baudRate: baud, autoOpen: false, lock: true });
  await new Promise<void>((resolve, reject) => {
    const said = (error: Error): string =>
      `${path} cannot be opened (${error.message}); see with fuser -v ${path} whether another program holds it`;
    serial.open((error) => (error === null ? resolve() : reject(new Error(said(error)))));
  });
  let isClosing = false;
  const lose = (why: string): void => {
    clearInterval(looking);
    if (!isClosing) ears.lost(why);
  };
  const looking = setInterval(() => {
    access(path).catch(() => serial.isOpen && serial.close(() => {}));
  }, lookEveryMs);
  serial.on("data", ears.data);
  serial.on("error", (error) => lose(error.message));
  // What it closed with says how the kernel noticed, and nothing of use.
  serial.on("close", () => lose(`${path} has gone; plug it in again`));
  return {
    write(bytes) {
      if (serial.writableLength > maxUnsentBytes) lose("it takes no more bytes");
      else serial.write(bytes);
    },
    close() {
      isClosing = true;
      clearInterval(looking);
      if (serial.isOpen) serial.close(() => {});
    },
  };
};

async function expectPort(path: string): Promise<void> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== "ENOENT";
    throw new Error(
      isThere
        ? `${path} may not be opened; add Postern's user to the group dialout`
        : `there is no ${path}; plug it in, and see /dev/serial/by-id for its name`,
    );
  }
}
