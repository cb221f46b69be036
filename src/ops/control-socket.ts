// A root-only socket of the main process for the command line: one JSON question, one JSON answer. It also shows that a
// controller already runs on this state folder. Knows no meaning of what is asked.
import { rmSync } from "node:fs";
import { chmod } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { Fault } from "../domain/fault.ts";

const maxLineBytes = 4_096;
const maxConnections = 8;

type Answering = (question: unknown) => unknown;

export interface ControlSocket {
  close(): Promise<void>;
}

export async function serveControl(path: string, answer: Answering): Promise<ControlSocket> {
  if (await isServed(path)) {
    throw new Fault("state.inUse", "Another Postern already runs on this state folder; stop it first.", { path });
  }
  rmSync(path, { force: true });
  const server = createServer((socket) => {
    let text = "";
    socket.setEncoding("utf8");
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk: string) => {
      text += chunk;
      const end = text.indexOf("\n");
      if (text.length > maxLineBytes) socket.destroy();
      if (text.length > maxLineBytes || end < 0) return;
      const line = text.slice(0, end);
      void answerLine(line, answer).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
    });
  });
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  await chmod(path, 0o600);
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function answerLine(line: string, answer: Answering): Promise<unknown> {
  try {
    return await answer(JSON.parse(line));
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
