// Who gets an answer from the console at all: hosts, origins, sessions, methods, bodies, headers.
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { site } from "../site-fixture.ts";
import { cookieOf, EventStream, fetchFrom, logIn } from "./http-client.ts";
import { type OfficeBench, openBench } from "./office-bench.ts";

let bench: OfficeBench;

beforeEach(async () => {
  bench = await openBench();
});

afterEach(() => bench.close());

const openToStrangers = ["GET /", "POST /login", "GET /login.css", "GET /login.js", "GET /tokens.css", "GET /icon.svg"];
const everyRoute = [
  ...openToStrangers,
  "POST /logout",
  "GET /session",
  "GET /events",
  "POST /board",
  "POST /doors",
  "GET /panel.css",
  "GET /panel.js",
];

test("every route but the login page, its files and the login itself needs a session", async () => {
  for (const route of everyRoute) {
    const [method = "", path = ""] = route.split(" ");
    const reply = await fetchFrom(bench.address, path, { method, ...(method === "POST" ? { body: {} } : {}) });
    if (openToStrangers.includes(route)) expect(reply.status, route).not.toBe(401);
    else expect([reply.status, reply.json.code], route).toEqual([401, "noSession"]);
  }
});

test("a stranger at the root gets the login page, a known person the panel", async () => {
  expect((await fetchFrom(bench.address, "/")).text).toContain("login");
  const cookie = await logIn(bench.address);
  expect((await fetchFrom(bench.address, "/", { cookie })).text).toContain("panel");
});

test("an unknown path, a source file and every way out of the folder are not found", async () => {
  const cookie = await logIn(bench.address);
  const paths = [
    "/nothing",
    "/panel.ts",
    "/panel.html",
    "/login.html",
    "/../package.json",
    "/%2e%2e/x",
    "//",
    "/Panel.js",
  ];
  for (const path of paths) {
    expect((await fetchFrom(bench.address, path, { cookie })).status, path).toBe(404);
  }
});

test("a wrong method is refused with the right one named", async () => {
  const cookie = await logIn(bench.address);
  const board = await fetchFrom(bench.address, "/board", { cookie });
  expect([board.status, board.headers.allow]).toEqual([405, "POST"]);
  for (const method of ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]) {
    expect((await fetchFrom(bench.address, "/session", { cookie, method })).status, method).toBe(405);
  }
});

test("a name that was rebound to this machine gets no answer, the machine's own names do", async () => {
  const { port } = new URL(bench.address);
  for (const host of [`evil.example:${port}`, "evil.example", `127.0.0.1.evil.example:${port}`, "127.0.0.1:1"]) {
    const reply = await fetchFrom(bench.address, "/", { headers: { host } });
    expect([reply.status, reply.json.code], host).toEqual([421, "wrongHost"]);
  }
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `LOCALHOST:${port}`]) {
    expect((await fetchFrom(bench.address, "/", { headers: { host } })).status, host).toBe(200);
  }
});

test("a POST from another origin, or from none, is refused before anything else happens", async () => {
  const cookie = await logIn(bench.address);
  const { port } = new URL(bench.address);
  const origins = [
    "http://evil.example",
    "null",
    "",
    `http://localhost:${port}`,
    `https://127.0.0.1:${port}`,
    "http://127.0.0.1:1",
  ];
  for (const origin of origins) {
    for (const path of ["/board", "/doors", "/logout", "/login"]) {
      const reply = await fetchFrom(bench.address, path, { cookie, headers: { origin }, body: {} });
      expect([reply.status, reply.json.code], `${path} from ${origin}`).toEqual([403, "wrongOrigin"]);
    }
  }
  expect((await fetchFrom(bench.address, "/session", { cookie })).status).toBe(200);
});

test("a body over 4 kB is refused, announced or not", async () => {
  const cookie = await logIn(bench.address);
  const body = JSON.stringify({ kind: "text", reader: "front-scanner", text: "x".repeat(4_200) });
  const announced = await fetchFrom(bench.address, "/board", {
    cookie,
    body,
    headers: { "content-length": `${body.length}` },
  });
  expect([announced.status, announced.json.code]).toEqual([413, "tooLarge"]);
  const streamed = await fetchFrom(bench.address, "/board", { cookie, body });
  expect([streamed.status, streamed.json.code]).toEqual([413, "tooLarge"]);
  expect(bench.board.lines).toEqual([]);
});

test("a body that is not JSON, or not said to be, is refused", async () => {
  const cookie = await logIn(bench.address);
  for (const body of ["", "{", "tap front-reader 00", "\u0000"]) {
    expect((await fetchFrom(bench.address, "/board", { cookie, body })).status, body).toBe(400);
  }
  const form = await fetchFrom(bench.address, "/board", {
    cookie,
    body: "kind=tap",
    headers: { "content-type": "application/x-www-form-urlencoded" },
  });
  expect(form.status).toBe(415);
  for (const body of ["null", "[]", "7", '"tap"', '{"__proto__":{"kind":"tap"}}']) {
    expect((await fetchFrom(bench.address, "/board", { cookie, body })).status, body).toBeGreaterThanOrEqual(400);
    expect((await fetchFrom(bench.address, "/doors", { cookie, body })).status, body).toBe(400);
    expect((await fetchFrom(bench.address, "/login", { body })).status, body).toBe(400);
  }
});

test("every answer forbids framing, sniffing, storing, referrers and foreign content", async () => {
  const cookie = await logIn(bench.address);
  for (const [path, ask] of [
    ["/", {}],
    ["/panel.js", { cookie }],
    ["/nothing", {}],
    ["/board", {}],
    ["/session", {}],
  ] as const) {
    const { headers } = await fetchFrom(bench.address, path, ask);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["referrer-policy"]).toBe("no-referrer");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["x-powered-by"]).toBeUndefined();
  }
});

test("what is not HTTP at all ends with one line and no trace of the inside", async () => {
  const { hostname, port } = new URL(bench.address);
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end("GARBAGE\r\n\r\n"));
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
  });
  expect(answer).toBe("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
});

test("a sixty-fifth connection is closed, and the console answers again when one has gone", async () => {
  const { hostname, port } = new URL(bench.address);
  const dial = () =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => resolve(socket));
      socket.on("error", reject);
    });
  const sockets: Socket[] = [];
  for (let n = 0; n < 64; n += 1) sockets.push(await dial());
  const extra = await dial();
  await new Promise((resolve) => extra.on("close", resolve).resume());
  const [first] = sockets;
  first?.end("GARBAGE\r\n\r\n");
  await new Promise((resolve) => first?.on("close", resolve).resume());
  expect((await fetchFrom(bench.address, "/")).status).toBe(200);
  for (const socket of sockets) socket.destroy();
});

test("without TLS the console refuses every address but loopback", async () => {
  for (const host of ["0.0.0.0", "::", "192.0.2.1", "example.org", "", "127.0.0.1.example.org", "1270.0.0.1"]) {
    const opening = openBench({ console: { host, port: 0, tls: null } });
    await expect(opening, host).rejects.toMatchObject({ code: "console.notLoopback" });
  }
});

test("a port that another program has, and a missing certificate, are told apart", async () => {
  const port = Number(new URL(bench.address).port);
  const taken = openBench({ console: { host: "127.0.0.1", port, tls: null } });
  await expect(taken).rejects.toMatchObject({
    code: "console.listenFailed",
    message: expect.stringContaining("another program"),
  });
  const tls = { certFile: "/nonexistent/cert.pem", keyFile: "/nonexistent/key.pem" };
  const bare = openBench({ console: { host: "127.0.0.1", port: 0, tls } });
  await expect(bare).rejects.toMatchObject({ code: "console.tlsUnusable" });
});

test("a hostile door name changes nothing in how the console answers", async () => {
  const [front] = site.doors;
  if (front === undefined) throw new Error("no door");
  const name = `"><script>alert(1)</script>\n\nevent: site`;
  const hostile = await openBench({ site: { ...site, doors: [{ ...front, name }] } });
  const cookie = cookieOf(await fetchFrom(hostile.address, "/login", { body: { code: "abcd efgh jklm" } }));
  const stream = await EventStream.open(hostile.address, cookie);
  const { data } = await stream.next("site");
  expect(data.doors[0]?.name).toBe(name);
  stream.close();
  await hostile.close();
});
