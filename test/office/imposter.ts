// Something that listens like a broker, and does with each connection what the test wants.
import type { Socket } from "node:net";
import { createServer } from "node:net";
import { onTestFinished } from "vitest";

export async function imposter(serve: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `mqtt://127.0.0.1:${(server.address() as { port: number }).port}`;
}

/** A CONNACK of MQTT 5 that takes the connection. */
export const connack = Buffer.from([0x20, 0x03, 0x00, 0x00, 0x00]);
