// The console beyond loopback: only with TLS, with a cookie for TLS alone, and under its own names.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterEach, beforeEach, expect, test } from "vitest";
import { entryCode, type OfficeBench, openBench } from "./office-bench.ts";
import { testCertificate, testKey } from "./tls-fixture.ts";

let folder: string;
let bench: OfficeBench;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "postern-tls-"));
  const tls = { certFile: join(folder, "cert.pem"), keyFile: join(folder, "key.pem") };
  writeFileSync(tls.certFile, testCertificate);
  writeFileSync(tls.keyFile, testKey);
  bench = await openBench({ console: { host: "0.0.0.0", port: 0, tls } });
});

afterEach(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
});

interface Secured {
  readonly status: number;
  readonly cookie: string;
}

function ask(path: string, headers: Record<string, string>, body?: object): Promise<Secured> {
  const { port } = new URL(bench.address);
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const options = {
      host: "127.0.0.1",
      port,
      path,
      method,
      headers,
      agent: false,
      rejectUnauthorized: false,
    } as const;
    const sent = request(options, (response) => {
      response.resume();
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, cookie: response.headers["set-cookie"]?.[0] ?? "" });
      });
    });
    sent.on("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

test("with TLS the console listens on every address and is found under the machine's name", () => {
  expect(bench.address).toMatch(new RegExp(`^https://${hostname()}:[0-9]+$`));
});

test("the session's cookie travels over TLS only, and is bound to this host", async () => {
  const { port } = new URL(bench.address);
  const host = `127.0.0.1:${port}`;
  const headers = { host, origin: `https://${host}`, "content-type": "application/json" };
  const entered = await ask("/login", headers, { code: entryCode });
  expect(entered.status).toBe(200);
  expect(entered.cookie).toMatch(
    /^__Host-postern-[0-9]+=v1.*; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200; Secure$/,
  );
  expect((await ask("/session", { host, cookie: entered.cookie.split(";")[0] ?? "" })).status).toBe(200);
});

test("the machine answers to its address and its names, and to no other", async () => {
  const { port } = new URL(bench.address);
  for (const name of ["127.0.0.1", "localhost", hostname(), `${hostname()}.local`]) {
    expect((await ask("/", { host: `${name}:${port}` })).status, name).toBe(200);
  }
  for (const name of ["192.0.2.7", "evil.example", "0.0.0.0.evil.example"]) {
    expect((await ask("/", { host: `${name}:${port}` })).status, name).toBe(421);
  }
});

test("the same page over plain HTTP is another origin", async () => {
  const { port } = new URL(bench.address);
  const host = `127.0.0.1:${port}`;
  const headers = { host, origin: `http://${host}`, "content-type": "application/json" };
  expect((await ask("/login", headers, { code: entryCode })).status).toBe(403);
});

test("TLS older than 1.2 is refused", async () => {
  const { port } = new URL(bench.address);
  const code = await new Promise<string>((resolve) => {
    const socket = connect({
      host: "127.0.0.1",
      port: Number(port),
      maxVersion: "TLSv1.1",
      minVersion: "TLSv1",
      ciphers: "DEFAULT@SECLEVEL=0",
      rejectUnauthorized: false,
    });
    socket.on("secureConnect", () => resolve("connected"));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "failed"));
  });
  expect(code).not.toBe("connected");
});
