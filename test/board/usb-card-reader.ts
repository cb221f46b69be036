// The other side of QEMU's USB card reader (ccid-card-passthru): lays virtual cards on it over its socket, in vscard's messages.
import type { Socket } from "node:net";
import { createConnection } from "node:net";
import type { VirtualCard } from "../hal/linux/cards/virtual-card.ts";
import type { Machine } from "./machine.ts";

/** Each message has its type, the reader's number and its length before it, each in four bytes, the highest first. */
const headerBytes = 12;
const type = { init: 1, readerAdd: 3, atr: 5, cardRemove: 6, apdu: 7 } as const;
const version = 2;

export interface UsbCardReader {
  /** Null takes away what lies there. */
  lay(card: VirtualCard | null): void;
}

/** Into a bus that is called `usb`. */
export async function plugCardReader(machine: Machine): Promise<UsbCardReader> {
  const path = await machine.plugSocket("card");
  await machine.qmp("device_add", { driver: "usb-ccid", id: "ccid", bus: "usb.0" });
  await machine.qmp("device_add", { driver: "ccid-card-passthru", chardev: "card", bus: "ccid.0" });
  return readerAt(createConnection(path));
}

function readerAt(socket: Socket): UsbCardReader {
  let card: VirtualCard | null = null;
  const capabilities = Buffer.alloc(12);
  capabilities.write("VSCD", 0, "latin1");
  capabilities.writeUInt32BE(version, 4);
  send(socket, type.init, capabilities);
  send(socket, type.readerAdd, Buffer.from("reader\0"));
  hear(socket, (command) => {
    if (card !== null) send(socket, type.apdu, card.answer(command));
  });
  return {
    lay(next) {
      card = next;
      if (next === null) send(socket, type.cardRemove, Buffer.alloc(0));
      else send(socket, type.atr, next.atr);
    },
  };
}

function send(socket: Socket, kind: number, body: Buffer): void {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(kind, 0);
  header.writeUInt32BE(body.length, 8);
  socket.write(Buffer.concat([header, body]));
}

function hear(socket: Socket, command: (bytes: Buffer) => void): void {
  let heard: Buffer = Buffer.alloc(0);
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => {
    heard = Buffer.concat([heard, bytes]);
    while (heard.length >= headerBytes && heard.length >= headerBytes + heard.readUInt32BE(8)) {
      const kind = heard.readUInt32BE(0);
      const body = heard.subarray(headerBytes, headerBytes + heard.readUInt32BE(8));
      heard = heard.subarray(headerBytes + body.length);
      if (kind === type.apdu) command(body);
    }
  });
}
