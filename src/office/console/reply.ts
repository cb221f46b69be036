// How the console answers: the headers of every answer, JSON in and out with its limit; knows no route.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { PanelFile } from "./panel-files.ts";
import type { PageAnswer } from "./wire.ts";

const maxBodyBytes = 4_096;

const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

export function setCommonHeaders(response: ServerResponse): void {
  response.setHeader("Content-Security-Policy", contentPolicy);
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("X-Frame-Options", "DENY");
  response.setHeader("Referrer-Policy", "no-referrer");
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
  response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
}

export function sendFile(response: ServerResponse, file: PanelFile): void {
  response.writeHead(200, { "Content-Type": file.mimeType, "Content-Length": file.bytes.length });
  response.end(file.bytes);
}

export function sendJson(response: ServerResponse, status: number, answer: PageAnswer): void {
  const body = JSON.stringify(answer);
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
  });
  response.end(body);
}

export function sendProblem(response: ServerResponse, status: number, code: string, problem: string): void {
  sendJson(response, status, { ok: false, code, problem });
}

export type Body =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly status: 400 | 413 | 415; readonly code: string; readonly problem: string };

const notJson: Body = { ok: false, status: 400, code: "notJson", problem: "The body is not JSON." };
const tooLarge: Body = {
  ok: false,
  status: 413,
  code: "tooLarge",
  problem: `A body has at most ${maxBodyBytes} bytes.`,
};

/** Reads at most the limit; the connection of an oversized body closes after the answer. */
export async function readJson(request: IncomingMessage): Promise<Body> {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type !== "application/json") {
    return { ok: false, status: 415, code: "notJson", problem: "Send application/json." };
  }
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) return tooLarge;
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Destroying the request would take the answer with it.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes) return tooLarge;
    chunks.push(chunk);
  }
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString("utf8")) };
  } catch {
    return notJson;
  }
}
