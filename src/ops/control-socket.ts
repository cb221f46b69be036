// A root-only socket of the main process for the command line, there once the folder is its own: one JSON question, one JSON
// answer. Knows no meaning of what is asked.
import { rmSync } from "node:fs";
import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import { basename } from "node:path";
import { Fault } from "../domain/fault.ts";
import { claimFolder } from "./folder-claim.ts";

const maxLineBytes = 4_096;
const maxConnections = 8;
const idleMs = 10_000;
/** A reload restarts every process. */
const answerMs = 60_000;
/** sockaddr_un holds 108 bytes, its last a zero; the longest name in the folder is this socket's. */
const maxPathBytes = 96;

type Answering = (question: unknown) => unknown;

export interface ControlSocket {
  close(): Promise<void>;
}

export async function serveControl(path: string, answer: Answering): Promise<ControlSocket> {
  if (Buffer.byteLength(path) > maxPathBytes) {
    const room = maxPathBytes - basename(path).length - 1;
    throw new Fault("state.pathTooLong", `The path of the state folder is too long; use one of at most ${room} bytes.`);
  }
  const release = await claimFolder(path);
  try {
    return await openSocket(path, answer, release);
  } catch (error) {
    release();
    throw error;
  }
}

async function openSocket(path: string, answer: Answering, release: () => void): Promise<ControlSocket> {
  rmSync(path, { force: true });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    answerOnce(socket, answer);
  });
  server.maxConnections = maxConnections;
  // Nobody else may reach it, not even between its creation and a later change of its mode.
  const umask = process.umask(0o177);
  try {
    await listen(server, path);
  } finally {
    process.umask(umask);
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          release();
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function answerOnce(socket: Socket, answer: Answering): void {
  let text = "";
  let isAsked = false;
  socket.setEncoding("utf8");
  socket.setTimeout(idleMs, () => socket.destroy());
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk: string) => {
    if (isAsked) return;
    text += chunk;
    const end = text.indexOf("\n");
    if (text.length > maxLineBytes) socket.destroy();
    if (text.length > maxLineBytes || end < 0) return;
    isAsked = true;
    socket.setTimeout(answerMs);
    void answerLine(text.slice(0, end), answer).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
  });
}

async function answerLine(line: string, answer: Answering): Promise<unknown> {
  try {
    return (await answer(JSON.parse(line))) ?? { problem: "There is no such question." };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
