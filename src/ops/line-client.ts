// Asks one question over a Unix socket that speaks JSON lines, and waits for the answer.
import { createConnection } from "node:net";
import { Fault } from "../domain/fault.ts";

const maxReplyBytes = 16 * 1024 * 1024;

export function askSocket<Reply>(path: string, question: unknown, timeoutMs: number): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const refuse = (code: string, message: string, cause?: unknown) => {
      socket.destroy();
      reject(new Fault(code, message, { path }, cause));
    };
    let text = "";
    socket.setEncoding("utf8");
    socket.setTimeout(timeoutMs, () => refuse("socket.silent", "Postern did not answer in time."));
    socket.on("error", (error) => refuse("socket.closed", "Postern is not running on this state folder.", error));
    socket.on("close", () => refuse("socket.closed", "Postern closed the connection without an answer."));
    socket.on("connect", () => socket.write(`${JSON.stringify(question)}\n`));
    socket.on("data", (chunk: string) => {
      text += chunk;
      if (text.length > maxReplyBytes) return refuse("socket.oversized", "Postern's answer is too long to be one.");
      const end = text.indexOf("\n");
      if (end < 0) return;
      resolve(JSON.parse(text.slice(0, end)) as Reply);
      socket.destroy();
    });
  });
}
