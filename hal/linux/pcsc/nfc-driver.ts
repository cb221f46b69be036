// pcscd through the package nfc-pcsc. Its constructor waits in native code until pcscd is there: call it when it is.
import type { Driver, DriverListener, ShownCard } from "./driver.ts";

/** What is used of the package, which brings no types. */
interface NfcPackage {
  readonly NFC: new () => Nfc;
}

interface Emitter {
  on(event: string, listener: (value: never) => void): void;
}

interface Nfc extends Emitter {
  close(): void;
}

interface NfcReader extends Emitter {
  readonly name: string;
  readonly reader: RawReader;
  autoProcessing: boolean;
  connection: unknown;
  emit: (event: unknown, ...values: unknown[]) => boolean;
  connect(): Promise<unknown>;
  transmit(bytes: Buffer, maxAnswer: number): Promise<Buffer>;
}

interface RawReader extends Emitter {
  readonly SCARD_RESET_CARD: number;
  readonly SCARD_STATE_UNAVAILABLE: number;
  disconnect(disposition: number, done: (error: Error | null) => void): void;
  close(): void;
}

const maxAnswerBytes = 264;

export async function openNfcDriver(listener: DriverListener): Promise<Driver> {
  const name = "nfc-pcsc";
  const { NFC } = (await import(name)) as NfcPackage;
  const nfc = new NFC();
  const open = new Set<NfcReader>();
  let closed = false;
  const broke = (error: unknown): void => {
    if (!closed) listener.broke(error instanceof Error ? error.message : String(error));
  };
  nfc.on("error", broke);
  nfc.on("reader", (reader: NfcReader) => {
    open.add(reader);
    follow(reader, listener, broke, () => open.delete(reader));
  });
  return {
    close() {
      closed = true;
      for (const reader of open) reader.reader.close();
      nfc.close();
    },
  };
}

function follow(reader: NfcReader, listener: DriverListener, broke: (error: unknown) => void, ended: () => void): void {
  const { name } = reader;
  let there = true;
  let lies = false;
  // Its own processing answers smart cards with an error that nobody hears.
  reader.autoProcessing = false;
  catchNamelessErrors(reader, () => {
    lies = true;
    listener.cardMute(name);
  });
  reader.on("card", ({ atr }: { atr?: Buffer }) => {
    lies = true;
    if (atr === undefined) listener.cardMute(name);
    else listener.cardCame(name, cardOf(reader, atr));
  });
  const went = (): void => {
    if (lies) listener.cardWent(name);
    lies = false;
  };
  reader.on("card.off", went);
  // Without a word of its own: a reader that stopped answering pcscd.
  reader.reader.on("status", ({ state }: { state: number }) => {
    const isThere = (state & reader.reader.SCARD_STATE_UNAVAILABLE) === 0;
    if (isThere === there) return;
    there = isThere;
    if (isThere) listener.readerCame(name);
    else {
      went();
      listener.readerWent(name);
    }
  });
  reader.on("error", broke);
  reader.on("end", () => {
    went();
    ended();
    listener.readerWent(name);
  });
  listener.readerCame(name);
}

/** A failed connection is emitted as an event whose name is the error itself. */
function catchNamelessErrors(reader: NfcReader, failed: () => void): void {
  const emit = reader.emit.bind(reader);
  reader.emit = (event, ...values) => {
    if (typeof event === "string") return emit(event, ...values);
    failed();
    return true;
  };
}

const cardOf = (reader: NfcReader, atr: Buffer): ShownCard => ({
  atr,
  transmit: (bytes) => reader.transmit(bytes, maxAnswerBytes),
  async renew() {
    const { reader: raw } = reader;
    await new Promise<void>((resolve, reject) => {
      raw.disconnect(raw.SCARD_RESET_CARD, (error) => (error ? reject(error) : resolve()));
    });
    reader.connection = null;
    await reader.connect();
  },
});
